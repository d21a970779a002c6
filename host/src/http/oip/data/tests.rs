use super::*;

fn spec(datatype: Datatype) -> TensorSpec {
    TensorSpec {
        name: "x".into(),
        datatype,
        shape: vec![-1],
    }
}

fn flat(datatype: Datatype, json: &str, count: u64) -> Result<Vec<u8>, String> {
    read(json, &spec(datatype), &[count]).map_err(|problem| problem.message.into_owned())
}

#[test]
fn every_datatype_with_a_json_form_reads_what_it_writes() {
    for (datatype, json, count) in [
        (Datatype::Bool, "[true,false]", 2),
        (Datatype::Uint8, "[0,255]", 2),
        (Datatype::Uint16, "[0,65535]", 2),
        (Datatype::Uint32, "[0,4294967295]", 2),
        (Datatype::Uint64, "[0,18446744073709551615]", 2),
        (Datatype::Int8, "[-128,127]", 2),
        (Datatype::Int16, "[-32768,32767]", 2),
        (Datatype::Int32, "[-2147483648,2147483647]", 2),
        (
            Datatype::Int64,
            "[-9223372036854775808,9223372036854775807]",
            2,
        ),
        (Datatype::Fp32, "[0.1,-1.5,null,3.4028235e38]", 4),
        (Datatype::Fp64, "[0.1,-1.5,null,5e-324]", 4),
        (Datatype::Bytes, r#"["","a,]b","\"é\\\u0000"]"#, 3),
        (Datatype::Fp32, "[]", 0),
    ] {
        let bytes = flat(datatype, json, count).unwrap();
        let mut out = Vec::new();
        write(&mut out, datatype, &bytes).unwrap();
        let (wrote, gave): (Value, Value) = (
            serde_json::from_slice(&out).unwrap(),
            serde_json::from_str(json).unwrap(),
        );
        assert_eq!(wrote, gave, "{datatype}");
    }
}

#[test]
fn values_outside_their_datatype_are_refused_by_their_place() {
    for (datatype, json) in [
        (Datatype::Bool, "[1]"),
        (Datatype::Uint8, "[256]"),
        (Datatype::Uint8, "[-1]"),
        (Datatype::Int8, "[128]"),
        (Datatype::Int64, "[9223372036854775808]"),
        (Datatype::Int32, "[1.5]"),
        (Datatype::Int32, "[null]"),
        (Datatype::Fp32, "[1e39]"),
        (Datatype::Fp64, "[1e999]"),
        (Datatype::Fp32, "[\"NaN\"]"),
        (Datatype::Fp32, "[true]"),
        (Datatype::Fp32, "[{}]"),
        (Datatype::Bytes, "[5]"),
        (Datatype::Bytes, r#"["\ud800"]"#),
    ] {
        let error = flat(datatype, json, 1).unwrap_err();
        assert!(
            error.contains("element 0 is") && error.contains(datatype.name()),
            "{error}"
        );
    }
    assert!(
        flat(Datatype::Fp16, "[1]", 1)
            .unwrap_err()
            .contains("binary")
    );
}

#[test]
fn fp32_is_rounded_once() {
    // Just above the middle of two neighbours: over f64 it would become the middle, and then the even one.
    let text = "1.000000059604644775390625000000000001";
    let bytes = flat(Datatype::Fp32, &format!("[{text}]"), 1).unwrap();
    let twice = text.parse::<f64>().unwrap() as f32;
    let once = f32::from_bits(1.0f32.to_bits() + 1);
    assert_ne!(twice, once);
    assert_eq!(bytes, once.to_le_bytes());
}

#[test]
fn nesting_follows_the_shape_or_is_flat() {
    let fp32 = spec(Datatype::Fp32);
    for (json, shape) in [
        ("[1,2,3,4,5,6]", &[2, 3][..]),
        (" [ [1 ,2,3] , [4,5,6] ] ", &[2, 3]),
        ("[[[1],[2],[3]],[[4],[5],[6]]]", &[2, 3, 1]),
        ("[]", &[0, 3]),
        ("[[],[]]", &[2, 0]),
    ] {
        let bytes = read(json, &fp32, shape).unwrap();
        assert_eq!(bytes.len() as u64, 4 * elements(shape).unwrap(), "{json}");
    }
    for (json, shape) in [
        ("[[1,2],[3,4,5,6]]", &[2, 3][..]),
        ("[[1,2,3,4,5,6]]", &[2, 3]),
        ("[1,2,[3,4,5,6]]", &[2, 3]),
        ("[[1,2,3],4,5,6]", &[2, 3]),
        ("[1,2,3,4,5]", &[2, 3]),
        ("[[[1],[2],[3]],[[4],[5],[6]]]", &[2, 3]),
        ("[[1,2,3],[4,5,6]]", &[2, 3, 1]),
        ("5", &[1]),
        ("{}", &[1]),
        ("\"x\"", &[1]),
        ("[[],[]]", &[3, 0]),
        ("[[1]]", &[1 << 40, 1 << 40]),
        ("[1]", &[1 << 63]),
    ] {
        assert!(read(json, &fp32, shape).is_err(), "{json} {shape:?}");
    }
    let deep = "[".repeat(1 << 20) + &"]".repeat(1 << 20);
    assert!(read(&deep, &fp32, &[1, 1]).is_err());
}

#[test]
fn bytes_that_are_no_text_have_no_json_form() {
    assert_eq!(
        write(&mut Vec::new(), Datatype::Bytes, &[1, 0, 0, 0, 0xff]),
        None
    );
    assert_eq!(
        write(&mut Vec::new(), Datatype::Bytes, &[9, 0, 0, 0, b'a']),
        None
    );
}
