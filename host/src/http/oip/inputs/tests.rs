use super::*;

fn signature() -> Signature {
    let spec = |name: &str, datatype, shape: &[i64]| TensorSpec {
        name: name.into(),
        datatype,
        shape: shape.into(),
    };
    Signature {
        inputs: vec![
            spec("a", Datatype::Fp32, &[-1, 2]),
            spec("b", Datatype::Bool, &[-1]),
            spec("c", Datatype::Bytes, &[-1]),
        ],
        outputs: vec![
            spec("p", Datatype::Fp32, &[-1]),
            spec("l", Datatype::Int64, &[-1]),
        ],
    }
}

fn bound(json: &str, binary: &[u8]) -> Result<Vec<Tensor>, String> {
    let body = [json.as_bytes(), binary].concat();
    let header = (!binary.is_empty()).then_some(json.len());
    Request::read(&body, header)
        .and_then(|request| bind(&request, "m", &signature()))
        .map_err(|problem| {
            assert_eq!(problem.status, 400);
            problem.message.into_owned()
        })
}

const B: &str = r#"{"name":"b","datatype":"BOOL","shape":[1],"data":[true]}"#;
const C: &str = r#"{"name":"c","datatype":"BYTES","shape":[1],"data":["x"]}"#;

#[test]
fn inputs_come_in_any_order_their_fields_too() {
    let a =
        r#"{"data":[[1,2]],"shape":[1,2],"parameters":{"other":[1]},"datatype":"FP32","name":"a"}"#;
    let tensors = bound(&format!(r#"{{"inputs":[{C},{a},{B}],"other":{{}}}}"#), &[]).unwrap();
    assert_eq!(tensors[0].shape, [1, 2]);
    assert_eq!(
        tensors[0].data,
        [1f32.to_le_bytes(), 2f32.to_le_bytes()].concat()
    );
    assert_eq!(tensors[1].data, [1]);
    assert_eq!(tensors[2].data, [1, 0, 0, 0, b'x']);
}

#[test]
fn binary_and_json_inputs_mix() {
    let a = r#"{"name":"a","datatype":"FP32","shape":[1,2],"parameters":{"binary_data_size":8}}"#;
    let c = r#"{"name":"c","datatype":"BYTES","shape":[1],"parameters":{"binary_data_size":5}}"#;
    let json = format!(r#"{{"inputs":[{c},{B},{a}]}}"#);
    let binary = [&[1, 0, 0, 0, b'y'][..], &[0; 8]].concat();
    let tensors = bound(&json, &binary).unwrap();
    assert_eq!(tensors[2].data, [1, 0, 0, 0, b'y']);
    assert_eq!(tensors[0].data, [0; 8]);
}

#[test]
fn binary_lengths_that_lie_are_refused() {
    let input = |size: &str| {
        format!(
            r#"{{"inputs":[{B},{C},{{"name":"a","datatype":"FP32","shape":[1,2],"parameters":{{"binary_data_size":{size}}}}}]}}"#
        )
    };
    for (json, binary, says) in [
        (
            input("9"),
            &[0; 8][..],
            "claims 9 bytes of binary data, 8 are left",
        ),
        (input("18446744073709551615"), &[0; 8], "8 are left"),
        (input("4"), &[0; 4], "needs 8 bytes of data, got 4"),
        (input("8"), &[0; 9], "1 bytes follow"),
        (input("-1"), &[0; 8], "no inference request"),
        (input("8"), &[], "no Inference-Header-Content-Length"),
    ] {
        let error = bound(&json, binary).unwrap_err();
        assert!(error.contains(says), "{error}");
    }
    let error = Request::read(b"{}", Some(3)).unwrap_err();
    assert!(error.message.contains("is 3, but the body has 2 bytes"));
}

#[test]
fn what_does_not_fit_is_named_on_both_sides() {
    let a = |datatype: &str, shape: &str, data: &str| {
        format!(
            r#"{{"inputs":[{B},{C},{{"name":"a","datatype":"{datatype}","shape":{shape}{data}}}]}}"#
        )
    };
    for (json, says) in [
        (
            a("FP64", "[1,2]", r#","data":[1,2]"#),
            "input `a` is of FP64, expected FP32",
        ),
        (
            a("FP32", "[1,3]", r#","data":[1,2,3]"#),
            "has the shape [1, 3], expected [-1, 2]",
        ),
        (
            a("FP32", "[2]", r#","data":[1,2]"#),
            "has the shape [2], expected [-1, 2]",
        ),
        (
            a("FP32", "[9223372036854775808,2]", r#","data":[1,2]"#),
            "overflows",
        ),
        (
            a("FP32", "[1,2]", r#","data":[1]"#),
            "needs 2 elements, its data has 1",
        ),
        (a("FP32", "[1,2]", ""), "neither data nor"),
        (
            a("FP32", "[1,2]", r#","data":[1,2],"data":[1,2]"#),
            "duplicate field",
        ),
        (
            a("FP32", "[-1,2]", r#","data":[1,2]"#),
            "no inference request",
        ),
        (
            format!(r#"{{"inputs":[{B},{C}]}}"#),
            "needs the input a FP32 [-1, 2], which is missing",
        ),
        (
            format!(r#"{{"inputs":[{B},{B},{C}]}}"#),
            "`b` was given more than once",
        ),
        (
            r#"{"inputs":[{"name":"z","datatype":"FP32","shape":[],"data":[]}]}"#.into(),
            "no input `z`: it has a FP32 [-1, 2]",
        ),
        ("{}".into(), "missing field `inputs`"),
        ("[".repeat(1 << 20), "no inference request"),
        (
            r#"{"inputs":"#.to_owned() + &"[".repeat(1 << 20),
            "no inference request",
        ),
        ("".into(), "no inference request"),
        ("null".into(), "no inference request"),
        (
            format!(r#"{{"inputs":"{}"}}"#, "x".repeat(1 << 20)),
            "no inference request",
        ),
    ] {
        let error = bound(&json, &[]).unwrap_err();
        assert!(error.contains(says), "{error}");
        assert!(error.len() < 400, "{error}");
    }
}

#[test]
fn inputs_of_different_rows_are_refused() {
    let a = r#"{"name":"a","datatype":"FP32","shape":[2,2],"data":[1,2,3,4]}"#;
    let error = bound(&format!(r#"{{"inputs":[{a},{B},{C}]}}"#), &[]).unwrap_err();
    assert_eq!(
        error,
        "input `b` has 1 rows, input `a` has 2; expected as many"
    );
}

#[test]
fn what_is_no_text_is_refused() {
    let problem = Request::read(b"\xff", None).unwrap_err();
    assert!(problem.message.contains("UTF-8"));
}

#[test]
fn a_bool_is_zero_or_one() {
    let a = r#"{"name":"a","datatype":"FP32","shape":[1,2],"data":[1,2]}"#;
    let b = r#"{"name":"b","datatype":"BOOL","shape":[1],"parameters":{"binary_data_size":1}}"#;
    let error = bound(&format!(r#"{{"inputs":[{a},{b},{C}]}}"#), &[2]).unwrap_err();
    assert!(error.contains("0 or 1"), "{error}");
}

#[test]
fn outputs_are_those_asked_for() {
    let outputs = |fields: &str| {
        let json = format!(r#"{{"inputs":[]{fields}}}"#);
        Request::read(json.as_bytes(), None)
            .and_then(|request| request.outputs("m", &signature()))
            .map(|asked| {
                asked
                    .iter()
                    .map(|asked| (asked.at, asked.binary))
                    .collect::<Vec<_>>()
            })
            .map_err(|problem| problem.message.into_owned())
    };
    assert_eq!(outputs("").unwrap(), [(0, false), (1, false)]);
    assert_eq!(
        outputs(r#","parameters":{"binary_data_output":true},"outputs":null"#).unwrap(),
        [(0, true), (1, true)]
    );
    assert_eq!(
        outputs(r#","parameters":{"binary_data_output":true},"outputs":[{"name":"l"},{"name":"p","parameters":{"binary_data":false}}]"#).unwrap(),
        [(1, true), (0, false)]
    );
    assert!(
        outputs(r#","outputs":[{"name":"z"}]"#)
            .unwrap_err()
            .contains("no output `z`: it has p, l")
    );
    assert!(
        outputs(r#","outputs":[{"name":"p"},{"name":"p"}]"#)
            .unwrap_err()
            .contains("more than once")
    );
}

#[test]
fn the_timeout_is_in_microseconds_and_zero_is_none() {
    let timeout = |json: &str| Request::read(json.as_bytes(), None).unwrap().timeout();
    assert_eq!(timeout(r#"{"inputs":[]}"#), None);
    assert_eq!(timeout(r#"{"inputs":[],"parameters":{"timeout":0}}"#), None);
    assert_eq!(
        timeout(r#"{"inputs":[],"parameters":{"timeout":2500}}"#),
        Some(std::time::Duration::from_micros(2500))
    );
    assert!(timeout(r#"{"inputs":[],"parameters":{"timeout":18446744073709551615}}"#).is_some());
}
