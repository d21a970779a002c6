use crate::{misdeeds, words::MODEL_WORDS};
use scoregate_sdk::bindings::adapter::scoregate::plugin::types::Datatype;
use scoregate_sdk::bindings::model::exports::scoregate::plugin::model::{
    Failure, Guest, Signature, Tensor, TensorSpec,
};
use scoregate_sdk::bindings::plugin::exports::scoregate::plugin::plugin::{Guest as Plugin, Info};
use serde::Deserialize;
use std::cell::RefCell;

const MEBIBYTE: usize = 1 << 20;
const LOG_LINES: usize = 5_000;

/// What the slot's `config` asks for.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    configure: String,
    describe: String,
}

thread_local! {
    static DESCRIBE: RefCell<String> = RefCell::default();
}

struct Hostile;

impl Plugin for Hostile {
    fn configure(config: String) -> Result<Info, String> {
        let settings: Settings = scoregate_sdk::Config::new(&config).parse()?;
        misdeeds::commit(&settings.configure);
        DESCRIBE.set(settings.describe);
        Ok(Info {
            name: "hostile-model".into(),
            version: "6.6.6".into(),
            description: "misbehaves".into(),
        })
    }
}

impl Guest for Hostile {
    fn describe() -> Signature {
        let word = DESCRIBE.with_borrow(String::clone);
        misdeeds::commit(&word);
        let spec = |name: &str, shape: &[i64]| TensorSpec {
            name: name.into(),
            datatype: Datatype::Fp32,
            shape: shape.into(),
        };
        let outputs = if word == "outputs" { 1000 } else { 1 };
        Signature {
            inputs: vec![spec("features", &[-1, 2])],
            outputs: vec![spec("score", &[-1]); outputs],
        }
    }

    fn infer(inputs: Vec<Tensor>) -> Result<Vec<Tensor>, Failure> {
        let values = inputs[0].data.as_chunks::<4>().0;
        let mut answer = Answer::default();
        for row in values.as_chunks::<2>().0 {
            let [code, number] = row.map(f32::from_le_bytes);
            let word = MODEL_WORDS.get(code as usize).unwrap_or(&"good");
            misdeeds::commit(word);
            let score = if *word == "state" {
                misdeeds::state() as f32
            } else {
                2.0 * number
            };
            answer.data.extend(score.to_le_bytes());
            answer.rows += 1;
            answer.obey(word)?;
        }
        misdeeds::count_call();
        Ok(answer.tensors())
    }
}

#[derive(Default)]
struct Answer {
    rows: u64,
    data: Vec<u8>,
    word: &'static str,
}

impl Answer {
    /// # Errors
    /// Where a refusal of the whole call was asked for.
    fn obey(&mut self, word: &'static str) -> Result<(), Failure> {
        match word {
            "internal" => return Err(Failure::Internal("a tree is missing".into())),
            "invalid" => return Err(Failure::InvalidInput("a feature is out of range".into())),
            "log" => {
                (0..LOG_LINES).for_each(|line| scoregate_sdk::log::info(&format!("flood {line}")))
            }
            "rows-more" | "rows-fewer" | "shape" | "short" | "none" | "huge" => self.word = word,
            _ => {}
        }
        Ok(())
    }

    fn tensors(mut self) -> Vec<Tensor> {
        let mut shape = vec![self.rows];
        match self.word {
            "rows-more" => {
                shape[0] += 1;
                self.data.extend([0; 4]);
            }
            "rows-fewer" => {
                shape[0] -= 1;
                self.data.truncate(self.data.len() - 4);
            }
            "shape" => shape.push(1),
            "short" => drop(self.data.pop()),
            "huge" => self.data = vec![1; 900 * MEBIBYTE],
            "none" => return Vec::new(),
            _ => {}
        }
        vec![Tensor {
            shape,
            data: self.data,
        }]
    }
}

const _: () = {
    scoregate_sdk::__export_plugin_half_impl!(Hostile with_types_in scoregate_sdk::bindings::plugin);
    scoregate_sdk::__export_model_half_impl!(Hostile with_types_in scoregate_sdk::bindings::model);
};
