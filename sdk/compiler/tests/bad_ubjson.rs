//! A file that begins as UBJSON and is wrong is refused with the byte where it is; nothing panics.

mod trained;

use scoregate_compiler::{limits, reader};
use trained::file;

const MODEL: &str = "xgboost-3.2.0.ubjson.ubj";

fn refusal(file: &[u8]) -> String {
    reader::read(file).unwrap_err().to_string()
}

/// An object with this key and these bytes as its value.
fn object(key: &str, value: &[u8]) -> Vec<u8> {
    [&b"{U"[..], &[key.len() as u8], key.as_bytes(), value, b"}"].concat()
}

/// Where these bytes stand first.
fn find(file: &[u8], bytes: &[u8]) -> usize {
    file.windows(bytes.len())
        .position(|part| part == bytes)
        .unwrap()
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    for name in [
        MODEL,
        "xgboost-3.2.0.partition_ubjson.ubj",
        "xgboost-3.2.0.ubjson_linear.ubj",
    ] {
        let model = file(name);
        // The format has no long stretches of one kind, so a sample meets all of them.
        for length in (0..model.len()).step_by(5) {
            assert!(
                reader::read(&model[..length]).is_err(),
                "the first {length} bytes of {name}"
            );
        }
    }
}

#[test]
fn a_file_with_any_byte_changed_does_not_panic() {
    for name in [MODEL, "xgboost-3.2.0.vectors_labels.ubj"] {
        let model = file(name);
        for at in (0..model.len()).step_by(7) {
            for byte in *b"[{$#SlLdU}]\x00\x7f\xff" {
                let mut bad = model.clone();
                bad[at] = byte;
                let _ = reader::read(&bad);
            }
        }
    }
}

#[test]
fn wrong_bytes_are_named_with_their_place() {
    for (bytes, expected) in [
        (object("learner", b"?"), "byte 10: 0x3f is no marker"),
        (object("learner", b"[$?#U\x01\x00]"), "none that has bytes"),
        (
            object("learner", b"[$Z#L\x7f\xff\xff\xff\xff\xff\xff\xff"),
            "none that has bytes",
        ),
        (object("learner", b"[$d]"), "followed by no `#`"),
        (
            object("learner", b"[$d#l\x00\x98\x96\x80"),
            "10000000 elements are claimed",
        ),
        (
            object("learner", b"[#L\x7f\xff\xff\xff\xff\xff\xff\xff"),
            "elements are claimed",
        ),
        (
            object("learner", b"[$L#U\x05\x00\x00\x00\x00\x00"),
            "40 more bytes were due",
        ),
        (
            object("learner", b"SL\xff\xff\xff\xff\xff\xff\xff\xff"),
            "a length is negative",
        ),
        (
            object("learner", b"Sd\x00\x00\x00\x00"),
            "no integer stands there",
        ),
        (
            object("learner", b"SU\x02\xff\xff"),
            "the text is not UTF-8",
        ),
        (
            b"{U\x07learner{}} ".to_vec(),
            "ends at byte 13, but the file has 14 bytes",
        ),
        (object("learner", b"N"), "is no marker"),
    ] {
        let refused = refusal(&bytes);
        assert!(
            refused.starts_with("the model file is not valid UBJSON: ")
                && refused.contains(expected),
            "{refused}"
        );
    }
    let deep = [&b"{U\x07learner"[..], &b"[".repeat(1_000_000)].concat();
    assert!(refusal(&deep).contains("more than 32 values are inside of each other"));
    let deep = [&b"{U\x07learner"[..], &b"[$[#U\x01".repeat(1_000_000)].concat();
    assert!(refusal(&deep).contains("more than 32 values are inside of each other"));
    let twice = b"{U\x07learner{}U\x07learner{}}";
    assert!(refusal(twice).contains("`learner` stands there twice"));
    assert!(refusal(b"{U\x01x{}}").contains("`learner` is missing"));
}

#[test]
fn few_bytes_cannot_ask_for_many_objects_and_arrays() {
    let arrays = |count: usize| {
        object(
            "learner",
            &[b"[", &b"[]".repeat(count - 2)[..], b"]"].concat(),
        )
    };
    assert!(refusal(&arrays(limits::CONTAINERS_MAX)).contains("`version` is missing"));
    assert!(
        refusal(&arrays(limits::CONTAINERS_MAX + 1))
            .contains("more than 10000000 objects and arrays are in the file")
    );
}

#[test]
fn wrong_values_are_named_with_path_and_byte() {
    let model = file(MODEL);
    // The first tree's left children: a typed array of i32.
    let at = find(&model, b"left_children[$l#L") + b"left_children[$l#L".len() + 8;
    let mut bad = model.clone();
    bad[at..at + 4].copy_from_slice(&900_i32.to_be_bytes());
    let refused = refusal(&bad);
    assert!(
        refused.starts_with(&format!(
            "learner.gradient_booster.model.trees[0].left_children[0] (byte {at}): 900 is out of range"
        )),
        "{refused}"
    );
    let mut bad = model.clone();
    bad[at..at + 4].copy_from_slice(&0_i32.to_be_bytes());
    assert!(refusal(&bad).contains("node 0 has a second parent or is its own ancestor"));
    let at = find(&model, b"split_conditions[$d#L") + b"split_conditions[$d#L".len() + 8;
    let mut bad = model.clone();
    bad[at..at + 4].copy_from_slice(&f32::NAN.to_be_bytes());
    let refused = refusal(&bad);
    assert!(
        refused.ends_with(&format!(
            "trees[0].split_conditions[0] (byte {at}): is not a finite 32-bit number"
        )),
        "{refused}"
    );
    let at = find(&model, b"num_treesSL") + b"num_treesSL".len() + 8;
    let mut bad = model;
    bad[at] = b'9';
    assert!(refusal(&bad).contains("9 trees are claimed, but there are 4"));
}

#[test]
fn every_form_of_a_length_and_of_a_container_is_read() {
    // What no release of XGBoost writes, but the format allows: keys, counts and elements with integers of every size.
    let forms: [&[u8]; 5] = [
        b"i\x07",
        b"U\x07",
        b"I\x00\x07",
        b"l\x00\x00\x00\x07",
        b"L\x00\x00\x00\x00\x00\x00\x00\x07",
    ];
    for form in forms {
        let file = [
            b"{",
            form,
            b"version[#",
            &form[..form.len() - 1],
            b"\x03i\x03U\x02I\x00\x00U\x07learner{}}",
        ]
        .concat();
        assert!(
            refusal(&file).contains("learner (byte"),
            "{}",
            refusal(&file)
        );
        let file = [
            b"{#U\x02",
            form,
            b"version[i\x03U\x02I\x00\x00]U\x07learner{}",
        ]
        .concat();
        assert!(
            refusal(&file).contains("learner (byte"),
            "{}",
            refusal(&file)
        );
    }
    assert!(refusal(b"{$[#U\x01U\x07learner]").contains("`version` is missing"));
}
