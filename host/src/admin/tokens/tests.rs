use super::*;

fn file(content: &str) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tokens");
    fs::write(&path, content).unwrap();
    (dir, path)
}

fn bearer(name: &str, role: Role) -> Bearer {
    Bearer {
        name: name.to_owned(),
        role,
    }
}

#[tokio::test]
async fn a_token_is_known_by_the_line_that_was_made_for_it() {
    let (ci, ops) = (bearer("ci", Role::Deploy), bearer("ops@night", Role::Read));
    let (one, other) = (new_token().unwrap(), new_token().unwrap());
    assert_ne!(one, other);
    let content = format!(
        "# who may what\n\n  {}  # the pipeline's\n{}\n",
        line_of(&ci, &one),
        line_of(&ops, &other)
    );
    assert!(!content.contains(&one));
    let (_dir, path) = file(&content);
    let tokens = Arc::new(Tokens::open(&path).unwrap());
    assert_eq!(tokens.bearer(&one).await, Some(ci));
    assert_eq!(tokens.bearer(&other).await, Some(ops));
    let hash = Digest::of(one.as_bytes()).to_string();
    for wrong in ["", &one[..one.len() - 1], &format!("{one} "), &hash] {
        assert_eq!(tokens.bearer(wrong).await, None, "{wrong}");
    }
}

#[tokio::test]
async fn a_changed_file_is_read_again_and_a_wrong_one_changes_nothing() {
    let (ci, ops) = (bearer("ci", Role::Deploy), bearer("ops", Role::Read));
    let (dir, path) = file(&line_of(&ci, "a"));
    let tokens = Arc::new(Tokens::open(&path).unwrap());
    assert_eq!(tokens.bearer("b").await, None);
    fs::write(&path, format!("{}\n", line_of(&ops, "b"))).unwrap();
    assert_eq!(tokens.bearer("b").await, Some(ops.clone()));
    assert_eq!(tokens.bearer("a").await, None);
    for wrong in ["", "ci deploy", "ops admin sha256:00"] {
        fs::write(&path, wrong).unwrap();
        assert_eq!(tokens.bearer("b").await, Some(ops.clone()), "{wrong}");
    }
    fs::remove_file(&path).unwrap();
    assert_eq!(tokens.bearer("b").await, Some(ops));
    let new = dir.path().join("new");
    fs::write(&new, line_of(&ci, "c")).unwrap();
    fs::rename(&new, &path).unwrap();
    assert_eq!(tokens.bearer("c").await, Some(ci));
}

#[test]
fn what_is_wrong_in_the_file_is_told_with_its_line_and_without_a_token() {
    let good = line_of(&bearer("ci", Role::Deploy), "a");
    for (content, told) in [
        ("", "it holds no token"),
        ("# nothing\n", "it holds no token"),
        ("ci deploy\n", "line 1: a line is NAME ROLE sha256:"),
        (
            "ci deploi sha256:00\n",
            "line 1: a role is `read` or `deploy`; did you mean `deploy`?",
        ),
        (
            "\nci deploy scoregate_secret\n",
            "line 2: the third word must be `sha256:`",
        ),
        (
            "guard deploy sha256:00\n",
            "line 1: `guard` is what the gateway itself",
        ),
        ("a/b deploy sha256:00\n", "line 1: a name is 1 to 64 of"),
        (
            &format!("{good}\n{good}\n"),
            "line 2: an earlier line has the same token",
        ),
    ] {
        let (_dir, path) = file(content);
        let error = Tokens::open(&path).err().unwrap().to_string();
        assert!(error.contains(told), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
    let missing = Tokens::open(Path::new("nowhere/tokens")).err().unwrap();
    assert!(missing.to_string().contains("nowhere/tokens"), "{missing}");
}
