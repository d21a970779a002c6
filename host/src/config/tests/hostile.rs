use std::path::Path;

use super::{parse, told, with};
use crate::{
    config::Config,
    limits::{CONFIG_MAX_BYTES, CONFIG_PROBLEMS_MAX_COUNT},
};

#[test]
fn a_file_nested_without_end_is_refused_and_overflows_no_stack() {
    let deep = 100_000;
    for text in [
        format!("a = {}", "[".repeat(deep)),
        format!("a = {}{}", "[".repeat(deep), "]".repeat(deep)),
        format!("a = {}", "{ a = ".repeat(deep)),
        format!("{}a = 1", "a.".repeat(deep)),
        format!("[{}a]", "a.".repeat(deep)),
        "[".repeat(deep),
    ] {
        assert_eq!(told(&text).len(), 1);
    }
}

#[test]
fn dotted_keys_within_inline_tables_are_refused_when_nested_too_deep() {
    // The parser counts brackets and dots each for itself; this is the deepest that both let pass.
    let dotted = vec!["k"; 79].join(".");
    let text = format!(
        "{}1{}",
        format!("{{ {dotted} = ").repeat(78),
        " }".repeat(78)
    );
    let told = told(&format!("[plugins.a]\nfile = 'a'\nconfig = {text}"));
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("at most 64 tables and lists"), "{told:?}");
}

#[test]
fn a_plugins_config_may_be_nested_as_deep_as_is_said() {
    let nested = |depth: usize| {
        let config = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        parse(&format!("[plugins.a]\nfile = 'a'\nconfig = {config}"))
    };
    assert!(nested(64).is_ok());
    assert!(nested(66).is_err());
}

#[test]
fn a_file_over_its_size_is_refused_and_one_of_its_size_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("gw.toml");
    let mut text = with("#");
    text.push_str(&" ".repeat(CONFIG_MAX_BYTES as usize - text.len()));
    std::fs::write(&path, &text).unwrap();
    assert!(Config::load(&path).is_ok());

    text.push(' ');
    std::fs::write(&path, &text).unwrap();
    let expected = "is larger than 1048576 bytes";
    let of_disk = Config::load(&path).unwrap_err();
    assert_eq!(of_disk.iter().next().unwrap().message(), expected);
    assert_eq!(told(&text), [format!("-:- {expected}")]);
}

#[test]
fn bytes_that_are_no_text_are_refused_with_their_place() {
    assert!(told("a = '\0'")[0].starts_with("1:6 not valid TOML: "));
    assert!(told("\0").len() == 1);
    let nul = told("[plugins.a]\nfile = \"a\\u0000\"");
    assert_eq!(
        nul,
        ["2:8 `file` in [plugins.a] is no path: it must not be empty or hold a NUL"]
    );

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("gw.toml");
    std::fs::write(&path, b"# gr\xc3\xbc\xc3\x9fe\na = '\xff'\n").unwrap();
    let problems = Config::load(&path).unwrap_err();
    let problem = problems.iter().next().unwrap();
    assert_eq!((problem.line(), problem.column()), (Some(2), Some(6)));
    assert_eq!(problem.message(), "not UTF-8 from byte 15 on");
    assert!(Config::load(dir.path()).is_err());
    assert!(Config::load(Path::new("")).is_err());
}

#[test]
fn a_report_stays_readable_whatever_the_file_holds() {
    let keys: String = (0..5_000).map(|n| format!("k{n} = 1, ")).collect();
    let problems = parse(&format!("server = {{ {keys} }}\n[plugins.a]\nfile = 'a'")).unwrap_err();
    assert_eq!(problems.count(), 5_000);
    assert_eq!(problems.iter().count(), CONFIG_PROBLEMS_MAX_COUNT);
    let text = problems.to_string();
    assert!(text.ends_with("and 4000 more problems beyond the 1000 that are told"));
    assert!(text.lines().all(|line| line.chars().count() < 200));
    let carets: Vec<_> = text.lines().take(600).collect();
    for problem in carets.chunks_exact(3) {
        let at = problem[2].find('^').unwrap();
        let under: String = problem[1]
            .chars()
            .skip(at)
            .take(problem[2].len() - at)
            .collect();
        assert!(
            problem[0].contains(&format!("unknown key `{under}` ")),
            "{problem:?}"
        );
    }
}

#[test]
fn nothing_that_a_terminal_would_obey_is_printed() {
    let text = "\u{1b}[31m = 1\n";
    assert!(!parse(text).unwrap_err().to_string().contains('\u{1b}'));
    let key = parse("\"a\\u001b[31m\" = 1").unwrap_err().to_string();
    assert!(
        key.contains("unknown key `a\\u{1b}[31m`") && !key.contains('\u{1b}'),
        "{key}"
    );
    let tab = parse("[plugins.a]\nfile =\t\t1").unwrap_err().to_string();
    assert!(
        tab.ends_with("      2 | file =  1\n        |         ^"),
        "{tab}"
    );
}

#[test]
fn a_file_of_any_bytes_is_told_about_and_never_panics() {
    // Each good text with one character at a time left out or changed.
    let good = with(
        "workers = 2\nsinks = [{ kind = 'sqlite', path = \"ü\\n\" }]\n[server]\nname = \"${A}é\"",
    );
    for (at, c) in good.char_indices() {
        for instead in ["", "'", "\"", "[", "}", "=", "\n", "\r", "é", "${"] {
            let text = format!("{}{instead}{}", &good[..at], &good[at + c.len_utf8()..]);
            if let Err(problems) = parse(&text) {
                assert!(problems.count() > 0 && !problems.to_string().is_empty());
            }
        }
    }
}
