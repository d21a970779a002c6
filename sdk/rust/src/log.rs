//! Lines for the plugin's log. A plugin that writes none has no import at all.

macro_rules! levels {
    ($($(#[$doc:meta])* $name:ident $level:ident),*) => {
        $($(#[$doc])*
        pub fn $name(message: &str) {
            #[cfg(target_arch = "wasm32")]
            {
                use crate::bindings::plugin::scoregate::plugin::log;
                log::log(log::Level::$level, message);
            }
            #[cfg(not(target_arch = "wasm32"))]
            eprintln!(concat!(stringify!($name), ": {}"), message);
        })*
    };
}

levels! {
    /// Something only the plugin's author wants to see.
    debug Debug,
    /// Something worth knowing.
    info Info,
    /// Something that looks wrong but does no harm yet.
    warn Warn,
    /// Something that is wrong.
    error Error
}
