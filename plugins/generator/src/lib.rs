//! Simulated events of the sample pipelines, as their senders send them. Each kind is a world with a state: devices that wear out, visitors
//! and shoppers in sessions. The same seed gives the same events on every machine: no library's sine or logarithm is used.

#![warn(missing_docs)]

mod calendar;
mod clicks;
mod iot;
mod payments;
mod random;
mod timeline;
mod weblog;

/// Whose events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// Card payments: the held-out ones of the fraud model again and again, under new ids and with other amounts.
    Payments,
    /// Readings of the sensors of pumps, fans and compressors.
    Iot,
    /// A web server's access log in the Combined Log Format.
    Weblog,
    /// Clicks in a web shop.
    Clicks,
}

/// How `iot` readings are written; every other kind has one form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Form {
    /// One JSON object each.
    #[default]
    Json,
    /// One frame of 38 bytes each.
    Binary,
    /// Half of the devices one, half the other.
    Mixed,
}

/// One event, and what its sender does not know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// As it goes over the wire.
    pub event: Vec<u8>,
    /// Whose it is: the card, the device, the client's address, the session.
    pub key: String,
    /// What a model is to find: fraud, an anomaly, a bot, a session that ends in an order.
    pub label: bool,
    /// What was planted, for a look at what a model finds; `none` where nothing was.
    pub pattern: &'static str,
}

/// Events without end, in the order of time.
pub type Samples = Box<dyn Iterator<Item = Sample> + Send>;

/// The events of that seed's world.
#[must_use]
pub fn samples(kind: Kind, form: Form, seed: u64) -> Samples {
    match kind {
        Kind::Payments => Box::new(payments::samples(seed)),
        Kind::Iot => Box::new(iot::samples(seed, form)),
        Kind::Weblog => Box::new(weblog::samples(seed)),
        Kind::Clicks => Box::new(clicks::samples(seed)),
    }
}
