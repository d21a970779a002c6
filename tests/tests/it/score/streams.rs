//! A file of any size is read piece by piece.

use std::{
    io::Write as _,
    process::{Child, Command, Stdio},
};

use scoregate_tests::{command::Ended, folder::Folder, plugins, workspace};

use super::rows;

/// Runs `scoregate` with these bytes on its stdin.
pub fn fed<S: AsRef<std::ffi::OsStr>>(folder: &Folder, args: &[S], input: &[u8]) -> Ended {
    let mut child = start(folder, args);
    let mut stdin = child.stdin.take().expect("its stdin");
    let input = input.to_vec();
    // What it says of a bad row may come before it has read all.
    let feeder = std::thread::spawn(move || stdin.write_all(&input).ok());
    let output = child.wait_with_output().expect("it ends");
    feeder.join().expect("the feeder");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ended {
        code: output.status.code(),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    }
}

fn start<S: AsRef<std::ffi::OsStr>>(folder: &Folder, args: &[S]) -> Child {
    Command::new(workspace::scoregate())
        .args(args)
        .current_dir(folder.path("."))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts")
}

/// The most memory that the process has had so far.
fn peak_bytes(child: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()));
    let status = status.expect("its status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
    kib.and_then(|kib| kib.trim().parse::<u64>().ok())
        .expect("its peak")
        << 10
}

#[test]
fn a_huge_file_needs_no_more_memory_than_a_large_one() {
    const MIB: usize = 1 << 20;
    const GROWTH_MAX: u64 = 24 << 20;
    let folder = Folder::new();
    folder.write("fraud.wasm", plugins::fraud());
    // Wide rows: many bytes, little to score.
    let filling = "x".repeat(4_000);
    let row: Vec<_> = rows()[0].iter().copied().map(super::cell).collect();
    let row = format!("{},{filling}\n", row.join(","));
    let args = ["score", "fraud.wasm", "--input", "-", "-o", "scores.csv"];
    let mut child = start(&folder, &args);
    let mut stdin = child.stdin.take().expect("its stdin");
    writeln!(stdin, "{},filling", super::NAMES.join(",")).expect("a head is taken");
    let mut count = 0;
    // The pipe holds 64 KiB: all but that was read when the last row is taken.
    let mut feed = |bytes: usize| {
        while count * row.len() < bytes {
            stdin.write_all(row.as_bytes()).expect("a row is taken");
            count += 1;
        }
    };
    feed(48 * MIB);
    let before = peak_bytes(&child);
    feed(160 * MIB);
    let after = peak_bytes(&child);
    drop(stdin);
    let ended = child.wait_with_output().expect("it ends");
    assert!(ended.status.success(), "{ended:?}");
    assert!(
        after - before < GROWTH_MAX,
        "{before} bytes after 48 MiB, {after} after 160"
    );
    let scores = std::fs::read_to_string(folder.path("scores.csv")).expect("the scores");
    assert_eq!(scores.lines().count(), count + 1);
}
