//! A file that is no model of XGBoost, or not whole, is refused and says what to do; nothing panics.

mod common;

use common::{fixture, options};
use scoregate_compiler::{CompileError, limits, reader};

#[test]
fn files_that_are_no_json_of_xgboost_say_how_to_save() {
    for (file, expected) in [
        (&b""[..], "is empty"),
        (b"\x80\x05\x95abc", "Python pickle"),
        (b"{L\0\0\0\0\0\0\0\x07learner", "UBJSON"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"binf\0\0", "old binary format"),
        (b"PK\x03\x04", "ZIP"),
        (b"hello", "begins with `{`"),
        (b"{}", "`learner` is missing"),
    ] {
        let refused = reader::read(file).unwrap_err().to_string();
        assert!(
            refused.contains(expected) && refused.contains("booster.save_model(\"model.json\")"),
            "{refused}"
        );
    }
    assert!(
        reader::read(b"tree\nversion=v4\n")
            .unwrap_err()
            .to_string()
            .contains("LightGBM")
    );
}

#[test]
fn broken_json_says_where() {
    let message = |file: &[u8]| match reader::read(file).unwrap_err() {
        CompileError::Syntax(message) => message,
        other => panic!("{other}"),
    };
    assert!(message(b"{\"learner\": {").contains("EOF"));
    assert!(message(b"{\"learner\": {}} x").contains("trailing characters at line 1 column 17"));
    assert!(message(b"{\"learner\": \"\xff\"}").contains("byte 13 is not UTF-8"));
    for number in ["NaN", "-Infinity", "Infinity"] {
        let file = format!("{{\"learner\": [1.0, {number}]}}");
        assert!(
            message(file.as_bytes()).contains("a training that diverged"),
            "{number}: {}",
            message(file.as_bytes())
        );
    }
    let deep = format!("{{\"learner\": {}", "[".repeat(1_000_000));
    assert!(reader::read(deep.as_bytes()).is_err());
    let twice = b"{\"learner\": {}, \"learner\": {}}";
    assert!(
        reader::read(twice)
            .unwrap_err()
            .to_string()
            .contains("`learner` stands there twice")
    );
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let model = fixture("stump").model;
    for length in 0..model.len() {
        assert!(
            reader::read(&model[..length]).is_err(),
            "the first {length} bytes"
        );
    }
}

#[test]
fn a_file_with_any_byte_changed_does_not_panic() {
    let model = fixture("stump").model;
    for at in 0..model.len() {
        for byte in *b"0-9\"]{eN\xff" {
            let mut bad = model.clone();
            bad[at] = byte;
            let _ = scoregate_compiler::tables(&bad, &options(None));
        }
    }
}

#[test]
fn a_file_over_the_limit_is_refused_unread() {
    let file = vec![b' '; limits::MODEL_MAX_BYTES + 1];
    assert_eq!(
        reader::read(&file).unwrap_err(),
        CompileError::TooLarge {
            bytes: limits::MODEL_MAX_BYTES + 1,
            max: limits::MODEL_MAX_BYTES
        }
    );
}
