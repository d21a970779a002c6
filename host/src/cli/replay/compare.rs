//! What differs between what was captured and what came now.

use serde::Serialize;
use serde_json::{Value, json};

use crate::capture::{Captured, Score};

/// Differences of one output that are told; more are counted.
const OUTPUT_MAX_COUNT: usize = 32;

/// One thing that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// `kind`, `score`, `decision`, `route`, `reason`, `plugin`, `fault`, or `output` with a JSON Pointer into it.
    pub what: String,
    pub captured: Value,
    pub now: Value,
    /// Of a score.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distance: Option<Distance>,
}

/// How far two scores are apart.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Distance {
    /// Null where one of them is not finite.
    pub absolute: Option<f64>,
    /// Numbers that lie between them, plus one: of single precision where both scores are such numbers.
    pub ulps: u64,
    pub single: bool,
}

/// All of them; none where both are the same. A fault is the same where plugin and kind are: its words may name a place in the plugin's code.
pub fn differences(captured: &Captured, now: &Captured) -> Vec<Difference> {
    match (captured, now) {
        (
            Captured::Scored {
                score,
                decision,
                payload,
                route,
            },
            Captured::Scored {
                score: new_score,
                decision: new_decision,
                payload: new_payload,
                route: new_route,
            },
        ) => {
            let mut differences: Vec<Difference> = scores(*score, *new_score).into_iter().collect();
            differences.extend(plain("decision", decision, new_decision));
            differences.extend(plain("route", route, new_route));
            differences.extend(outputs(payload, new_payload));
            differences
        }
        (Captured::Rejected { reason }, Captured::Rejected { reason: new })
        | (Captured::InvalidInput { reason }, Captured::InvalidInput { reason: new }) => {
            plain("reason", reason, new).into_iter().collect()
        }
        (
            Captured::Fault { slot, fault, .. },
            Captured::Fault {
                slot: new_slot,
                fault: new_fault,
                ..
            },
        ) => {
            let both = [
                plain("plugin", slot, new_slot),
                plain("fault", fault, new_fault),
            ];
            both.into_iter().flatten().collect()
        }
        (captured, now) => vec![difference(
            "kind",
            json!(captured.word()),
            json!(now.word()),
        )],
    }
}

fn difference(what: &str, captured: Value, now: Value) -> Difference {
    Difference {
        what: what.to_owned(),
        captured,
        now,
        distance: None,
    }
}

fn plain<T: PartialEq + Serialize>(what: &str, captured: &T, now: &T) -> Option<Difference> {
    (captured != now).then(|| difference(what, json!(captured), json!(now)))
}

/// Bit for bit.
fn scores(captured: Option<Score>, now: Option<Score>) -> Option<Difference> {
    if captured == now {
        return None;
    }
    let distance = captured
        .zip(now)
        .map(|(a, b)| distance(a.value(), b.value()));
    Some(Difference {
        distance,
        ..difference("score", json!(captured), json!(now))
    })
}

fn distance(a: f64, b: f64) -> Distance {
    let is_single = |number: f64| f64::from(number as f32).to_bits() == number.to_bits();
    let single = is_single(a) && is_single(b);
    let place = |number: f64| {
        if single {
            in_order(u64::from((number as f32).to_bits()), 1 << 31)
        } else {
            in_order(number.to_bits(), 1 << 63)
        }
    };
    let ulps = u64::try_from(place(a).abs_diff(place(b)));
    let absolute = (b - a).abs();
    Distance {
        absolute: Some(absolute).filter(|absolute| absolute.is_finite()),
        ulps: ulps.unwrap_or(u64::MAX),
        single,
    }
}

/// A number's place among all of its precision, from its bits.
fn in_order(bits: u64, sign: u64) -> i128 {
    let magnitude = i128::from(bits & !sign);
    if bits & sign == 0 {
        magnitude
    } else {
        -magnitude
    }
}

/// JSON by its members, anything else whole.
fn outputs(captured: &[u8], now: &[u8]) -> Vec<Difference> {
    if captured == now {
        return Vec::new();
    }
    let parsed = |bytes| serde_json::from_slice::<Value>(bytes).ok();
    let mut differences = Vec::new();
    if let (Some(captured), Some(now)) = (parsed(captured), parsed(now)) {
        members("output", &captured, &now, &mut differences);
    }
    if differences.is_empty() {
        let at = std::iter::zip(captured, now).take_while(|(a, b)| a == b);
        let at = at.count();
        let told = |bytes: &[u8]| json!(format!("{} bytes, other from byte {at}", bytes.len()));
        differences.push(difference("output", told(captured), told(now)));
    }
    if differences.len() > OUTPUT_MAX_COUNT {
        let more = differences.len() - OUTPUT_MAX_COUNT;
        differences.truncate(OUTPUT_MAX_COUNT);
        differences.push(difference(
            "output",
            json!(format!("{more} more differ")),
            Value::Null,
        ));
    }
    differences
}

fn members(path: &str, captured: &Value, now: &Value, differences: &mut Vec<Difference>) {
    match (captured, now) {
        (Value::Object(a), Value::Object(b)) => {
            let added = b.keys().filter(|key| !a.contains_key(*key));
            for key in a.keys().chain(added) {
                let of = |object: &serde_json::Map<String, Value>| object.get(key).cloned();
                let path = format!("{path}/{}", key.replace('~', "~0").replace('/', "~1"));
                match (of(a), of(b)) {
                    (Some(a), Some(b)) => members(&path, &a, &b, differences),
                    (a, b) => {
                        let (a, b) = (a.unwrap_or_default(), b.unwrap_or_default());
                        differences.push(difference(&path, a, b));
                    }
                }
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (nth, (a, b)) in a.iter().zip(b).enumerate() {
                members(&format!("{path}/{nth}"), a, b, differences);
            }
        }
        (a, b) if a != b => differences.push(difference(path, a.clone(), b.clone())),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn scored(score: Option<f64>, payload: &str) -> Captured {
        Captured::Scored {
            score: score.map(Score::of),
            decision: None,
            payload: Bytes::copy_from_slice(payload.as_bytes()),
            route: None,
        }
    }

    fn told(captured: &Captured, now: &Captured) -> Vec<String> {
        let differences = differences(captured, now);
        let told = differences.iter();
        told.map(|d| format!("{} {} {}", d.what, d.captured, d.now))
            .collect()
    }

    #[test]
    fn scores_are_compared_bit_for_bit_and_their_distance_is_that_of_their_precision() {
        let nan = Some(f64::NAN);
        assert!(differences(&scored(nan, ""), &scored(nan, "")).is_empty());
        let distance = |a: f64, b: f64| {
            let differences = differences(&scored(Some(a), ""), &scored(Some(b), ""));
            differences[0].distance.unwrap()
        };
        let next = |number: f32| f64::from(f32::from_bits(number.to_bits() + 1));
        let single = distance(0.5, next(0.5));
        assert_eq!((single.ulps, single.single), (1, true));
        let double = distance(0.1, f64::from_bits(0.1_f64.to_bits() + 3));
        assert_eq!((double.ulps, double.single), (3, false));
        let signs = distance(0.0, -0.0);
        assert_eq!((signs.ulps, signs.absolute), (0, Some(0.0)));
        assert_eq!(distance(0.5, f64::INFINITY).absolute, None);
        assert_eq!(
            distance(f64::MIN, f64::MAX).ulps,
            distance(f64::MAX, f64::MIN).ulps
        );
    }

    #[test]
    fn an_output_is_compared_by_its_members_where_it_is_json() {
        let differ = |a, b| told(&scored(None, a), &scored(None, b));
        assert!(differ("{\"a\":1}", "{\"a\":1}").is_empty());
        assert_eq!(
            differ(
                r#"{"a":{"x/y":1},"b":[1,2],"c":1}"#,
                r#"{"a":{"x/y":2},"b":[1,3],"d":1}"#
            ),
            [
                "output/a/x~1y 1 2",
                "output/b/1 2 3",
                "output/c 1 null",
                "output/d null 1"
            ]
        );
        let spaces = differ("{\"a\":1}", "{\"a\": 1}");
        assert_eq!(
            spaces,
            [r#"output "7 bytes, other from byte 5" "8 bytes, other from byte 5""#]
        );
        assert_eq!(differ("a", "b").len(), 1);
        let many = |number: usize| format!("[{}]", vec![number.to_string(); 40].join(","));
        let all = differ(&many(1), &many(2));
        assert!(
            all.len() == 33 && all[32].contains("8 more differ"),
            "{all:?}"
        );
    }

    #[test]
    fn a_fault_is_the_same_by_plugin_and_kind_whatever_its_words() {
        let fault = |slot: &str, fault: &str, detail: &str| Captured::Fault {
            slot: slot.to_owned(),
            digest: crate::release::Digest::of(detail.as_bytes()),
            fault: fault.to_owned(),
            detail: detail.to_owned(),
        };
        let captured = fault("fraud", "trap", "infer stopped: unreachable");
        assert!(told(&captured, &fault("fraud", "trap", "other words")).is_empty());
        assert_eq!(
            told(&captured, &fault("payments", "memory", "")),
            [r#"plugin "fraud" "payments""#, r#"fault "trap" "memory""#]
        );
        assert_eq!(
            told(&captured, &scored(None, "")),
            [r#"kind "fault" "scored""#]
        );
    }
}
