//! What tests of adapters share: a batch through the SDK, as the gateway would send it, and events that are damaged again and again.

use scoregate_sdk::{Adapter, Config, Datatype, Event, batch};

use crate::REASON_MAX_BYTES;

/// What an adapter made of a batch.
pub struct Batch {
    /// Row by row, one row for each event that was not rejected.
    pub features: Vec<f64>,
    /// Which event, and why.
    pub rejected: Vec<(usize, String)>,
}

/// Runs a batch through the adapter in its default configuration.
///
/// # Panics
/// The adapter refuses an empty configuration, or a bad event fails its batch.
pub fn prepare<A: Adapter>(payloads: &[&[u8]]) -> Batch {
    let adapter =
        A::configure(&Config::new("{}")).expect("an empty configuration is the default one");
    let events: Vec<Event> = payloads.iter().map(|payload| Event::new(payload)).collect();
    let contract = adapter.contract();
    let prepared =
        batch::prepare(&adapter, &contract, &events).expect("a bad event never fails its batch");
    let features = numbers(contract.features[0].datatype, &prepared.features[0].data);
    let rejected = prepared
        .rejected
        .into_iter()
        .map(|rejected| (rejected.row as usize, rejected.reason))
        .collect();
    Batch { features, rejected }
}

/// Holds features against those that the model was trained on, row by row.
///
/// # Panics
/// One differs, which is named.
#[track_caller]
pub fn assert_trained_on(made: &[f64], expected: &[f64], features_per_row: usize) {
    assert_eq!(made.len(), expected.len());
    for (index, (made, expected)) in made.iter().zip(expected).enumerate() {
        // Which of the many NaNs stands for "missing" is nobody's promise.
        let equal = made.to_bits() == expected.to_bits() || made.is_nan() && expected.is_nan();
        let (row, feature) = (index / features_per_row, index % features_per_row);
        assert!(
            equal,
            "row {row}, feature {feature}: {made} instead of {expected}"
        );
    }
}

/// Damages these events again and again, by cuts, bits and pieces.
///
/// # Panics
/// A damaged event panics, makes an infinite feature or a reason that is too long.
pub fn damage<A: Adapter>(events: &[&[u8]], times: usize) {
    let mut random = random();
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
        let batch = prepare::<A>(&[&event]);
        assert!(batch.features.iter().all(|feature| !feature.is_infinite()));
        let short = |(_, reason): &(usize, String)| reason.len() <= REASON_MAX_BYTES;
        assert!(batch.rejected.iter().all(short), "{:?}", batch.rejected);
    }
}

/// Numbers below what is asked for, the same ones in each run: Marsaglia's xorshift64 (2003).
pub fn random() -> impl FnMut(usize) -> usize {
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    move |below| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below.max(1) as u64) as usize
    }
}

/// A tensor's numbers in little endian; an `f32` loses nothing as an `f64`.
///
/// # Panics
/// The datatype is neither FP32 nor FP64.
pub fn numbers(datatype: Datatype, bytes: &[u8]) -> Vec<f64> {
    let single = |bytes: &[u8; 4]| f64::from(f32::from_le_bytes(*bytes));
    match datatype {
        Datatype::Fp32 => bytes.as_chunks().0.iter().map(single).collect(),
        Datatype::Fp64 => {
            let doubles = bytes.as_chunks().0.iter();
            doubles.map(|bytes| f64::from_le_bytes(*bytes)).collect()
        }
        other => panic!("{other} is neither FP32 nor FP64"),
    }
}
