//! People: a page, what it brings with it, a while of reading, the next page from there.

use super::agents::{self, CURRENT, OLD};
use super::line::{Line, Session};
use super::{client, site};
use crate::random::Random;

const ARRIVALS: [(&str, f64); 7] = [
    ("-", 3.0),
    ("https://www.google.com/", 4.0),
    ("https://duckduckgo.com/", 0.6),
    ("https://www.bing.com/", 0.7),
    ("https://l.instagram.com/", 0.8),
    ("https://www.pinterest.com/pin/8231/", 0.5),
    ("https://news.example/home-and-living?utm_source=nl", 0.3),
];

pub fn person(time_s: f64, random: &mut Random) -> Session {
    // Some people keep an old telephone.
    let versions = if random.chance(0.92) { CURRENT } else { OLD };
    let mut session = Session {
        client: client(random),
        user: "-".to_owned(),
        agent: agents::browser(versions, random),
        bot: false,
        pattern: "person",
        lines: Vec::new(),
    };
    let version = if random.chance(0.85) { "2.0" } else { "1.1" };
    // Some browsers tell nobody where they come from.
    let private = random.chance(0.06);
    let returning = random.chance(0.45);
    let mut referer = random.weighted(&ARRIVALS).to_owned();
    let mut now_s = time_s;
    let pages = 1 + random.exponential(4.0) as usize;
    for nth in 0..pages.min(40) {
        let path = if nth > 0 && random.chance(0.05) {
            "/login".to_owned()
        } else {
            site::page(random)
        };
        let from = if private { "-" } else { referer.as_str() };
        session.push(now_s, visited(&path, version, from, random));
        let url = format!("{}{path}", site::ORIGIN);
        let from = if private { "-" } else { url.as_str() };
        let mut loaded_s = now_s + random.between(0.1, 0.6);
        for (asset, bytes) in site::assets(nth == 0 && !returning, random) {
            let mut line = site::got(&asset, version, bytes as u32, from);
            if returning && random.chance(0.3) {
                (line.status, line.bytes) = (304, None);
            }
            session.push(loaded_s, line);
            loaded_s += random.between(0.0, 0.2);
        }
        if path == "/login" || path == "/cart" && random.chance(0.4) {
            session.push(
                now_s + random.between(3.0, 12.0),
                posted(&path, version, from),
            );
        }
        referer = url;
        now_s = loaded_s + 2.0 + random.exponential(28.0);
    }
    session
}

fn visited(path: &str, version: &str, referer: &str, random: &mut Random) -> Line {
    let bytes = site::page_bytes(random);
    let mut line = site::got(path, version, bytes, referer);
    match random.unit() {
        share if share < 0.015 => (line.status, line.bytes) = (404, Some(2_310)),
        share if share < 0.03 => (line.status, line.bytes) = (301, Some(178)),
        share if share < 0.033 => (line.status, line.bytes) = (499, None),
        _ => {}
    }
    line
}

fn posted(path: &str, version: &str, referer: &str) -> Line {
    Line {
        request: format!("POST {path} HTTP/{version}"),
        status: 302,
        bytes: Some(0),
        referer: referer.to_owned(),
    }
}
