//! What the model is told of a click: the same numbers, bit for bit, as `plugins/conversion/features.py` trained it on.

use crate::click::Click;

/// How many features a click has.
pub const COUNT: usize = 18;

const DAY_MIN: i64 = 24 * 60;
/// 1 January 1970 was a Thursday; Monday is 0.
const EPOCH_WEEKDAY: i64 = 3;
/// A page's clock tells no less.
const LEAST_S: f64 = 0.1;

/// The features of `click` in the model's order, computed in f64 and rounded once; NaN for what the page does not know.
pub fn of(click: &Click<'_>) -> [f32; COUNT] {
    let session = &click.session;
    let known = |value: Option<f64>| value.unwrap_or(f64::NAN);
    let price_eur = click.product.as_ref().map(|product| product.price_eur);
    let local_minute = click.timestamp.0 + i64::from(click.utc_offset_min);
    let local_day = local_minute.div_euclid(DAY_MIN);
    let weekday = (local_day + EPOCH_WEEKDAY).rem_euclid(7);
    let [clicks, products, cart_items] =
        [session.clicks, session.products, session.cart_items].map(f64::from);
    let table: [(&str, f64); COUNT] = [
        ("event", f64::from(click.event as u8)),
        ("device", f64::from(click.device as u8)),
        ("source", f64::from(click.source as u8)),
        ("local_hour", local_minute.rem_euclid(DAY_MIN) as f64 / 60.0),
        ("weekday", weekday as f64),
        ("price_eur", known(price_eur)),
        ("age_s", session.age_s),
        ("clicks", clicks),
        ("products", products),
        ("searches", f64::from(session.searches)),
        ("removed", f64::from(session.removed)),
        ("cart_items", cart_items),
        ("cart_eur", session.cart_eur),
        ("visits_before", f64::from(session.visits_before)),
        ("scroll_percent", known(session.scroll_percent)),
        ("since_last_s", known(session.since_last_s)),
        (
            "clicks_per_min",
            ratio(clicks * 60.0, session.age_s, LEAST_S),
        ),
        ("cart_per_product", ratio(cart_items, products, 1.0)),
    ];
    table.map(|(_, value)| value as f32)
}

fn ratio(value: f64, by: f64, least: f64) -> f64 {
    if by >= least { value / by } else { f64::NAN }
}
