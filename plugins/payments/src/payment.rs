//! A card payment as the sender's JSON tells it, and the checks that it must pass.

use std::borrow::Cow;

use checks::{Timestamp, id, must, within};
use scoregate_sdk::Rejection;
use serde::Deserialize;

/// In any currency; more than this is a sender's mistake, and every feature stays finite in f32.
const MONEY_MAX: f64 = 1e9;
/// A hundred times what a payment has: reading megabytes would only end at the call's deadline.
const PAYLOAD_MAX_BYTES: usize = 64 << 10;

/// Fields that it does not name are ignored, so that senders may add some.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub struct Payment<'a> {
    #[serde(borrow)]
    pub payment_id: Cow<'a, str>,
    #[serde(borrow)]
    pub card_id: Cow<'a, str>,
    pub timestamp: Timestamp,
    /// Of the place where the payment was made.
    pub utc_offset_min: i32,
    pub amount: f64,
    pub currency: Currency,
    pub entry_mode: EntryMode,
    pub merchant: Merchant<'a>,
    pub home: Home<'a>,
    /// None at a terminal that knows no devices.
    pub device: Option<Device>,
    pub velocity: Velocity,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub struct Merchant<'a> {
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// ISO 18245.
    pub mcc: u16,
    #[serde(borrow)]
    pub country: Cow<'a, str>,
    /// None online.
    pub lat: Option<f64>,
    pub lon: Option<f64>,
    /// Of the last 30 days; none for a new merchant.
    pub chargeback_pct: Option<f64>,
}

/// The cardholder's.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub struct Home<'a> {
    #[serde(borrow)]
    pub country: Cow<'a, str>,
    pub lat: Option<f64>,
    pub lon: Option<f64>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub struct Device {
    pub known: Option<bool>,
}

/// What the sender counted for this card, this payment included; sums in the payment's currency.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub struct Velocity {
    pub count_1h: u32,
    pub sum_1h: f64,
    pub count_24h: u32,
    pub sum_24h: f64,
    /// None for the first payment in 24 hours.
    pub minutes_since_last: Option<f64>,
    /// None for a card that has hardly been used.
    pub mean_amount: Option<f64>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Currency {
    Eur,
    Usd,
    Gbp,
    Chf,
    Pln,
    Sek,
    Dkk,
    Czk,
    Try,
    Jpy,
    Brl,
    Sgd,
}

/// The model learnt their order as numbers: a new one goes to the end.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EntryMode {
    Chip,
    Contactless,
    Magstripe,
    Ecommerce,
    Moto,
}

impl<'a> Payment<'a> {
    /// Reads and checks one payment. The rejection names the field and what would be right.
    pub fn parse(payload: &'a [u8]) -> Result<Self, Rejection> {
        let payment: Self = checks::object(payload, PAYLOAD_MAX_BYTES)?;
        payment.check()?;
        Ok(payment)
    }

    fn check(&self) -> Result<(), Rejection> {
        let Self {
            merchant,
            home,
            velocity,
            ..
        } = self;
        id("payment_id", &self.payment_id)?;
        id("card_id", &self.card_id)?;
        within(
            "utc_offset_min",
            f64::from(self.utc_offset_min),
            -720.0,
            840.0,
        )?;
        positive("amount", self.amount)?;
        id("merchant.id", &merchant.id)?;
        within("merchant.mcc", f64::from(merchant.mcc), 0.0, 9999.0)?;
        country("merchant.country", &merchant.country)?;
        within("merchant.lat", merchant.lat, -90.0, 90.0)?;
        within("merchant.lon", merchant.lon, -180.0, 180.0)?;
        within(
            "merchant.chargeback_pct",
            merchant.chargeback_pct,
            0.0,
            100.0,
        )?;
        country("home.country", &home.country)?;
        within("home.lat", home.lat, -90.0, 90.0)?;
        within("home.lon", home.lon, -180.0, 180.0)?;
        within("velocity.sum_1h", velocity.sum_1h, 0.0, MONEY_MAX)?;
        within("velocity.sum_24h", velocity.sum_24h, 0.0, MONEY_MAX)?;
        within(
            "velocity.minutes_since_last",
            velocity.minutes_since_last,
            0.0,
            1e7,
        )?;
        within(
            "velocity.mean_amount",
            velocity.mean_amount,
            1e-6,
            MONEY_MAX,
        )
    }
}

fn country(field: &str, value: &str) -> Result<(), Rejection> {
    let holds = value.len() == 2 && value.bytes().all(|byte| byte.is_ascii_uppercase());
    must(holds, field, || {
        (
            "be two capital letters as in ISO 3166".to_owned(),
            checks::quote(value),
        )
    })
}

fn positive(field: &str, value: f64) -> Result<(), Rejection> {
    let holds = value > 0.0 && value <= MONEY_MAX;
    must(holds, field, || {
        (format!("be greater than 0 and at most {MONEY_MAX}"), value)
    })
}
