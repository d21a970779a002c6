//! `cargo bench --bench graphs -- FILE.onnx…`: microseconds a row of compiled graphs, in wasmtime as the gateway sets it up, one thread, fresh random
//! rows in each call: the least and the median of the calls. Nothing here asserts a time.

mod engine;

use std::hint::black_box;
use std::time::{Duration, Instant};

use engine::{Running, Tensor};
use scoregate_compiler::reader::{Model, read_model};
use scoregate_compiler::{GraphRows, Options, compile_any};

const BATCHES: [usize; 4] = [1, 16, 256, 1_000];
/// Of each batch size, the time of all calls at least, and how many there are at least and at most.
const TIME: Duration = Duration::from_millis(400);
const CALLS: [usize; 2] = [15, 4_000];

fn main() {
    let engine = engine::engine();
    // `cargo bench` adds a word of its own.
    let files: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with("--"))
        .collect();
    if files.is_empty() {
        println!("names of ONNX files are needed: cargo bench --bench graphs -- FILE.onnx");
    }
    for file in files {
        let bytes = std::fs::read(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
        let read = Instant::now();
        let model =
            read_model(&bytes, None, None).unwrap_or_else(|error| panic!("{file}: {error}"));
        let read_ms = read.elapsed().as_secs_f64() * 1e3;
        let component = compile_any(&model, &options()).expect("a component");
        let Model::Graph(graph) = &model else {
            panic!("{file} is no graph");
        };
        let mut running = Running::start(&engine, &component);
        println!(
            "{file}: {} steps, {} bytes, read in {read_ms:.0} ms, compiled in {:.0}, configured in {:.2}",
            graph.program.steps.len(),
            component.len(),
            running.compiled_ms,
            running.configured_ms
        );
        let mut rows = GraphRows::new(graph, 7);
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
            println!(
                "  {batch:>5} rows: {:8.3} µs a row at least, {:8.3} in the middle",
                figures[0],
                figures[figures.len() / 2]
            );
        }
    }
}

fn options() -> Options {
    Options {
        outputs: None,
        explain: false,
        name: "graph".to_owned(),
        version: "1".to_owned(),
        iterations: None,
    }
}
