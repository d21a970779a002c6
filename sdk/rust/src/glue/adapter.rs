use super::{Exported, configured, convert::views, not_configured, set_configured};
use crate::bindings::adapter::exports::scoregate::plugin::adapter as wit;
use crate::bindings::plugin::exports::scoregate::plugin::plugin as wit_plugin;
use crate::{Adapter, Config, Contract, Event, Info, batch};
use std::marker::PhantomData;

/// Answers the host's calls by the author's adapter.
pub struct AdapterExport<E>(PhantomData<E>);

struct Configured<A> {
    adapter: A,
    contract: Contract,
}

/// The rows behind the `batch` handle.
pub struct KeptRows<Row>(Vec<Row>);

impl<Row: 'static> wit::GuestBatch for KeptRows<Row> {}

impl<E: Exported<Plugin: Adapter>> wit_plugin::Guest for AdapterExport<E> {
    fn configure(config: String) -> Result<wit_plugin::Info, String> {
        let adapter = E::Plugin::configure(&Config::new(&config))?;
        let contract = adapter.contract();
        contract.check()?;
        set_configured(Configured { adapter, contract });
        let (name, version, description) =
            (E::NAME.into(), E::VERSION.into(), E::DESCRIPTION.into());
        Ok(Info {
            name,
            version,
            description,
        }
        .into())
    }
}

impl<E: Exported<Plugin: Adapter>> wit::Guest for AdapterExport<E> {
    type Batch = KeptRows<<E::Plugin as Adapter>::Row>;

    fn describe() -> wit::Contract {
        let configured = configured::<Configured<E::Plugin>>();
        configured
            .map_or_else(Contract::new, |configured| configured.contract.clone())
            .into()
    }

    fn preprocess(events: Vec<wit::Event>) -> Result<wit::Prepared, wit::Failure> {
        let plugin = configured::<Configured<E::Plugin>>().ok_or_else(not_configured)?;
        let prepared = batch::prepare_each(
            &plugin.adapter,
            &plugin.contract,
            events.iter().map(Event::from),
        )?;
        let rejected = prepared.rejected.into_iter().map(|event| wit::Rejection {
            row: event.row,
            reason: event.reason,
        });
        Ok(wit::Prepared {
            features: prepared.features.into_iter().map(Into::into).collect(),
            rejected: rejected.collect(),
            batch: wit::Batch::new(KeptRows(prepared.rows)),
        })
    }

    fn postprocess(
        batch: wit::Batch,
        scores: Vec<wit::Tensor>,
    ) -> Result<Vec<Result<wit::Outcome, String>>, wit::Failure> {
        let plugin = configured::<Configured<E::Plugin>>().ok_or_else(not_configured)?;
        let KeptRows(rows) = batch.into_inner::<Self::Batch>();
        let scores = views(&scores, &plugin.contract.scores, "score")?;
        Ok(batch::finish_each(
            &plugin.adapter,
            rows,
            &scores,
            |result| result.map(Into::into),
        )?)
    }
}
