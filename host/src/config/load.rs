//! From a file to a configuration, or to everything that is wrong with it.

use std::path::Path;

use toml::de::DeTable;

use super::{
    Config, pipelines, plugins,
    problem::{Problem, Problems},
    reader::Reader,
    server,
    substitute::Origins,
    table::Table,
    text::Text,
};
use crate::{
    file::{self, ReadError},
    limits::CONFIG_MAX_BYTES,
};

impl Config {
    /// Reads a file, with this process's environment.
    pub fn load(path: &Path) -> Result<Self, Problems> {
        let file_name = path.display().to_string();
        let bytes = match file::read(path, CONFIG_MAX_BYTES) {
            Ok(bytes) => bytes,
            Err(ReadError::TooLarge { .. }) => return Err(too_large(&file_name)),
            Err(ReadError::Irregular) => {
                let message = "is no regular file".to_owned();
                return Err(Problems::of_file(&file_name, message));
            }
            Err(ReadError::Io(error)) => {
                let message = format!("cannot be read: {error}");
                return Err(Problems::of_file(&file_name, message));
            }
        };
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                return Err(not_utf8(
                    &file_name,
                    error.as_bytes(),
                    error.utf8_error().valid_up_to(),
                ));
            }
        };
        let dir = path.parent().unwrap_or(Path::new(""));
        Self::parse(&text, dir, &file_name, |name| std::env::var(name).ok())
    }

    /// Reads a file's text. `dir` is what its relative paths are relative to, `file_name` what problems call it, and `env` answers `${NAME}`.
    pub fn parse(
        text: &str,
        dir: &Path,
        file_name: &str,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Problems> {
        if text.len() as u64 > CONFIG_MAX_BYTES {
            return Err(too_large(file_name));
        }
        let reader = Reader::new(text, file_name, Origins::new(&env, dir));
        let (document, errors) = DeTable::parse_recoverable(text);
        let config = reader
            .syntax(&errors)
            .then(|| read(&reader, document.get_ref()));
        reader.problems()?;
        // Nothing was wrong, so it was read.
        config.ok_or_else(|| Problems::of_file(file_name, "cannot be read".to_owned()))
    }
}

fn read(reader: &Reader<'_>, document: &DeTable<'_>) -> Config {
    let mut root = Table::root(reader, document);
    let server = server::server(root.table("server"));
    let store = server::store(root.table("store"));
    let plugins = plugins::read(root.table("plugins"));
    let slots: Vec<_> = plugins.iter().map(|plugin| plugin.name.clone()).collect();
    let pipelines = pipelines::read(root.table("pipelines"), &slots);
    root.finish(&[]);
    if plugins.is_empty() {
        reader.problem_of_file("has no [plugins.NAME]: there is nothing to serve");
    }
    Config {
        server,
        store,
        plugins,
        pipelines,
    }
}

fn too_large(file_name: &str) -> Problems {
    let message = format!("is larger than {CONFIG_MAX_BYTES} bytes");
    Problems::of_file(file_name, message)
}

fn not_utf8(file_name: &str, bytes: &[u8], valid_bytes: usize) -> Problems {
    // Up to the first wrong byte the lossy text is the file itself.
    let text = String::from_utf8_lossy(bytes);
    let place = Text::new(&text).place(valid_bytes..valid_bytes);
    let message = format!("not UTF-8 from byte {valid_bytes} on");
    Problems::new(vec![Problem::new(file_name, Some(place), message)], 0)
}
