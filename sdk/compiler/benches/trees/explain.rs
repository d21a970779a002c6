//! `cargo bench --bench trees -- explain [FILE]`: what a row's contributions cost, beside its scores alone; of models' files, or of the sample
//! and of grown trees.

use scoregate_compiler::description::{Description, Precision};
use scoregate_compiler::{Options, reader};
use scoregate_kernel::layout::Kind;
use wasmtime::Engine;

use super::grown::{Random, Shape, grow, options};
use super::{MODELS, Served, rows_of, shape, start};

/// Rows of one measurement: each takes as long as a thousand that are only scored.
const ROWS: usize = 16;

pub fn measure(engine: &Engine, pairs: usize) {
    println!("microseconds a row, in batches of {ROWS}: the median and the least");
    let files = std::env::args().skip_while(|argument| argument != "explain");
    let files: Vec<String> = files.filter(|argument| argument.contains('.')).collect();
    if files.is_empty() {
        let sample = include_bytes!("../../../../plugins/fraud/fraud.json");
        measure_file(engine, pairs, "plugins/fraud/fraud.json", sample);
    }
    for file in &files {
        let model = std::fs::read(file).expect("a model's file");
        measure_file(engine, pairs, file, &model);
    }
    if !files.is_empty() {
        return;
    }
    for precision in [Precision::F64, Precision::F32] {
        for model in MODELS {
            let shape = shape(precision, model);
            let name = format!("{}, {precision:?}", model.0);
            measure_one(engine, pairs, &name, (&shape, &grow(&shape, 7)));
        }
    }
}

fn measure_file(engine: &Engine, pairs: usize, name: &str, file: &[u8]) {
    let model = reader::read(file).expect("a model");
    let rows = Shape {
        features: model.features,
        ..shape(model.precision, MODELS[0])
    };
    measure_one(engine, pairs, name, (&rows, &model));
}

fn measure_one(engine: &Engine, pairs: usize, name: &str, (shape, model): (&Shape, &Description)) {
    let with = |explain| {
        let options = Options {
            explain,
            ..options()
        };
        start(engine, model, Kind::Ranked, &options)
    };
    let [mut explained, mut scored] = [true, false].map(with);
    let mut random = Random(99);
    let mut figures: Vec<[f64; 2]> = (0..pairs)
        .map(|_| {
            let batches = rows_of(shape, ROWS, ROWS, &mut random);
            let run = |served: &mut Served| served.ns_a_row(shape, ROWS, &batches) / 1e3;
            [run(&mut explained), run(&mut scored)]
        })
        .collect();
    figures.sort_by(|a, b| a[0].total_cmp(&b[0]));
    let (median, least) = (figures[pairs / 2], figures[0]);
    println!(
        "{name}: explained {:.0} ({:.0}), scored {:.1}; configured in {:.2} ms, {:.2} without",
        median[0],
        least[0],
        median[1],
        explained.running.configured_ms,
        scored.running.configured_ms
    );
}
