/// Exports an [`Adapter`](crate::Adapter) as a plugin. Once in a crate; on a native target it only checks the type.
///
/// The plugin's name, version and description are those of the crate.
#[macro_export]
macro_rules! export_adapter {
    ($adapter:ty) => {
        $crate::__export!(
            $adapter,
            Adapter,
            AdapterExport,
            adapter,
            __export_adapter_half_impl
        );
    };
}

/// Exports a [`Model`](crate::Model) as a plugin. Once in a crate; on a native target it only checks the type.
///
/// The plugin's name, version and description are those of the crate unless the model gives its own.
#[macro_export]
macro_rules! export_model {
    ($model:ty) => {
        $crate::__export!($model, Model, ModelExport, model, __export_model_half_impl);
    };
}

/// The part that both macros share.
#[doc(hidden)]
#[macro_export]
macro_rules! __export {
    ($plugin:ty, $kind:ident, $glue:ident, $half:ident, $export_half:ident) => {
        const _: () = {
            const fn exports<T: $crate::$kind>() {}
            exports::<$plugin>();
        };

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            struct Exported;

            impl $crate::glue::Exported for Exported {
                type Plugin = $plugin;
                const NAME: &'static str = env!("CARGO_PKG_NAME");
                const VERSION: &'static str = env!("CARGO_PKG_VERSION");
                const DESCRIPTION: &'static str = env!("CARGO_PKG_DESCRIPTION");
            }

            type Export = $crate::glue::$glue<Exported>;

    $crate::__export_plugin_half_impl!(Export with_types_in $crate::bindings::plugin);
    $crate::$export_half!(Export with_types_in $crate::bindings::$half);
        };
    };
}
