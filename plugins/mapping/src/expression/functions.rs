//! The functions of the expression language.

use super::tree::Function;
use crate::time;

/// What a name calls.
pub enum Callable {
    /// Of one number.
    One(&'static Function),
    /// Of two numbers.
    Two(fn(f64, f64) -> f64),
    /// Of two places, each latitude and longitude in degrees.
    Distance(fn([f64; 4]) -> f64),
    /// Of two texts.
    Test(fn(&str, &str) -> bool),
    /// Of a text: how many characters it has.
    Size,
    /// Whether a value is missing.
    IsMissing,
    /// The first of two numbers that is not missing.
    Coalesce,
    /// A truth as a number.
    Double,
}

/// Those that take any number.
const fn any(call: fn(f64) -> f64) -> Function {
    Function {
        call,
        takes: |_| true,
        fault: "",
    }
}

const fn part(call: time::Part) -> Function {
    Function {
        call,
        takes: time::exists,
        fault: "it asks for a part of a time that lies outside of the years 0 to 9999",
    }
}

const fn above(call: fn(f64) -> f64, takes: fn(f64) -> bool) -> Function {
    Function {
        call,
        takes,
        fault: "it takes a logarithm of what is not greater than 0",
    }
}

static ONE: [(&str, Function); 27] = [
    ("abs", any(f64::abs)),
    ("ceil", any(f64::ceil)),
    ("floor", any(f64::floor)),
    ("round", any(f64::round)),
    ("trunc", any(f64::trunc)),
    ("int", any(f64::trunc)),
    ("sign", any(sign)),
    ("exp", any(f64::exp)),
    ("expm1", any(f64::exp_m1)),
    ("sin", any(f64::sin)),
    ("cos", any(f64::cos)),
    ("tanh", any(f64::tanh)),
    ("log", above(f64::ln, |value| value > 0.0)),
    ("log2", above(f64::log2, |value| value > 0.0)),
    ("log10", above(f64::log10, |value| value > 0.0)),
    ("log1p", above(f64::ln_1p, |value| value > -1.0)),
    (
        "sqrt",
        Function {
            call: f64::sqrt,
            takes: |value| value >= 0.0,
            fault: "it takes a square root of a negative number",
        },
    ),
    ("cbrt", any(f64::cbrt)),
    ("year", part(time::year)),
    ("month", part(time::month)),
    ("day", part(time::day)),
    ("day_of_year", part(time::day_of_year)),
    ("weekday", part(time::weekday)),
    ("hour", part(time::hour)),
    ("minute", part(time::minute)),
    ("second", part(time::second)),
    ("minute_of_day", part(time::minute_of_day)),
];

fn sign(value: f64) -> f64 {
    if value == 0.0 { 0.0 } else { value.signum() }
}

fn chord_km([lat1, lon1, lat2, lon2]: [f64; 4]) -> f64 {
    checks::chord_km((lat1, lon1), (lat2, lon2))
}

/// Along the globe's surface.
fn distance_km(places: [f64; 4]) -> f64 {
    const DIAMETER_KM: f64 = 2.0 * 6371.0;
    DIAMETER_KM * (chord_km(places) / DIAMETER_KM).min(1.0).asin()
}

/// By its name in the language.
pub fn named(name: &str) -> Option<Callable> {
    if let Some((_, function)) = ONE.iter().find(|(known, _)| *known == name) {
        return Some(Callable::One(function));
    }
    Some(match name {
        "min" => Callable::Two(f64::min),
        "max" => Callable::Two(f64::max),
        "pow" => Callable::Two(f64::powf),
        "chord_km" => Callable::Distance(chord_km),
        "distance_km" => Callable::Distance(distance_km),
        "contains" => Callable::Test(|text, part| text.contains(part)),
        "startsWith" => Callable::Test(|text, part| text.starts_with(part)),
        "endsWith" => Callable::Test(|text, part| text.ends_with(part)),
        "size" => Callable::Size,
        "is_missing" => Callable::IsMissing,
        "coalesce" => Callable::Coalesce,
        "double" => Callable::Double,
        _ => return None,
    })
}

/// All names, for a message about one that is not there.
pub fn names() -> impl Iterator<Item = &'static str> {
    const OTHERS: [&str; 12] = [
        "min",
        "max",
        "pow",
        "chord_km",
        "distance_km",
        "contains",
        "startsWith",
        "endsWith",
        "size",
        "is_missing",
        "coalesce",
        "double",
    ];
    ONE.iter().map(|(name, _)| *name).chain(OTHERS)
}
