//! Parameters after a path's question mark.

use crate::{
    config::did_you_mean,
    http::problem::{Problem, echo},
};

/// The values of the known parameters, in their order; each may be given once.
pub fn read<const N: usize>(
    query: Option<&str>,
    known: [&'static str; N],
) -> Result<[Option<String>; N], Problem> {
    let mut values = [const { None }; N];
    let pairs = query.unwrap_or_default().split('&');
    for pair in pairs.filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let Some(at) = known.iter().position(|known| *known == name) else {
            let all = || match N {
                0 => "; this path takes none".to_owned(),
                _ => format!("; there are `{}`", known.join("`, `")),
            };
            let hint = did_you_mean(name, known, all);
            return Err(Problem::bad_request(format!(
                "unknown parameter `{}`{hint}",
                echo(name)
            )));
        };
        if values[at].replace(value.to_owned()).is_some() {
            return Err(Problem::bad_request(format!(
                "the parameter `{name}` was given more than once"
            )));
        }
    }
    Ok(values)
}

/// `true` or `false`; false where it is absent.
pub fn flag(name: &str, value: Option<&str>) -> Result<bool, Problem> {
    match value {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(other) => Err(Problem::bad_request(format!(
            "the parameter `{name}` is `{}`; it must be true or false",
            echo(other)
        ))),
    }
}

/// A whole number within bounds.
pub fn number(name: &str, value: Option<&str>, min: u64, max: u64) -> Result<Option<u64>, Problem> {
    let Some(text) = value else {
        return Ok(None);
    };
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    let number = text.parse().ok().filter(|_| digits);
    match number.filter(|number| (min..=max).contains(number)) {
        Some(number) => Ok(Some(number)),
        None => Err(Problem::bad_request(format!(
            "the parameter `{name}` is `{}`; it must be a whole number from {min} to {max}",
            echo(text)
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_and_wrong_ones_named() {
        let [before, count] = read(Some("count=5&before=7&"), ["before", "count"]).unwrap();
        assert_eq!(
            (before.as_deref(), count.as_deref()),
            (Some("7"), Some("5"))
        );
        assert_eq!(read(None, ["x"]).unwrap(), [None]);
        for (query, told) in [
            ("cuont=5", "did you mean `count`?"),
            ("x", "there are `before`, `count`"),
            ("count=1&count=1", "more than once"),
        ] {
            let problem = read(Some(query), ["before", "count"]).unwrap_err();
            assert!(problem.message.contains(told), "{}", problem.message);
        }
        assert_eq!(number("count", Some("5"), 1, 5).unwrap(), Some(5));
        for wrong in ["0", "6", "+5", "", "5.0", "99999999999999999999"] {
            assert!(number("count", Some(wrong), 1, 5).is_err(), "{wrong}");
        }
        assert!(flag("dry_run", Some("true")).unwrap());
        assert!(flag("dry_run", Some("")).is_err());
    }
}
