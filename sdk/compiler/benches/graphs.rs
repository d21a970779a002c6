//! `cargo bench --bench graphs -- FILE.onnx…`: microseconds a row of compiled graphs, in wasmtime as the gateway sets it up, one thread, fresh random
//! rows in each call: the least and the median of the calls. `-- steps FILE.onnx…` cuts each graph after each of its steps, so that what a
//! step costs is the difference of two lines. Nothing here asserts a time.

mod engine;

use std::hint::black_box;
use std::time::{Duration, Instant};

use engine::{Running, Tensor};
use scoregate_compiler::graph_model::GraphModel;
use scoregate_compiler::reader::{Model, read_model};
use scoregate_compiler::{GraphRows, Options, compile_any};
use scoregate_graph::data::Datatype;
use scoregate_graph::ops::{Layout, Op};
use scoregate_graph::program::{Output, Port, Step};
use wasmtime::Engine;

const BATCHES: [usize; 4] = [1, 16, 256, 1_000];
/// Of each batch size, the time of all calls at least, and how many there are at least and at most.
const TIME: Duration = Duration::from_millis(400);
const CALLS: [usize; 2] = [15, 4_000];

fn main() {
    let engine = engine::engine();
    // `cargo bench` adds a word of its own.
    let words = std::env::args().skip(1);
    let mut files: Vec<String> = words.filter(|word| !word.starts_with("--")).collect();
    let by_steps = files.first().is_some_and(|word| word == "steps");
    if by_steps {
        files.remove(0);
    }
    if files.is_empty() {
        println!("names of ONNX files are needed: cargo bench --bench graphs -- FILE.onnx");
    }
    for file in files {
        let bytes = std::fs::read(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
        let read = Instant::now();
        let model = read_model(&bytes, None, None);
        let read_ms = read.elapsed().as_secs_f64() * 1e3;
        let Ok(Model::Graph(model)) = model else {
            panic!("{file} is no graph: {model:?}");
        };
        let steps = model.program.steps.len();
        println!("{file}: {steps} steps, read in {read_ms:.0} ms");
        for after in if by_steps { 0..steps } else { steps..steps } {
            let step = &model.program.steps[after];
            time(
                &engine,
                &cut(&model, after),
                &format!("until {}", step.name),
            );
        }
        time(&engine, &model, "whole");
    }
}

/// The graph without the steps after this one, of whose first value it gives the shape: that costs next to nothing.
fn cut(model: &GraphModel, after: usize) -> GraphModel {
    let mut model = model.clone();
    let program = &mut model.program;
    program.steps.truncate(after + 1);
    let made = |steps: &[Step]| steps.iter().map(|step| step.outputs).sum::<u32>();
    let given = (program.inputs.len() + program.constants.len()) as u32;
    let (before, all) = (made(&program.steps[..after]), made(&program.steps));
    program.steps.push(Step {
        name: "shape".to_owned(),
        op: Op::Layout(Layout::Shape {
            start: 0,
            end: None,
        }),
        inputs: vec![given + before],
        outputs: 1,
    });
    let port = Port {
        name: "shape".to_owned(),
        datatype: Datatype::I64,
        shape: vec![-1],
    };
    program.outputs = vec![Output {
        port,
        value: given + all,
    }];
    model
}

fn time(engine: &Engine, model: &GraphModel, what: &str) {
    let options = Options {
        outputs: None,
        explain: false,
        name: "graph".to_owned(),
        version: "1".to_owned(),
        iterations: None,
    };
    let component = compile_any(&Model::Graph(Box::new(model.clone())), &options);
    let component = component.expect("a component");
    let mut running = Running::start(engine, &component);
    println!(
        "  {what}: {} bytes, compiled in {:.0} ms, configured in {:.2}",
        component.len(),
        running.compiled_ms,
        running.configured_ms
    );
    let mut rows = GraphRows::new(model, 7);
    for batch in BATCHES {
        let mut figures = Vec::new();
        let start = Instant::now();
        while figures.len() < CALLS[0] || figures.len() < CALLS[1] && start.elapsed() < TIME {
            let wires = rows.batch(batch).into_iter();
            let input: Vec<Tensor> = wires
                .map(|wire| Tensor {
                    shape: wire.shape,
                    data: wire.data,
                })
                .collect();
            let call = Instant::now();
            black_box(running.infer(input));
            figures.push(call.elapsed().as_secs_f64() * 1e6 / batch as f64);
        }
        figures.sort_by(f64::total_cmp);
        let middle = figures[figures.len() / 2];
        println!(
            "    {batch:>5} rows: {:8.3} µs a row at least, {middle:8.3} in the middle",
            figures[0]
        );
    }
}
