//! Whether a text is JSON, in one pass without recursion, which finds the ends of long values on its way. Faults are told in
//! serde_json's words. `NaN`, `Infinity` and `-Infinity`, which XGBoost writes and JSON lacks, may stand where a number may.

use super::super::extents::Extents;
use super::super::number::{few_digits, many_digits};
use crate::limits::NESTING_MAX;

/// What is wrong, and how many bytes go up to there.
#[derive(Debug)]
pub(super) struct Fault {
    pub bytes: usize,
    pub reason: String,
}

type Checked = Result<(), Fault>;

/// Values that are words; a minus may stand before the last.
const WORDS: [&str; 5] = ["true", "false", "null", "NaN", "Infinity"];

/// The ends of a text's long values, if it is JSON.
pub(super) fn check(text: &[u8]) -> Result<Extents, Fault> {
    let mut check = Check {
        text,
        at: 0,
        open: Vec::with_capacity(NESTING_MAX),
        extents: Extents::default(),
    };
    check.whole()?;
    Ok(check.extents)
}

struct Check<'a> {
    text: &'a [u8],
    at: usize,
    /// Containers around this place: how each began, and its number among the extents.
    open: Vec<(u8, usize)>,
    extents: Extents,
}

impl Check<'_> {
    fn whole(&mut self) -> Checked {
        loop {
            let begun = self.value()?;
            if !begun && self.ends()? {
                return Ok(());
            }
        }
    }

    /// Goes past a value, or into a container that is not empty, which is said.
    fn value(&mut self) -> Result<bool, Fault> {
        self.space();
        match self.peek() {
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(b'"') => self.string()?,
            Some(begin @ (b'{' | b'[')) => return self.container(begin),
            Some(b't' | b'f' | b'n' | b'N' | b'I') => self.word()?,
            Some(_) => return Err(self.here("expected value")),
            None => return Err(self.here("EOF while parsing a value")),
        }
        Ok(false)
    }

    fn container(&mut self, begin: u8) -> Result<bool, Fault> {
        if self.open.len() == NESTING_MAX {
            return Err(self.here(&format!(
                "more than {NESTING_MAX} values are inside of each other"
            )));
        }
        let number = self.extents.open(self.at);
        let number = number.map_err(|reason| self.here(&reason))?;
        self.at += 1;
        self.space();
        if self.peek() == Some(end_of(begin)) {
            self.at += 1;
            self.extents.close(number, self.at);
            return Ok(false);
        }
        self.open.push((begin, number));
        match (begin, self.peek()) {
            (b'{', _) => self.key()?,
            (_, None) => return Err(self.here("EOF while parsing a list")),
            _ => {}
        }
        Ok(true)
    }

    /// Behind a value: goes on to the next one, or past the ends of containers to the end of the text, which is said.
    fn ends(&mut self) -> Result<bool, Fault> {
        loop {
            self.space();
            let Some((begin, number)) = self.open.last().copied() else {
                return match self.peek() {
                    Some(_) => Err(self.here("trailing characters")),
                    None => Ok(true),
                };
            };
            match (self.peek(), begin) {
                (Some(b','), _) => {
                    self.at += 1;
                    if begin == b'{' {
                        self.space();
                        self.key()?;
                    } else {
                        self.numbers();
                    }
                    return Ok(false);
                }
                (Some(byte), _) if byte == end_of(begin) => {
                    self.at += 1;
                    self.extents.close(number, self.at);
                    self.open.pop();
                }
                (Some(_), b'{') => return Err(self.here("expected `,` or `}`")),
                (Some(_), _) => return Err(self.here("expected `,` or `]`")),
                (None, b'{') => return Err(self.here("EOF while parsing an object")),
                (None, _) => return Err(self.here("EOF while parsing a list")),
            }
        }
    }

    fn key(&mut self) -> Checked {
        match self.peek() {
            Some(b'"') => self.string()?,
            Some(_) => return Err(self.here("key must be a string")),
            None => return Err(self.here("EOF while parsing an object")),
        }
        self.space();
        match self.peek() {
            Some(b':') => self.at += 1,
            Some(_) => return Err(self.here("expected `:`")),
            None => return Err(self.here("EOF while parsing an object")),
        }
        Ok(())
    }

    /// Goes past numbers of a list that follow each other without spaces: most of a model is such. Whatever else stands there is left.
    fn numbers(&mut self) {
        while let Some(end) = number_end(self.text, self.at)
            && self.text.get(end) == Some(&b',')
        {
            self.at = end + 1;
        }
    }

    fn number(&mut self) -> Checked {
        if let Some(end) = number_end(self.text, self.at) {
            self.at = end;
            return Ok(());
        }
        // What is wrong with it.
        if self.peek() == Some(b'-') {
            self.at += 1;
            if self.peek() == Some(b'I') {
                return self.word();
            }
        }
        let (whole, _) = few_digits(self.text, self.at);
        if whole > 1 && self.peek() == Some(b'0') {
            self.at += 1;
            return Err(self.here("invalid number"));
        }
        self.at += whole;
        if whole > 0 && self.peek() == Some(b'.') {
            self.at += 1;
            let (fraction, _) = many_digits(self.text, self.at);
            self.at += fraction;
            if fraction == 0 {
                return Err(self.here("invalid number"));
            }
        }
        if whole > 0
            && let Some(b'e' | b'E') = self.peek()
        {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
        }
        Err(self.here("invalid number"))
    }

    fn word(&mut self) -> Checked {
        let rest = &self.text[self.at..];
        let word = WORDS.iter().find(|word| word.as_bytes()[0] == rest[0]);
        for byte in word.into_iter().flat_map(|word| word.bytes()) {
            match self.peek() {
                Some(given) if given == byte => self.at += 1,
                Some(_) => return Err(self.here("expected ident")),
                None => return Err(self.here("EOF while parsing a value")),
            }
        }
        Ok(())
    }

    fn string(&mut self) -> Checked {
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => self.escape()?,
                Some(0..=0x1f) => {
                    return Err(Fault {
                        bytes: self.at,
                        reason: "control character (\\u0000-\\u001F) found while parsing a string"
                            .to_owned(),
                    });
                }
                Some(_) => self.at += 1,
                None => return Err(self.here("EOF while parsing a string")),
            }
        }
    }

    fn escape(&mut self) -> Checked {
        self.at += 1;
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 1;
                Ok(())
            }
            Some(b'u') => {
                self.at += 1;
                let Some(digits) = self.text.get(self.at..self.at + 4) else {
                    self.at = self.text.len();
                    return Err(self.here("EOF while parsing a string"));
                };
                let hex = digits.iter().all(u8::is_ascii_hexdigit);
                self.at += if hex { 4 } else { 3 };
                if hex {
                    Ok(())
                } else {
                    Err(self.here("invalid escape"))
                }
            }
            Some(_) => Err(self.here("invalid escape")),
            None => Err(self.here("EOF while parsing a string")),
        }
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// A fault in the byte that stands here.
    fn here(&self, reason: &str) -> Fault {
        Fault {
            bytes: self.text.len().min(self.at + 1),
            reason: reason.to_owned(),
        }
    }
}

/// The end of the number that begins here, if it is one.
fn number_end(text: &[u8], begin: usize) -> Option<usize> {
    let first = begin + usize::from(text.get(begin) == Some(&b'-'));
    let (whole, _) = few_digits(text, first);
    if whole == 0 || (whole > 1 && text[first] == b'0') {
        return None;
    }
    let mut at = first + whole;
    if text.get(at) == Some(&b'.') {
        let (fraction, _) = many_digits(text, at + 1);
        if fraction == 0 {
            return None;
        }
        at += 1 + fraction;
    }
    if let Some(b'e' | b'E') = text.get(at) {
        let signed = usize::from(matches!(text.get(at + 1), Some(b'+' | b'-')));
        let (exponent, _) = few_digits(text, at + 1 + signed);
        if exponent == 0 {
            return None;
        }
        at += 1 + signed + exponent;
    }
    Some(at)
}

fn end_of(begin: u8) -> u8 {
    if begin == b'{' { b'}' } else { b']' }
}

#[cfg(test)]
mod tests {
    use serde::de::IgnoredAny;

    use super::super::Document;
    use super::*;

    /// Everything that JSON has, in few bytes.
    const ALL: &str = "{\"a\": [1, -2.5e-3, 0, 0.25E+10,true ,false, null, []],\r\n\t\"b\\u00e9\\\"\\n\":{},\n \"c\" : \
                       {\"d\":\"\u{e9}/\\/\", \"e\": [[-0, [7]], {\"f\": \"\"}]} }\n ";

    /// serde_json's word on a text, and the one that is given here.
    fn words(text: &[u8]) -> [Result<(), String>; 2] {
        let theirs = serde_json::from_slice::<IgnoredAny>(text);
        let ours = Document::new(text);
        [
            theirs.map(drop).map_err(|error| error.to_string()),
            ours.map(drop).map_err(|error| match error {
                crate::CompileError::Syntax(reason) => reason,
                other => panic!("{other}"),
            }),
        ]
    }

    #[test]
    fn what_is_json_and_what_is_wrong_with_it_is_as_serde_json_says() {
        let [theirs, ours] = words(ALL.as_bytes());
        assert_eq!((theirs, ours), (Ok(()), Ok(())));
        for length in 0..ALL.len() {
            if ALL.is_char_boundary(length) {
                let [theirs, ours] = words(&ALL.as_bytes()[..length]);
                assert_eq!(theirs, ours, "{}", &ALL[..length]);
            }
        }
        let mut refused = 0;
        for at in (0..ALL.len()).filter(|at| ALL.as_bytes()[*at].is_ascii()) {
            for byte in *b" \n\"\\{}[]:,019-+.eEtfnux/a\x00\x1f\x7f" {
                let mut text = ALL.as_bytes().to_vec();
                text[at] = byte;
                let [theirs, ours] = words(&text);
                assert_eq!(theirs, ours, "{}", String::from_utf8_lossy(&text));
                refused += usize::from(ours.is_err());
            }
        }
        assert!(refused > 1_000, "{refused}");
    }

    #[test]
    fn numbers_that_json_lacks_stand_where_a_number_may() {
        for text in ["NaN", "[NaN,-Infinity , Infinity]", "{\"a\":NaN}"] {
            assert!(check(text.as_bytes()).is_ok(), "{text}");
        }
        for text in ["-NaN", "Nan", "[Infinit]", "NaN1", "{NaN:1}", "+Infinity"] {
            assert!(check(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn values_may_be_inside_of_each_other_so_deep() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(check(nested(NESTING_MAX).as_bytes()).is_ok());
        let fault = check(nested(NESTING_MAX + 1).as_bytes()).err().unwrap();
        assert_eq!(fault.reason, "more than 32 values are inside of each other");
        assert_eq!(fault.bytes, NESTING_MAX + 1);
    }
}
