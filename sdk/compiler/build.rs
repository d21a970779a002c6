//! Builds the kernel for WebAssembly, so that the crate carries it and users of the compiler need no toolchain.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if let Err(error) =
        scoregate_build::prebuilt("kernel", scoregate_build::Form::Core, "kernel.wasm")
    {
        println!("cargo::error={error}");
    }
}
