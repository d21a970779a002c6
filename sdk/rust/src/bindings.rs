//! What wit-bindgen makes of `wit/scoregate-plugin.wit`. The published worlds are cut at the seam that both kinds of
//! plugin share: the macros that export an interface have one name each in a whole crate, so `plugin` can be bound only
//! once. wit-component joins the halves again.
#![allow(missing_docs, unsafe_code, clippy::all)]

pub mod plugin {
    wit_bindgen::generate!({
        path: "../../wit",
        inline: "package scoregate:sdk; world plugin-half { import scoregate:plugin/log@0.1.0; export scoregate:plugin/plugin@0.1.0; }",
        world: "scoregate:sdk/plugin-half",
        pub_export_macro: true,
        generate_all,
    });
}

pub mod adapter {
    wit_bindgen::generate!({
        path: "../../wit",
        inline: "package scoregate:sdk; world adapter-half { export scoregate:plugin/adapter@0.1.0; }",
        world: "scoregate:sdk/adapter-half",
        pub_export_macro: true,
        generate_all,
    });
}

pub mod model {
    wit_bindgen::generate!({
        path: "../../wit",
        inline: "package scoregate:sdk; world model-half { export scoregate:plugin/model@0.1.0; }",
        world: "scoregate:sdk/model-half",
        pub_export_macro: true,
        generate_all,
        with: { "scoregate:plugin/types@0.1.0": crate::bindings::adapter::scoregate::plugin::types },
    });
}
