//! What the server tells of itself: to the client, and to a file if one is wanted.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use tower_lsp::lsp_types::MessageType;

/// How much a message matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something failed.
    Error,
    /// Something is not as it should be.
    Warn,
    /// What the server does.
    Info,
    /// Every message.
    Debug,
}

impl Level {
    /// As the protocol has it.
    pub(crate) fn message_type(self) -> MessageType {
        match self {
            Self::Error => MessageType::ERROR,
            Self::Warn => MessageType::WARNING,
            Self::Info => MessageType::INFO,
            Self::Debug => MessageType::LOG,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
        }
    }
}

/// The log file.
#[derive(Debug)]
pub(crate) struct LogFile(File);

impl LogFile {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self(file))
    }

    pub(crate) fn write(&mut self, level: Level, text: &str) {
        // A full disk must not end the server.
        let _ = writeln!(self.0, "{:5} {text}", level.name());
    }
}
