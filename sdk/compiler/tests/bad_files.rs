//! A file that is no model of XGBoost, or not whole, is refused and says what to do; nothing panics.

mod common;

use common::{fixture, options};
use scoregate_compiler::{CompileError, limits, reader};

#[test]
fn files_that_are_no_json_of_xgboost_say_how_to_save() {
    for (file, expected) in [
        (&b""[..], "is empty"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"binf\0\0", "old binary format"),
        (b"PK\x03\x04", "ZIP"),
        (b"booster[0]:\n0:[f0<1]", "`dump_model`"),
        (b"[\n  { \"nodeid\": 0", "`dump_model`"),
        (b"hello", "begin with `{`"),
        (b"{ \"name\": \"tree\"}", "LightGBM's JSON for people"),
        (b"{}", "`learner` is missing"),
    ] {
        let refused = reader::read(file).unwrap_err().to_string();
        assert!(
            refused.contains(expected) && refused.contains("booster.save_model(\"model.json\")"),
            "{refused}"
        );
    }
}

#[test]
fn a_pickle_is_refused_unopened_with_the_lines_that_save_its_model() {
    for (file, lines) in [
        (
            &b"\x80\x05\x95\x8cxgboost.sklearn\x94"[..],
            ["pickle.load", "model.save_model(\"model.json\")"],
        ),
        (
            b"\x80\x04\x95\x8clightgbm.sklearn\x94",
            [
                "pickle.load",
                "\"booster_\", model).save_model(\"model.txt\")",
            ],
        ),
        (
            b"\x80\x04\x95\x8csklearn.pipeline\x94",
            ["joblib.load", "pipeline[-1].save_model(\"model.json\")"],
        ),
        (
            b"\x78\x9cabc",
            ["joblib.load", "model.booster_.save_model(\"model.txt\")"],
        ),
        (
            b"\x80\x03abc",
            ["joblib.load", "model.booster_.save_model(\"model.txt\")"],
        ),
    ] {
        let refused = reader::read(file).unwrap_err().to_string();
        assert!(refused.contains("is a Python pickle, which runs code when it is read"));
        let given: Vec<&str> = refused.lines().skip(1).collect();
        assert_eq!(given.len(), 2, "{refused}");
        for (line, expected) in given.iter().zip(lines) {
            assert!(line.contains(expected), "{refused}");
        }
    }
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
    let deep = format!("{{\"learner\": {}", "[".repeat(1_000_000));
    assert!(message(deep.as_bytes()).contains("more than 32 values are inside of each other"));
    let twice = b"{\"learner\": {}, \"learner\": {}}";
    assert!(
        reader::read(twice)
            .unwrap_err()
            .to_string()
            .contains("`learner` stands there twice")
    );
}

#[test]
fn few_bytes_cannot_ask_for_many_objects_and_arrays() {
    let arrays = |count: usize| format!("{{\"learner\": [{}[]]}}", "[],".repeat(count - 3));
    let refusal = |file: String| reader::read(file.as_bytes()).unwrap_err().to_string();
    assert!(refusal(arrays(limits::CONTAINERS_MAX)).contains("`version` is missing"));
    assert!(
        refusal(arrays(limits::CONTAINERS_MAX + 1))
            .contains("more than 10000000 objects and arrays are in the file at line 1 column ")
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

#[test]
fn numbers_that_json_lacks_are_read_where_nothing_needs_them_and_named_where_something_does() {
    let model = String::from_utf8(fixture("stump").model).unwrap();
    for number in ["NaN", "-Infinity", "Infinity"] {
        let unused = model.replacen(
            "\"sum_hessian\":[",
            &format!("\"other\":[{number},\"NaN\\\"Infinity\"],\"sum_hessian\":["),
            1,
        );
        assert!(unused != model);
        assert_eq!(
            reader::read(unused.as_bytes()).unwrap(),
            reader::read(model.as_bytes()).unwrap()
        );
        let used = model.replacen(
            "\"split_conditions\":[",
            &format!("\"split_conditions\":[{number},"),
            1,
        );
        let condition = used.split("\"split_conditions\":[").nth(1).unwrap();
        let last = condition[..condition.find(']').unwrap()]
            .rfind(',')
            .unwrap();
        let used = used.replacen(&condition[last..condition.find(']').unwrap()], "", 1);
        assert_eq!(
            reader::read(used.as_bytes()).unwrap_err().to_string(),
            "learner.gradient_booster.model.trees[0].split_conditions[0]: is not a finite 32-bit number"
        );
    }
}
