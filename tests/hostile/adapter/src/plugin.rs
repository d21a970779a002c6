use crate::{misdeeds, words::MODEL_WORDS};
use scoregate_sdk::bindings::adapter::exports::scoregate::plugin::adapter::{
    Batch, Contract, Event, Failure, Guest, GuestBatch, Outcome, Prepared, Rejection, Tensor,
    TensorSpec,
};
use scoregate_sdk::bindings::adapter::scoregate::plugin::types::Datatype;
use scoregate_sdk::bindings::plugin::exports::scoregate::plugin::plugin::{Guest as Plugin, Info};
use serde::Deserialize;
use std::cell::RefCell;

const MEBIBYTE: usize = 1 << 20;
const LOG_LINES: usize = 5_000;

/// What the slot's `config` asks for.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    configure: String,
    describe: String,
}

thread_local! {
    static SETTINGS: RefCell<Settings> = RefCell::default();
}

struct Hostile;

/// An event that was prepared.
struct Row {
    word: String,
    header: String,
    key: String,
}

struct Rows {
    rows: Vec<Row>,
    trap_on_drop: bool,
}

impl GuestBatch for Rows {}

impl Drop for Rows {
    fn drop(&mut self) {
        if self.trap_on_drop {
            misdeeds::trap();
        }
    }
}

impl Plugin for Hostile {
    fn configure(config: String) -> Result<Info, String> {
        let settings: Settings = scoregate_sdk::Config::new(&config).parse()?;
        if settings.configure == "refuse" {
            return Err("the threshold is missing".into());
        }
        misdeeds::commit(&settings.configure);
        SETTINGS.set(settings);
        Ok(Info {
            name: "hostile-adapter".into(),
            version: "6.6.6".into(),
            description: "misbehaves".into(),
        })
    }
}

impl Guest for Hostile {
    type Batch = Rows;

    fn describe() -> Contract {
        let word = SETTINGS.with_borrow(|settings| settings.describe.clone());
        misdeeds::commit(&word);
        contract(&word)
    }

    fn preprocess(events: Vec<Event>) -> Result<Prepared, Failure> {
        let mut shaping = Shaping::default();
        let mut rows = Vec::new();
        for (row, event) in events.iter().enumerate() {
            let text = String::from_utf8_lossy(&event.payload);
            let (word, number) = text.split_once(' ').unwrap_or((&text, "0"));
            misdeeds::commit(word);
            shaping.obey(word, row as u32)?;
            if shaping.rejects(word, row as u32) {
                continue;
            }
            let model_word = word.split_once("model-").map_or("good", |(_, word)| word);
            let code = MODEL_WORDS.iter().position(|known| *known == model_word);
            shaping.values.push(code.unwrap_or(0) as f32);
            shaping
                .values
                .push(number.trim().parse().unwrap_or(f32::NAN));
            rows.push(Row {
                word: word.to_owned(),
                header: event
                    .headers
                    .first()
                    .map_or_else(String::new, |(name, value)| {
                        format!("{name}={}", String::from_utf8_lossy(value))
                    }),
                key: String::from_utf8_lossy(event.key.as_deref().unwrap_or_default()).into_owned(),
            });
        }
        let features = shaping.features(rows.len());
        Ok(Prepared {
            features,
            rejected: shaping.rejected,
            batch: Batch::new(Rows {
                rows,
                trap_on_drop: shaping.trap_on_drop,
            }),
        })
    }

    fn postprocess(
        batch: Batch,
        scores: Vec<Tensor>,
    ) -> Result<Vec<Result<Outcome, String>>, Failure> {
        let rows = std::mem::take(&mut batch.into_inner::<Rows>().rows);
        let scores = scores[0].data.as_chunks::<4>().0.iter();
        let mut outcomes = Vec::new();
        for (row, score) in rows.iter().zip(scores) {
            outcomes.push(outcome(row, f32::from_le_bytes(*score))?);
        }
        for row in &rows {
            match &*row.word {
                "post-fewer" => drop(outcomes.pop()),
                "post-more" => outcomes.push(Err("one more".into())),
                _ => {}
            }
        }
        misdeeds::count_call();
        Ok(outcomes)
    }
}

fn contract(word: &str) -> Contract {
    let spec = |name: &str, shape: Vec<i64>| TensorSpec {
        name: name.into(),
        datatype: if word == "datatype" {
            Datatype::Fp64
        } else {
            Datatype::Fp32
        },
        shape,
    };
    let width = if word == "width" { 3 } else { 2 };
    let mut features = vec![spec("features", vec![-1, width])];
    match word {
        "none" => features.clear(),
        "twice" => features.push(spec("features", vec![-1, 2])),
        "shape" => features[0].shape = vec![2, -1],
        _ => {}
    }
    let scores = if word == "score" { "margin" } else { "score" };
    let header = if word == "header" {
        "no\nheader"
    } else {
        "X-Mark"
    };
    Contract {
        features,
        scores: vec![spec(scores, vec![-1])],
        headers: vec![header.into()],
    }
}

/// How `preprocess` is going to break its contract.
#[derive(Default)]
struct Shaping {
    values: Vec<f32>,
    rejected: Vec<Rejection>,
    trap_on_drop: bool,
    word: String,
}

impl Shaping {
    /// # Errors
    /// Where a refusal of the whole call was asked for.
    fn obey(&mut self, word: &str, row: u32) -> Result<(), Failure> {
        match word {
            "internal" => return Err(Failure::Internal("a table is missing".into())),
            "invalid" => return Err(Failure::InvalidInput("these events are not for me".into())),
            "dtor" | "dtor-model-trap" => self.trap_on_drop = true,
            "log" => {
                (0..LOG_LINES).for_each(|line| scoregate_sdk::log::info(&format!("flood {line}")))
            }
            "log-long" => scoregate_sdk::log::warn(&"x".repeat(MEBIBYTE)),
            "reject-beyond" => self.reject(row + 9999, "beyond the batch"),
            "reject-twice" => self.reject(row, "twice"),
            "rows-more" | "rows-fewer" | "shape" | "short" | "overflow" | "none" | "huge" => {
                self.word = word.to_owned();
            }
            _ => {}
        }
        Ok(())
    }

    fn rejects(&mut self, word: &str, row: u32) -> bool {
        match word {
            "reject" | "dtor" | "reject-twice" => self.reject(row, "rejected as asked"),
            "reject-long" => self.reject(row, &"é".repeat(MEBIBYTE)),
            _ => return false,
        }
        true
    }

    fn reject(&mut self, row: u32, reason: &str) {
        self.rejected.push(Rejection {
            row,
            reason: reason.into(),
        });
    }

    fn features(&self, rows: usize) -> Vec<Tensor> {
        let rows = rows as u64;
        let mut data: Vec<u8> = self
            .values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        let mut shape = vec![rows, 2];
        match &*self.word {
            "rows-more" => {
                shape[0] += 1;
                data.extend([0; 8]);
            }
            "rows-fewer" => {
                shape[0] -= 1;
                data.truncate(data.len() - 8);
            }
            "shape" => shape = vec![rows * 2],
            "short" => drop(data.pop()),
            "overflow" => shape = vec![rows, 2, u64::MAX],
            "huge" => data = vec![1; 900 * MEBIBYTE],
            "none" => return Vec::new(),
            _ => {}
        }
        vec![Tensor { shape, data }]
    }
}

/// # Errors
/// Where a refusal of the whole call was asked for.
fn outcome(row: &Row, score: f32) -> Result<Result<Outcome, String>, Failure> {
    if let Some(word) = row.word.strip_prefix("post-") {
        misdeeds::commit(word);
    }
    let mut outcome = Outcome {
        score: Some(score.into()),
        decision: Some("fine".into()),
        payload: format!(r#"{{"word":"{}"}}"#, row.word).into_bytes(),
        route: None,
    };
    match &*row.word {
        "state" => outcome.payload = misdeeds::state().to_string().into_bytes(),
        "header" => outcome.payload = row.header.clone().into_bytes(),
        "key" => outcome.payload = row.key.clone().into_bytes(),
        "post-internal" => return Err(Failure::Internal("a table is missing".into())),
        "post-invalid" => return Err(Failure::InvalidInput("these scores are not for me".into())),
        "post-reject" => return Ok(Err("no outcome for this score".into())),
        "post-decision" => outcome.decision = Some("d".repeat(MEBIBYTE)),
        "post-route" => outcome.route = Some("r".repeat(MEBIBYTE)),
        "post-huge" => outcome.payload = vec![b'1'; 32 * MEBIBYTE],
        "post-large" => outcome.payload = vec![b'1'; MEBIBYTE],
        "post-binary" => outcome.payload = vec![0xff, 0xfe, 0],
        "post-text" => outcome.payload = b"not JSON\n{".to_vec(),
        "post-empty" => outcome.payload.clear(),
        "post-nan" => outcome.score = Some(f64::NAN),
        "post-none" => (outcome.score, outcome.decision) = (None, None),
        "post-deep" => outcome.payload = [b"[".repeat(10_000), b"]".repeat(10_000)].concat(),
        _ => {}
    }
    Ok(Ok(outcome))
}

const _: () = {
    scoregate_sdk::__export_plugin_half_impl!(Hostile with_types_in scoregate_sdk::bindings::plugin);
    scoregate_sdk::__export_adapter_half_impl!(Hostile with_types_in scoregate_sdk::bindings::adapter);
};
