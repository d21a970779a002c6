//! A component that was loaded, and its calls.

use std::{path::PathBuf, sync::Arc};

use pyo3::{exceptions::PyRuntimeError, prelude::*, pybacked::PyBackedBytes, sync::PyOnceLock};
use scoregate::{
    limits::{
        CALL_DEADLINE_CEILING_MS, COMPILE_CEILING_SECONDS, COMPILE_MAX_BYTES, MEMORY_CEILING_BYTES,
        RESULT_CEILING_BYTES,
    },
    plugin::{
        Cache, CallError, Compiler, Engine, ModelInstance, ModelRelease, Release, Settings,
        feature_names,
    },
    telemetry::Telemetry,
    tensor::{Tensor, TensorSpec},
};

use crate::{
    engine,
    values::{Answer, Given, Spec},
};

/// See the module. Threads may share it: each call has an instance of its own.
#[pyclass(frozen, module = "scoregate._native")]
pub struct Component {
    release: Arc<ModelRelease>,
    feature_names: Option<Vec<String>>,
    /// Its clock is that of the deadlines.
    _engine: Arc<Engine>,
}

#[pymethods]
impl Component {
    /// Takes a component through a release's way in. `compiler` is the command, whose child compiles it within limits.
    #[new]
    fn new(py: Python<'_>, component: PyBackedBytes, compiler: PathBuf) -> PyResult<Self> {
        let loaded = py.detach(|| load(&component, compiler));
        loaded.map_err(|reason| refused(py, reason))
    }

    /// `sha256:…`, as a gateway names the release.
    #[getter]
    fn digest(&self) -> String {
        self.release.parts.name.digest.to_string()
    }

    /// The model's name, version and description, in its own words.
    #[getter]
    fn info(&self) -> (String, String, String) {
        let info = &self.release.parts.info;
        (
            info.name.clone(),
            info.version.clone(),
            info.description.clone(),
        )
    }

    #[getter]
    fn inputs(&self) -> Vec<Spec> {
        specs(&self.release.signature.inputs)
    }

    #[getter]
    fn outputs(&self) -> Vec<Spec> {
        specs(&self.release.signature.outputs)
    }

    /// Of the columns of its inputs, where it carries them.
    #[getter]
    fn feature_names(&self) -> Option<Vec<String>> {
        self.feature_names.clone()
    }

    /// Scores rows. Inputs and answers are in the signature's order; the interpreter runs on meanwhile.
    fn infer(&self, py: Python<'_>, inputs: Vec<Given<'_>>) -> PyResult<Vec<Answer>> {
        let specs = &self.release.signature.inputs;
        if inputs.len() != specs.len() {
            let (given, wanted) = (inputs.len(), specs.len());
            let reason = format!("the model takes {wanted} inputs, got {given}");
            return Err(refused(py, reason));
        }
        let tensors: PyResult<Vec<Tensor>> = inputs
            .into_iter()
            .map(|input| input.into_tensor(py))
            .collect();
        let tensors = tensors?;
        let outputs = py.detach(|| self.score(&tensors));
        let outputs = outputs.map_err(|reason| refused(py, reason))?;
        let outputs = std::iter::zip(outputs, &self.release.signature.outputs);
        Ok(outputs
            .map(|(tensor, spec)| Answer::new(py, tensor, spec.datatype))
            .collect())
    }
}

impl Component {
    fn score(&self, tensors: &[Tensor]) -> Result<Vec<Tensor>, String> {
        let rows = tensors.first().map_or(0, Tensor::rows);
        for (tensor, spec) in std::iter::zip(tensors, &self.release.signature.inputs) {
            tensor
                .check(spec)
                .map_err(|mismatch| mismatch.to_string())?;
            if tensor.rows() != rows {
                return Err(format!(
                    "the input `{}` has {} rows where the first input has {rows}",
                    spec.name,
                    tensor.rows()
                ));
            }
        }
        let tensors: Vec<&Tensor> = tensors.iter().collect();
        let mut instance = self.release.instance().map_err(ended)?;
        let outputs = instance.infer(&tensors);
        self.give_back(instance);
        outputs.map_err(ended)
    }

    /// What faulted is never used again.
    fn give_back(&self, instance: ModelInstance) {
        if !instance.has_faulted() {
            self.release.give_back(instance);
        }
    }
}

fn load(component: &[u8], compiler: PathBuf) -> Result<Component, String> {
    let settings = Settings {
        slot: "python".to_owned(),
        config_json: "{}".to_owned(),
        memory_max_bytes: MEMORY_CEILING_BYTES,
        call_deadline_ms: CALL_DEADLINE_CEILING_MS,
        result_max_bytes: RESULT_CEILING_BYTES,
    };
    let engine = engine::shared().map_err(|error| error.to_string())?;
    // Nobody else sees the code; what was mapped stays when the folder goes.
    let folder = tempfile::tempdir();
    let folder =
        folder.map_err(|error| format!("there is no folder for temporary files: {error}"))?;
    // Models are trained on machines that are busy: a gateway's patience would be too short.
    let compiler = Compiler::child_of(compiler, COMPILE_CEILING_SECONDS, COMPILE_MAX_BYTES);
    let cache = Cache::open(folder.path(), compiler).map_err(|error| error.to_string())?;
    let telemetry = Telemetry::new();
    let release = Release::load(&engine, Some(&cache), &telemetry, settings, component);
    let Release::Model(release) = release.map_err(|error| error.to_string())? else {
        return Err(
            "it is an adapter; rows are scored by a model, and events by a gateway".to_owned(),
        );
    };
    Ok(Component {
        release,
        feature_names: feature_names(component).map_err(|error| error.to_string())?,
        _engine: engine,
    })
}

fn ended(error: CallError) -> String {
    match error {
        CallError::Fault(fault) => {
            format!(
                "the model's fault: {} ({})",
                fault.detail,
                fault.kind.name()
            )
        }
        CallError::InvalidInput(reason) => format!("the model refuses it: {reason}"),
        CallError::NoRoom => "there is no room for an instance".to_owned(),
    }
}

fn specs(specs: &[TensorSpec]) -> Vec<Spec> {
    let spec = |spec: &TensorSpec| (spec.name.clone(), spec.datatype.name(), spec.shape.clone());
    specs.iter().map(spec).collect()
}

/// `scoregate.ScoreError`, which the package defines.
fn refused(py: Python<'_>, reason: String) -> PyErr {
    static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let class = CLASS.get_or_try_init(py, || {
        let module = py.import("scoregate._errors")?;
        PyResult::Ok(module.getattr("ScoreError")?.unbind())
    });
    let error = class.and_then(|class| class.bind(py).call1((&reason,)));
    match error {
        Ok(error) => PyErr::from_value(error),
        Err(_) => PyRuntimeError::new_err(reason),
    }
}
