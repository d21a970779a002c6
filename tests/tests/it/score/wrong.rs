//! What cannot be scored is refused with a sentence that names the place and what would be right there.

use scoregate_tests::{components, folder::Folder, plugins};

use super::{FEATURES, NAMES, assert_scored, csv, folder, in_order, rows, score, streams};

/// A line of CSV with this in the place of the named value.
fn line(name: &str, value: &str) -> String {
    let cell = |feature: &&str| if *feature == name { value } else { "1" };
    NAMES.iter().map(cell).collect::<Vec<_>>().join(",")
}

/// The refusal of these bytes as a file of this name.
fn refusal(folder: &Folder, name: &str, content: impl AsRef<[u8]>) -> String {
    folder.write(name, content);
    let ended = score(folder, &["--input", name, "-o", "scores.csv"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    assert!(!folder.path("scores.csv").exists(), "nothing is left");
    ended.stderr
}

#[test]
fn a_bad_cell_is_named_with_its_line_row_and_column() {
    let folder = folder();
    let head = NAMES.join(",");
    for (value, reason) in [
        ("n/a", "is \"n/a\", which is no number"),
        ("1e60", "is 1e60, which is beyond FP32"),
    ] {
        let text = format!("{head}\n{}\n{}\n", line("", ""), line("mcc", value));
        assert!(
            refusal(&folder, "rows.csv", text)
                .contains(&format!("line 3 (row 1): column `mcc` {reason}")),
        );
    }
    let object = NAMES.map(|name| format!("\"{name}\":1")).join(",");
    for (value, reason) in [
        ("\"12\"", "column `mcc` is \"12\", which is no number"),
        ("[1]", "column `mcc` is a list or an object"),
        ("1,\"mcc\":1", "`mcc` is there twice"),
        ("1e999", "number out of range"),
        ("", "expected value"),
    ] {
        let second = object.replace("\"mcc\":1", &format!("\"mcc\":{value}"));
        let text = format!("{{{object}}}\n{{{second}}}\n");
        let refusal = refusal(&folder, "rows.ndjson", text);
        assert!(
            refusal.contains("line 2 (row 1): ") && refusal.contains(reason),
            "{refusal}"
        );
    }
}

#[test]
fn a_row_of_another_length_is_named() {
    let folder = folder();
    let head = NAMES.join(",");
    let text = format!("{head}\n\n1,2,3\n");
    let text = refusal(&folder, "rows.csv", text);
    assert!(
        text.contains("(row 0): it has 3 values; the first line names 15 columns"),
        "{text}"
    );
    let text = refusal(&folder, "rows.ndjson", "[1,2,3]\n");
    assert!(
        text.contains("it has 3 columns; the model takes 15"),
        "{text}"
    );
    let list = format!("[{}]\n", ["1"; FEATURES].join(","));
    let text = refusal(&folder, "rows.ndjson", format!("{list}[1]\n"));
    assert!(
        text.contains("line 2 (row 1): it has 1 values; the first line has 15"),
        "{text}"
    );
    let text = refusal(&folder, "rows.ndjson", format!("{list}{{}}\n"));
    assert!(
        text.contains("expected a list, as in the first line"),
        "{text}"
    );
}

#[test]
fn a_missing_column_is_named_with_the_nearest() {
    let folder = folder();
    let head = NAMES.join(",").replace("weekday", "week_day");
    let text = refusal(&folder, "rows.csv", format!("{head}\n"));
    assert!(
        text.contains("it lacks the column `weekday`; did you name it `week_day`?"),
        "{text}"
    );
    let twice = format!("{},mcc\n", NAMES.join(","));
    let text = refusal(&folder, "rows.csv", twice);
    assert!(text.contains("2 columns named `mcc`"), "{text}");
    let object = NAMES.map(|name| format!("\"{name}\":1")).join(",");
    let second = object.replace("\"mcc\"", "\"mc\"");
    let text = refusal(
        &folder,
        "rows.ndjson",
        format!("{{{object}}}\n{{{second}}}"),
    );
    assert!(
        text.contains("line 2 (row 1): it lacks the column `mcc`; write `null`"),
        "{text}"
    );
}

#[test]
fn what_is_no_table_says_what_it_is() {
    let folder = folder();
    for (name, content, reason) in [
        ("rows.csv", &b""[..], "it is empty"),
        ("rows.ndjson", b"\n \n", "it is empty"),
        (
            "rows.csv",
            b"1,2\n3,4\n",
            "its first line holds numbers; it must name the columns",
        ),
        ("rows.csv.gz", b"\x1f\x8b\x08\0", "it is compressed by gzip"),
        ("rows.parquet", b"a,b\n", "it does not begin with `PAR1`"),
        ("rows.ndjson", b"5\n", "it is no object and no list"),
        (
            "rows.ndjson",
            b"[\n  {}\n]",
            "line 1 (row 0): it is not one JSON object or list",
        ),
        ("rows.csv", b"a\xff,b\n1,2\n", "it is no UTF-8"),
    ] {
        let text = refusal(&folder, name, content);
        assert!(text.contains(reason), "{text}");
        assert!(text.contains(&format!("--input {name}: ")), "{text}");
    }
    for (args, reason) in [
        (&["--input", "."][..], "it is a folder"),
        (&["--input", "nothing.csv"], "it cannot be read"),
        (
            &["--input", "rows.csv", "-o", "rows.csv"],
            "would replace rows.csv",
        ),
        (
            &["--input", "rows.csv", "-o", "fraud.wasm"],
            "would replace fraud.wasm",
        ),
        (&["--input", "-", "--against", "-"], "cannot both be stdin"),
    ] {
        let ended = score(&folder, args);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.contains(reason), "{}", ended.stderr);
    }
}

#[test]
fn a_quote_that_is_not_closed_does_not_fill_the_memory() {
    let folder = folder();
    let text = format!("{}\n\"{}", NAMES.join(","), "x,\n".repeat(2 << 20));
    let text = refusal(&folder, "rows.csv", text);
    assert!(text.contains("is a quote not closed?"), "{text}");
    let text = refusal(&folder, "rows.ndjson", format!("[{}", "1,".repeat(3 << 20)));
    assert!(text.contains("line 1 (row 0): it is longer than"), "{text}");
    let ended = streams::fed(
        &folder,
        &[
            "score",
            "fraud.wasm",
            "--input",
            "-",
            "--input-format",
            "parquet",
        ],
        b"PAR1",
    );
    assert!(ended.stderr.contains("must be a file"), "{}", ended.stderr);
}

#[test]
fn what_is_no_model_is_refused() {
    let folder = folder();
    for misfit in components::misfits() {
        folder.write("fraud.wasm", misfit.bytes);
        let ended = score(&folder, &["--input", "rows.csv"]);
        assert_eq!(ended.code, Some(2), "{}: {ended:?}", misfit.name);
        assert!(ended.stderr.contains(misfit.refusal), "{}", ended.stderr);
    }
    folder.write("fraud.wasm", plugins::payments());
    let ended = score(&folder, &["--input", "rows.csv"]);
    assert_eq!(ended.code, Some(2));
    assert!(
        ended.stderr.contains("it is an adapter"),
        "{}",
        ended.stderr
    );
}

#[test]
fn the_row_that_a_model_fails_on_is_named() {
    let folder = Folder::new();
    folder.write("fraud.wasm", plugins::hostile_model());
    let words = plugins::model_words();
    for (word, reason) in [
        ("trap", "the model's fault: infer stopped"),
        ("loop", "the model's fault: infer ran longer than 300 ms"),
        ("grow", "the model's fault: infer asked for more memory"),
        ("rows-more", "the model's fault: infer answered with"),
        ("invalid", "the model refuses it: "),
    ] {
        let code = words.iter().position(|known| *known == word);
        let code = code.expect("a word of the model");
        let row = |nth| {
            if nth == 700 {
                format!("{code},1\n")
            } else {
                "0,1\n".to_owned()
            }
        };
        let text: String = (0..1_000).map(row).collect();
        folder.write("rows.csv", format!("what,number\n{text}"));
        let args = [
            "--input",
            "rows.csv",
            "-o",
            "scores.csv",
            "--call-deadline-ms",
            "300",
        ];
        let ended = score(&folder, &args);
        assert_eq!(ended.code, Some(2), "{word}: {ended:?}");
        assert!(
            ended.stderr.contains(&format!("row 700: {reason}")),
            "{word}: {}",
            ended.stderr
        );
        assert!(!folder.path("scores.csv").exists());
    }
}

#[test]
fn a_file_without_rows_has_no_scores() {
    let folder = folder();
    folder.write("rows.csv", csv(&in_order(), &[]));
    let ended = score(&folder, &["--input", "rows.csv"]);
    assert_scored(&ended);
    assert_eq!(
        (&*ended.stdout, &*ended.stderr),
        ("margin,probability\n", "0 rows\n")
    );
    assert!(!rows().is_empty());
}
