//! What a client may set: `initializationOptions`, and the section `nixamine` of
//! its configuration.

use serde::Deserialize;
use serde_json::Value;
use std::path::PathBuf;

/// So many files of a project are read, unless the client says otherwise.
const MOST_FILES: usize = 20_000;

/// How the client learns of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Delivery {
    /// The server says them as soon as it knows them.
    #[default]
    Push,
    /// The client asks for those of a document.
    Pull,
}

/// What the client set.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct ClientOptions {
    pub(crate) diagnostics: Delivery,
    pub(crate) select: Vec<String>,
    pub(crate) ignore: Vec<String>,
    pub(crate) config_file: Option<PathBuf>,
    pub(crate) max_files: usize,
    /// Is it shown over options how many modules set them?
    pub(crate) code_lens: bool,
    /// Are the requests for tests answered?
    pub(crate) debug: bool,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            diagnostics: Delivery::default(),
            select: Vec::new(),
            ignore: Vec::new(),
            config_file: None,
            max_files: MOST_FILES,
            code_lens: false,
            debug: false,
        }
    }
}

impl ClientOptions {
    /// Reads what a client sent, with or without the section's name around it.
    ///
    /// # Errors
    /// When something of it has the wrong type.
    pub(crate) fn read(value: &Value) -> Result<Self, serde_json::Error> {
        let value = value.get("nixamine").unwrap_or(value);
        match value {
            Value::Null => Ok(Self::default()),
            value => Self::deserialize(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn options_come_with_and_without_their_section() {
        let plain = ClientOptions::read(&json!({ "ignore": ["mk-force"], "other": 1 })).unwrap();
        assert_eq!(plain.ignore, ["mk-force"]);
        assert_eq!(plain.max_files, MOST_FILES);
        let section = json!({ "nixamine": { "diagnostics": "pull", "maxFiles": 5 } });
        let section = ClientOptions::read(&section).unwrap();
        assert_eq!(
            (section.diagnostics, section.max_files),
            (Delivery::Pull, 5)
        );
        assert_eq!(
            ClientOptions::read(&Value::Null).unwrap(),
            ClientOptions::default()
        );
        assert!(ClientOptions::read(&json!({ "select": 1 })).is_err());
    }
}
