//! `cargo bench --bench peers`: scoregate's side of `run.py`, which tells it what to do line by line and reads this process's own clock.
//!
//! `model FILE` compiles a model, `rows FILE BATCH` reads numbers of the model's precision, `go` scores them, `answers FILE` writes the
//! margins. Each is answered by one line.

#[path = "../engine/mod.rs"]
mod engine;

use std::fs;
use std::io::{BufRead as _, Write as _};
use std::time::Instant;

use engine::{Running, Tensor};
use scoregate_compiler::description::Precision;
use scoregate_compiler::{Options, Output, compile_for, reader};
use scoregate_kernel::layout::Kind;

struct Served {
    running: Running,
    features: usize,
    number_bytes: usize,
}

fn main() {
    let engine = engine::engine();
    let mut served: Option<Served> = None;
    let (mut inputs, mut answers) = (Vec::new(), Vec::new());
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("a line");
        let words: Vec<&str> = line.split(' ').collect();
        let answer = match (words.as_slice(), &mut served) {
            (["model", file], served) => {
                let (model, answer) = model(&engine, file);
                *served = Some(model);
                answer
            }
            (["rows", file, batch], Some(served)) => {
                inputs = rows(served, file, batch.parse().expect("a number of rows"));
                answers.clear();
                "ready".to_owned()
            }
            (["go"], Some(served)) => {
                for input in inputs.drain(..) {
                    answers.push(served.running.infer(input));
                }
                "done".to_owned()
            }
            (["answers", file], _) => {
                let tensors = answers.iter().flatten();
                let bytes: Vec<u8> = tensors.flat_map(|tensor| tensor.data.clone()).collect();
                fs::write(file, bytes).expect("a file for the answers");
                "written".to_owned()
            }
            // Arguments and lines of another kind are none of ours.
            _ => "what?".to_owned(),
        };
        println!("{answer}");
        std::io::stdout().flush().expect("a reader");
    }
}

fn model(engine: &wasmtime::Engine, file: &str) -> (Served, String) {
    let model = fs::read(file).expect("a model");
    let options = Options {
        outputs: Some(vec![Output::Margin]),
        explain: false,
        name: "peer".to_owned(),
        version: "1".to_owned(),
        iterations: None,
    };
    let begin = Instant::now();
    let model = reader::read_iterations(&model, None).expect("a model");
    let compiled = compile_for(&model, Kind::Ranked, &options).expect("a component");
    let compile_ms = begin.elapsed().as_secs_f64() * 1e3;
    let running = Running::start(engine, &compiled.component);
    let number_bytes = match model.precision {
        Precision::F32 => 4,
        Precision::F64 => 8,
    };
    let answer = format!(
        "{compile_ms} {} {} {} {number_bytes}",
        running.compiled_ms,
        running.configured_ms,
        compiled.component.len()
    );
    let served = Served {
        running,
        features: model.features,
        number_bytes,
    };
    (served, answer)
}

fn rows(served: &Served, file: &str, batch: usize) -> Vec<Vec<Tensor>> {
    let all = fs::read(file).expect("rows");
    let of_batch = batch * served.features * served.number_bytes;
    let input = |data: &[u8]| {
        vec![Tensor {
            shape: vec![batch as u64, served.features as u64],
            data: data.to_vec(),
        }]
    };
    all.chunks_exact(of_batch).map(input).collect()
}
