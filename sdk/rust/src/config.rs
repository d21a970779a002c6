use crate::place;
use serde::de::DeserializeOwned;

/// What the configuration file gives to the plugin, as JSON.
#[derive(Clone, Copy, Debug)]
pub struct Config<'a>(&'a str);

impl<'a> Config<'a> {
    /// From JSON text; nothing at all counts as `{}`.
    #[must_use]
    pub fn new(json: &'a str) -> Self {
        Self(if json.trim().is_empty() { "{}" } else { json })
    }

    /// Reads it as the plugin's own type.
    ///
    /// # Errors
    /// One sentence that says what does not fit, and where.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, String> {
        serde_json::from_str(self.0).map_err(|error| {
            format!(
                "the plugin's config does not fit: {}",
                place::describe(self.0.as_bytes(), &error)
            )
        })
    }

    /// The JSON text.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        self.0
    }
}
