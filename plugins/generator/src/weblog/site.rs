//! The shop: its pages, what a page brings with it, and how large things are.

use super::Line;
use crate::random::Random;

pub const ORIGIN: &str = "https://shop.example";
pub const PRODUCTS: usize = 2400;
const CATEGORIES: [&str; 8] = [
    "lamps", "chairs", "tables", "rugs", "shelves", "beds", "garden", "sale",
];
const POSTS: [&str; 6] = [
    "small-rooms",
    "oak-or-ash",
    "care-for-leather",
    "light-for-reading",
    "moving-checklist",
    "about-wool",
];
const WORDS: [&str; 8] = [
    "lamp",
    "oak+table",
    "kids%20bed",
    "rug+160x230",
    "desk",
    "gr%C3%BCn",
    "sofa+bed",
    "shelf",
];
const ASSETS: [(&str, f64); 8] = [
    ("/static/css/main.8f31c2.css", 24_100.0),
    ("/static/js/app.c91d07.js", 118_300.0),
    ("/static/js/vendor.2ab4e9.js", 241_000.0),
    ("/static/fonts/inter-var.woff2", 98_000.0),
    ("/static/img/logo.svg", 3_200.0),
    ("/favicon.ico", 1_150.0),
    ("/api/cart/count", 48.0),
    ("/manifest.json", 612.0),
];

/// A page that a person would look at.
pub fn page(random: &mut Random) -> String {
    match random.weighted(&[(0, 1.0), (1, 3.0), (2, 4.0), (3, 0.6), (4, 1.0), (5, 0.5)]) {
        0 => "/".to_owned(),
        1 => category(random),
        2 => product(random.below(PRODUCTS)),
        3 => format!("/blog/{}", random.pick(&POSTS)),
        4 => format!("/search?q={}", random.pick(&WORDS)),
        _ => "/cart".to_owned(),
    }
}

pub fn product(number: usize) -> String {
    format!("/products/{number}")
}

pub fn category(random: &mut Random) -> String {
    let name = random.pick(&CATEGORIES);
    if random.chance(0.6) {
        return format!("/c/{name}");
    }
    let page = 1 + random.below(9);
    let sort = if random.chance(0.3) {
        "&sort=price"
    } else {
        ""
    };
    format!("/c/{name}?page={page}{sort}")
}

/// Style, scripts and images that a browser fetches with a page; `first` when it has none of them yet.
pub fn assets(first: bool, random: &mut Random) -> Vec<(String, f64)> {
    let mut assets = Vec::new();
    for (path, bytes) in ASSETS {
        if random.chance(if first { 0.85 } else { 0.06 }) {
            assets.push((path.to_owned(), bytes));
        }
    }
    for _ in 0..random.below(6) {
        let (number, form) = (random.below(PRODUCTS), random.pick(&["webp", "jpg"]));
        let bytes = random.between(8_000.0, 90_000.0);
        assets.push((format!("/media/{number}-m.{form}"), bytes));
    }
    assets
}

/// A page's bytes.
pub fn page_bytes(random: &mut Random) -> u32 {
    random.between(9_000.0, 42_000.0) as u32
}

/// The answer to a GET that goes well.
pub fn got(path: &str, version: &str, bytes: u32, referer: &str) -> Line {
    Line {
        request: format!("GET {path} HTTP/{version}"),
        status: 200,
        bytes: Some(bytes),
        referer: referer.to_owned(),
    }
}
