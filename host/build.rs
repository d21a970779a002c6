//! Builds the sample adapter, which the demo carries in its binary.

fn main() {
    let built = scoregate_build::prebuilt(
        "../plugins/payments",
        scoregate_build::Form::Component,
        "payments.wasm",
    );
    if let Err(error) = built {
        println!("cargo::error={error}");
    }
}
