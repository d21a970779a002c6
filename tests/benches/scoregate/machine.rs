//! On what it was measured.

use std::fs;

pub fn print() {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    println!("cores    {cores} × {}", cpu_model());
    println!("kernel   {}", read("/proc/sys/kernel/osrelease"));
    let lock = include_str!("../../../Cargo.lock");
    let versions =
        ["wasmtime", "hyper", "tokio"].map(|name| format!("{name} {}", version(lock, name)));
    println!(
        "versions scoregate {}, {}",
        env!("CARGO_PKG_VERSION"),
        versions.join(", ")
    );
    print_load("at the start");
}

/// Others use the machine as well: their load belongs beside the figures.
pub fn print_load(when: &str) {
    let load = read("/proc/loadavg");
    let load: Vec<&str> = load.split(' ').take(3).collect();
    println!("load     {} {when} (1, 5, 15 min)", load.join(" "));
}

fn cpu_model() -> String {
    let info = read("/proc/cpuinfo");
    let line = info.lines().find(|line| line.starts_with("model name"));
    let model = line.and_then(|line| line.split_once(": "));
    model.map_or_else(|| "unknown".to_owned(), |(_, model)| model.to_owned())
}

fn version<'a>(lock: &'a str, name: &str) -> &'a str {
    let entry = format!("name = \"{name}\"\nversion = \"");
    let rest = lock.split_once(&entry).map_or("?", |(_, rest)| rest);
    rest.split('"').next().unwrap_or("?")
}

fn read(path: &str) -> String {
    fs::read_to_string(path)
        .unwrap_or_default()
        .trim()
        .to_owned()
}
