//! One shopper's session: what they came for decides what they click, and whether they order.

use serde_json::{Value, json};

use crate::Sample;
use crate::calendar::rfc3339;
use crate::random::Random;
use crate::timeline::Timed;

const SOURCES: [(&str, f64); 5] = [
    ("direct", 2.5),
    ("search", 4.0),
    ("ad", 2.0),
    ("mail", 1.0),
    ("social", 1.5),
];
const DEVICES: [(&str, f64); 3] = [("mobile", 6.0), ("desktop", 3.5), ("tablet", 0.5)];
const PRICES_EUR: [f64; 12] = [
    9.9, 14.5, 19.9, 24.9, 29.0, 39.9, 49.0, 69.0, 89.0, 129.0, 199.0, 349.0,
];
const CLICKS_MAX: usize = 60;

/// The page's counters, as its script keeps them.
#[derive(Default)]
struct Counters {
    clicks: u32,
    products: u32,
    searches: u32,
    removed: u32,
    cart: Vec<f64>,
}

struct Shopper {
    id: String,
    device: &'static str,
    source: &'static str,
    visits_before: usize,
    /// 0 to 1: from looking around to having decided.
    intent: f64,
    /// What is too dear, EUR.
    purse_eur: f64,
}

impl Shopper {
    fn new(random: &mut Random) -> Self {
        let device = random.weighted(&DEVICES);
        let source = random.weighted(&SOURCES);
        let visits_before = random.exponential(1.3) as usize;
        let of_source = match source {
            "mail" => 0.14,
            "direct" => 0.1,
            "search" => 0.05,
            "ad" => 0.0,
            _ => -0.08,
        };
        let of_device = if device == "desktop" { 0.06 } else { 0.0 };
        let of_visits = 0.07 * visits_before.min(4) as f64;
        let intent = random.normal(0.26 + of_source + of_device + of_visits, 0.16);
        Self {
            id: format!("s_{:016x}", random.next()),
            device,
            source,
            visits_before,
            intent: intent.clamp(0.0, 1.0),
            purse_eur: 15.0 + random.exponential(110.0),
        }
    }
}

/// All clicks of a session that begins then; the order itself is not among them, for it would tell what is to be foretold.
pub fn clicks(start_s: f64, random: &mut Random) -> Vec<Timed> {
    let shopper = Shopper::new(random);
    let mut counters = Counters::default();
    let mut told = Vec::new();
    let (mut now_s, mut event, mut price, mut ordered) = (start_s, "view", None, false);
    let mut since_last_s = None;
    loop {
        match event {
            "view" => {
                price = random.chance(0.75).then(|| *random.pick(&PRICES_EUR));
                counters.products += u32::from(price.is_some());
            }
            "search" => {
                counters.searches += 1;
                price = None;
            }
            "cart" => counters.cart.extend(price),
            "remove" => {
                price = counters.cart.pop();
                counters.removed += 1;
            }
            "checkout" => {
                price = None;
                ordered = random.chance(0.35 + 0.6 * shopper.intent);
            }
            _ => {}
        }
        counters.clicks += 1;
        let leaves = event == "leave" || counters.clicks as usize >= CLICKS_MAX;
        let scroll = scroll_percent(event, &shopper, random);
        let click = Click {
            event,
            price,
            scroll,
            since_last_s,
        };
        told.push((now_s, write(&shopper, &counters, &click, now_s, start_s)));
        if ordered || leaves {
            break;
        }
        event = next(event, price, &shopper, &counters, random);
        // Who means to buy reads before deciding, and is quick after.
        let reading_s = if event == "checkout" {
            5.0
        } else {
            8.0 + 30.0 * shopper.intent
        };
        let waited_s = (10.0 * (1.0 + random.exponential(reading_s))).round() / 10.0;
        now_s += waited_s;
        since_last_s = Some(waited_s);
    }
    let timed = told.into_iter().map(|(time_s, event)| Timed {
        time_s,
        sample: Sample {
            event,
            key: shopper.id.clone(),
            label: ordered,
            pattern: shopper.source,
        },
    });
    timed.collect()
}

struct Click {
    event: &'static str,
    price: Option<f64>,
    scroll: Option<u32>,
    since_last_s: Option<f64>,
}

fn next(
    event: &str,
    price: Option<f64>,
    shopper: &Shopper,
    counters: &Counters,
    random: &mut Random,
) -> &'static str {
    let intent = shopper.intent;
    let has_cart = !counters.cart.is_empty();
    if event == "view"
        && let Some(price) = price
    {
        let dear = price > shopper.purse_eur;
        if random.chance(if dear { 0.02 } else { 0.05 + 0.4 * intent }) {
            return "cart";
        }
    }
    if has_cart && event != "checkout" {
        let total: f64 = counters.cart.iter().sum();
        if random.chance(if total > 2.5 * shopper.purse_eur {
            0.25
        } else {
            0.03
        }) {
            return "remove";
        }
        if random.chance(0.06 + 0.35 * intent) {
            return "checkout";
        }
    }
    let leaves = 0.26 - 0.2 * intent;
    random.weighted(&[("leave", leaves), ("search", 0.1), ("view", 0.9 - leaves)])
}

/// How far down the page a shopper went before this click; a page that was just opened does not know.
fn scroll_percent(event: &str, shopper: &Shopper, random: &mut Random) -> Option<u32> {
    if event == "search" || random.chance(0.04) {
        return None;
    }
    let percent = random.normal(35.0 + 40.0 * shopper.intent, 22.0);
    Some(percent.clamp(0.0, 100.0) as u32)
}

fn write(
    shopper: &Shopper,
    counters: &Counters,
    click: &Click,
    now_s: f64,
    start_s: f64,
) -> Vec<u8> {
    let product = click
        .price
        .map_or(Value::Null, |price| json!({ "price_eur": price }));
    // Not by `sum`, which makes -0 of nothing.
    let cart_eur = counters.cart.iter().fold(0.0, |sum, price| sum + price);
    let event = json!({
        "session_id": shopper.id, "event": click.event,
        "timestamp": rfc3339(now_s as i64), "utc_offset_min": 60,
        "device": shopper.device, "source": shopper.source, "product": product,
        "session": {
            "age_s": tenths(now_s - start_s), "clicks": counters.clicks, "products": counters.products,
            "searches": counters.searches, "removed": counters.removed,
            "cart_items": counters.cart.len(), "cart_eur": (cart_eur * 100.0).round() / 100.0,
            "visits_before": shopper.visits_before, "scroll_percent": click.scroll,
            "since_last_s": click.since_last_s,
        },
    });
    event.to_string().into_bytes()
}

fn tenths(seconds: f64) -> f64 {
    (seconds * 10.0).round() / 10.0
}
