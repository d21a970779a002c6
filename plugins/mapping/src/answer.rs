//! From a model's outputs to the outcome: its score, its decision, and what is handed on.

use scoregate_sdk::{Outcome, Rejection, Scores};
use serde::Serialize;

use crate::{
    cell::{Cell, WHOLE_MAX},
    expression::Known,
    limits::{NAMES_MAX_COUNT, RULES_MAX_COUNT, TENSORS_MAX_COUNT},
    names::Names,
    node::{Node, Object},
    scores::{Found, Outputs, Place},
};

/// See the module.
pub struct Answer {
    score: Option<Place>,
    /// Those with the highest bounds first.
    bands: Vec<Band>,
    otherwise: Option<String>,
    /// The decision where the model itself gives it.
    decision: Option<Place>,
    fields: Vec<(Vec<u8>, Known)>,
    scores: Vec<(Vec<u8>, Place)>,
}

/// A score above it is decided so.
struct Band {
    above: f64,
    decision: String,
    route: Option<String>,
}

impl Answer {
    pub fn of<'c>(
        config: &Object<'c>,
        names: &mut Names<'c>,
        outputs: &mut Outputs,
    ) -> Result<Self, String> {
        let (score, decision) = (config.get("score"), config.get("decision"));
        let (decisions, otherwise) = (config.get("decisions"), config.get("otherwise"));
        let score = match (score, &decision) {
            (Some(node), _) => Some((outputs.place(&node)?, node)),
            (None, Some(_)) => None,
            (None, None) => {
                return Err(config.wrong("has no `score`, the model's output that is the event's score, such as \"probability\""));
            }
        };
        if let Some((place, node)) = &score
            && place.is_text()
        {
            return Err(node.wrong(
                "is BYTES, but a score is a number; an output of texts may be the `decision`",
            ));
        }
        if let (Some(node), Some(_)) = (&decision, &decisions) {
            return Err(node
                .wrong("stands beside `decisions`; either the model decides, or its score does"));
        }
        if let (Some(node), None) = (&otherwise, &decisions) {
            return Err(node.wrong("belongs to `decisions`"));
        }
        if let (Some(node), None) = (&decisions, &score) {
            return Err(node.wrong("are made by a `score`, which is not given"));
        }
        let otherwise = otherwise
            .map(|node| node.text("a decision").map(str::to_owned))
            .transpose()?;
        let bands = decisions
            .map(|node| bands(&node))
            .transpose()?
            .unwrap_or_default();
        let decision = decision.map(|node| outputs.place(&node)).transpose()?;
        let mut answer = Self {
            score: score.map(|(place, _)| place),
            bands,
            otherwise,
            decision,
            fields: Vec::new(),
            scores: Vec::new(),
        };
        if let Some(node) = config.get("output") {
            answer.hands_on(
                &node.object("a table of `fields` and `scores`")?,
                names,
                outputs,
            )?;
        }
        Ok(answer)
    }

    fn hands_on<'c>(
        &mut self,
        table: &Object<'c>,
        names: &mut Names<'c>,
        outputs: &mut Outputs,
    ) -> Result<(), String> {
        if let Some(fields) = table.get("fields") {
            for node in fields.list("a list of fields", NAMES_MAX_COUNT)? {
                let name = node.text("a field's name")?;
                let known = names.settle(name).map_err(|error| {
                    if error.starts_with('/') {
                        error
                    } else {
                        node.wrong(error)
                    }
                })?;
                self.fields.push((key(name), known));
            }
        }
        if let Some(scores) = table.get("scores") {
            for node in scores.list("a list of the model's outputs", TENSORS_MAX_COUNT)? {
                let place = outputs.place(&node)?;
                self.scores.push((key(&place.name), place));
            }
        }
        table.finish()
    }

    /// The JSON of the fields that are handed on, to be closed when the scores are there.
    pub fn begin(&self, cells: &[Cell<'_>], numbers: &[f64]) -> Vec<u8> {
        let mut json = Vec::with_capacity(64 * (self.fields.len() + self.scores.len()));
        json.push(b'{');
        for (key, field) in &self.fields {
            json.extend_from_slice(key);
            match *field {
                Known::Text(cell) => match &cells[cell] {
                    Cell::Text(text) => write(&mut json, &**text),
                    _ => write(&mut json, &()),
                },
                Known::Truth(cell) if !numbers[cell].is_nan() => {
                    write(&mut json, &(numbers[cell] != 0.0))
                }
                Known::Truth(cell) | Known::Number(cell) => write_number(&mut json, numbers[cell]),
            }
            json.push(b',');
        }
        json
    }

    pub fn end(&self, mut json: Vec<u8>, scores: &Scores<'_>) -> Result<Outcome, Rejection> {
        let mut outcome = Outcome::new();
        if let Some(place) = &self.score {
            let score = place.number(scores)?;
            outcome = outcome.score(score);
            if !self.bands.is_empty() {
                outcome = self.decide(score, place, outcome)?;
            }
        }
        if let Some(place) = &self.decision {
            outcome = outcome.decision(match place.found(scores)? {
                Found::Number(number) => number.to_string(),
                Found::Text(text) => String::from_utf8_lossy(text).into_owned(),
            });
        }
        for (key, place) in &self.scores {
            json.extend_from_slice(key);
            match place.found(scores)? {
                Found::Number(number) if place.is_single() => write(&mut json, &(number as f32)),
                Found::Number(number) => write_number(&mut json, number),
                Found::Text(text) => write(&mut json, &*String::from_utf8_lossy(text)),
            }
            json.push(b',');
        }
        if json.last() == Some(&b',') {
            json.pop();
        }
        json.push(b'}');
        Ok(outcome.payload(json))
    }

    fn decide(&self, score: f64, place: &Place, outcome: Outcome) -> Result<Outcome, Rejection> {
        if score.is_nan() {
            return Err(checks::because(&format!(
                "{}: must be a number to decide by, was NaN",
                place.name
            )));
        }
        let band = self.bands.iter().find(|band| score > band.above);
        Ok(match (band, &self.otherwise) {
            (
                Some(Band {
                    decision,
                    route: Some(route),
                    ..
                }),
                _,
            ) => outcome.decision(decision).route(route),
            (Some(Band { decision, .. }), _) => outcome.decision(decision),
            (None, Some(decision)) => outcome.decision(decision),
            (None, None) => outcome,
        })
    }
}

impl Place {
    fn found<'a>(&self, scores: &Scores<'a>) -> Result<Found<'a>, Rejection> {
        self.of(scores).ok_or_else(|| {
            checks::because(&format!(
                "{}: the model's output has no column {}",
                self.name,
                self.column()
            ))
        })
    }

    fn number(&self, scores: &Scores<'_>) -> Result<f64, Rejection> {
        match self.found(scores)? {
            Found::Number(number) => Ok(number),
            Found::Text(_) => Err(checks::because(&format!("{}: must be a number", self.name))),
        }
    }
}

fn bands(node: &Node<'_>) -> Result<Vec<Band>, String> {
    const WHAT: &str = "a list of tables with `above` and `decision`, the highest first";
    let mut bands: Vec<Band> = Vec::new();
    for item in node.list(WHAT, RULES_MAX_COUNT)? {
        let table = item.object("a table with `above` and `decision`")?;
        let above = table.required("above")?;
        let decision = table.required("decision")?.text("a decision")?.to_owned();
        let route = table
            .get("route")
            .map(|node| node.text("a route").map(str::to_owned))
            .transpose()?;
        table.finish()?;
        let bound = above.number()?;
        if let Some(last) = bands.last().filter(|last| last.above <= bound) {
            let last = last.above;
            return Err(above.wrong(format_args!(
                "must be less than the {last} before it, is {bound}: the highest stands first"
            )));
        }
        bands.push(Band {
            above: bound,
            decision,
            route,
        });
    }
    Ok(bands)
}

/// `"name":`
fn key(name: &str) -> Vec<u8> {
    let mut json = Vec::new();
    write(&mut json, name);
    json.push(b':');
    json
}

/// Whole numbers as such; what is missing is null.
fn write_number(json: &mut Vec<u8>, number: f64) {
    if number.fract() == 0.0 && number.abs() < WHOLE_MAX {
        write(json, &(number as i64));
    } else {
        write(json, &number);
    }
}

fn write<T: Serialize + ?Sized>(json: &mut Vec<u8>, value: &T) {
    // Writing scalars into memory cannot fail.
    let _ = serde_json::to_writer(json, value);
}
