//! Files are scored as requests are: the same features give the same bits, whatever the file's format.

mod against;
mod formats;
mod streams;
mod wrong;

use std::fmt::Write as _;

use scoregate_tests::{
    command::{self, Ended},
    folder::Folder,
    payments::{self, Expected, FEATURES},
    plugins,
};
use serde_json::Value;

/// What the model calls its features, in its order.
const NAMES: [&str; FEATURES] = [
    "amount_eur",
    "amount_to_mean",
    "local_hour",
    "weekday",
    "mcc",
    "entry_mode",
    "cross_border",
    "distance_km",
    "device_known",
    "chargeback_pct",
    "count_1h",
    "sum_1h_eur",
    "count_24h",
    "sum_24h_eur",
    "minutes_since_last",
];

/// The held-out rows that the adapter does not reject.
fn rows() -> Vec<[f32; FEATURES]> {
    let bytes = payments::features();
    let values = bytes.as_chunks::<4>().0.iter();
    let values: Vec<f32> = values.map(|bytes| f32::from_le_bytes(*bytes)).collect();
    values.as_chunks::<FEATURES>().0.to_vec()
}

/// XGBoost's own margins and probabilities of them.
fn expected() -> Vec<(f32, f32)> {
    let payments = payments::heldout().iter();
    let scores = payments.filter_map(|payment| match payment.expected {
        Expected::Scored {
            margin,
            probability,
        } => Some((margin, probability)),
        _ => None,
    });
    scores.collect()
}

/// As pandas writes it: a missing value is nothing.
fn cell(value: f32) -> String {
    if value.is_nan() {
        return String::new();
    }
    format!("{value:?}")
}

/// The rows with these columns, each a name and its place among the features.
fn csv(columns: &[(&str, usize)], rows: &[[f32; FEATURES]]) -> String {
    let names: Vec<_> = columns.iter().map(|(name, _)| *name).collect();
    let mut text = names.join(",") + "\n";
    for row in rows {
        let cells: Vec<_> = columns.iter().map(|(_, place)| cell(row[*place])).collect();
        text += &cells.join(",");
        text.push('\n');
    }
    text
}

fn in_order() -> Vec<(&'static str, usize)> {
    NAMES.into_iter().zip(0..).collect()
}

fn expected_csv() -> String {
    let mut text = "margin,probability\n".to_owned();
    for (margin, probability) in expected() {
        writeln!(text, "{margin:?},{probability:?}").expect("a text");
    }
    text
}

/// With the sample model, the held-out rows and what XGBoost makes of them.
fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("fraud.wasm", plugins::fraud());
    folder.write("rows.csv", csv(&in_order(), &rows()));
    folder.write("expected.csv", expected_csv());
    folder
}

/// Runs `scoregate score fraud.wasm`.
fn score(folder: &Folder, args: &[&str]) -> Ended {
    let args = ["score", "fraud.wasm"].iter().chain(args);
    command::run(folder, args)
}

/// What it tells as JSON, which it does on stdout where the scores are not there.
fn told(ended: &Ended) -> Value {
    let json = serde_json::from_str(&ended.stdout);
    json.unwrap_or_else(|_| panic!("no JSON: {ended:?}"))
}

fn assert_scored(ended: &Ended) {
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
}

#[test]
fn held_out_rows_score_bit_for_bit_as_in_xgboost() {
    let folder = folder();
    let ended = score(
        &folder,
        &[
            "--input",
            "rows.csv",
            "--against",
            "expected.csv",
            "--ulps",
            "1",
            "--format",
            "json",
        ],
    );
    assert_scored(&ended);
    assert_eq!(ended.stderr, "");
    let told = told(&ended);
    let rows = rows().len();
    assert_eq!(told["rows"], rows);
    assert_eq!(told["comparison"]["rows"], rows);
    let [margin, probability] = [0, 1].map(|nth| &told["comparison"]["outputs"][nth]);
    assert_eq!(
        (&margin["name"], &margin["bit_equal_rows"]),
        (&"margin".into(), &rows.into())
    );
    assert!(margin["largest_ulps"].is_null(), "{margin}");
    assert_eq!(probability["over_rows"], 0);
}

#[test]
fn scores_are_written_in_their_shortest_exact_form() {
    let folder = folder();
    assert_scored(&score(
        &folder,
        &["--input", "rows.csv", "-o", "scores.csv"],
    ));
    let scores = std::fs::read_to_string(folder.path("scores.csv")).expect("the scores");
    let mut lines = scores.lines();
    assert_eq!(lines.next(), Some("margin,probability"));
    assert_eq!(lines.next(), Some("-7.2277155,0.000725651"));
    let margins: Vec<u32> = scores
        .lines()
        .skip(1)
        .map(|line| line.split(',').next().expect("a margin"))
        .map(|margin| margin.parse::<f32>().expect("a number").to_bits())
        .collect();
    let wanted: Vec<u32> = expected()
        .iter()
        .map(|(margin, _)| margin.to_bits())
        .collect();
    assert_eq!(margins, wanted);
    // What was written is read again as the same.
    let ended = score(&folder, &["--input", "rows.csv", "--against", "scores.csv"]);
    assert_scored(&ended);
    assert!(ended.stdout.contains("bit for bit"), "{}", ended.stdout);
}

#[test]
fn columns_are_found_by_their_names() {
    let folder = folder();
    let mut columns = in_order();
    columns.reverse();
    columns.insert(3, ("note, \"quoted\"", 0));
    let text = csv(&columns, &rows()).replacen("note, \"quoted\"", "\"note, \"\"quoted\"\"\"", 1);
    folder.write("mixed.csv", text);
    let ended = score(
        &folder,
        &[
            "--input",
            "mixed.csv",
            "--against",
            "expected.csv",
            "--ulps",
            "1",
        ],
    );
    assert_scored(&ended);
    assert_eq!(
        ended.stderr,
        "warning: --input mixed.csv: columns that are no features are ignored: `note, \"quoted\"`\n"
    );
}

#[test]
fn a_model_without_names_takes_columns_by_position() {
    let folder = Folder::new();
    folder.write("fraud.wasm", plugins::hostile_model());
    folder.write("rows.csv", "what,number\n0,1.5\n0,-4\n");
    let ended = score(&folder, &["--input", "rows.csv"]);
    assert_scored(&ended);
    assert_eq!(ended.stdout, "score\n3.0\n-8.0\n");
    assert!(ended.stderr.starts_with("2 rows in "), "{}", ended.stderr);
    folder.write("rows.csv", "what,number,more\n0,1.5,0\n");
    let ended = score(&folder, &["--input", "rows.csv"]);
    assert_eq!(ended.code, Some(2));
    assert!(
        ended
            .stderr
            .contains("it has 3 columns; the model takes 2 features"),
        "{}",
        ended.stderr
    );
}

#[test]
fn compiled_code_is_kept_where_a_store_is_given() {
    let folder = folder();
    std::fs::create_dir(folder.path("store")).expect("a folder");
    let args = [
        "--input",
        "rows.csv",
        "-o",
        "scores.csv",
        "--store",
        "store",
    ];
    let kept = || {
        let entries = std::fs::read_dir(folder.path("store/cache")).expect("the cache");
        let entry = |entry: std::io::Result<std::fs::DirEntry>| {
            let entry = entry.expect("an entry");
            let changed = entry
                .metadata()
                .expect("a file")
                .modified()
                .expect("a time");
            (entry.file_name(), changed)
        };
        entries.map(entry).collect::<Vec<_>>()
    };
    assert_scored(&score(&folder, &args));
    let first = kept();
    assert_eq!(first.len(), 1);
    assert_scored(&score(&folder, &args));
    assert_eq!(kept(), first);
    let ended = score(&folder, &["--input", "rows.csv", "--store", "nowhere"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("--store nowhere"), "{}", ended.stderr);
    assert!(!folder.path("nowhere").exists());
}
