use std::path::Path;

use super::PLAIN;
use crate::{
    config::{Config, Problems},
    limits::SECRET_MAX_BYTES,
};

/// A slot whose config holds one string, with an environment of two variables.
fn config_of(string: &str, dir: &Path) -> Result<String, Problems> {
    let text = format!("[plugins.a]\nfile = 'a.wasm'\nconfig = {string}\n");
    let env = |name: &str| match name {
        "CITY" => Some("Genève".to_owned()),
        "_empty0" => Some(String::new()),
        "DOLLARS" => Some("${CITY}$$".to_owned()),
        _ => None,
    };
    let config = Config::parse(&text, dir, "gw.toml", env)?;
    Ok(config.plugins[0].config_json.clone())
}

#[test]
fn references_are_replaced_and_other_dollar_signs_stand() {
    let none = Path::new("");
    for (written, json) in [
        ("'${CITY}'", r#""Genève""#),
        ("'a ${CITY}-${CITY} b'", r#""a Genève-Genève b""#),
        ("'${_empty0}'", r#""""#),
        ("'$$'", r#""$""#),
        ("'$${CITY}'", r#""${CITY}""#),
        ("'^a$ $5 $'", r#""^a$ $5 $""#),
        // What is put in is not looked at again.
        ("'${DOLLARS}'", r#""${CITY}$$""#),
        (
            "{ a = ['${CITY}', 1], 'b' = { c = \"${CITY}\\n\" } }",
            r#"{"a":["Genève",1],"b":{"c":"Genève\n"}}"#,
        ),
    ] {
        assert_eq!(config_of(written, none).unwrap(), json, "{written}");
    }
}

#[test]
fn every_string_of_the_file_may_hold_references() {
    let text = PLAIN.replace("payments.wasm", "${HOME_OF_PLUGINS}/p.wasm")
        + "sinks = [{ kind = '${SINK}', path = '${DB}' }]\n[server]\nhttp = '${HOST}:80'\n";
    let env = |name: &str| {
        let value = match name {
            "HOME_OF_PLUGINS" => "/plugins",
            "SINK" => "sqlite",
            "DB" => "s.db",
            "HOST" => "127.0.0.9",
            _ => return None,
        };
        Some(value.to_owned())
    };
    let config = Config::parse(&text, Path::new("/x"), "gw.toml", env).unwrap();
    assert_eq!(config.plugins[0].file, Path::new("/plugins/p.wasm"));
    assert_eq!(config.server.http.to_string(), "127.0.0.9:80");
    let crate::config::Sink::Sqlite { path, .. } = &config.pipelines[0].sinks[0] else {
        panic!("another sink");
    };
    assert_eq!(path, Path::new("/x/s.db"));
}

#[test]
fn a_secrets_file_is_read_without_its_last_newline() {
    let dir = tempfile::tempdir().unwrap();
    for (content, json) in [
        ("hush", "\"hush\""),
        ("hush\n", "\"hush\""),
        ("hush\r\n", "\"hush\""),
        ("two\nlines\n\n", "\"two\\nlines\\n\""),
        ("", "\"\""),
    ] {
        std::fs::write(dir.path().join("secret"), content).unwrap();
        assert_eq!(config_of("'${file:secret}'", dir.path()).unwrap(), json);
    }
    let absolute = format!("'${{file:{}}}'", dir.path().join("secret").display());
    assert_eq!(config_of(&absolute, Path::new("/")).unwrap(), "\"\"");

    std::fs::write(
        dir.path().join("secret"),
        "s".repeat(SECRET_MAX_BYTES as usize),
    )
    .unwrap();
    assert!(config_of("'${file:secret}'", dir.path()).is_ok());
}

#[test]
fn a_reference_without_a_value_is_told_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(
        dir.path().join("large"),
        "s".repeat(SECRET_MAX_BYTES as usize + 1),
    )
    .unwrap();
    std::fs::write(dir.path().join("binary"), [0xff]).unwrap();
    for (written, column, expected) in [
        (
            "'a${NO_SUCH}'",
            12,
            "the environment variable `NO_SUCH` is not set, or is not UTF-8",
        ),
        (
            "'${file:none}'",
            11,
            "the secret's file `none` cannot be read: ",
        ),
        (
            "'${file:.}'",
            11,
            "the secret's file `.` is no regular file",
        ),
        (
            "'${file:large}'",
            11,
            "the secret's file `large` is larger than 65536 bytes",
        ),
        (
            "'${file:binary}'",
            11,
            "the secret's file `binary` is not UTF-8",
        ),
        ("'${}'", 11, "`` is neither a variable's name"),
        ("'${A-B}'", 11, "`A-B` is neither a variable's name"),
        ("'x ${CITY'", 13, "`${` has no `}`"),
        // Escapes hide where it stands: the whole string is shown.
        (
            "\"\\u0024{NO}\"",
            10,
            "the environment variable `NO` is not set",
        ),
    ] {
        let problems = config_of(written, dir.path()).unwrap_err();
        let problem = problems.iter().next().unwrap();
        assert!(problem.message().starts_with(expected), "{problem}");
        assert_eq!(
            (problem.line(), problem.column()),
            (Some(3), Some(column)),
            "{problem}"
        );
        assert_eq!(problems.count(), 1);
    }
    let twice = config_of("'${NO} ${NO}'", dir.path()).unwrap_err();
    let columns: Vec<_> = twice
        .iter()
        .map(|problem| problem.column().unwrap())
        .collect();
    assert_eq!(columns, [11, 17]);
}

#[test]
fn no_message_tells_what_was_put_in() {
    let text = PLAIN
        .replace("adapter = \"payments\"", "adapter = '${HUSH}'")
        .replace("kind = \"http\"", "kind = '${HUSH}'")
        + "key = '${HUSH}'\nsinks = [{ kind = 'sqlite', path = 'x', table = '${HUSH}' }]\n\
           [server]\nhttp = '${HUSH}'\nadmin = '${HUSH}'\nname = '${HUSH}\\u0000'\n";
    let text = text.replace("'${HUSH}\\u0000'", "\"${HUSH}\\u0000\"");
    let env = |_: &str| Some("hush-hush".to_owned());
    let problems = Config::parse(&text, Path::new(""), "gw.toml", env).unwrap_err();
    assert_eq!(problems.count(), 7, "{problems}");
    assert!(!problems.to_string().contains("hush"), "{problems}");
    assert!(problems.to_string().contains("`${HUSH}`"), "{problems}");
}

#[test]
fn what_references_add_is_limited() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("s"), "s".repeat(SECRET_MAX_BYTES as usize)).unwrap();
    let many = format!("[{}]", "'${file:s}',".repeat(65));
    let problems = config_of(&many, dir.path()).unwrap_err();
    assert_eq!(problems.count(), 1);
    let message = problems.iter().next().unwrap().message();
    assert_eq!(
        message,
        "the values of `${…}` are larger than 4194304 bytes in all"
    );
    let one_string = format!("'{}'", "${file:s}".repeat(60_000));
    let problems = config_of(&one_string, dir.path()).unwrap_err();
    assert_eq!(problems.count(), 1);
    assert_eq!(problems.iter().next().unwrap().message(), message);
}
