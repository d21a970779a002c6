//! Views, builders and the model's call.

use scoregate_sdk::{
    Config, Datatype, Event, Failure, Model, Signature, Tensor, TensorSpec, TensorView, inference,
};
use std::borrow::Cow;

#[test]
fn aligned_values_are_borrowed_and_others_copied() {
    let values: Vec<f64> = (0..4).map(f64::from).collect();
    let tensor = Tensor::f64([2, 2], values.clone());
    let mut shifted = vec![0_u8; 8];
    shifted.extend(&tensor.data);
    let mut seen_borrowed = 0;
    for offset in 0..8 {
        // The same bytes at each offset from alignment: exactly one of eight is aligned.
        let start = 8 - offset;
        let mut place = shifted.clone();
        place.copy_within(8.., start);
        let view = TensorView::new(Datatype::Fp64, &[2, 2], &place[start..start + 32]).unwrap();
        assert_eq!(&*view.as_f64(), &values[..]);
        seen_borrowed += usize::from(matches!(view.as_f64(), Cow::Borrowed(_)));
    }
    assert_eq!(seen_borrowed, 1);
}

#[test]
fn every_datatype_survives_the_round() {
    assert_eq!(
        &*Tensor::u8([1], vec![7])
            .view(Datatype::Uint8)
            .unwrap()
            .as_u8(),
        [7]
    );
    assert_eq!(
        &*Tensor::i16([1], vec![-7])
            .view(Datatype::Int16)
            .unwrap()
            .as_i16(),
        [-7]
    );
    assert_eq!(
        &*Tensor::i32([1], vec![-7])
            .view(Datatype::Int32)
            .unwrap()
            .as_i32(),
        [-7]
    );
    assert_eq!(
        &*Tensor::u64([1], vec![u64::MAX])
            .view(Datatype::Uint64)
            .unwrap()
            .as_u64(),
        [u64::MAX]
    );
    assert_eq!(
        Tensor::bool([2], vec![true, false])
            .view(Datatype::Bool)
            .unwrap()
            .as_bool(),
        [true, false]
    );
    let strings = Tensor::bytes([3], &["a", "", "bc"]);
    assert_eq!(
        strings.view(Datatype::Bytes).unwrap().as_byte_strings(),
        [&b"a"[..], b"", b"bc"]
    );
    let nan = Tensor::f32([1], vec![f32::from_bits(0x7fc0_1234)]);
    assert_eq!(
        nan.view(Datatype::Fp32).unwrap().as_f32()[0].to_bits(),
        0x7fc0_1234
    );
}

#[test]
fn data_that_do_not_fit_their_shape_are_refused() {
    let refused =
        |datatype, shape: &[u64], data: &[u8]| match TensorView::new(datatype, shape, data) {
            Err(Failure::InvalidInput(why)) => why,
            other => panic!("must be refused: {other:?}"),
        };
    assert!(
        refused(Datatype::Fp32, &[2], &[0; 7])
            .contains("7 bytes of data where there should be 2 times 4")
    );
    assert!(refused(Datatype::Fp32, &[u64::MAX, 2], &[]).contains("more elements"));
    assert!(refused(Datatype::Fp64, &[u64::MAX / 4], &[]).contains("bytes of data"));
    assert!(refused(Datatype::Bytes, &[1], &[5, 0, 0, 0, 1]).contains("longer than the data"));
    assert!(refused(Datatype::Bytes, &[1], &[0, 0]).contains("longer than the data"));
    assert!(
        refused(Datatype::Bytes, &[2], &[0, 0, 0, 0])
            .contains("1 elements where there should be 2")
    );
}

#[test]
fn headers_are_found_in_any_case_and_payloads_read_as_json() {
    let headers = [("X-Country".to_owned(), b"at".to_vec())];
    let event = Event::new(b"[1, 2]").with_headers(&headers);
    assert_eq!(
        (event.header("x-country"), event.header("other")),
        (Some(&b"at"[..]), None)
    );
    assert_eq!(event.json::<Vec<u8>>().unwrap(), [1, 2]);
    for malformed in [&b""[..], b"{", b"\xff", b"[1, \"a\"]"] {
        let reason = Event::new(malformed)
            .json::<Vec<u8>>()
            .unwrap_err()
            .into_reason();
        assert!(reason.contains("line 1 column"), "{reason}");
    }
}

#[test]
fn an_empty_config_is_an_empty_object() {
    assert_eq!(Config::new(" ").as_str(), "{}");
    let error = Config::new("{\"a\": 1}").parse::<Vec<u8>>().unwrap_err();
    assert!(
        error.contains("the plugin's config") && error.contains("line 1"),
        "{error}"
    );
}

/// Gives what it was made with.
struct Echo(Vec<Tensor>);

impl Model for Echo {
    fn configure(_: &Config<'_>) -> Result<Self, String> {
        Ok(Self(Vec::new()))
    }

    fn signature(&self) -> Signature {
        let spec = |name| TensorSpec::new(name, Datatype::Fp32, [-1, 1]);
        Signature {
            inputs: vec![spec("in")],
            outputs: vec![spec("out")],
        }
    }

    fn infer(&self, _: &[TensorView<'_>]) -> Result<Vec<Tensor>, Failure> {
        Ok(self.0.clone())
    }
}

fn run(outputs: Vec<Tensor>, inputs: &[TensorView<'_>]) -> Result<Vec<Tensor>, Failure> {
    let model = Echo(outputs);
    inference::run(&model, &model.signature(), inputs)
}

#[test]
fn a_model_is_held_to_its_signature() {
    let good = Tensor::f32([1, 1], vec![1.0]);
    let wide = Tensor::f64([1, 1], vec![1.0]);
    let input = [good.view(Datatype::Fp32).unwrap()];
    assert_eq!(run(vec![good.clone()], &input), Ok(vec![good.clone()]));
    assert!(matches!(
        run(vec![good.clone()], &[]),
        Err(Failure::InvalidInput(_))
    ));
    assert!(matches!(
        run(vec![good.clone()], &[wide.view(Datatype::Fp64).unwrap()]),
        Err(Failure::InvalidInput(_))
    ));
    assert!(matches!(run(vec![], &input), Err(Failure::Internal(_))));
    assert!(matches!(run(vec![wide], &input), Err(Failure::Internal(_))));
}
