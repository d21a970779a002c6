//! The models of onnx/ and what onnxruntime and their own libraries made of hard rows. `onnx/shared.py` says how the files are laid out.
#![allow(dead_code, reason = "each test uses its part")]

pub mod compare;
pub mod stored;
pub mod table;
pub mod tolerance;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use compare::Distance;
use scoregate_compiler::reader::{Model, read_model};
use scoregate_graph::Graph;
use scoregate_graph::tensor::Tensor;
use serde::Deserialize;
use stored::Stored;

/// A model and what is known of it.
#[derive(Deserialize)]
pub struct Case {
    /// FAMILY.NAME.
    #[serde(skip)]
    pub name: String,
    /// The library and its version.
    #[serde(default)]
    pub library: String,
    pub estimator: String,
    /// What is special of it, for people.
    pub variant: String,
    pub rows: Option<usize>,
    /// Rows from here on hold NaN, infinities and greatest numbers.
    pub corners: Option<usize>,
    #[serde(default)]
    pub inputs: Vec<Stored>,
    /// onnxruntime's answers.
    #[serde(default)]
    pub outputs: Vec<Stored>,
    /// Those of its answers that are others if it is asked for one row alone.
    #[serde(default)]
    pub alone: Vec<Stored>,
    #[serde(default)]
    pub native: Vec<Native>,
}

/// How far onnxruntime is from the library that trained the model.
#[derive(Deserialize)]
pub struct Native {
    pub what: String,
    pub output: String,
    /// Of the rows in which nothing hard is planted.
    pub ordinary_max_relative: Option<Number>,
    /// Answers that are others, where they are no real numbers.
    pub ordinary_differ: Option<usize>,
    /// The converter's output has not the library's shape.
    #[serde(default)]
    pub other_shape: bool,
}

/// JSON has no infinities: they are texts.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum Number {
    Known(f64),
    Infinite(String),
}

impl Number {
    pub fn value(&self) -> f64 {
        match self {
            Self::Known(value) => *value,
            Self::Infinite(_) => f64::INFINITY,
        }
    }
}

/// What the compiler makes of a model.
pub enum Outcome {
    /// It takes it not, and says why.
    Refused(String),
    /// How far each output is from onnxruntime's.
    Answered(Vec<Answer>),
}

/// One output's distances.
pub struct Answer {
    pub output: String,
    /// Of rows whose numbers are ordinary.
    pub plain: Distance,
    /// Of rows with NaN, infinities and greatest numbers.
    pub corners: Distance,
}

/// A model that can be run.
pub struct Ready {
    tables: Vec<u8>,
    /// Operators that are left when it is compiled.
    pub operators: Vec<String>,
}

impl Case {
    pub fn family(&self) -> &str {
        self.name.split('.').next().unwrap()
    }

    /// The compiled model, or why it is refused.
    pub fn ready(&self) -> Result<Ready, String> {
        let file = std::fs::read(folder().join(format!("{}.onnx", self.name))).unwrap();
        let model = match read_model(&file, None, None) {
            Ok(Model::Graph(model)) => model,
            Ok(Model::Sum(_)) => panic!("{}: ONNX is a graph", self.name),
            Err(error) => return Err(error.to_string()),
        };
        let operators = model.program.steps.iter();
        Ok(Ready {
            operators: operators.map(|step| step.operator().to_owned()).collect(),
            tables: model.tables().map_err(|error| error.to_string())?,
        })
    }

    pub fn outcome(&self) -> Outcome {
        match self.ready().and_then(|ready| self.answers(&ready)) {
            Ok(answers) => Outcome::Answered(answers),
            Err(reason) => Outcome::Refused(reason),
        }
    }

    /// Distances of all outputs that do not depend on the model alone.
    pub fn answers(&self, ready: &Ready) -> Result<Vec<Answer>, String> {
        let graph = Graph::from_tables(&ready.tables)?;
        let given = self.run(&graph, None)?;
        let corners = self.corners.unwrap_or(usize::MAX);
        let answers = self.outputs.iter().filter_map(|stored| {
            let ours = given.get(&stored.name)?;
            Some(Answer {
                output: stored.name.clone(),
                plain: compare::distance(ours, stored, 0..corners),
                corners: compare::distance(ours, stored, corners..usize::MAX),
            })
        });
        Ok(answers.collect())
    }

    /// Outputs by name, of all rows or of one.
    pub fn run(
        &self,
        graph: &Graph<'_>,
        row: Option<usize>,
    ) -> Result<BTreeMap<String, Tensor<'static>>, String> {
        let program = graph.program();
        let inputs = program.inputs.iter().map(|port| {
            let stored = self.inputs.iter().find(|stored| stored.name == port.name);
            let stored = stored.ok_or_else(|| format!("no input is called {}", port.name))?;
            stored.tensor(row)
        });
        let inputs: Vec<Tensor<'static>> = inputs.collect::<Result<_, String>>()?;
        let given = graph.run(inputs)?;
        let names = program
            .outputs
            .iter()
            .map(|output| output.port.name.clone());
        Ok(names
            .zip(given.into_iter().map(Tensor::into_owned))
            .collect())
    }
}

impl Ready {
    pub fn graph(&self) -> Graph<'_> {
        Graph::from_tables(&self.tables).unwrap()
    }
}

/// All of them, by name.
pub fn all() -> Vec<Case> {
    let ending = ".cases.json";
    let mut names: Vec<String> = std::fs::read_dir(folder())
        .unwrap()
        .filter_map(|entry| {
            Some(
                entry
                    .unwrap()
                    .file_name()
                    .to_str()?
                    .strip_suffix(ending)?
                    .to_owned(),
            )
        })
        .collect();
    names.sort();
    assert!(names.len() > 1000, "the models of onnx/ are here");
    names.into_iter().map(|name| named(&name)).collect()
}

/// One of them.
pub fn named(name: &str) -> Case {
    let path = folder().join(format!("{name}.cases.json"));
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let case: Case =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    Case {
        name: name.to_owned(),
        ..case
    }
}

/// Lines of the lists of what the converters themselves refuse: name, estimator, variant, who refuses, why.
pub fn failures() -> Vec<[String; 5]> {
    let mut lists: Vec<PathBuf> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_str().unwrap().ends_with(".failures.tsv"))
        .collect();
    lists.sort();
    let texts = lists
        .iter()
        .map(|list| std::fs::read_to_string(list).unwrap());
    texts
        .flat_map(|text| text.lines().map(fields).collect::<Vec<_>>())
        .collect()
}

fn fields(line: &str) -> [String; 5] {
    let fields: Vec<String> = line.split('\t').map(str::to_owned).collect();
    fields
        .try_into()
        .unwrap_or_else(|_| panic!("five fields: {line}"))
}

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("onnx")
}
