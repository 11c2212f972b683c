//! The sources of a flake's inputs, where they lie on disk.
//!
//! The store is only looked at. What is not there was not fetched yet, or taken
//! away by the garbage collector; some versions of Nix also read sources without
//! copying them into the store (`lazy-trees`). What is there may, for a moment,
//! be a copy that Nix is still making.

use crate::lock::{DEFAULT_STORE, FILE_NAME, Lock, LockError, Node, Place};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// An input of a flake and its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The name of the input in `flake.nix`.
    pub input: String,
    /// What it is locked to.
    pub node: Node,
    /// The folder (or file) of it, where the lock file says enough to know.
    pub path: Option<PathBuf>,
    /// Whether something lies there.
    pub present: bool,
}

/// The folder of the store: `NIX_STORE_DIR` as Nix understands it, or
/// `/nix/store`.
pub fn folder() -> String {
    folder_from(|name| std::env::var_os(name))
}

fn folder_from(variable: impl Fn(&str) -> Option<OsString>) -> String {
    ["NIX_STORE_DIR", "NIX_STORE"]
        .into_iter()
        .filter_map(variable)
        .find(|value| !value.is_empty())
        .and_then(|value| {
            let value = value.into_string().ok()?;
            let mut parts = Vec::new();
            // As Nix does it, without a look at the disk, since the text is hashed.
            for part in value.strip_prefix('/')?.split('/') {
                match part {
                    "" | "." => {}
                    ".." => {
                        parts.pop();
                    }
                    part => parts.push(part),
                }
            }
            (!parts.is_empty()).then(|| format!("/{}", parts.join("/")))
        })
        .unwrap_or_else(|| DEFAULT_STORE.to_owned())
}

/// The inputs of the flake in the folder `root`, with their sources below
/// `store`. A folder without a lock file has none.
///
/// # Errors
/// When the lock file cannot be read or Nix would refuse it.
pub fn sources(root: &Path, store: &str) -> Result<Vec<Source>, LockError> {
    let file = root.join(FILE_NAME);
    if file.symlink_metadata().is_err() {
        return Ok(Vec::new());
    }
    let lock = Lock::read(&file)?;
    Ok(lock
        .inputs()
        .map(|(input, node)| {
            let path = path(root, store, node);
            Source {
                input: input.to_owned(),
                node: node.clone(),
                present: path.as_ref().is_some_and(|path| path.exists()),
                path,
            }
        })
        .collect())
}

/// Where the source of `node` lies, for a lock file in the folder `root` and a
/// store in `store`: the folder of its `flake.nix`, if it is a flake.
pub fn path(root: &Path, store: &str, node: &Node) -> Option<PathBuf> {
    let (mut path, folder) = match &node.place {
        Place::Store { folder, .. } => (PathBuf::from(node.store_path(store)?), folder),
        Place::Repository { folder } => (root.to_owned(), folder),
        Place::Unknown => return None,
    };
    path.extend(folder.split('/').filter(|part| !part.is_empty()));
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_folder_is_what_nix_takes_it_for() {
        let folder = |dir: &str, old: &str| {
            folder_from(|name| match name {
                "NIX_STORE_DIR" => Some(dir.into()),
                "NIX_STORE" => Some(old.into()),
                other => panic!("{other}"),
            })
        };
        // What `nix-store --print-fixed-path` of Nix 2.34 begins with.
        assert_eq!(folder("/opt/store/", ""), "/opt/store");
        assert_eq!(folder("/opt/../opt2//./store", "/x"), "/opt2/store");
        assert_eq!(folder("", "/old/store"), "/old/store");
        assert_eq!(folder("", ""), "/nix/store");
        // Nix refuses these.
        assert_eq!(folder("relative/store", ""), "/nix/store");
        assert_eq!(folder("/", ""), "/nix/store");
        assert_eq!(folder_from(|_| None), "/nix/store");
    }

    #[test]
    fn what_is_there_is_seen() {
        let guard = tempfile::tempdir().unwrap();
        let root = guard.path().join("repository");
        let store = guard.path().join("store").to_str().unwrap().to_owned();
        fs::create_dir_all(root.join("machines")).unwrap();
        assert_eq!(sources(&root, &store), Ok(Vec::new()));

        let lock = include_str!("../tests/locks/version-7.lock");
        fs::write(root.join(FILE_NAME), lock).unwrap();
        let lock = Lock::parse(lock).unwrap();
        let make = |input: &str, below: &str| {
            let path = lock.input(&[input]).unwrap().store_path(&store).unwrap();
            fs::create_dir_all(Path::new(&path).join(below)).unwrap();
            path
        };
        let nixpkgs = make("nixpkgs", "lib");
        let tools = make("tools", "nix/modules");
        fs::write(
            lock.input(&["wallpaper"])
                .unwrap()
                .store_path(&store)
                .unwrap(),
            "",
        )
        .unwrap();

        let sources = sources(&root, &store).unwrap();
        let present: Vec<&str> = sources
            .iter()
            .filter(|source| source.present)
            .map(|source| source.input.as_str())
            .collect();
        assert_eq!(
            present,
            ["hosts", "local", "nixpkgs", "none", "pinned", "wallpaper"]
        );
        let path = |input: &str| {
            let source = sources.iter().find(|source| source.input == input).unwrap();
            source.path.clone()
        };
        assert_eq!(path("pinned"), Some(nixpkgs.into()));
        // Its source is there, but the flake's folder in it is not.
        assert_eq!(path("tools"), Some(Path::new(&tools).join("nix/flake")));
        assert_eq!(path("local"), Some(Path::new(&tools).join("nix/modules")));
        assert_eq!(path("hosts"), Some(root.join("machines")));
        assert_eq!(path("none"), Some(root.clone()));
        assert_eq!(path("broken"), None);
    }

    #[test]
    fn a_broken_lock_file_is_an_error_and_none_is_not() {
        let guard = tempfile::tempdir().unwrap();
        fs::write(guard.path().join(FILE_NAME), "{").unwrap();
        let error = sources(guard.path(), DEFAULT_STORE).unwrap_err();
        assert!(matches!(error, LockError::Invalid(_)), "{error}");
    }
}
