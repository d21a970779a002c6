//! Builds the kernels for WebAssembly, so that the crate carries them and users of the compiler need no toolchain.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    for (folder, file) in [("kernel", "kernel.wasm"), ("graph", "graph.wasm")] {
        if let Err(error) = scoregate_build::prebuilt(folder, scoregate_build::Form::Core, file) {
            println!("cargo::error={error}");
        }
    }
}
