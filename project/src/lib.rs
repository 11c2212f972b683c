//! A repository on disk, for the doors of Nixamine that have one.
//!
//! The engine is pure; this crate brings it what lies on disk and carries back
//! what it changed: it finds the root and the configuration ([`Project`]),
//! chooses the files ([`FileList`]), reads them with a reason for each that
//! cannot be read ([`mod@read`]), has them analysed in parallel ([`load()`]) and
//! replaces files without losing anybody's work ([`mod@write`]). It also knows to
//! what a flake's inputs are locked ([`mod@lock`]), finds them in the store
//! ([`mod@store`]), keeps what took long ([`mod@cache`]) and tells whether a file
//! that was not read is there ([`mod@presence`]).
//!
//! Nothing of a repository is run, no connection is opened, and nothing outside
//! the root is read unless it was named by hand, or is a cache of our own. Of the
//! store it is only asked what is there.

pub mod cache;
mod files;
pub mod git;
mod hash;
pub mod index;
pub mod load;
pub mod lock;
mod panics;
pub mod presence;
mod project;
pub mod read;
pub mod store;
pub mod write;

pub use cache::Cache;
pub use files::{Entry, FileList, Overlay, Targets, all_below, resolve_parent};
pub use load::{Loaded, Progress, load};
pub use lock::{Lock, LockError};
pub use panics::catch;
pub use project::{ConfigChoice, ConfigSource, OpenError, Project};

use std::path::PathBuf;

/// A file or folder that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unreadable {
    /// The file or folder, absolute.
    pub path: PathBuf,
    /// Why, and what to do about it.
    pub reason: String,
}
