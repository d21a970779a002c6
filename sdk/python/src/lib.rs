//! The native module `scoregate._native`: a component in the sandbox of this process, as Python calls it. What knows libraries and tables is
//! Python; compiling and deploying are the command's, which the package carries.

mod component;
mod engine;
mod values;

use pyo3::prelude::*;

#[pymodule]
mod _native {
    use pyo3::prelude::*;
    use scoregate::limits::{SCORE_BATCH_MAX_ROWS, SCORE_BATCH_MAX_VALUES};

    #[pymodule_export]
    use super::component::Component;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("BATCH_MAX_ROWS", SCORE_BATCH_MAX_ROWS)?;
        module.add("BATCH_MAX_VALUES", SCORE_BATCH_MAX_VALUES)?;
        module.add("VERSION", env!("CARGO_PKG_VERSION"))
    }
}
