//! ONNX files that are broken, hostile or beyond what is served get one sentence that names the place.

mod onnx_file;

use std::time::Instant;

use onnx_file::{
    ATTRIBUTE, FLOAT, INITIALIZER, INPUT, ML, Message, NODE, OUTPUT, STRING, file, floats, node,
    port, table, tensor,
};
use scoregate_compiler::reader::{Folder, read_model};

fn error(file: &[u8]) -> String {
    match read_model(file, None, None) {
        Ok(_) => panic!("it was read"),
        Err(error) => error.to_string(),
    }
}

fn scaler() -> Message {
    let attributes = [floats("offset", &[1.0, 2.0]), floats("scale", &[3.0, 4.0])];
    let scaler = node(ML, "Scaler", &["x"], &["y"]);
    let [offset, scale] = attributes;
    scaler
        .message(ATTRIBUTE, &offset)
        .message(ATTRIBUTE, &scale)
}

/// A model that is read.
fn sound() -> Vec<u8> {
    file(&[
        (NODE, scaler()),
        (INPUT, table("x", FLOAT, 2)),
        (OUTPUT, table("y", FLOAT, 2)),
    ])
}

#[test]
fn a_sound_file_is_read() {
    assert!(read_model(&sound(), None, None).is_ok());
}

#[test]
fn a_file_that_ends_anywhere_is_refused_and_never_read_as_whole() {
    let whole = sound();
    for end in 2..whole.len() {
        // A file may end between two fields; then something else is missing, or nothing that is needed.
        if let Err(error) = read_model(&whole[..end], None, None) {
            assert!(!error.to_string().is_empty(), "{end}");
        }
    }
    assert_eq!(
        error(&whole[..whole.len() - 40]),
        "the model file is not valid ONNX: byte 11: a field claims 111 bytes, and 88 are left"
            .replace("byte 11: a field claims 111", &claim(&whole))
            .replace("88", &(whole.len() - 40 - 11).to_string())
    );
}

/// What the graph's field claims in the file.
fn claim(whole: &[u8]) -> String {
    let at = whole.iter().position(|byte| *byte == 7 << 3 | 2).unwrap();
    let (low, high) = (usize::from(whole[at + 1]), usize::from(whole[at + 2]));
    let (length, begin) = match low {
        0x80.. => (low & 0x7f | high << 7, at + 3),
        _ => (low, at + 2),
    };
    format!("byte {begin}: a field claims {length}")
}

fn input() -> (u64, Message) {
    (INPUT, table("x", FLOAT, 2))
}

fn output() -> (u64, Message) {
    (OUTPUT, table("y", FLOAT, 2))
}

fn are_told(cases: Vec<(Vec<(u64, Message)>, &str)>) {
    for (parts, expected) in cases {
        assert_eq!(error(&file(&parts)), expected);
    }
}

#[test]
fn what_is_wrong_in_a_graph_is_told_with_its_node() {
    are_told(vec![
        (
            vec![(NODE, node("", "Conv", &["x"], &["y"])), input(), output()],
            "node 0 `the_Conv` (ai.onnx.Conv): the operator ai.onnx.Conv is not served",
        ),
        (
            vec![
                (NODE, node("mine", "Relu", &["x"], &["y"])),
                input(),
                output(),
            ],
            "node 0 `the_Relu` (mine.Relu): the model imports no operator set of the domain `mine`",
        ),
        (
            vec![
                (NODE, node("", "Neg", &["b"], &["a"])),
                (NODE, node("", "Neg", &["a"], &["b"])),
                input(),
                output(),
            ],
            "node 0 `the_Neg` (ai.onnx.Neg): it takes `b`, which nothing before it makes; nodes stand in the order in which they run, and none waits for itself",
        ),
        (
            vec![(NODE, node("", "Neg", &["x"], &["x"])), input(), output()],
            "node 0 `the_Neg` (ai.onnx.Neg): `x` is made twice; each value has one origin",
        ),
        (
            vec![(NODE, node("", "Neg", &[], &["y"])), input(), output()],
            "node 0 `the_Neg` (ai.onnx.Neg): input 0 is missing",
        ),
    ]);
}

#[test]
fn what_does_not_fit_its_place_is_told() {
    are_told(vec![
        (
            vec![(NODE, scaler()), (INPUT, table("x", FLOAT, 3)), output()],
            "node 0 `the_Scaler` (ai.onnx.ml.Scaler): 2 scales for 3 columns; there must be as many, or one",
        ),
        (
            vec![(NODE, scaler()), input(), (OUTPUT, table("z", FLOAT, 2))],
            "output `z`: no node makes it",
        ),
        (
            vec![(NODE, scaler()), output()],
            "graph.input: the graph has no inputs",
        ),
        (
            vec![(NODE, scaler()), (INPUT, table("x", 10, 2)), output()],
            "input `x`: elements of float16 are not served",
        ),
        (
            vec![
                (NODE, scaler()),
                (
                    INPUT,
                    port(
                        "x",
                        FLOAT,
                        &Message::default()
                            .message(1, &Message::default())
                            .message(1, &Message::default()),
                    ),
                ),
                output(),
            ],
            "input `x`: only its first dimension, the rows, may vary, but dimension 1 has no fixed size; name the number of columns when the model is converted, as in FloatTensorType([None, 12])",
        ),
        (
            vec![
                (NODE, scaler()),
                (INPUT, table("x", FLOAT, 1 << 40)),
                output(),
            ],
            "input `x`: a tensor of shape [2, 1099511627776] has more elements than the 134217728 that are served",
        ),
        (
            vec![(NODE, scaler()), (INPUT, table("x", STRING, 2)), output()],
            "node 0 `the_Scaler` (ai.onnx.ml.Scaler): a tensor of string where one of float is needed",
        ),
        (
            vec![
                (INITIALIZER, tensor("w", &[2, 3], &[1.0, 2.0])),
                (NODE, scaler()),
                input(),
                output(),
            ],
            "initializer 0 `w`: 8 bytes of data where there should be 6 times 4",
        ),
        (
            vec![
                (INITIALIZER, tensor("w", &[1 << 31], &[])),
                (NODE, scaler()),
                input(),
                output(),
            ],
            "initializer 0 `w`: a tensor of shape [2147483648] has more elements than the 134217728 that are served",
        ),
    ]);
}

#[test]
fn a_file_that_asks_for_much_memory_is_refused_before_it_is_taken() {
    // Two bytes for each message of hundreds.
    let nodes = [0x0a, 0x00].repeat(16 << 20);
    let mut file = Message::default().number(1, 8).bytes(7, nodes);
    let start = Instant::now();
    let told = error(&file.0);
    println!("told after {:?}", start.elapsed());
    assert_eq!(
        told,
        "the ONNX file would take more than 805306368 bytes of memory to read"
    );
    // Graphs inside of each other.
    file = Message::default();
    for _ in 0..200 {
        let attribute = Message::default().message(6, &file);
        let node = Message::default().message(5, &attribute);
        file = Message::default().message(1, &node);
    }
    let told = error(&Message::default().number(1, 8).message(7, &file).0);
    assert!(
        told.ends_with("more than 64 messages are inside of each other"),
        "{told}"
    );
}

#[test]
fn data_in_other_files_are_read_from_the_models_folder_only() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("models");
    std::fs::create_dir(&folder).unwrap();
    let secret: Vec<u8> = [5.0_f32, 6.0]
        .iter()
        .flat_map(|float| float.to_le_bytes())
        .collect();
    std::fs::write(root.path().join("secret"), &secret).unwrap();
    std::fs::write(folder.join("weights"), &secret).unwrap();
    std::os::unix::fs::symlink(root.path().join("secret"), folder.join("link")).unwrap();
    let model = |location: &str, length: &str| {
        let entry = |key: &str, value: &str| Message::default().bytes(1, key).bytes(2, value);
        let weights = Message::default()
            .number(1, 2)
            .number(2, FLOAT)
            .bytes(8, "w");
        let weights = weights
            .message(13, &entry("location", location))
            .message(13, &entry("length", length))
            .number(14, 1);
        file(&[
            (INITIALIZER, weights),
            (NODE, scaler()),
            (INPUT, table("x", FLOAT, 2)),
            (OUTPUT, table("y", FLOAT, 2)),
        ])
    };
    let inside = Folder::of(&folder.join("model.onnx")).unwrap();
    let told = |location: &str, length: &str| {
        read_model(&model(location, length), None, Some(&inside))
            .err()
            .map(|error| error.to_string())
    };
    assert_eq!(told("weights", "8"), None);
    let outside = |location: &str| {
        Some(format!(
            "initializer 0 `w`: its data are in `{location}`, outside of the model's folder, where nothing is read"
        ))
    };
    let absolute = root.path().join("secret").display().to_string();
    for location in ["../secret", "link", "./../secret", &absolute, ""] {
        assert_eq!(told(location, "8"), outside(location), "{location}");
    }
    assert_eq!(
        told("weights", "2000000000").as_deref(),
        Some("initializer 0 `w`: its data are 2000000000 bytes from 0 of `weights`, which has 8")
    );
    assert_eq!(
        error(&model("weights", "8")),
        "initializer 0 `w`: its data are in another file, `weights`, and only the model's own bytes are at hand; save the model in one file"
    );
}
