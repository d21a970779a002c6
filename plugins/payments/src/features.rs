//! What the model is told of a payment: the same numbers, bit for bit, as `plugins/fraud/features.py` trained it on.

use crate::payment::{Currency, Payment};
use checks::chord_km;

/// How many features a payment has.
pub const COUNT: usize = 15;
/// Where the amount stands among them.
pub const AMOUNT_EUR: usize = 0;

/// What the sender does not know; the model's trees have a way for it.
const MISSING: f64 = f64::NAN;
const DAY_MIN: i64 = 24 * 60;
/// 1 January 1970 was a Thursday; Monday is 0.
const EPOCH_WEEKDAY: i64 = 3;

/// The features of `payment` in the model's order, computed in f64 and rounded once.
pub fn of(payment: &Payment<'_>) -> [f32; COUNT] {
    let (amount, merchant, velocity) = (payment.amount, &payment.merchant, &payment.velocity);
    let minutes_since_last = velocity.minutes_since_last.unwrap_or(MISSING);
    let mean_amount = velocity.mean_amount.unwrap_or(MISSING);
    let cross_border = merchant.country != payment.home.country;
    let eur = eur_per_unit(payment.currency);
    let local_minute = payment.timestamp.0 + i64::from(payment.utc_offset_min);
    let local_day = local_minute.div_euclid(DAY_MIN);
    let local_weekday = (local_day + EPOCH_WEEKDAY).rem_euclid(7);
    let table: [(&str, f64); COUNT] = [
        ("amount_eur", amount * eur),
        ("amount_to_mean", amount / mean_amount),
        ("local_hour", local_minute.rem_euclid(DAY_MIN) as f64 / 60.0),
        ("weekday", local_weekday as f64),
        ("mcc", f64::from(merchant.mcc)),
        ("entry_mode", f64::from(payment.entry_mode as u8)),
        ("cross_border", flag(cross_border)),
        ("distance_km", distance_km(payment).unwrap_or(MISSING)),
        ("device_known", device_known(payment).map_or(MISSING, flag)),
        ("chargeback_pct", merchant.chargeback_pct.unwrap_or(MISSING)),
        ("count_1h", f64::from(velocity.count_1h)),
        ("sum_1h_eur", velocity.sum_1h * eur),
        ("count_24h", f64::from(velocity.count_24h)),
        ("sum_24h_eur", velocity.sum_24h * eur),
        ("minutes_since_last", minutes_since_last),
    ];
    table.map(|(_, value)| value as f32)
}

fn flag(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}

fn device_known(payment: &Payment<'_>) -> Option<bool> {
    payment.device.as_ref()?.known
}

fn distance_km(payment: &Payment<'_>) -> Option<f64> {
    let home = (payment.home.lat?, payment.home.lon?);
    let merchant = (payment.merchant.lat?, payment.merchant.lon?);
    Some(chord_km(home, merchant))
}

/// Fixed, as the model learnt them: a rate of the day would be another feature than the one it was trained on.
fn eur_per_unit(currency: Currency) -> f64 {
    match currency {
        Currency::Eur => 1.0,
        Currency::Usd => 0.92,
        Currency::Gbp => 1.17,
        Currency::Chf => 1.05,
        Currency::Pln => 0.23,
        Currency::Sek => 0.088,
        Currency::Dkk => 0.134,
        Currency::Czk => 0.04,
        Currency::Try => 0.028,
        Currency::Jpy => 0.0061,
        Currency::Brl => 0.17,
        Currency::Sgd => 0.68,
    }
}
