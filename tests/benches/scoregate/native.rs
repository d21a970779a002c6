//! The same Rust code as in the sandbox, natively: the bound of everything that crosses into WebAssembly.

use anyhow::Context as _;
use payments::{Kept, Payments};
use scoregate_compiler::{Options, Output};
use scoregate_kernel::{CompiledModel, Kernel};
use scoregate_sdk::{
    Adapter as _, Config, Contract, Event, Model as _, Outcome, Signature, Tensor, TensorView,
    batch, inference,
};

/// The sample's adapter and model. A failure of either would be a bug of the benchmark.
pub struct Native {
    adapter: Payments,
    contract: Contract,
    model: CompiledModel,
    signature: Signature,
    /// Where the adapter's scores stand among the model's outputs.
    places: Vec<usize>,
}

pub type Prepared = batch::Prepared<Kept>;

impl Native {
    pub fn new() -> anyhow::Result<Self> {
        let model = include_bytes!("../../../plugins/fraud/fraud.json");
        let options = Options {
            outputs: Some(vec![Output::Margin, Output::Probability]),
            name: "fraud".to_owned(),
            version: "1".to_owned(),
            explain: false,
            iterations: None,
        };
        let tables = scoregate_compiler::tables(model, &options)?.leak();
        let kernel = Kernel::from_tables(tables).map_err(anyhow::Error::msg)?;
        let model = CompiledModel::new(kernel);
        let adapter = Payments::configure(&Config::new(r#"{"decline_above": 0.8}"#))
            .map_err(anyhow::Error::msg)?;
        let (contract, signature) = (adapter.contract(), model.signature());
        let place = |name: &str| {
            signature
                .outputs
                .iter()
                .position(|output| output.name == name)
        };
        let places = contract
            .scores
            .iter()
            .map(|score| place(&score.name).context("an output of the model"));
        Ok(Self {
            places: places.collect::<Result<_, _>>()?,
            adapter,
            contract,
            model,
            signature,
        })
    }

    pub fn preprocess(&self, payloads: &[&[u8]]) -> Prepared {
        let events: Vec<Event<'_>> = payloads.iter().map(|payload| Event::new(payload)).collect();
        batch::prepare(&self.adapter, &self.contract, &events)
            .expect("the adapter keeps its contract")
    }

    pub fn infer(&self, features: &[Tensor]) -> Vec<Tensor> {
        let views: Vec<TensorView<'_>> = features
            .iter()
            .zip(&self.signature.inputs)
            .map(|(tensor, spec)| {
                tensor
                    .view(spec.datatype)
                    .expect("features have their shape")
            })
            .collect();
        inference::run(&self.model, &self.signature, &views).expect("the model keeps its signature")
    }

    pub fn postprocess(&self, rows: Vec<Kept>, outputs: &[Tensor]) -> Vec<Result<Outcome, String>> {
        let views: Vec<TensorView<'_>> = self
            .places
            .iter()
            .zip(&self.contract.scores)
            .map(|(&at, spec)| {
                outputs[at]
                    .view(spec.datatype)
                    .expect("scores have their shape")
            })
            .collect();
        batch::finish(&self.adapter, rows, &views)
            .expect("the adapter reads what its contract names")
    }

    /// The whole chain.
    pub fn score(&self, payloads: &[&[u8]]) -> Vec<Result<Outcome, String>> {
        let prepared = self.preprocess(payloads);
        let outputs = self.infer(&prepared.features);
        self.postprocess(prepared.rows, &outputs)
    }
}
