//! A loaded release: checked, compiled, described, and ready to make instances.

use std::sync::{Arc, Mutex, PoisonError};

use thiserror::Error;

use super::{
    adapter::AdapterInstance,
    bindings::{adapter::AdapterPluginPre, model::ModelPluginPre},
    cache::Cache,
    call::CallError,
    check::{CheckError, Checked, Kind, check},
    compile::{CompileError, refused},
    describe::{DescribeError, Info, check_contract, check_signature},
    engine::Engine,
    golden::{Golden, GoldenError},
    model::ModelInstance,
    parts::{Parts, Settings},
    state::State,
    steps::Steps,
};
use crate::{
    fault::Fault,
    file::ReadError,
    release::{Digest, ReleaseName},
    telemetry::Telemetry,
    tensor::{Contract, Signature},
};

/// A release of either kind.
#[derive(Clone)]
pub enum Release {
    Adapter(Arc<AdapterRelease>),
    Model(Arc<ModelRelease>),
}

/// A loaded adapter.
pub struct AdapterRelease {
    pub parts: Parts,
    pub contract: Arc<Contract>,
    pre: AdapterPluginPre<State>,
    warm: Mutex<Vec<AdapterInstance>>,
}

/// A loaded model.
pub struct ModelRelease {
    pub parts: Parts,
    pub signature: Arc<Signature>,
    pre: ModelPluginPre<State>,
    warm: Mutex<Vec<ModelInstance>>,
}

/// Why a component cannot be a release of a slot.
#[derive(Debug, Error)]
pub enum LoadError {
    #[error(transparent)]
    Check(#[from] CheckError),
    #[error("{0}")]
    Unreadable(ReadError),
    #[error(transparent)]
    Compile(#[from] CompileError),
    #[error("the component does not have the form that `scoregate:plugin` gives it: {0}")]
    Form(String),
    #[error("{0}")]
    Fault(Fault),
    #[error("its `configure` refuses the slot's `config`: {0}")]
    Config(String),
    #[error("its description breaks the contract: {0}")]
    Describe(#[from] DescribeError),
    #[error("what is kept as {wanted} is another component")]
    Another { wanted: Digest },
    #[error("its golden cases do not hold: {0}")]
    Golden(#[from] GoldenError),
    #[error(
        "there is no room for another instance; the limit is {}",
        crate::limits::INSTANCES_MAX_COUNT
    )]
    NoRoom,
}

impl From<CallError> for LoadError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Fault(fault) => LoadError::Fault(fault),
            CallError::InvalidInput(reason) => LoadError::Config(reason),
            CallError::NoRoom => LoadError::NoRoom,
        }
    }
}

/// Instances that wait for work, at most so many for each release: a scoring thread that ends gives its own back.
const WARM_MAX_COUNT: usize = 4;

impl Release {
    /// The way in for every component: checks, compiles (or takes from the cache), starts a first instance, lets it describe itself, and
    /// tries its golden cases. `parts().steps_ms` tells how long each took.
    pub fn load(
        engine: &Engine,
        cache: Option<&Cache>,
        telemetry: &Telemetry,
        settings: Settings,
        component: &[u8],
    ) -> Result<Release, LoadError> {
        Self::load_as(None, engine, cache, telemetry, settings, component)
    }

    /// The same for a component that was kept under a digest, which is not computed again where the cache has its code: of a large model that would
    /// take longer than all the rest.
    pub fn load_as(
        digest: Option<&Digest>,
        engine: &Engine,
        cache: Option<&Cache>,
        telemetry: &Telemetry,
        settings: Settings,
        component: &[u8],
    ) -> Result<Release, LoadError> {
        let mut steps = Steps::begin();
        let checked = check(component)?;
        let golden = golden(&checked, component)?;
        let kept_as = digest;
        let digest = kept_as.map_or_else(|| Digest::of(component), |digest| *digest);
        steps.took("check");
        let found = match kept_as {
            Some(digest) => find(digest, engine, cache, component)?,
            None => None,
        };
        let (code, cached) = match (found, cache) {
            (Some(code), _) => (code, true),
            (None, Some(cache)) => cache.load(&engine.wasm, &digest, component)?,
            (None, None) => {
                let code = wasmtime::component::Component::from_binary(&engine.wasm, component);
                (code.map_err(refused)?, false)
            }
        };
        steps.took("compile");
        let form = |error: wasmtime::Error| LoadError::Form(format!("{error:#}"));
        let pre = engine.linker.instantiate_pre(&code).map_err(form)?;
        let parts = Parts {
            name: ReleaseName::new(&settings.slot, digest),
            info: Info::default(),
            metrics: telemetry.plugin(&settings.slot, &digest),
            settings,
            imports: checked.imports,
            size_bytes: component.len() as u64,
            cached,
            golden_cases: golden.as_ref().map_or(0, Golden::count),
            steps_ms: Vec::new(),
        };
        let way_in = WayIn {
            parts,
            golden,
            steps,
        };
        match checked.kind {
            Kind::Adapter => way_in
                .adapter(AdapterPluginPre::new(pre).map_err(form)?)
                .map(|release| Release::Adapter(Arc::new(release))),
            Kind::Model => way_in
                .model(ModelPluginPre::new(pre).map_err(form)?)
                .map(|release| Release::Model(Arc::new(release))),
        }
    }

    pub fn parts(&self) -> &Parts {
        match self {
            Release::Adapter(adapter) => &adapter.parts,
            Release::Model(model) => &model.parts,
        }
    }

    /// Memory of a warm instance: what one needs before any event came. 0 where none is warm.
    pub fn memory_bytes(&self) -> usize {
        match self {
            Release::Adapter(adapter) => peek(&adapter.warm, AdapterInstance::memory_bytes),
            Release::Model(model) => peek(&model.warm, ModelInstance::memory_bytes),
        }
    }

    pub fn kind(&self) -> Kind {
        match self {
            Release::Adapter(_) => Kind::Adapter,
            Release::Model(_) => Kind::Model,
        }
    }
}

/// The code of a release from the cache. Its file is signed for this digest, so what runs is what the digest names, whatever the component's
/// bytes are by now; where there is none, and these bytes are to be compiled, they must be the digest's.
fn find(
    digest: &Digest,
    engine: &Engine,
    cache: Option<&Cache>,
    component: &[u8],
) -> Result<Option<wasmtime::component::Component>, LoadError> {
    let code = cache.and_then(|cache| cache.find(&engine.wasm, digest));
    if code.is_none() && Digest::of(component) != *digest {
        return Err(LoadError::Another { wanted: *digest });
    }
    Ok(code)
}

fn golden(checked: &Checked, component: &[u8]) -> Result<Option<Golden>, GoldenError> {
    let section = checked.golden.clone();
    section
        .and_then(|range| component.get(range))
        .map(|json| Golden::parse(checked.kind, json))
        .transpose()
}

/// A component whose code is there, on its way to a release.
struct WayIn {
    parts: Parts,
    golden: Option<Golden>,
    steps: Steps,
}

impl WayIn {
    fn adapter(mut self, pre: AdapterPluginPre<State>) -> Result<AdapterRelease, LoadError> {
        let (mut first, info) = AdapterInstance::start(&pre, &self.parts, Arc::default())?;
        self.parts.info = info;
        self.steps.took("instance");
        let contract = described_contract(&mut first, &self.parts)?;
        self.steps.took("describe");
        if let Some(golden) = &self.golden {
            let parts = self.parts.for_golden(&golden.config_json);
            let started = AdapterInstance::start(&pre, &parts, Arc::default());
            let (mut instance, _) = started.map_err(of_golden)?;
            let contract = described_contract(&mut instance, &parts)?;
            golden.try_adapter(&mut instance, &contract)?;
            self.steps.took("golden");
        }
        self.parts.steps_ms = self.steps.end();
        Ok(AdapterRelease {
            parts: self.parts,
            contract,
            pre,
            warm: Mutex::new(vec![first]),
        })
    }

    fn model(mut self, pre: ModelPluginPre<State>) -> Result<ModelRelease, LoadError> {
        let (mut first, info) = ModelInstance::start(&pre, &self.parts, Arc::default())?;
        self.parts.info = info;
        self.steps.took("instance");
        let signature = described_signature(&mut first, &self.parts)?;
        self.steps.took("describe");
        if let Some(golden) = &self.golden {
            try_model(golden, &pre, &self.parts)?;
            self.steps.took("golden");
        }
        self.parts.steps_ms = self.steps.end();
        Ok(ModelRelease {
            parts: self.parts,
            signature,
            pre,
            warm: Mutex::new(vec![first]),
        })
    }
}

/// Tries a model's cases on an instance of their own.
fn try_model(golden: &Golden, pre: &ModelPluginPre<State>, parts: &Parts) -> Result<(), LoadError> {
    let parts = parts.for_golden(&golden.config_json);
    let started = ModelInstance::start(pre, &parts, Arc::default());
    let (mut instance, _) = started.map_err(of_golden)?;
    let signature = described_signature(&mut instance, &parts)?;
    Ok(golden.try_model(&mut instance, &signature)?)
}

/// `configure` was given the cases' own `config`.
fn of_golden(error: CallError) -> LoadError {
    match error {
        CallError::InvalidInput(reason) => GoldenError::Config(reason).into(),
        error => error.into(),
    }
}

fn described_contract(
    instance: &mut AdapterInstance,
    parts: &Parts,
) -> Result<Arc<Contract>, LoadError> {
    let mut contract = instance.describe(parts.load_limits())?;
    check_contract(&mut contract)?;
    let contract = Arc::new(contract);
    instance.set_contract(contract.clone());
    Ok(contract)
}

fn described_signature(
    instance: &mut ModelInstance,
    parts: &Parts,
) -> Result<Arc<Signature>, LoadError> {
    let signature = instance.describe(parts.load_limits())?;
    check_signature(&signature)?;
    let signature = Arc::new(signature);
    instance.set_signature(signature.clone());
    Ok(signature)
}

impl AdapterRelease {
    /// A warm instance, or a fresh one.
    pub fn instance(&self) -> Result<AdapterInstance, CallError> {
        match pop(&self.warm) {
            Some(instance) => Ok(instance),
            None => self.fresh_instance(),
        }
    }

    /// An instance that no event has touched.
    pub fn fresh_instance(&self) -> Result<AdapterInstance, CallError> {
        AdapterInstance::start(&self.pre, &self.parts, self.contract.clone()).map(|(i, _)| i)
    }

    /// Takes back an instance that did nothing wrong.
    pub fn give_back(&self, instance: AdapterInstance) {
        push(&self.warm, instance);
    }
}

impl ModelRelease {
    /// Tries golden cases that the component does not carry yet.
    ///
    /// # Errors
    /// They do not hold, or no instance could be had for them.
    pub fn try_golden(&self, golden: &Golden) -> Result<(), LoadError> {
        try_model(golden, &self.pre, &self.parts)
    }

    /// A warm instance, or a fresh one.
    pub fn instance(&self) -> Result<ModelInstance, CallError> {
        match pop(&self.warm) {
            Some(instance) => Ok(instance),
            None => self.fresh_instance(),
        }
    }

    /// An instance that no event has touched.
    pub fn fresh_instance(&self) -> Result<ModelInstance, CallError> {
        ModelInstance::start(&self.pre, &self.parts, self.signature.clone()).map(|(i, _)| i)
    }

    /// Takes back an instance that did nothing wrong.
    pub fn give_back(&self, instance: ModelInstance) {
        push(&self.warm, instance);
    }
}

fn pop<I>(warm: &Mutex<Vec<I>>) -> Option<I> {
    warm.lock().unwrap_or_else(PoisonError::into_inner).pop()
}

fn push<I>(warm: &Mutex<Vec<I>>, instance: I) {
    let mut warm = warm.lock().unwrap_or_else(PoisonError::into_inner);
    if warm.len() < WARM_MAX_COUNT {
        warm.push(instance);
    }
}

fn peek<I>(warm: &Mutex<Vec<I>>, look: impl FnOnce(&I) -> usize) -> usize {
    let warm = warm.lock().unwrap_or_else(PoisonError::into_inner);
    warm.last().map_or(0, look)
}
