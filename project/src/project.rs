//! Where a project begins and how it is configured.

use crate::read;
use nixamine_rules::config::{Config, ConfigError, FILE_NAME};
use std::fmt;
use std::path::{Path, PathBuf};

/// Which configuration file to use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigChoice {
    /// The nearest `nixamine.toml`, in the folder of the paths or above it.
    Find,
    /// This file.
    File(PathBuf),
    /// None: the defaults.
    Defaults,
}

/// A configuration file as it was read, to show places in it.
#[derive(Debug, Clone)]
pub struct ConfigSource {
    /// The file.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

/// A project: its root and its configuration.
#[derive(Debug, Clone)]
pub struct Project {
    /// The folder that all paths of the engine are relative to.
    pub root: PathBuf,
    /// Does something mark the root as one (`nixamine.toml`, `flake.nix`,
    /// `.git`)? Only then is more read than what was named.
    pub marked: bool,
    /// The configuration.
    pub config: Config,
    /// The file it came from.
    pub source: Option<ConfigSource>,
}

/// Why a project could not be opened.
#[derive(Debug)]
pub enum OpenError {
    /// The configuration file could not be read.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The configuration file is not valid.
    Invalid {
        /// The file.
        source: ConfigSource,
        /// What is wrong, and where.
        error: ConfigError,
    },
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { path, reason } => write!(f, "{}: {reason}", path.display()),
            Self::Invalid { source, error } => {
                write!(f, "{}:", source.path.display())?;
                if let Some(line) = error.line(&source.text) {
                    write!(f, "{line}:")?;
                }
                write!(f, " {error}")
            }
        }
    }
}

impl std::error::Error for OpenError {}

impl Project {
    /// Opens the project that holds the folder `start`, which must be absolute
    /// and without symbolic links.
    ///
    /// Its root is the nearest folder with a `nixamine.toml`, looked for up to
    /// the root of the git repository; else the nearest with `flake.nix` or
    /// `.git`; else `start` itself.
    ///
    /// # Errors
    /// When the configuration file cannot be read or is not valid.
    pub fn open(start: &Path, choice: &ConfigChoice) -> Result<Self, OpenError> {
        let mut marker = None;
        let mut configured = None;
        for folder in start.ancestors() {
            let has = |name: &str| folder.join(name).symlink_metadata().is_ok();
            if has(FILE_NAME) {
                configured = Some(folder);
                break;
            }
            let repository = has(".git");
            if marker.is_none() && (repository || has("flake.nix")) {
                marker = Some(folder);
            }
            if repository {
                break;
            }
        }
        let path = match choice {
            ConfigChoice::Find => configured.map(|folder| folder.join(FILE_NAME)),
            ConfigChoice::File(path) => Some(path.clone()),
            ConfigChoice::Defaults => None,
        };
        let (config, source) = match path {
            Some(path) => {
                let (config, source) = read_config(path)?;
                (config, Some(source))
            }
            None => (Config::default(), None),
        };
        let root = configured.or(marker);
        Ok(Self {
            root: root.unwrap_or(start).to_owned(),
            marked: root.is_some(),
            config,
            source,
        })
    }
}

fn read_config(path: PathBuf) -> Result<(Config, ConfigSource), OpenError> {
    let text = match read::read(&path) {
        Ok(text) => text,
        Err(reason) => return Err(OpenError::Unreadable { path, reason }),
    };
    let source = ConfigSource { path, text };
    let mut config = match Config::from_toml(&source.text) {
        Ok(config) => config,
        Err(error) => return Err(OpenError::Invalid { source, error }),
    };
    if let Some(required) = &config.required_version {
        // The place of the value, so that the message can show it.
        let span = source.text.find(required).map(|at| at..at + required.len());
        let invalid = |message: String| ConfigError {
            message,
            span: span.clone(),
        };
        match semver::VersionReq::parse(required) {
            Err(error) => {
                config.warnings.push(invalid(format!(
                    "`required-version` is not understood ({error}); write for example `\">=0.1\"`"
                )));
            }
            Ok(requirement) => {
                let version = env!("CARGO_PKG_VERSION");
                let own = semver::Version::parse(version).expect("cargo checks the version");
                if !requirement.matches(&own) {
                    let error = invalid(format!(
                        "this project asks for Nixamine {required}, and this is {version}; \
                         install that version or change `required-version`"
                    ));
                    return Err(OpenError::Invalid { source, error });
                }
            }
        }
    }
    Ok((config, source))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn tree(files: &[(&str, &str)]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        for (path, text) in files {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        (folder, root)
    }

    #[test]
    fn the_root_is_the_nearest_mark_and_configuration_wins() {
        let (_guard, root) = tree(&[
            ("nixamine.toml", ""),
            ("repo/.git/HEAD", ""),
            ("repo/sub/flake.nix", "{ }"),
            ("repo/sub/deep/a.nix", "{ }"),
            ("conf/nixamine.toml", ""),
            ("conf/sub/flake.nix", "{ }"),
            ("plain/a.nix", "{ }"),
        ]);
        let open = |path: &str| Project::open(&root.join(path), &ConfigChoice::Find).unwrap();
        // Nothing above a repository counts.
        assert_eq!(open("repo/sub/deep").root, root.join("repo/sub"));
        assert!(open("repo").source.is_none());
        assert_eq!(open("conf/sub").root, root.join("conf"));
        assert_eq!(open("plain").root, root);
        let defaults = Project::open(&root.join("conf"), &ConfigChoice::Defaults).unwrap();
        assert!(defaults.source.is_none() && defaults.root == root.join("conf"));
    }

    #[test]
    fn a_broken_configuration_names_its_line() {
        let (_guard, root) = tree(&[("nixamine.toml", "\nexclud = []\n")]);
        let error = Project::open(&root, &ConfigChoice::Find)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("nixamine.toml:2: ") && error.contains("`exclude`"),
            "{error}"
        );
    }

    #[test]
    fn another_version_is_refused() {
        let (_guard, root) = tree(&[("nixamine.toml", "required-version = \">=99\"\n")]);
        let error = Project::open(&root, &ConfigChoice::Find)
            .unwrap_err()
            .to_string();
        assert!(error.contains("asks for Nixamine >=99"), "{error}");
        fs::write(root.join("nixamine.toml"), "required-version = \"soon\"\n").unwrap();
        let project = Project::open(&root, &ConfigChoice::Find).unwrap();
        assert_eq!(project.config.warnings.len(), 1);
    }
}
