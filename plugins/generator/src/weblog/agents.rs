//! User agents: browsers as people have them and as scrapers claim, and programs that say what they are.

use crate::random::Random;

const SYSTEMS: [&str; 5] = [
    "Windows NT 10.0; Win64; x64",
    "Macintosh; Intel Mac OS X 10_15_7",
    "X11; Linux x86_64",
    "Linux; Android 10; K",
    "Linux; Android 14; SM-S918B",
];

/// Chrome's major versions that are current, and those that scrapers' lists are full of.
pub const CURRENT: (usize, usize) = (138, 146);
pub const OLD: (usize, usize) = (74, 125);

pub fn browser((least, most): (usize, usize), random: &mut Random) -> String {
    let version = least + random.below(most - least);
    let system = random.pick(&SYSTEMS);
    match random.weighted(&[(0, 6.0), (1, 1.2), (2, 2.0), (3, 0.8)]) {
        0 => {
            let mobile = if system.contains("Android") {
                " Mobile"
            } else {
                ""
            };
            format!(
                "Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0{mobile} Safari/537.36"
            )
        }
        1 => format!("Mozilla/5.0 ({system}; rv:{version}.0) Gecko/20100101 Firefox/{version}.0"),
        2 => {
            let minor = random.below(5);
            // Safari counts from another number.
            let major = version.saturating_sub(120).clamp(11, 26);
            format!(
                "Mozilla/5.0 (iPhone; CPU iPhone OS {major}_{minor} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{major}.{minor} Mobile/15E148 Safari/604.1"
            )
        }
        _ => format!(
            "Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0 Safari/537.36 Edg/{version}.0.0.0"
        ),
    }
}

pub const CRAWLERS: [&str; 6] = [
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.7390.54 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/116.0.1938.76 Safari/537.36",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)",
    "DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)",
];

pub const PROGRAMS: [&str; 7] = [
    "python-requests/2.32.3",
    "Go-http-client/1.1",
    "curl/8.9.1",
    "Scrapy/2.11.2 (+https://scrapy.org)",
    "okhttp/4.12.0",
    "Java/17.0.11",
    "axios/1.7.2",
];

pub const SCANNERS: [&str; 5] = [
    "-",
    "Mozilla/5.0 zgrab/0.x",
    "Mozilla/5.0",
    "masscan/1.3 (https://github.com/robertdavidgraham/masscan)",
    "Mozilla/5.0 (\\\"compatible\\\"; l9explore/1.2.2)",
];
