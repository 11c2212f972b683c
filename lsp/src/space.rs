//! A project that a client works on, or a single file without one.

use crate::options::ClientOptions;
use nixamine_project::{
    ConfigChoice, FileList, OpenError, Progress, Project, index, load, presence,
};
use nixamine_rules::config::{Config, ConfigError, FILE_NAME};
use nixamine_rules::syntax::{LineIndex, Text};
use nixamine_rules::{Document, Edit, Settings, Workspace};
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// Tells whether a file is as it was: when it changed, and its length.
pub(crate) type Stamp = (SystemTime, u64);

/// The stamp of a file that exists.
pub(crate) fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = path.metadata().ok().filter(|metadata| metadata.is_file())?;
    Some((metadata.modified().ok()?, metadata.len()))
}

/// Files that are checked together.
pub(crate) struct Space {
    /// The project; for a single file its folder with default settings.
    pub(crate) project: Project,
    pub(crate) settings: Arc<Settings>,
    pub(crate) workspace: Workspace,
    /// Is it a single file?
    pub(crate) single: bool,
    /// Has everything been read? Before that nothing is said.
    pub(crate) ready: bool,
    /// Which reading is the latest.
    pub(crate) reading: u64,
    /// The files on the disk, as they were read.
    pub(crate) stamps: HashMap<Arc<str>, Stamp>,
    pub(crate) config: ConfigState,
    /// Where lines start in files that are not open, with the text they are of.
    lines: RefCell<HashMap<Arc<str>, Lined>>,
}

/// A text with its lines.
type Lined = (Text, Arc<LineIndex>);

/// What is known of `nixamine.toml`.
#[derive(Default)]
pub(crate) struct ConfigState {
    pub(crate) stamp: Option<Stamp>,
    /// What is wrong with it, with its text.
    pub(crate) problems: Option<ConfigProblems>,
}

/// A configuration file that is not right.
pub(crate) struct ConfigProblems {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
    /// Why it cannot be used, if it cannot.
    pub(crate) error: Option<ConfigError>,
    pub(crate) warnings: Vec<ConfigError>,
}

impl Space {
    /// The project around a folder. A configuration that cannot be used is a
    /// problem to show; then the defaults hold.
    pub(crate) fn open(folder: &Path, options: &ClientOptions) -> Self {
        let defaults =
            || Project::open(folder, &ConfigChoice::Defaults).unwrap_or_else(|_| bare(folder));
        let (project, problems) = match Project::open(folder, &choice(options)) {
            Ok(project) => {
                let problems = warnings(&project);
                (project, problems)
            }
            Err(error) => (defaults(), Some(ConfigProblems::of(error))),
        };
        Self::of(project, problems, options)
    }

    /// A file that belongs to no project.
    pub(crate) fn single(folder: &Path, options: &ClientOptions) -> Self {
        let mut space = Self::of(bare(folder), None, options);
        space.single = true;
        space.ready = true;
        space
    }

    fn of(project: Project, problems: Option<ConfigProblems>, options: &ClientOptions) -> Self {
        let settings = Arc::new(settings(&project.config, options));
        let mut workspace = Workspace::new(Vec::new(), []);
        workspace.join(&settings);
        let config = ConfigState {
            stamp: stamp(&config_path(&project, options)),
            problems,
        };
        Self {
            project,
            settings,
            workspace,
            single: false,
            ready: false,
            reading: 0,
            stamps: HashMap::new(),
            config,
            lines: RefCell::default(),
        }
    }

    /// Reads the configuration again. One that cannot be used changes nothing but
    /// what is said of it. Returns whether other settings hold now.
    pub(crate) fn reload(&mut self, options: &ClientOptions) -> bool {
        if self.single {
            self.settings = Arc::new(settings(&self.project.config, options));
            return true;
        }
        let root = self.project.root.clone();
        let read = Project::open(&root, &choice(options));
        self.config.stamp = stamp(&config_path(&self.project, options));
        match read {
            Ok(project) => {
                self.config.problems = warnings(&project);
                self.settings = Arc::new(settings(&project.config, options));
                self.project = project;
                true
            }
            Err(error) => {
                self.config.problems = Some(ConfigProblems::of(error));
                false
            }
        }
    }

    /// Is the configuration file another than the one that was read?
    pub(crate) fn is_config_stale(&self, options: &ClientOptions) -> bool {
        !self.single && stamp(&config_path(&self.project, options)) != self.config.stamp
    }

    /// Where a file of it lies.
    pub(crate) fn disk(&self, path: &str) -> PathBuf {
        self.project.root.join(path)
    }

    /// Where the lines of a file start.
    pub(crate) fn lines(&self, document: &Document) -> Arc<LineIndex> {
        let mut known = self.lines.borrow_mut();
        if let Some((text, lines)) = known.get(document.path())
            && text.is_same(document.text())
        {
            return lines.clone();
        }
        let lines = Arc::new(LineIndex::new(document.text()));
        let entry = (document.text().clone(), lines.clone());
        known.insert(document.path().clone(), entry);
        lines
    }

    /// A file is edited from now on; only then is its text held once.
    pub(crate) fn forget_lines(&mut self, path: &str) {
        self.lines.get_mut().remove(path);
    }

    /// A file of it.
    pub(crate) fn document(&self, path: &str) -> Option<(usize, &Document)> {
        let file = self.workspace.position(path)?;
        Some((file, &self.workspace.documents()[file]))
    }

    /// Does an edit stay inside of what is known?
    pub(crate) fn knows(&self, edit: &Edit) -> bool {
        edit.path
            .as_ref()
            .is_none_or(|path| self.workspace.position(path).is_some())
    }
}

fn bare(folder: &Path) -> Project {
    Project {
        root: folder.to_owned(),
        marked: false,
        config: Config::default(),
        source: None,
    }
}

fn choice(options: &ClientOptions) -> ConfigChoice {
    match &options.config_file {
        Some(path) => ConfigChoice::File(path.clone()),
        None => ConfigChoice::Find,
    }
}

/// Where the configuration file is, if there is one.
fn config_path(project: &Project, options: &ClientOptions) -> PathBuf {
    let own = || project.root.join(FILE_NAME);
    options.config_file.clone().unwrap_or_else(own)
}

fn settings(config: &Config, options: &ClientOptions) -> Settings {
    // The names were checked when the options were read.
    let with = Settings::new(config.clone(), &options.select, &options.ignore);
    with.or_else(|_| Settings::new(config.clone(), &[], &[]))
        .unwrap_or_default()
}

fn warnings(project: &Project) -> Option<ConfigProblems> {
    let source = project.source.as_ref()?;
    let warnings = &project.config.warnings;
    (!warnings.is_empty()).then(|| ConfigProblems {
        path: source.path.clone(),
        text: source.text.clone(),
        error: None,
        warnings: warnings.clone(),
    })
}

impl ConfigProblems {
    fn of(error: OpenError) -> Self {
        let (path, text, error) = match error {
            OpenError::Unreadable { path, reason } => {
                let error = ConfigError {
                    message: reason,
                    span: None,
                };
                (path, String::new(), error)
            }
            OpenError::Invalid { source, error } => (source.path, source.text, error),
        };
        Self {
            path,
            text,
            error: Some(error),
            warnings: Vec::new(),
        }
    }
}

/// What reading a project brought.
pub(crate) struct Read {
    /// The joined workspace; `None` when there is too much to read.
    pub(crate) workspace: Option<Workspace>,
    pub(crate) stamps: HashMap<Arc<str>, Stamp>,
    /// Files that could not be read, with the reason.
    pub(crate) unreadable: Vec<(PathBuf, String)>,
}

/// Reads a project.
///
/// # Errors
/// When there are no threads to read with.
pub(crate) fn read(
    project: &Project,
    settings: &Settings,
    most: usize,
    progress: &Progress,
) -> Result<Read, String> {
    let none = Read {
        workspace: None,
        stamps: HashMap::new(),
        unreadable: Vec::new(),
    };
    if is_too_wide(project) {
        return Ok(none);
    }
    let Some(list) = FileList::of_project(project, most) else {
        return Ok(none);
    };
    // Before the texts: what changes in between is read again.
    let stamps = list.entries.iter().filter_map(|entry| {
        let stamp = stamp(&entry.disk)?;
        Some((entry.path.clone(), stamp))
    });
    let stamps = stamps.collect();
    let read = load(list, settings, None, progress);
    let (mut workspace, loaded) = read.map_err(|error| error.to_string())?;
    workspace.know(index::known(&project.root, settings.config()));
    workspace.is_whole(presence::presence(&project.root));
    workspace.join(settings);
    let unreadable = loaded.unreadable.into_iter();
    Ok(Read {
        workspace: Some(workspace),
        stamps,
        unreadable: unreadable.map(|it| (it.path, it.reason)).collect(),
    })
}

/// Is the root a place where people keep everything?
fn is_too_wide(project: &Project) -> bool {
    let home = std::env::home_dir().and_then(|home| home.canonicalize().ok());
    let root = &project.root;
    (root.parent().is_none() || home.as_ref() == Some(root)) && project.source.is_none()
}
