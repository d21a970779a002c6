//! Scores on their way into a file or to stdout.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use serde_json::Value as Json;

use super::{
    element::{Element, Elements},
    given::Given,
    place::Place,
};
use crate::tensor::Tensor;

/// How scores are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Form {
    Csv,
    Ndjson,
}

/// See the module.
pub struct Scores {
    form: Form,
    out: BufWriter<Box<dyn Write>>,
    /// What becomes the file at the end.
    file: Option<(tempfile::TempPath, PathBuf)>,
    /// What stands before each value: nothing or a comma in CSV, the key in NDJSON.
    before: Vec<String>,
}

impl Form {
    /// By the file's extension.
    pub fn of(out: &Place) -> Self {
        let Place::File(path) = out else {
            return Form::Csv;
        };
        let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
        match extension.to_str() {
            Some("ndjson" | "jsonl") => Form::Ndjson,
            _ => Form::Csv,
        }
    }
}

impl Scores {
    /// A file that is there stays until its successor is whole; what is no regular file is written as it is.
    pub fn create(out: &Place, form: Form) -> anyhow::Result<Self> {
        let (out, file): (Box<dyn Write>, _) = match out {
            Place::Std => (Box::new(io::stdout()), None),
            Place::File(path) => {
                open(path).with_context(|| format!("{} cannot be written", path.display()))?
            }
        };
        Ok(Self {
            form,
            out: BufWriter::with_capacity(64 << 10, out),
            file,
            before: Vec::new(),
        })
    }

    /// Says what the columns are.
    pub fn begin(&mut self, given: &Given) -> anyhow::Result<()> {
        let first = |nth| nth == 0;
        let names = given.columns().enumerate();
        self.before = match self.form {
            Form::Csv => names
                .map(|(nth, _)| if first(nth) { "" } else { "," }.to_owned())
                .collect(),
            Form::Ndjson => names
                .map(|(nth, name)| {
                    let comma = if first(nth) { '{' } else { ',' };
                    format!("{comma}{}:", Json::from(name.as_str()))
                })
                .collect(),
        };
        if self.form == Form::Csv {
            for (before, name) in self.before.iter().zip(given.columns()) {
                write!(self.out, "{before}{}", quoted(name)).context(UNWRITABLE)?;
            }
            self.out.write_all(b"\n").context(UNWRITABLE)?;
        }
        Ok(())
    }

    /// The outputs of so many rows.
    pub fn write(&mut self, given: &Given, outputs: &[Tensor], rows: usize) -> anyhow::Result<()> {
        let each = given.outputs.iter().zip(outputs);
        let mut each: Vec<_> = each
            .map(|(output, tensor)| {
                let elements = Elements::of(tensor, output.datatype);
                (output.columns.len(), elements)
            })
            .collect();
        for _ in 0..rows {
            let mut before = self.before.iter();
            for (width, elements) in &mut each {
                for (element, before) in elements.by_ref().zip(before.by_ref()).take(*width) {
                    written(&mut self.out, self.form, before, element).context(UNWRITABLE)?;
                }
            }
            let end: &[u8] = match self.form {
                Form::Csv => b"\n",
                Form::Ndjson if self.before.is_empty() => b"{}\n",
                Form::Ndjson => b"}\n",
            };
            self.out.write_all(end).context(UNWRITABLE)?;
        }
        Ok(())
    }

    /// Gives a file its name.
    pub fn end(mut self) -> anyhow::Result<()> {
        self.out.flush().context(UNWRITABLE)?;
        drop(self.out);
        if let Some((file, path)) = self.file {
            file.persist(&path)
                .with_context(|| format!("{} cannot be written", path.display()))?;
        }
        Ok(())
    }
}

const UNWRITABLE: &str = "the scores cannot be written";

type Opened = (Box<dyn Write>, Option<(tempfile::TempPath, PathBuf)>);

fn open(path: &Path) -> io::Result<Opened> {
    if path.metadata().is_ok_and(|there| !there.is_file()) {
        return Ok((Box::new(File::options().write(true).open(path)?), None));
    }
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let file = tempfile::Builder::new()
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666))
        .tempfile_in(folder.unwrap_or(Path::new(".")))?;
    let (file, temporary) = file.into_parts();
    Ok((Box::new(file), Some((temporary, path.to_owned()))))
}

fn written(out: &mut impl Write, form: Form, before: &str, element: Element<'_>) -> io::Result<()> {
    match (form, element) {
        (Form::Csv, Element::Bytes(_)) => write!(out, "{before}{}", quoted(&element.to_string())),
        (Form::Csv, element) => write!(out, "{before}{element}"),
        (Form::Ndjson, element) => write!(out, "{before}{}", element.json()),
    }
}

/// As RFC 4180 has it; an empty text is quoted, for alone on its line it would be no row.
fn quoted(text: &str) -> String {
    if !text.is_empty() && !text.contains([',', '"', '\n', '\r']) {
        return text.to_owned();
    }
    format!("\"{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_where_they_must_be() {
        for (text, expected) in [
            ("a b", "a b"),
            ("a,b", "\"a,b\""),
            ("a\"b", "\"a\"\"b\""),
            ("", "\"\""),
        ] {
            assert_eq!(quoted(text), expected);
        }
    }

    #[test]
    fn the_form_is_told_by_the_name() {
        for (name, form) in [
            ("scores.ndjson", Form::Ndjson),
            ("scores.JSONL", Form::Ndjson),
            ("scores.csv", Form::Csv),
            ("scores", Form::Csv),
        ] {
            assert_eq!(Form::of(&Place::File(name.into())), form, "{name}");
        }
        assert_eq!(Form::of(&Place::Std), Form::Csv);
    }
}
