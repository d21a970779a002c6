//! Where in an event a feature is: by its name, as far as names tell.

use super::sample::{Sample, Seen};

/// The place whose name is the feature's: at the top level as it is, else within objects, where `merchant_country` is `/merchant/country`.
/// Of places that fit equally well none is taken.
pub fn of<'s>(feature: &str, sample: &'s Sample) -> Option<(&'s str, &'s Seen)> {
    let candidates = || {
        sample
            .places
            .iter()
            .map(|(pointer, seen)| (pointer.as_str(), seen))
    };
    let exact = candidates().find(|(pointer, _)| tokens(pointer) == [feature]);
    let wanted = plain(feature);
    let whole = |pointer: &str| plain(&tokens(pointer).join("_")) == wanted;
    let last = |pointer: &str| {
        tokens(pointer)
            .last()
            .is_some_and(|token| plain(token) == wanted)
    };
    exact
        .or_else(|| only(candidates().filter(|(pointer, _)| whole(pointer))))
        .or_else(|| only(candidates().filter(|(pointer, _)| last(pointer))))
}

/// The text field and the category that a one-hot column's name is made of, as `country_DE` or `country=DE` is.
pub fn category<'s>(feature: &str, sample: &'s Sample) -> Option<(&'s str, &'s str)> {
    let places = sample.places.iter().filter(|(_, seen)| seen.texts);
    let fitting = places.flat_map(|(pointer, seen)| {
        let name = tokens(pointer).pop().unwrap_or_default();
        let whole = tokens(pointer).join("_");
        let words = seen.words.iter().filter(move |word| {
            [&name, &whole].into_iter().any(|field| {
                let rest = feature.strip_prefix(field.as_str());
                let rest = rest.and_then(|rest| rest.strip_prefix(['_', '=']));
                rest == Some(word.as_str())
            })
        });
        words.map(|word| (pointer.as_str(), word.as_str()))
    });
    only(fitting)
}

fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    let first = items.next()?;
    items.next().is_none().then_some(first)
}

/// A pointer's keys.
pub fn tokens(pointer: &str) -> Vec<String> {
    let tokens = pointer.split('/').skip(1);
    tokens
        .map(|token| token.replace("~1", "/").replace("~0", "~"))
        .collect()
}

/// In small letters, with nothing but letters and digits.
fn plain(name: &str) -> String {
    let letters = name.chars().filter(|letter| letter.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(pointers: &[&str]) -> Sample {
        let mut sample = Sample::default();
        for pointer in pointers {
            let words = ["DE", "FR"].map(str::to_owned).into();
            let seen = Seen {
                texts: true,
                words,
                ..Seen::default()
            };
            sample.places.insert((*pointer).to_owned(), seen);
        }
        sample
    }

    #[test]
    fn a_feature_is_where_its_name_says() {
        let sample = sample(&[
            "/amount",
            "/buyer/country",
            "/merchant/country",
            "/velocity/count_1h",
        ]);
        let place = |feature| of(feature, &sample).map(|(pointer, _)| pointer);
        assert_eq!(place("amount"), Some("/amount"));
        assert_eq!(place("merchant_country"), Some("/merchant/country"));
        assert_eq!(place("Merchant.Country"), Some("/merchant/country"));
        assert_eq!(place("count_1h"), Some("/velocity/count_1h"));
        assert_eq!(place("country"), None, "there are two");
        assert_eq!(place("mean"), None);
    }

    #[test]
    fn a_one_hot_column_is_told_by_its_category() {
        let sample = sample(&["/buyer/country", "/city"]);
        assert_eq!(category("city_DE", &sample), Some(("/city", "DE")));
        assert_eq!(
            category("buyer_country=FR", &sample),
            Some(("/buyer/country", "FR"))
        );
        assert_eq!(category("city_IT", &sample), None);
    }
}
