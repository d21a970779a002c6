//! Builds the adapters that the binary carries: the sample, for the demo, and the one that is configured, for new pipelines.

fn main() {
    for (plugin, file) in [
        ("../plugins/payments", "payments.wasm"),
        ("../plugins/mapping", "mapping.wasm"),
    ] {
        let built = scoregate_build::prebuilt(plugin, scoregate_build::Form::Component, file);
        if let Err(error) = built {
            println!("cargo::error={error}");
        }
    }
}
