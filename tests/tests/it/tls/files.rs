//! What the two files may hold, and what an operator is told where they hold something else.

use std::{ffi::OsStr, fs, os::unix::fs::PermissionsExt as _};

use scoregate_tests::{
    authority::{Authority, Pair, TLS},
    command::{refused, run},
    folder::Folder,
    gateway::Gateway,
};

use super::sample;

/// What `validate` and a start say of that pair, which must be the same.
fn told(change: impl Fn(&Folder, &Authority)) -> String {
    let (folder, authority) = (sample(TLS), Authority::new());
    authority.sign(&[]).put(&folder);
    change(&folder, &authority);
    let ended = run(
        &folder,
        [OsStr::new("validate"), folder.config().as_os_str()],
    );
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let at_start = refused(&folder);
    let (_, sentence) = ended
        .stderr
        .trim()
        .split_once("gateway.toml: ")
        .expect("a sentence");
    assert!(at_start.contains(sentence), "{at_start}, not {sentence}");
    ended.stderr
}

#[test]
fn files_that_are_no_pair_are_refused_with_file_and_remedy() {
    type Change = fn(&Folder, &Authority);
    let cases: [(Change, &[&str]); 8] = [
        (
            |folder, _| fs::remove_file(folder.path("cert.pem")).expect("it goes"),
            &[
                "`certificate_file` in [server.tls]",
                "cert.pem",
                "No such file",
            ],
        ),
        (
            |folder, _| fs::remove_file(folder.path("key.pem")).expect("it goes"),
            &["`key_file` in [server.tls]", "key.pem", "No such file"],
        ),
        (
            |folder, _| folder.write("cert.pem", "hello\n"),
            &[
                "`certificate_file`",
                "it holds no certificate",
                "BEGIN CERTIFICATE",
            ],
        ),
        (
            |folder, _| {
                let whole = fs::read(folder.path("cert.pem")).expect("a file");
                folder.write("cert.pem", &whole[..whole.len() / 2]);
            },
            &["`certificate_file`", "cut off"],
        ),
        (
            |folder, _| {
                let certificate = fs::read(folder.path("cert.pem")).expect("a file");
                folder.write("key.pem", certificate);
            },
            &["`key_file`", "no private key", "PKCS#8"],
        ),
        (
            |folder, _| {
                let key = fs::read_to_string(folder.path("key.pem")).expect("a file");
                folder.write("key.pem", key.replace("PRIVATE", "ENCRYPTED PRIVATE"));
            },
            &["`key_file`", "encrypted", "openssl pkey"],
        ),
        (
            |folder, authority| folder.write("key.pem", authority.sign(&[]).key),
            &["`certificate_file`", "is not that of `key_file`", "key.pem"],
        ),
        (
            |folder, authority| {
                let leaf = fs::read_to_string(folder.path("cert.pem")).expect("a file");
                folder.write("cert.pem", format!("{}{leaf}", authority.pem()));
            },
            &["belongs to its certificate no. 2", "must come first"],
        ),
    ];
    for (change, expected) in cases {
        let told = told(change);
        for part in expected {
            assert!(told.contains(part), "no {part}: {told}");
        }
        assert_eq!(told.lines().count(), 1, "{told}");
        assert!(!told.contains("MI"), "what a file holds is told: {told}");
    }
}

#[test]
fn a_certificate_out_of_its_time_is_a_mistake_to_validate_and_a_warning_at_a_start() {
    for (from, until, expected, to_clients) in [
        (2001, 2002, "expired", "has expired"),
        (3000, 3001, "is valid in", "is not valid yet"),
    ] {
        let folder = sample(TLS);
        let authority = Authority::new();
        let names = vec!["127.0.0.1".to_owned()];
        authority.sign_for(names, from, until).put(&folder);
        folder.write("ca.pem", authority.pem());
        let ended = run(&folder, ["validate", "gateway.toml"]);
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.stderr.contains(expected), "{ended:?}");
        let gateway = Gateway::start(folder.into());
        assert!(gateway.log().contains(expected), "{}", gateway.log());
        let admin = format!("https://{}", gateway.admin);
        let status = ["status", "--ca-file", "ca.pem", "--admin", &admin];
        let ended = run(&gateway.folder, status);
        assert!(ended.stderr.contains(to_clients), "{ended:?}");
    }
}

#[test]
fn a_pair_in_any_form_of_a_key_is_taken_and_an_open_key_is_warned_of() {
    let folder = sample(TLS);
    let Pair {
        certificate, key, ..
    } = Authority::new().sign(&[]);
    // As some programs write them: with text around, and the chain in the same file.
    folder.write(
        "cert.pem",
        format!("a note\r\n{}", certificate.replace('\n', "\r\n")),
    );
    folder.write("key.pem", format!("{certificate}{key}"));
    let set = |mode| {
        let mode = fs::Permissions::from_mode(mode);
        fs::set_permissions(folder.path("key.pem"), mode).expect("permissions");
    };
    set(0o640);
    let ended = run(&folder, ["validate", "gateway.toml"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let folder = std::sync::Arc::new(folder);
    let gateway = Gateway::start(folder.clone());
    let log = gateway.log();
    assert!(log.contains("has the permissions 640"), "{log}");
    assert!(!log.contains("PRIVATE"), "{log}");
    drop(gateway);
    fs::set_permissions(folder.path("key.pem"), fs::Permissions::from_mode(0o600))
        .expect("permissions");
    let gateway = Gateway::start(folder);
    assert!(!gateway.log().contains("permissions"), "{}", gateway.log());
}
