//! The answer to an inference request: JSON, and after it the outputs that were asked for in binary.

use std::io::Write;

use hyper::{
    Response, StatusCode,
    header::{CONTENT_TYPE, HeaderValue},
};

use super::{
    super::{
        body::Body,
        problem::{JSON, Problem, write_json_string},
    },
    HEADER_LENGTH, data,
    request::Asked,
};
use crate::tensor::{Tensor, TensorSpec};

/// What an answer says besides its outputs.
pub(super) struct Answer<'a> {
    pub model: &'a str,
    pub version: &'a str,
    /// The release that answered, as every outcome names it.
    pub release: &'a str,
    /// The request's own.
    pub id: Option<&'a str>,
}

impl Answer<'_> {
    /// Writes the outputs that were asked for, in that order.
    pub(super) fn write(
        &self,
        specs: &[TensorSpec],
        outputs: &[Tensor],
        asked: &[Asked],
    ) -> Result<Response<Body>, Problem> {
        let mut out = Vec::with_capacity(1024);
        self.write_head(&mut out);
        let mut binary: Vec<&[u8]> = Vec::new();
        for (i, asked) in asked.iter().enumerate() {
            let (spec, tensor) = specs
                .get(asked.at)
                .zip(outputs.get(asked.at))
                .ok_or_else(missing)?;
            if i > 0 {
                out.push(b',');
            }
            write_output(&mut out, spec, tensor, asked.binary)?;
            if asked.binary {
                binary.push(&tensor.data);
            }
        }
        out.extend_from_slice(b"]}");
        let length = out.len();
        out.extend(binary.iter().copied().flatten());
        let mut response = Response::new(Body::whole(out));
        let headers = response.headers_mut();
        if binary.is_empty() {
            headers.insert(CONTENT_TYPE, JSON);
        } else {
            let octets = HeaderValue::from_static("application/octet-stream");
            headers.insert(CONTENT_TYPE, octets);
            headers.insert(HEADER_LENGTH.clone(), length.into());
        }
        Ok(response)
    }

    fn write_head(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"model_name\":");
        write_json_string(out, self.model);
        out.extend_from_slice(b",\"model_version\":");
        write_json_string(out, self.version);
        if let Some(id) = self.id {
            out.extend_from_slice(b",\"id\":");
            write_json_string(out, id);
        }
        out.extend_from_slice(b",\"parameters\":{\"release\":");
        write_json_string(out, self.release);
        out.extend_from_slice(b"},\"outputs\":[");
    }
}

fn write_output(
    out: &mut Vec<u8>,
    spec: &TensorSpec,
    tensor: &Tensor,
    binary: bool,
) -> Result<(), Problem> {
    out.extend_from_slice(b"{\"name\":");
    write_json_string(out, &spec.name);
    out.extend_from_slice(b",\"datatype\":\"");
    out.extend_from_slice(spec.datatype.name().as_bytes());
    out.extend_from_slice(b"\",\"shape\":[");
    for (i, dim) in tensor.shape.iter().enumerate() {
        let comma = if i > 0 { "," } else { "" };
        // Writing to a vector does not fail.
        write!(out, "{comma}{dim}").unwrap_or_default();
    }
    if binary {
        let size = tensor.data.len();
        write!(out, "],\"parameters\":{{\"binary_data_size\":{size}}}").unwrap_or_default();
    } else {
        out.extend_from_slice(b"],\"data\":");
        data::write(out, spec.datatype, &tensor.data).ok_or_else(|| {
            Problem::bad_request(format!(
                "output `{}` of {} has no JSON form: ask for it as binary_data",
                spec.name, spec.datatype
            ))
        })?;
    }
    out.push(b'}');
    Ok(())
}

fn missing() -> Problem {
    // The worker holds every answer against the signature, so this is ours and not the plugin's.
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "the gateway lost an output of the model",
    )
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;
    use crate::tensor::Datatype;

    fn spec(name: &str, datatype: Datatype) -> TensorSpec {
        TensorSpec {
            name: name.into(),
            datatype,
            shape: vec![-1],
        }
    }

    fn answer() -> Answer<'static> {
        Answer {
            model: "m",
            version: "1",
            release: "m@sha256:00",
            id: Some("a\"b"),
        }
    }

    #[tokio::test]
    async fn binary_outputs_follow_the_json_in_the_order_asked_for() {
        let specs = [spec("p", Datatype::Fp32), spec("l", Datatype::Int64)];
        let outputs = [
            Tensor {
                shape: vec![1],
                data: 0.5f32.to_le_bytes().into(),
            },
            Tensor {
                shape: vec![1],
                data: 7i64.to_le_bytes().into(),
            },
        ];
        let asked = [
            Asked {
                at: 1,
                binary: true,
            },
            Asked {
                at: 0,
                binary: true,
            },
        ];
        let response = answer().write(&specs, &outputs, &asked).unwrap();
        let length: usize = response.headers()[&HEADER_LENGTH]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(
            std::str::from_utf8(&body[..length]).unwrap(),
            r#"{"model_name":"m","model_version":"1","id":"a\"b","parameters":{"release":"m@sha256:00"},"outputs":[{"name":"l","datatype":"INT64","shape":[1],"parameters":{"binary_data_size":8}},{"name":"p","datatype":"FP32","shape":[1],"parameters":{"binary_data_size":4}}]}"#
        );
        assert_eq!(
            body[length..],
            [&7i64.to_le_bytes()[..], &0.5f32.to_le_bytes()].concat()
        );
    }

    #[tokio::test]
    async fn json_outputs_are_json_and_what_has_no_json_form_is_refused() {
        let specs = [spec("p", Datatype::Fp32), spec("h", Datatype::Fp16)];
        let data = [1.5f32, f32::NAN, 0.1]
            .iter()
            .flat_map(|v| v.to_le_bytes())
            .collect();
        let outputs = [
            Tensor {
                shape: vec![3],
                data,
            },
            Tensor {
                shape: vec![1],
                data: vec![0, 0],
            },
        ];
        let asked = [Asked {
            at: 0,
            binary: false,
        }];
        let response = answer().write(&specs, &outputs, &asked).unwrap();
        assert!(!response.headers().contains_key(&HEADER_LENGTH));
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let value: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(value["outputs"][0]["data"].to_string(), "[1.5,null,0.1]");
        let asked = [Asked {
            at: 1,
            binary: false,
        }];
        let problem = answer().write(&specs, &outputs, &asked).unwrap_err();
        assert_eq!(problem.status, 400);
        assert!(
            problem.message.contains("`h` of FP16"),
            "{}",
            problem.message
        );
    }
}
