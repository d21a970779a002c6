//! A small web shop: people who look, people who compare, people who came to buy.

mod session;

use crate::Sample;
use crate::calendar::wait_s;
use crate::random::Random;
use crate::timeline::Timeline;

const SESSIONS_PER_HOUR: f64 = 180.0;

pub fn samples(seed: u64) -> impl Iterator<Item = Sample> + Send {
    let mut random = Random::new(seed);
    Timeline::new(Box::new(move |time_s| {
        let clicks = session::clicks(time_s, &mut random);
        let wait_s = wait_s(&mut random, SESSIONS_PER_HOUR, time_s as i64);
        (clicks, wait_s)
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    #[test]
    fn a_session_counts_its_clicks_and_has_one_label() {
        let mut seen = std::collections::HashMap::new();
        for sample in super::samples(5).take(5000) {
            let event: Value = serde_json::from_slice(&sample.event).expect("JSON");
            assert_eq!(event["session_id"], sample.key);
            let clicks = event["session"]["clicks"].as_u64().expect("a count");
            let (before, label) = seen
                .insert(sample.key, (clicks, sample.label))
                .unwrap_or((0, sample.label));
            assert_eq!((clicks, label), (before + 1, sample.label));
        }
        let orders = seen.values().filter(|(_, label)| *label).count();
        assert!(
            orders * 30 > seen.len() && orders * 4 < seen.len(),
            "{orders} of {}",
            seen.len()
        );
    }
}
