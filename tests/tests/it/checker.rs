//! The checker finds every kind of breach, and the generator makes what it promises.

use std::collections::BTreeSet;

use scoregate_tests::{
    checker::{Mark, Verdict},
    payments,
};

fn sent() -> Vec<Mark> {
    payments::made(7, 1_000, 13)
        .map(|made| made.mark())
        .collect()
}

fn fails(assertion: impl FnOnce() + std::panic::UnwindSafe) -> bool {
    std::panic::catch_unwind(assertion).is_err()
}

#[test]
fn what_arrives_once_and_in_order_within_its_key_passes() {
    let mut read = sent();
    // Keys lie in partitions, which are read one after the other.
    read.sort_by(|a, b| a.key.cmp(&b.key));
    let verdict = Verdict::of(sent(), read);
    verdict.assert_exactly_once();
    verdict.assert_at_least_once();
    assert_eq!((verdict.sent, verdict.read), (1_000, 1_000));
}

#[test]
fn what_is_lost_is_found() {
    let mut read = sent();
    let lost = vec![read.remove(17), read.pop().expect("many")];
    let verdict = Verdict::of(sent(), read);
    assert_eq!(verdict.lost, lost);
    assert!(fails(|| verdict.assert_at_least_once()));
    assert!(fails(|| Verdict::of(sent(), []).assert_exactly_once()));
}

#[test]
fn what_is_doubled_is_found_wherever_it_lies() {
    let mut read = sent();
    let doubled = vec![read[3].clone(), read[3].clone()];
    read.insert(4, doubled[0].clone());
    read.push(doubled[1].clone());
    let verdict = Verdict::of(sent(), read);
    assert_eq!(verdict.doubled, doubled);
    assert_eq!(verdict.disordered, []);
    verdict.assert_at_least_once();
    assert!(fails(|| verdict.assert_exactly_once()));
}

#[test]
fn what_is_out_of_order_within_its_key_is_found() {
    let mut read = sent();
    let later = read
        .iter()
        .skip(1)
        .position(|mark| mark.key == read[0].key)
        .expect("a card pays twice")
        + 1;
    let early = read[0].clone();
    read.swap(0, later);
    let verdict = Verdict::of(sent(), read.clone());
    assert_eq!(verdict.disordered, [early]);
    assert!(fails(|| verdict.assert_at_least_once()));
    Verdict::of_rows(sent(), read).assert_exactly_once();
}

#[test]
fn what_was_never_sent_is_found() {
    let mut read = sent();
    read.push(Mark::new("card", "none"));
    read[0].key = "another card".to_owned();
    let verdict = Verdict::of(sent(), read);
    assert_eq!(verdict.foreign.len(), 2);
    assert_eq!(verdict.lost, [sent()[0].clone()]);
    assert!(fails(|| verdict.assert_exactly_once()));
}

#[test]
fn a_report_shows_the_first_few_of_each() {
    let verdict = Verdict::of(
        (0..20).map(|nth| Mark::new("k", nth.to_string())),
        [2, 1, 1].map(|nth| Mark::new("k", nth.to_string())),
    );
    assert_eq!(
        verdict.to_string(),
        "20 sent, 3 read\n18 lost: 0 (key k), 3 (key k), 4 (key k), 5 (key k), 6 (key k), ...\n\
         1 doubled: 1 (key k)\n1 disordered: 1 (key k)\n0 foreign"
    );
}

#[test]
fn a_hundred_thousand_payments_are_unique_and_the_same_for_a_seed() {
    let ids: BTreeSet<String> = payments::made(1, 100_000, 500)
        .map(|made| made.payment_id)
        .collect();
    assert_eq!(ids.len(), 100_000);
    let cards: BTreeSet<String> = payments::made(1, 100_000, 500)
        .map(|made| made.card_id)
        .collect();
    assert_eq!(cards.len(), 500);
    let texts = |seed| payments::made(seed, 100, 500).map(|made| made.json);
    assert!(texts(1).eq(texts(1)));
    assert!(!texts(1).eq(texts(2)));
    for text in texts(3) {
        let payment: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert!(payment["amount"].is_number(), "{payment}");
    }
}
