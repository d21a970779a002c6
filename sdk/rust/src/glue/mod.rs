//! Between the generated bindings and the traits. Only on wasm32.

mod adapter;
mod convert;
mod model;

pub use adapter::AdapterExport;
pub use model::ModelExport;

use crate::Failure;
use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;

/// A plugin type together with its crate's own name; `export_adapter!` and `export_model!` implement it.
pub trait Exported: 'static {
    /// The author's type.
    type Plugin;
    /// The crate's name.
    const NAME: &'static str;
    /// The crate's version.
    const VERSION: &'static str;
    /// The crate's description.
    const DESCRIPTION: &'static str;
}

thread_local! {
    /// What the last `configure` made. A static cannot be generic, hence `Any`.
    static CONFIGURED: RefCell<Option<Rc<dyn Any>>> = const { RefCell::new(None) };
}

fn configured<T: 'static>() -> Option<Rc<T>> {
    let plugin = CONFIGURED.with_borrow(Option::clone)?;
    plugin.downcast().ok()
}

fn set_configured<T: 'static>(plugin: T) {
    CONFIGURED.set(Some(Rc::new(plugin)));
}

fn not_configured() -> Failure {
    Failure::Internal("the plugin was called before it was configured".to_owned())
}
