//! Each format of the same rows scores alike.

use std::{fs::File, path::Path, sync::Arc};

use parquet::{
    basic::{Compression, ZstdLevel},
    column::writer::ColumnWriter,
    file::{properties::WriterProperties, writer::SerializedFileWriter},
    schema::parser::parse_message_type,
};
use scoregate_tests::{folder::Folder, payments::FEATURES};
use serde_json::{Map, Value, json};

use super::{NAMES, assert_scored, folder, rows, score, streams};

const AGAINST: [&str; 4] = ["--against", "expected.csv", "--ulps", "1"];

fn assert_same(folder: &Folder, input: &str) {
    let ended = score(folder, &[&["--input", input], &AGAINST[..]].concat());
    assert_scored(&ended);
}

fn number(value: f32) -> Value {
    serde_json::Number::from_f64(value.into()).map_or(Value::Null, Value::Number)
}

fn objects(rows: &[[f32; FEATURES]]) -> String {
    let object = |row: &[f32; FEATURES]| {
        let names = NAMES.iter().rev().map(|name| (*name).to_owned());
        let object: Map<_, _> = names.zip(row.iter().rev().copied().map(number)).collect();
        Value::Object(object).to_string() + "\n"
    };
    rows.iter().map(object).collect()
}

#[test]
fn objects_and_lists_line_by_line() {
    let folder = folder();
    folder.write("rows.ndjson", objects(&rows()));
    assert_same(&folder, "rows.ndjson");
    let list = |row: &[f32; FEATURES]| {
        let list: Vec<_> = row.iter().copied().map(number).collect();
        format!("{}\r\n\r\n", Value::Array(list))
    };
    folder.write("lists.jsonl", rows().iter().map(list).collect::<String>());
    assert_same(&folder, "lists.jsonl");
}

#[test]
fn csv_with_a_mark_of_its_encoding_and_another_line_end() {
    let folder = folder();
    let text = std::fs::read_to_string(folder.path("rows.csv")).expect("the rows");
    folder.write(
        "excel.csv",
        format!("\u{feff}{}", text.replace('\n', "\r\n")),
    );
    assert_same(&folder, "excel.csv");
}

#[test]
fn stdin_is_told_by_its_first_byte() {
    let folder = folder();
    let csv = std::fs::read(folder.path("rows.csv")).expect("the rows");
    for input in [csv, objects(&rows()).into_bytes()] {
        let args = [&["score", "fraud.wasm", "--input", "-"], &AGAINST[..]].concat();
        let ended = streams::fed(&folder, &args, &input);
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    }
}

#[test]
fn scores_are_written_as_objects_where_that_is_asked_for() {
    let folder = folder();
    for args in [&["-o", "scores.ndjson"][..], &["--out-format", "ndjson"]] {
        let ended = score(&folder, &[&["--input", "rows.csv"], args].concat());
        assert_scored(&ended);
        let text = match args[0] {
            "-o" => std::fs::read_to_string(folder.path("scores.ndjson")).expect("the scores"),
            _ => ended.stdout,
        };
        let first = text.lines().next().expect("a line");
        assert_eq!(first, r#"{"margin":-7.2277155,"probability":0.000725651}"#);
        assert_eq!(text.lines().count(), rows().len());
        folder.write("written.ndjson", text);
        let args = ["--input", "rows.csv", "--against", "written.ndjson"];
        assert_scored(&score(&folder, &args));
    }
}

/// The features as columns of several types, all of them exact, in row groups of 1,000 rows; a missing value is null.
fn write_parquet(path: &Path, compression: Compression) {
    let kind = |nth: usize| match NAMES[nth] {
        "mcc" => "INT32",
        "weekday" => "INT64",
        "amount_eur" => "DOUBLE",
        _ => "FLOAT",
    };
    let columns: String = (0..FEATURES)
        .map(|nth| format!("OPTIONAL {} {};", kind(nth), NAMES[nth]))
        .collect();
    let schema = format!("message rows {{ REQUIRED BYTE_ARRAY note (STRING); {columns} }}");
    let schema = Arc::new(parse_message_type(&schema).expect("a schema"));
    let properties = WriterProperties::builder().set_compression(compression);
    let file = File::create(path).expect("a file");
    let properties = Arc::new(properties.build());
    let mut writer = SerializedFileWriter::new(file, schema, properties).expect("a writer");
    for rows in rows().chunks(1_000) {
        let mut group = writer.next_row_group().expect("a row group");
        for column in 0..=FEATURES {
            let mut writer = group.next_column().expect("a column").expect("one more");
            let there = |row: &&[f32; FEATURES]| !row[column - 1].is_nan();
            let levels = || {
                rows.iter()
                    .map(|row| there(&row).into())
                    .collect::<Vec<i16>>()
            };
            let values = || rows.iter().filter(there).map(|row| row[column - 1]);
            match writer.untyped() {
                ColumnWriter::ByteArrayColumnWriter(writer) => {
                    let notes = vec!["a note".into(); rows.len()];
                    writer.write_batch(&notes, None, None)
                }
                ColumnWriter::Int32ColumnWriter(writer) => {
                    let values: Vec<_> = values().map(|value| value as i32).collect();
                    writer.write_batch(&values, Some(&levels()), None)
                }
                ColumnWriter::Int64ColumnWriter(writer) => {
                    let values: Vec<_> = values().map(|value| value as i64).collect();
                    writer.write_batch(&values, Some(&levels()), None)
                }
                ColumnWriter::DoubleColumnWriter(writer) => {
                    let values: Vec<_> = values().map(f64::from).collect();
                    writer.write_batch(&values, Some(&levels()), None)
                }
                ColumnWriter::FloatColumnWriter(writer) => {
                    let values: Vec<_> = values().collect();
                    writer.write_batch(&values, Some(&levels()), None)
                }
                _ => panic!("no such column"),
            }
            .expect("a batch");
            writer.close().expect("a column");
        }
        group.close().expect("a row group");
    }
    writer.close().expect("a file");
}

#[test]
fn columns_of_parquet_of_any_type_of_numbers() {
    let folder = folder();
    for compression in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::ZSTD(ZstdLevel::default()),
    ] {
        write_parquet(&folder.path("rows.parquet"), compression);
        let input = ["--input", "rows.parquet", "--format", "json"];
        let ended = score(&folder, &[&input, &AGAINST[..]].concat());
        assert_scored(&ended);
        assert_eq!(super::told(&ended)["ignored_columns"], json!(["note"]));
    }
}

#[test]
fn damaged_parquet_is_refused_without_a_panic() {
    let folder = folder();
    let path = folder.path("rows.parquet");
    write_parquet(&path, Compression::SNAPPY);
    let whole = std::fs::read(&path).expect("the file");
    let refused = |bytes: &[u8]| {
        folder.write("damaged.parquet", bytes);
        let ended = score(&folder, &["--input", "damaged.parquet", "-o", "scores.csv"]);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(
            ended.stderr.contains("--input damaged.parquet: "),
            "{}",
            ended.stderr
        );
    };
    for bytes in [5, 11, whole.len() / 2, whole.len() - 1] {
        refused(&whole[..bytes]);
    }
    let mut overlong = whole.clone();
    let end = overlong.len() - 8;
    overlong[end..end + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    refused(&overlong);
    let mut emptied = whole.clone();
    emptied[4..whole.len() / 2].fill(0);
    refused(&emptied);
    assert!(!folder.path("scores.csv").exists());
}
