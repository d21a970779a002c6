//! A batch from events to outcomes, as the exported plugin runs it.

use scoregate_sdk::batch::{RejectedEvent, finish, prepare};
use scoregate_sdk::{
    Adapter, Config, Contract, Datatype, Event, Failure, Features, Outcome, Rejection, Scores,
    TensorView, reject,
};

type Write = fn(&Event<'_>, &mut Features) -> Result<(), Rejection>;
type Answer = fn(&Scores<'_>) -> Outcome;

/// An adapter made of two functions.
struct Script {
    contract: Contract,
    write: Write,
    answer: Answer,
}

impl Adapter for Script {
    type Row = Vec<u8>;

    fn configure(_: &Config<'_>) -> Result<Self, String> {
        Err("made by hand".to_owned())
    }

    fn contract(&self) -> Contract {
        self.contract.clone()
    }

    fn preprocess(&self, event: &Event<'_>, features: &mut Features) -> Result<Vec<u8>, Rejection> {
        (self.write)(event, features)?;
        Ok(event.payload.to_vec())
    }

    fn postprocess(&self, row: Vec<u8>, scores: &Scores<'_>) -> Result<Outcome, Rejection> {
        if row == b"refuse" {
            return Err(reject("refused"));
        }
        Ok((self.answer)(scores).payload(row))
    }
}

fn script(write: Write) -> Script {
    let contract = Contract::new()
        .feature("pair", Datatype::Fp32, [-1, 2])
        .feature("word", Datatype::Bytes, [-1, 1]);
    Script {
        contract: contract.score("score", Datatype::Fp32, [-1, 1]),
        write,
        answer: |_| Outcome::new(),
    }
}

fn two_and_a_word(event: &Event<'_>, features: &mut Features) -> Result<(), Rejection> {
    features.push_f32(f32::from(event.payload[0]));
    features.tensor(1).push_bytes(event.payload);
    if event.payload[0] == b'-' {
        return Err("starts with a dash".into());
    }
    features.push_f32(0.5);
    Ok(())
}

fn failure_of(write: Write) -> String {
    let adapter = script(write);
    match prepare(
        &adapter,
        &adapter.contract,
        &[Event::new(b"a"), Event::new(b"b")],
    ) {
        Err(Failure::Internal(why)) => why,
        other => panic!("must fail: {other:?}"),
    }
}

#[test]
fn a_rejected_event_leaves_nothing_behind() {
    let adapter = script(two_and_a_word);
    let events = [b"a1".as_slice(), b"-x", b"b", b"-"].map(Event::new);
    let prepared = prepare(&adapter, &adapter.contract, &events).unwrap();
    let rejected = [1, 3].map(|row| RejectedEvent {
        row,
        reason: "starts with a dash".to_owned(),
    });
    assert_eq!(prepared.rejected, rejected);
    assert_eq!(prepared.rows, [b"a1".to_vec(), b"b".to_vec()]);
    let [pair, word] = &prepared.features[..] else {
        panic!("two tensors")
    };
    assert_eq!(
        (&pair.shape[..], &word.shape[..]),
        (&[2, 2][..], &[2, 1][..])
    );
    assert_eq!(
        &*pair.view(Datatype::Fp32).unwrap().as_f32(),
        [97.0, 0.5, 98.0, 0.5]
    );
    assert_eq!(
        word.view(Datatype::Bytes).unwrap().as_byte_strings(),
        [&b"a1"[..], b"b"]
    );
}

#[test]
fn a_batch_of_rejections_has_no_rows() {
    let adapter = script(two_and_a_word);
    let prepared = prepare(&adapter, &adapter.contract, &[Event::new(b"-")]).unwrap();
    assert_eq!(
        (
            &prepared.features[0].shape[..],
            prepared.features[0].data.len()
        ),
        (&[0, 2][..], 0)
    );
    assert!(
        finish(
            &adapter,
            prepared.rows,
            &[TensorView::new(Datatype::Fp32, &[0, 1], &[]).unwrap()]
        )
        .unwrap()
        .is_empty()
    );
}

#[test]
fn a_row_of_the_wrong_width_fails_the_batch_and_is_named() {
    let why = failure_of(|event, features| {
        features.extend_f32(if event.payload == b"b" {
            &[1.0, 2.0, 3.0]
        } else {
            &[1.0, 2.0]
        });
        features.tensor(1).push_str("w");
        Ok(())
    });
    assert!(
        why.contains("row 1") && why.contains("`pair` got 3 elements, but a row has 2"),
        "{why}"
    );
}

#[test]
fn a_value_of_the_wrong_datatype_fails_the_batch_and_is_named() {
    let why = failure_of(|_, features| {
        features.tensor(0).push_f64(1.0);
        Ok(())
    });
    assert!(
        why.contains("row 0") && why.contains("`pair` was given FP64, but its datatype is FP32"),
        "{why}"
    );
}

#[test]
fn a_tensor_that_the_contract_does_not_have_fails_the_batch() {
    let why = failure_of(|_, features| {
        features.tensor(7).push_f32(1.0);
        Ok(())
    });
    assert!(
        why.contains("feature tensor 7") && why.contains("the contract has 2"),
        "{why}"
    );
}

#[test]
fn a_mistake_in_a_rejected_event_is_forgotten() {
    let adapter = script(|event, features| {
        if event.payload == b"bad" {
            features.tensor(0).push_bool(true);
            features.tensor(9).push_bool(true);
            return Err(reject("bad"));
        }
        two_and_a_word(event, features)
    });
    let prepared = prepare(
        &adapter,
        &adapter.contract,
        &[Event::new(b"bad"), Event::new(b"a")],
    )
    .unwrap();
    assert_eq!((prepared.rows.len(), prepared.rejected.len()), (1, 1));
}

#[test]
fn a_free_dimension_takes_the_first_rows_width_and_holds_the_others_to_it() {
    let mut adapter = script(|event, features| {
        let values: Vec<i64> = event.payload.iter().map(|&byte| byte.into()).collect();
        features.tensor(0).extend_i64(&values);
        Ok(())
    });
    adapter.contract = Contract::new()
        .feature("grid", Datatype::Int64, [-1, 2, -1])
        .score("s", Datatype::Fp32, [-1]);
    let shape_of = |events: &[Event<'_>]| {
        prepare(&adapter, &adapter.contract, events).map(|p| p.features[0].shape.clone())
    };
    assert_eq!(
        shape_of(&[Event::new(b"123456"), Event::new(b"abcdef")]).unwrap(),
        [2, 2, 3]
    );
    assert!(shape_of(&[Event::new(b"1234"), Event::new(b"12")]).is_err());
    let why = shape_of(&[Event::new(b"123")]).unwrap_err().to_string();
    assert!(why.contains("a multiple of 2"), "{why}");
}

/// Scores that begin `offset` bytes into a buffer, so that some offsets are not aligned.
fn finish_at(offset: usize, answer: Answer) -> Result<Vec<Result<Outcome, String>>, Failure> {
    let adapter = Script {
        answer,
        ..script(two_and_a_word)
    };
    let mut buffer = vec![0; offset];
    buffer.extend(
        [1.5_f32, 2.5, 3.5, 4.5]
            .iter()
            .flat_map(|value| value.to_le_bytes()),
    );
    let scores = [TensorView::new(Datatype::Fp32, &[2, 2], &buffer[offset..]).unwrap()];
    finish(
        &adapter,
        vec![b"kept".to_vec(), b"refuse".to_vec()],
        &scores,
    )
}

#[test]
fn each_kept_row_meets_its_own_scores_wherever_they_lie() {
    for offset in 0..9 {
        let outcomes = finish_at(offset, |scores| {
            Outcome::new().score(scores.row_f32(0).iter().sum::<f32>().into())
        });
        let outcomes = outcomes.unwrap();
        assert_eq!(outcomes[0], Ok(Outcome::new().score(4.0).payload(*b"kept")));
        assert_eq!(outcomes[1], Err("refused".to_owned()));
    }
}

#[test]
fn reading_a_score_by_another_datatype_or_place_fails_the_batch() {
    let by_datatype = finish_at(0, |scores| Outcome::new().score(scores.f64(0)))
        .unwrap_err()
        .to_string();
    assert!(
        by_datatype.contains("row 0") && by_datatype.contains("read as FP64, but it is FP32"),
        "{by_datatype}"
    );
    let by_place = finish_at(0, |scores| Outcome::new().score(scores.f32(1).into()))
        .unwrap_err()
        .to_string();
    assert!(
        by_place.contains("score tensor 1 was read, but the contract names 1"),
        "{by_place}"
    );
}

#[test]
fn scores_of_another_number_of_rows_are_refused() {
    let adapter = script(two_and_a_word);
    let score = [TensorView::new(Datatype::Fp32, &[2, 1], &[0; 8]).unwrap()];
    let why = finish(&adapter, vec![vec![]], &score).unwrap_err();
    assert_eq!(
        why,
        Failure::InvalidInput("score tensor 0 has 2 rows, but 1 events were prepared".to_owned())
    );
}

#[test]
fn an_outcome_that_json_cannot_hold_is_a_rejection() {
    let unwritable = std::collections::BTreeMap::from([((1, 2), 3)]);
    assert_eq!(Outcome::new().json(&f64::NAN).payload, b"null");
    assert!(Outcome::new().json(&unwritable).payload.is_empty());
    let outcomes = finish_at(0, |_| {
        Outcome::new().json(&std::collections::BTreeMap::from([((1, 2), 3)]))
    });
    assert!(
        outcomes.unwrap()[0]
            .as_ref()
            .unwrap_err()
            .contains("cannot be written as JSON")
    );
}

#[test]
fn a_contract_whose_rows_cannot_be_counted_is_refused() {
    let with = |shape: &[i64]| {
        let contract =
            Contract::new()
                .feature("x", Datatype::Fp32, shape)
                .score("y", Datatype::Fp32, [-1]);
        contract.check()
    };
    assert!(with(&[-1, 15]).is_ok());
    assert!(with(&[-1, 2, -1]).is_ok());
    for (shape, why) in [
        (&[][..], "first dimension"),
        (&[-1, -1, -1], "only one dimension may vary"),
        (&[-1, 0], "at least 1"),
        (&[-1, i64::MAX, i64::MAX], "too many elements"),
    ] {
        let error = with(shape).unwrap_err();
        assert!(error.contains("`x`") && error.contains(why), "{error}");
    }
    assert!(
        Contract::new()
            .check()
            .unwrap_err()
            .contains("names no feature")
    );
}
