//! What a user agent tells.

/// What programs call themselves by.
const BOT_WORDS: [&str; 13] = [
    "bot", "crawl", "spider", "slurp", "scrap", "scan", "http", "python", "curl", "wget", "java/",
    "grab", "axios",
];
/// Before a browser's major version, the most telling first.
const VERSIONS: [&str; 3] = ["Chrome/", "Firefox/", "Version/"];
const VERSION_MAX_DIGITS: usize = 4;

pub fn is_browser(agent: &str) -> bool {
    agent.starts_with("Mozilla/5.0 (")
}

pub fn says_bot(agent: &str) -> bool {
    let lower = agent.to_ascii_lowercase();
    BOT_WORDS.iter().any(|word| lower.contains(word))
}

pub fn is_mobile(agent: &str) -> bool {
    agent.contains("Mobile")
}

/// The browser's major version.
pub fn version(agent: &str) -> Option<u16> {
    VERSIONS.iter().find_map(|name| {
        let mut after = agent
            .match_indices(name)
            .map(|(at, name)| &agent[at + name.len()..]);
        after.find_map(|after| {
            let digits = after.bytes().take_while(u8::is_ascii_digit).count();
            after[..digits.min(VERSION_MAX_DIGITS)].parse().ok()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_first_that_is_told() {
        assert_eq!(
            version("Mozilla/5.0 (X11) Chrome/141.0.0.0 Safari/537.36"),
            Some(141)
        );
        assert_eq!(version("Chrome/x Firefox/99 Chrome/12345"), Some(1234));
        assert_eq!(version("Version/17.4 Mobile"), Some(17));
        assert_eq!(version("curl/8.9.1"), None);
    }
}
