//! What the tests of the adapter share: a batch through the SDK, as the gateway would send it.
#![allow(dead_code, reason = "each test file uses its part")]

use iot::Iot;
use scoregate_sdk::{Adapter, Config, Event, batch};

pub struct Batch {
    /// Row by row, one row for each event that was not rejected.
    pub features: Vec<f32>,
    /// Which event, and why.
    pub rejected: Vec<(usize, String)>,
}

pub fn prepare(payloads: &[&[u8]]) -> Batch {
    let adapter =
        Iot::configure(&Config::new("{}")).expect("an empty configuration is the default one");
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

/// Damages these events again and again, by cuts, bits and pieces: none panics, makes an infinite feature or a long reason.
pub fn damage(events: &[&[u8]], times: usize) {
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut random = |below: usize| {
        // Xorshift64, Marsaglia 2003.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below.max(1) as u64) as usize
    };
    let pieces: [&[u8]; 12] = [
        b"\"", b"{", b"}", b"[", b",", b"null", b"-", b"9e9", b"\\", b"\xf0", b" ", b"1e-320",
    ];
    for nth in 0..times {
        let mut event = events[nth % events.len()].to_vec();
        for _ in 0..=random(3) {
            let from = random(event.len());
            match random(4) {
                0 => event.truncate(from),
                1 if from < event.len() => event[from] ^= 1 << random(8),
                _ => {
                    let to = (from + random(4)).min(event.len());
                    event.splice(from..to, pieces[random(pieces.len())].iter().copied());
                }
            }
        }
        let batch = prepare(&[&event]);
        assert!(batch.features.iter().all(|feature| !feature.is_infinite()));
        let short = |(_, reason): &(usize, String)| reason.len() <= checks::REASON_MAX_BYTES;
        assert!(batch.rejected.iter().all(short), "{:?}", batch.rejected);
    }
}
