use super::{Exported, configured, convert::views, not_configured, set_configured};
use crate::bindings::model::exports::scoregate::plugin::model as wit;
use crate::bindings::plugin::exports::scoregate::plugin::plugin as wit_plugin;
use crate::{Config, Info, Model, Signature, inference};
use std::marker::PhantomData;

/// Answers the host's calls by the author's model.
pub struct ModelExport<E>(PhantomData<E>);

struct Configured<M> {
    model: M,
    signature: Signature,
}

impl<E: Exported<Plugin: Model>> wit_plugin::Guest for ModelExport<E> {
    fn configure(config: String) -> Result<wit_plugin::Info, String> {
        let model = E::Plugin::configure(&Config::new(&config))?;
        let info = model.info().unwrap_or_else(|| Info {
            name: E::NAME.into(),
            version: E::VERSION.into(),
            description: E::DESCRIPTION.into(),
        });
        let signature = model.signature();
        set_configured(Configured { model, signature });
        Ok(info.into())
    }
}

impl<E: Exported<Plugin: Model>> wit::Guest for ModelExport<E> {
    fn describe() -> wit::Signature {
        let configured = configured::<Configured<E::Plugin>>();
        let signature = configured.map_or_else(Signature::default, |configured| {
            configured.signature.clone()
        });
        wit::Signature {
            inputs: signature.inputs.into_iter().map(Into::into).collect(),
            outputs: signature.outputs.into_iter().map(Into::into).collect(),
        }
    }

    fn infer(inputs: Vec<wit::Tensor>) -> Result<Vec<wit::Tensor>, wit::Failure> {
        let plugin = configured::<Configured<E::Plugin>>().ok_or_else(not_configured)?;
        let inputs = views(&inputs, &plugin.signature.inputs, "input")?;
        let outputs = inference::run(&plugin.model, &plugin.signature, &inputs)?;
        Ok(outputs.into_iter().map(Into::into).collect())
    }
}
