//! `--against` tells what differs, by how much and where, and its exit code says whether anything does.

use scoregate_tests::folder::Folder;
use serde_json::{Value, json};

use super::{folder, score, told};

/// The expected scores with one line changed by `change`.
fn changed(folder: &Folder, line: usize, change: impl Fn(&str) -> String) {
    let text = std::fs::read_to_string(folder.path("expected.csv")).expect("the scores");
    let lines: Vec<String> = text
        .lines()
        .enumerate()
        .map(|(nth, text)| {
            if nth == line {
                change(text)
            } else {
                text.to_owned()
            }
        })
        .collect();
    folder.write("expected.csv", lines.join("\n") + "\n");
}

fn compared(folder: &Folder, ulps: &str) -> (Option<i32>, Value) {
    let ended = score(
        folder,
        &[
            "--input",
            "rows.csv",
            "--against",
            "expected.csv",
            "--ulps",
            ulps,
            "--format",
            "json",
        ],
    );
    (ended.code, told(&ended)["comparison"].clone())
}

#[test]
fn a_difference_is_told_with_its_row_and_by_the_exit_code() {
    let folder = folder();
    // Row 0 of the rows is line 1 of the file.
    changed(&folder, 1, |line| {
        assert_eq!(line, "-7.2277155,0.000725651");
        "-7.227715,0.000725651".to_owned()
    });
    let (code, told) = compared(&folder, "0");
    assert_eq!(code, Some(1));
    assert_eq!(told["same"], false);
    let margin = &told["outputs"][0];
    let all = told["rows"].as_u64().expect("rows");
    assert_eq!(
        (&margin["over_rows"], &margin["bit_equal_rows"]),
        (&json!(1), &json!(all - 1))
    );
    let ulps = &margin["largest_ulps"];
    assert_eq!(
        (&ulps["ulps"], &ulps["row"], &ulps["expected"], &ulps["got"]),
        (
            &json!(1),
            &json!(0),
            &json!("-7.227715"),
            &json!("-7.2277155")
        )
    );
    assert_eq!(compared(&folder, "1").0, Some(0));
    let text = score(
        &folder,
        &[
            "--input",
            "rows.csv",
            "--against",
            "expected.csv",
            "--ulps",
            "1",
        ],
    );
    assert!(
        text.stdout
            .contains("1 ULP in row 0 (expected -7.227715, got -7.2277155)")
            && text.stdout.contains("within 1 ULP"),
        "{}",
        text.stdout
    );
}

#[test]
fn a_missing_score_is_no_score() {
    let folder = folder();
    changed(&folder, 2, |_| ",0.5".to_owned());
    let (code, told) = compared(&folder, "1000");
    assert_eq!(code, Some(1));
    let worst = &told["outputs"][0]["largest_ulps"];
    assert_eq!((&worst["row"], &worst["ulps"]), (&json!(1), &Value::Null));
    assert_eq!(worst["expected"], "NaN");
}

#[test]
fn rows_too_few_or_too_many_are_a_difference() {
    let folder = folder();
    let text = std::fs::read_to_string(folder.path("expected.csv")).expect("the scores");
    folder.write("expected.csv", format!("{text}0.5,0.5\n0.5,0.5\n"));
    let (code, told) = compared(&folder, "1");
    assert_eq!((code, &told["lacking_rows"]), (Some(1), &json!(2)));
    let fewer: Vec<&str> = text.lines().take(11).collect();
    folder.write("expected.csv", fewer.join("\n"));
    let (code, told) = compared(&folder, "1");
    assert_eq!((code, &told["rows"]), (Some(1), &json!(10)));
    assert_eq!(told["unexpected_rows"], super::rows().len() - 10);
}

#[test]
fn outputs_without_an_expectation_are_told_and_no_output_at_all_is_an_error() {
    let folder = folder();
    let text = std::fs::read_to_string(folder.path("expected.csv")).expect("the scores");
    folder.write("expected.csv", text.replacen("probability", "other", 1));
    let (code, told) = compared(&folder, "0");
    assert_eq!(
        (code, &told["not_compared"]),
        (Some(0), &json!(["probability"]))
    );
    folder.write(
        "expected.csv",
        text.replacen("margin,probability", "margn,x", 1),
    );
    let ended = score(
        &folder,
        &["--input", "rows.csv", "--against", "expected.csv"],
    );
    assert_eq!(ended.code, Some(2));
    assert!(
        ended
            .stderr
            .contains("the model gives `margin`, `probability`; did you name it `margn`?"),
        "{}",
        ended.stderr
    );
}
