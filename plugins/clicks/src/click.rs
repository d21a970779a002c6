//! A click as the shop's page tells it, and the checks that it must pass.

use std::borrow::Cow;

use checks::{Timestamp, id, within};
use scoregate_sdk::Rejection;
use serde::Deserialize;

const MONEY_MAX_EUR: f64 = 1e6;
/// A session that goes on for longer is somebody else's.
const AGE_MAX_S: f64 = 7.0 * 86_400.0;
const COUNT_MAX: f64 = 1e6;
/// A hundred times what a click has.
const PAYLOAD_MAX_BYTES: usize = 64 << 10;

/// Fields that it does not name are ignored, so that pages may add some.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub struct Click<'a> {
    #[serde(borrow)]
    pub session_id: Cow<'a, str>,
    pub event: Action,
    pub timestamp: Timestamp,
    /// Of the shopper's clock.
    pub utc_offset_min: i32,
    pub device: Device,
    pub source: Source,
    /// None on a page that shows no product.
    pub product: Option<Product>,
    pub session: Session,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub struct Product {
    pub price_eur: f64,
}

/// What the page counted, this click included.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
pub struct Session {
    pub age_s: f64,
    pub clicks: u32,
    /// Product pages seen.
    pub products: u32,
    pub searches: u32,
    /// Products taken out of the cart.
    pub removed: u32,
    pub cart_items: u32,
    pub cart_eur: f64,
    pub visits_before: u32,
    /// How far down the page the shopper was; none where that is not known.
    pub scroll_percent: Option<f64>,
    /// None for the first click.
    pub since_last_s: Option<f64>,
}

/// The model learnt their order as numbers, here and below: a new one goes to the end.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    View,
    Search,
    Cart,
    Remove,
    Checkout,
    Leave,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Device {
    Desktop,
    Mobile,
    Tablet,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    Direct,
    Search,
    Ad,
    Mail,
    Social,
}

impl<'a> Click<'a> {
    /// Reads and checks one click. The rejection names the field and what would be right.
    pub fn parse(payload: &'a [u8]) -> Result<Self, Rejection> {
        let click: Self = checks::object(payload, PAYLOAD_MAX_BYTES)?;
        click.check()?;
        Ok(click)
    }

    fn check(&self) -> Result<(), Rejection> {
        let Session {
            age_s,
            clicks,
            products,
            searches,
            removed,
            cart_items,
            cart_eur,
            visits_before,
            scroll_percent,
            since_last_s,
        } = self.session;
        let price_eur = self.product.as_ref().map(|product| product.price_eur);
        let count = |field, value: u32, least| within(field, f64::from(value), least, COUNT_MAX);
        id("session_id", &self.session_id)?;
        within(
            "utc_offset_min",
            f64::from(self.utc_offset_min),
            -720.0,
            840.0,
        )?;
        within("product.price_eur", price_eur, 0.0, MONEY_MAX_EUR)?;
        within("session.age_s", age_s, 0.0, AGE_MAX_S)?;
        count("session.clicks", clicks, 1.0)?;
        count("session.products", products, 0.0)?;
        count("session.searches", searches, 0.0)?;
        count("session.removed", removed, 0.0)?;
        count("session.cart_items", cart_items, 0.0)?;
        within("session.cart_eur", cart_eur, 0.0, MONEY_MAX_EUR)?;
        count("session.visits_before", visits_before, 0.0)?;
        within("session.scroll_percent", scroll_percent, 0.0, 100.0)?;
        within("session.since_last_s", since_last_s, 0.0, AGE_MAX_S)
    }
}
