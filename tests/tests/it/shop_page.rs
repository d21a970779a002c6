//! The page of `examples/clicks` in a real browser: its first click is scored and shown.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::Command,
    sync::Arc,
};

use scoregate_tests::{
    folder::{self, Folder},
    gateway::Gateway,
    plugins, workspace,
};

#[test]
#[ignore = "needs chromium: apt-get install chromium"]
fn the_first_click_is_scored_and_shown() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || listener.incoming().flatten().for_each(serve));
    let folder = Folder::new();
    let server = format!(
        "[server]\nhttp = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\nallowed_origins = [\"{origin}\"]\n"
    );
    folder.write("gateway.toml", server + &folder::clicks());
    folder.write("mapping.wasm", plugins::mapping());
    folder.write("conversion.wasm", plugins::conversion());
    let profile = folder.path("browser");
    let gateway = Gateway::start(Arc::new(folder));
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"])
        .arg("--virtual-time-budget=5000")
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!("{origin}/?gateway=http://{}", gateway.http))
        .output()
        .expect("chromium runs: apt-get install chromium");
    let page = String::from_utf8_lossy(&output.stdout);
    let decision = page
        .split("id=\"decision\"")
        .nth(1)
        .and_then(|rest| rest.split(['<', '>']).nth(1));
    assert!(
        decision.is_some_and(|decision| ["ignore", "offer", "sure"].contains(&decision)),
        "no decision in {page}"
    );
}

/// A file of the example, over a connection of its own.
fn serve(mut stream: TcpStream) {
    let mut request = [0; 8192];
    let read = stream.read(&mut request).unwrap_or(0);
    let request = String::from_utf8_lossy(&request[..read]);
    let target = request.split(' ').nth(1).unwrap_or("/");
    let (name, kind) = match target.split('?').next() {
        Some("/session.js") => ("session.js", "text/javascript"),
        Some("/shop.js") => ("shop.js", "text/javascript"),
        Some("/shop.css") => ("shop.css", "text/css"),
        _ => ("index.html", "text/html"),
    };
    let path = workspace::root().join("examples/clicks").join(name);
    let body = std::fs::read(path).expect("a file of the example");
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    // A browser that gave up is no concern of the test.
    drop(stream.write_all(&[head.as_bytes(), &body].concat()));
}
