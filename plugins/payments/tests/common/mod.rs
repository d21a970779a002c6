//! What the tests of the adapter share: a batch through the SDK, as the gateway would send it.

use payments::Payments;
use scoregate_sdk::{Adapter, Config, Event, batch};

pub struct Batch {
    /// Row by row, one row for each event that was not rejected.
    pub features: Vec<f32>,
    /// Which event, and why.
    pub rejected: Vec<(usize, String)>,
}

pub fn prepare(payloads: &[&[u8]]) -> Batch {
    let adapter =
        Payments::configure(&Config::new("{}")).expect("an empty configuration is the default one");
    let events: Vec<Event> = payloads.iter().map(|payload| Event::new(payload)).collect();
    let prepared = batch::prepare(&adapter, &adapter.contract(), &events)
        .expect("a bad event never fails its batch");
    let features = prepared.features[0]
        .data
        .as_chunks::<4>()
        .0
        .iter()
        .map(|bytes| f32::from_le_bytes(*bytes))
        .collect();
    let rejected = prepared
        .rejected
        .into_iter()
        .map(|rejected| (rejected.row as usize, rejected.reason))
        .collect();
    Batch { features, rejected }
}
