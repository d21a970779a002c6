//! In which form events come, and where in them a field is.

use std::{borrow::Cow, cell::RefCell};

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use regex::bytes::{CaptureLocations, Regex, RegexBuilder};
use scoregate_sdk::Rejection;

use crate::{
    cell::Cell,
    limits::{EVENT_MAX_BYTES, NAMES_MAX_COUNT, PATTERN_MAX_BYTES, PATTERN_PROGRAM_MAX_BYTES},
    node::{Node, Object, nearest},
    shape::Branch,
};

/// The Common Log Format of Apache and nginx, and the Combined one, which adds two fields.
const COMMON: &str = r#"^(?P<client>[^ ]+) (?P<identity>[^ ]+) (?P<user>[^ ]+) \[(?P<time>[^\]]+)\] "(?P<request>(?:[^"\\]|\\.)*)" (?P<status>[0-9]{3}) (?P<bytes>[0-9]+|-)"#;
const COMBINED: &str = r#" "(?P<referer>(?:[^"\\]|\\.)*)" "(?P<agent>(?:[^"\\]|\\.)*)""#;
/// A pattern's own nesting.
const PATTERN_MAX_DEPTH: u32 = 32;

/// See the module.
pub enum Format {
    Json(Branch),
    Csv(Box<Csv>),
    Log(Log),
}

/// One record of comma-separated values an event, without a header.
pub struct Csv {
    columns: Vec<String>,
    /// Begun anew for each event: a clone of it reads nothing right (csv-core 0.1.13).
    reader: RefCell<Reader>,
    /// For each column, its cells.
    cells: Vec<Vec<usize>>,
    missing: Vec<String>,
}

/// A line that a regular expression takes apart.
pub struct Log {
    pattern: Regex,
    locations: RefCell<CaptureLocations>,
    /// Group and cell.
    cells: Vec<(usize, usize)>,
    missing: Vec<String>,
}

impl Format {
    pub fn of(config: &Object<'_>) -> Result<Self, String> {
        let (format, columns) = (config.get("format"), config.get("columns"));
        let (delimiter, pattern) = (config.get("delimiter"), config.get("pattern"));
        let missing = config.get("missing_texts");
        let word = match &format {
            Some(node) => node.text("`json`, `csv`, `common`, `combined` or `pattern`")?,
            None => "json",
        };
        let only = |node: &Option<Node<'_>>, of: &str| match node {
            Some(node) if word != of => {
                Err(node.wrong(format_args!("belongs to `format = \"{of}\"`")))
            }
            _ => Ok(()),
        };
        only(&columns, "csv")?;
        only(&delimiter, "csv")?;
        only(&pattern, "pattern")?;
        let missing = |default: &str| match &missing {
            Some(node) => words(node),
            None => Ok(vec![default.to_owned()]),
        };
        match word {
            "json" => match config.get("missing_texts") {
                Some(node) => Err(node.wrong("JSON has null: it belongs to the other formats")),
                None => Ok(Self::Json(Branch::default())),
            },
            "csv" => {
                let columns = columns.ok_or_else(|| {
                    config.wrong("has no `columns`; a record of CSV does not name its own")
                })?;
                Csv::new(&columns, delimiter.as_ref(), missing("")?)
                    .map(|csv| Self::Csv(Box::new(csv)))
            }
            "common" => Log::known(COMMON, missing("-")?).map(Self::Log),
            "combined" => Log::known(&format!("{COMMON}{COMBINED}"), missing("-")?).map(Self::Log),
            "pattern" => {
                let node = pattern.ok_or_else(|| {
                    config.wrong("has no `pattern`, a regular expression with named groups")
                })?;
                let text = node.text_within("a regular expression", PATTERN_MAX_BYTES)?;
                let log = Log::new(text, missing("-")?);
                log.map(Self::Log).map_err(|error| node.wrong(error))
            }
            other => Err(format.map_or(String::new(), |node| {
                node.wrong(format_args!(
                    "must be `json`, `csv`, `common`, `combined` or `pattern`, is {}",
                    checks::quote(other)
                ))
            })),
        }
    }

    /// The key that says where a field is.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Json(_) => "path",
            Self::Csv(_) => "column",
            Self::Log(_) => "group",
        }
    }

    /// Has `cell` read from `place`, by default where the field's own name is; returns what messages call it.
    pub fn add(
        &mut self,
        name: &str,
        place: Option<&Node<'_>>,
        cell: usize,
    ) -> Result<String, String> {
        let at = |message: String| match place {
            Some(node) => node.wrong(message),
            None => message,
        };
        let text = place.map(|node| node.text("a text")).transpose()?;
        match self {
            Self::Json(branch) => {
                let tokens = match text {
                    Some(path) => tokens(path).ok_or_else(|| {
                        at(format!(
                            "must be a JSON Pointer like `/merchant/country`, is {}",
                            checks::quote(path)
                        ))
                    })?,
                    None => vec![name.to_owned()],
                };
                branch.add(&tokens, cell).map_err(|()| {
                    at(
                        "is within a value that is read as a whole, or has such a value within it"
                            .to_owned(),
                    )
                })?;
                Ok(tokens.join("."))
            }
            Self::Csv(csv) => {
                let column = text.unwrap_or(name);
                let index = csv.columns.iter().position(|known| known == column);
                let index = index.ok_or_else(|| {
                    at(unknown(
                        "column",
                        column,
                        csv.columns.iter().map(String::as_str),
                    ))
                })?;
                csv.cells[index].push(cell);
                Ok(column.to_owned())
            }
            Self::Log(log) => {
                let group = text.unwrap_or(name);
                let index = log
                    .pattern
                    .capture_names()
                    .position(|known| known == Some(group));
                let index = index.ok_or_else(|| {
                    at(unknown(
                        "group",
                        group,
                        log.pattern.capture_names().flatten(),
                    ))
                })?;
                log.cells.push((index, cell));
                Ok(group.to_owned())
            }
        }
    }

    /// Fills the cells from one event.
    pub fn read<'a>(&self, payload: &'a [u8], cells: &mut [Cell<'a>]) -> Result<(), Rejection> {
        match self {
            Self::Json(branch) => branch.read(payload, cells),
            Self::Csv(csv) => csv.read(payload, cells),
            Self::Log(log) => log.read(payload, cells),
        }
    }
}

impl Csv {
    fn new(
        columns: &Node<'_>,
        delimiter: Option<&Node<'_>>,
        missing: Vec<String>,
    ) -> Result<Self, String> {
        let names = columns.texts("a list of the columns' names", NAMES_MAX_COUNT)?;
        for (index, name) in names.iter().enumerate() {
            if names[..index].contains(name) {
                return Err(columns.wrong(format_args!("{} is there twice", checks::quote(name))));
            }
        }
        let byte = match delimiter {
            None => b',',
            Some(node) => match node.text("one character")?.as_bytes() {
                [byte] if byte.is_ascii() && !b"\"\r\n".contains(byte) => *byte,
                _ => return Err(node.wrong("must be one ASCII character, such as `;`")),
            },
        };
        Ok(Self {
            reader: RefCell::new(ReaderBuilder::new().delimiter(byte).build()),
            cells: vec![Vec::new(); names.len()],
            columns: names.into_iter().map(str::to_owned).collect(),
            missing,
        })
    }

    fn read<'a>(&self, payload: &'a [u8], cells: &mut [Cell<'a>]) -> Result<(), Rejection> {
        let text = checks::text(payload, EVENT_MAX_BYTES)?;
        let (mut output, mut ends) = (vec![0; text.len() + 1], vec![0; self.columns.len() + 1]);
        let mut reader = self.reader.borrow_mut();
        reader.reset();
        let (mut read, mut written, mut fields) = (0, 0, 0);
        loop {
            let (result, nin, nout, nend) = reader.read_record(
                &text.as_bytes()[read..],
                &mut output[written..],
                &mut ends[fields..],
            );
            (read, written, fields) = (read + nin, written + nout, fields + nend);
            match result {
                // An empty input says that there is no more.
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::Record | ReadRecordResult::End => break,
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => break,
            }
        }
        if !text[read..].trim_ascii().is_empty() || fields != self.columns.len() {
            let (wanted, found) = (self.columns.len(), fields.min(self.columns.len() + 1));
            return Err(checks::because(&format!(
                "payload: must be one record of {wanted} columns, has {found}{}",
                if found > wanted { " or more" } else { "" }
            )));
        }
        let mut start = 0;
        for (&end, wanted) in ends.iter().zip(&self.cells) {
            let bytes = &output[start..end];
            start = end;
            if wanted.is_empty() {
                continue;
            }
            let value = String::from_utf8_lossy(bytes);
            for &cell in wanted {
                cells[cell] = filled(Cow::Owned(value.clone().into_owned()), &self.missing);
            }
        }
        Ok(())
    }
}

impl Log {
    fn known(pattern: &str, missing: Vec<String>) -> Result<Self, String> {
        Self::new(pattern, missing)
    }

    fn new(pattern: &str, missing: Vec<String>) -> Result<Self, String> {
        let pattern = RegexBuilder::new(pattern)
            .unicode(false)
            .size_limit(PATTERN_PROGRAM_MAX_BYTES)
            .dfa_size_limit(PATTERN_PROGRAM_MAX_BYTES)
            .nest_limit(PATTERN_MAX_DEPTH)
            .build();
        let pattern = pattern.map_err(|error| match error {
            regex::Error::CompiledTooBig(bytes) => {
                format!("becomes larger than {bytes} bytes; repeat less in it")
            }
            regex::Error::Syntax(message) => {
                let last = message.lines().last().unwrap_or_default();
                format!(
                    "is no regular expression: {}",
                    last.trim_start_matches("error: ")
                )
            }
            error => format!("is no regular expression: {error}"),
        })?;
        if pattern.capture_names().flatten().next().is_none() {
            return Err("has no named group, such as `(?P<status>[0-9]+)`".to_owned());
        }
        Ok(Self {
            locations: RefCell::new(pattern.capture_locations()),
            pattern,
            cells: Vec::new(),
            missing,
        })
    }

    fn read<'a>(&self, payload: &'a [u8], cells: &mut [Cell<'a>]) -> Result<(), Rejection> {
        let text = checks::text(payload, EVENT_MAX_BYTES)?.trim_end_matches(['\r', '\n']);
        let mut locations = self.locations.borrow_mut();
        if self
            .pattern
            .captures_read(&mut locations, text.as_bytes())
            .is_none()
        {
            return Err(checks::because(&format!(
                "payload: does not fit the pattern of the lines, is {}",
                checks::quote(text)
            )));
        }
        for &(group, cell) in &self.cells {
            let Some(range) = locations.get(group) else {
                continue;
            };
            let Some(value) = text.get(range.0..range.1) else {
                return Err(checks::because(
                    "payload: the pattern cuts a character in two",
                ));
            };
            cells[cell] = filled(Cow::Borrowed(value), &self.missing);
        }
        Ok(())
    }
}

fn filled<'a>(value: Cow<'a, str>, missing: &[String]) -> Cell<'a> {
    if missing.iter().any(|word| *word == *value) {
        return Cell::Null;
    }
    Cell::Text(value)
}

/// Texts that stand for "missing"; the empty one may be among them.
fn words(node: &Node<'_>) -> Result<Vec<String>, String> {
    const MAX_COUNT: usize = 16;
    let items = node.list("a list of texts", MAX_COUNT)?;
    items
        .iter()
        .map(|item| item.any_text().map(str::to_owned))
        .collect()
}

fn unknown<'n>(what: &str, name: &str, known: impl Iterator<Item = &'n str> + Clone) -> String {
    let hint = match nearest(name, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!(
            "there are `{}`",
            known.take(20).collect::<Vec<_>>().join("`, `")
        ),
    };
    format!("there is no {what} {}; {hint}", checks::quote(name))
}

/// Of a JSON Pointer (RFC 6901) that is not empty.
fn tokens(pointer: &str) -> Option<Vec<String>> {
    let rest = pointer.strip_prefix('/')?;
    let tokens = rest.split('/');
    Some(
        tokens
            .map(|token| token.replace("~1", "/").replace("~0", "~"))
            .collect(),
    )
}
