//! Which files are read, and which of them are reported.

use crate::read::io_reason;
use crate::{Project, Unreadable};
use ignore::{DirEntry, WalkBuilder, WalkState};
use nixamine_rules::config::Config;
use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::sync::{Mutex, PoisonError};

/// Text that takes the place of a file on disk, which need not exist.
#[derive(Debug, Clone)]
pub struct Overlay {
    /// The file, absolute.
    pub path: PathBuf,
    /// The bytes that count as its content.
    pub bytes: Vec<u8>,
}

/// The paths a run was asked for, made absolute.
#[derive(Debug, Clone, Default)]
pub struct Targets {
    folders: Vec<PathBuf>,
    files: Vec<PathBuf>,
    overlay: Option<Overlay>,
    missing: Vec<Unreadable>,
}

impl Targets {
    /// Sorts out paths given by hand: folders, files, and what does not exist.
    /// Relative ones start at `base`.
    pub fn new(base: &Path, paths: &[PathBuf]) -> Self {
        let mut targets = Self::default();
        for path in paths {
            let path = base.join(path);
            match (path.metadata(), resolve_parent(&path)) {
                (Ok(metadata), _) if metadata.is_dir() => match path.canonicalize() {
                    Ok(folder) => targets.folders.push(folder),
                    Err(error) => targets.miss(path, &error),
                },
                (Ok(_), Ok(file)) => targets.files.push(file),
                (Err(error), _) | (_, Err(error)) => targets.miss(path, &error),
            }
        }
        targets
    }

    /// One file whose text is given, whether it exists or not.
    pub fn overlay(base: &Path, path: &Path, bytes: Vec<u8>) -> Self {
        let path = base.join(path);
        let path = resolve_parent(&path).unwrap_or_else(|_| normalize(&path));
        Self {
            overlay: Some(Overlay { path, bytes }),
            ..Self::default()
        }
    }

    fn miss(&mut self, path: PathBuf, error: &io::Error) {
        let reason = io_reason(&path, error);
        self.missing.push(Unreadable {
            path: normalize(&path),
            reason,
        });
    }

    /// The folder that a project is looked for from: the deepest one that holds
    /// every path, or `base` when no path exists.
    pub fn start(&self, base: &Path) -> PathBuf {
        let parents = self
            .files
            .iter()
            .chain(self.overlay.iter().map(|overlay| &overlay.path))
            .filter_map(|file| file.parent())
            .filter_map(|folder| folder.ancestors().find(|folder| folder.is_dir()));
        self.folders
            .iter()
            .map(PathBuf::as_path)
            .chain(parents)
            .map(Path::to_owned)
            .reduce(|a, b| {
                let same = a
                    .components()
                    .zip(b.components())
                    .take_while(|(a, b)| a == b);
                same.map(|(component, _)| component).collect()
            })
            .unwrap_or_else(|| base.to_owned())
    }
}

/// The path with its folder's symbolic links resolved, but not its own.
///
/// # Errors
/// When the folder does not exist.
pub fn resolve_parent(path: &Path) -> io::Result<PathBuf> {
    let path = normalize(path);
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => Ok(parent.canonicalize()?.join(name)),
        _ => path.canonicalize(),
    }
}

/// The path without `.` and `..`, by its text alone.
fn normalize(path: &Path) -> PathBuf {
    let mut result = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                result.pop();
            }
            other => result.push(other),
        }
    }
    result
}

/// A file to read.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its path for the engine: relative to the root, with `/`.
    pub path: Arc<str>,
    /// Where it lies.
    pub disk: PathBuf,
    /// Was it asked for, or is it only context?
    pub reported: bool,
}

/// The files of a run.
#[derive(Debug, Default)]
pub struct FileList {
    /// The files to read, by path.
    pub entries: Vec<Entry>,
    /// Nix files that exist but are not read.
    pub others: Vec<Arc<str>>,
    /// What was asked for and cannot be read.
    pub unreadable: Vec<Unreadable>,
    /// Text in place of one of the files.
    pub overlay: Option<(Arc<str>, Vec<u8>)>,
    /// Are these all files of the project?
    pub is_whole: bool,
}

impl FileList {
    /// Finds the files of `project`, to report `targets`.
    ///
    /// A whole project is read, for one file says little without the others.
    /// Folders are walked as ripgrep does it: hidden and git-ignored files are
    /// left out, symbolic links are not followed. A file given by hand is
    /// reported whatever ignores or excludes it; `force_exclude` lets `exclude`
    /// win.
    pub fn find(project: &Project, targets: Targets, force_exclude: bool) -> Self {
        Self::find_most(project, targets, force_exclude, usize::MAX)
    }

    /// All files of a project, unless there are more than `most`.
    pub fn of_project(project: &Project, most: usize) -> Option<Self> {
        let targets = Targets {
            folders: vec![project.root.clone()],
            ..Targets::default()
        };
        let list = Self::find_most(project, targets, false, most);
        (list.entries.len() + list.others.len() <= most).then_some(list)
    }

    fn find_most(project: &Project, targets: Targets, force_exclude: bool, most: usize) -> Self {
        let config = &project.config;
        let mut finder = Finder {
            project,
            config,
            most,
            files: BTreeMap::new(),
            list: Self::default(),
        };
        let whole = targets.folders.contains(&project.root);
        if project.marked || whole {
            finder.walk(&project.root, whole, true);
            finder.list.is_whole = true;
        }
        for folder in targets
            .folders
            .iter()
            .filter(|folder| **folder != project.root)
        {
            // A folder given by hand is wanted although `exclude` names it.
            let exclude = force_exclude || !finder.excludes(folder);
            finder.walk(folder, true, exclude);
        }
        for file in targets.files {
            if !(force_exclude && finder.excludes(&file)) {
                finder.add(file, true);
            }
        }
        if let Some(Overlay { path, bytes }) = targets.overlay
            && !(force_exclude && finder.excludes(&path))
        {
            match finder.relative(&path) {
                Some(relative) => {
                    finder.list.overlay = Some((relative.into(), bytes));
                    finder.add(path, true);
                }
                None => finder.add(path, true),
            }
        }
        let Finder {
            files, mut list, ..
        } = finder;
        list.entries = files.into_values().collect();
        list.unreadable.extend(targets.missing);
        list.unreadable.sort();
        list.unreadable.dedup();
        // A file that is read is no other, even if the walk said so.
        list.others.sort();
        list.others.dedup();
        list.others.retain(|path| {
            list.entries
                .binary_search_by(|entry| entry.path.cmp(path))
                .is_err()
        });
        list
    }
}

struct Finder<'p> {
    project: &'p Project,
    config: &'p Config,
    /// So many files end the search.
    most: usize,
    files: BTreeMap<Arc<str>, Entry>,
    list: FileList,
}

impl Project {
    /// The path of a file for the engine; `None` when it is no text or outside the
    /// root.
    pub fn relative(&self, path: &Path) -> Option<String> {
        let mut result = String::new();
        for component in path.strip_prefix(&self.root).ok()?.components() {
            let Component::Normal(name) = component else {
                return None;
            };
            if !result.is_empty() {
                result.push('/');
            }
            result.push_str(name.to_str()?);
        }
        Some(result)
    }
}

impl Finder<'_> {
    fn relative(&self, path: &Path) -> Option<String> {
        self.project.relative(path)
    }

    fn excludes(&self, path: &Path) -> bool {
        self.relative(path)
            .is_some_and(|path| self.config.excludes(&path))
    }

    fn add(&mut self, disk: PathBuf, reported: bool) {
        match self.relative(&disk) {
            Some(path) => {
                let path: Arc<str> = path.into();
                let entry = self.files.entry(path.clone());
                entry
                    .or_insert(Entry {
                        path,
                        disk,
                        reported: false,
                    })
                    .reported |= reported;
            }
            None if reported => {
                let reason = "its name is not UTF-8; rename it".to_owned();
                self.list.unreadable.push(Unreadable { path: disk, reason });
            }
            None => {}
        }
    }

    fn walk(&mut self, folder: &Path, reported: bool, exclude: bool) {
        // The user's own ignore file outside the project does not count, so
        // that a run says the same on every machine.
        let mut walk = WalkBuilder::new(folder);
        for entry in walk_parallel(walk.git_global(false), self.most) {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    if reported {
                        self.walk_error(folder, &error, exclude);
                    }
                    continue;
                }
            };
            let path = entry.path();
            if path.extension().is_none_or(|extension| extension != "nix") {
                continue;
            }
            let kind = entry.file_type();
            let is_file = kind.is_some_and(|kind| kind.is_file());
            if is_file && !(exclude && self.excludes(path)) {
                self.add(entry.into_path(), reported);
            } else if (is_file || kind.is_some_and(|kind| kind.is_symlink()))
                && let Some(path) = self.relative(path)
            {
                self.list.others.push(path.into());
            }
        }
    }

    fn walk_error(&mut self, folder: &Path, error: &ignore::Error, exclude: bool) {
        let mut path = folder.to_owned();
        let mut inner = error;
        loop {
            match inner {
                ignore::Error::WithPath { path: at, err } => {
                    path.clone_from(at);
                    inner = err;
                }
                ignore::Error::WithDepth { err, .. }
                | ignore::Error::WithLineNumber { err, .. } => inner = err,
                _ => break,
            }
        }
        if exclude && self.excludes(&path) {
            return;
        }
        let reason = match inner {
            ignore::Error::Io(error) => io_reason(&path, error),
            other => other.to_string(),
        };
        self.list.unreadable.push(Unreadable { path, reason });
    }
}

/// The paths of all files below a folder that git does not ignore, relative to it,
/// with `/`, sorted; hidden ones as well. What cannot be read is left out, and what
/// comes after `most`.
pub fn all_below(root: &Path, most: usize) -> Vec<String> {
    let mut walk = WalkBuilder::new(root);
    let is_git = |entry: &DirEntry| entry.file_name() == ".git";
    walk.git_global(false)
        .hidden(false)
        .filter_entry(move |it| !is_git(it));
    let files = walk.build().flatten();
    let files = files.filter(|it| it.file_type().is_some_and(|kind| kind.is_file()));
    let mut paths: Vec<String> = files
        .take(most)
        .filter_map(|it| {
            let path = it.path().strip_prefix(root).ok()?;
            let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
            Some(parts.join("/"))
        })
        .collect();
    paths.sort_unstable();
    paths
}

/// What a walk finds, files and errors, in no order: reading folders is waiting,
/// so several threads do it. It ends a little above `most`.
fn walk_parallel(walk: &WalkBuilder, most: usize) -> Vec<Result<DirEntry, ignore::Error>> {
    let found = Mutex::new(Vec::new());
    walk.build_parallel().run(|| {
        Box::new(|entry| {
            let of_interest = entry.as_ref().map_or(true, |entry| {
                entry
                    .path()
                    .extension()
                    .is_some_and(|extension| extension == "nix")
            });
            if !of_interest {
                return WalkState::Continue;
            }
            let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
            found.push(entry);
            match found.len() > most {
                true => WalkState::Quit,
                false => WalkState::Continue,
            }
        })
    });
    found.into_inner().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ConfigChoice;
    use std::fs;

    struct Tree {
        _guard: tempfile::TempDir,
        root: PathBuf,
    }

    impl Tree {
        fn new(files: &[(&str, &str)]) -> Self {
            let guard = tempfile::tempdir().unwrap();
            let root = guard.path().canonicalize().unwrap();
            for (path, text) in files {
                let path = root.join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            Self {
                _guard: guard,
                root,
            }
        }

        fn find(&self, paths: &[&str], force_exclude: bool) -> FileList {
            let paths: Vec<_> = paths.iter().map(PathBuf::from).collect();
            let targets = Targets::new(&self.root, &paths);
            let start = targets.start(&self.root);
            let project = Project::open(&start, &ConfigChoice::Find).unwrap();
            FileList::find(&project, targets, force_exclude)
        }

        /// The files that are read; those that are reported have a `!`.
        fn names(&self, paths: &[&str], force_exclude: bool) -> Vec<String> {
            let list = self.find(paths, force_exclude);
            let mark = |reported| if reported { "!" } else { "" };
            list.entries
                .iter()
                .map(|e| format!("{}{}", e.path, mark(e.reported)))
                .collect()
        }
    }

    fn sample() -> Tree {
        Tree::new(&[
            ("nixamine.toml", "exclude = [\"vendor\", \"*.gen.nix\"]"),
            (".git/HEAD", ""),
            (".gitignore", "ignored/\n"),
            ("a.nix", ""),
            ("b/c.nix", ""),
            ("b/d.gen.nix", ""),
            ("b/readme.md", ""),
            (".hidden/e.nix", ""),
            ("ignored/f.nix", ""),
            ("vendor/g.nix", ""),
        ])
    }

    #[test]
    fn a_search_ends_where_there_is_too_much() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        for file in 0..5 {
            std::fs::write(root.join(format!("{file}.nix")), "{ }").unwrap();
        }
        let project = Project::open(&root, &crate::ConfigChoice::Defaults).unwrap();
        let found = FileList::of_project(&project, 5).unwrap();
        assert_eq!(found.entries.len(), 5);
        assert!(FileList::of_project(&project, 4).is_none());
    }

    #[test]
    fn a_walk_leaves_out_what_is_hidden_ignored_or_excluded() {
        let tree = sample();
        assert_eq!(tree.names(&["."], false), ["a.nix!", "b/c.nix!"]);
        let others = tree.find(&["."], false).others;
        assert_eq!(
            others,
            ["b/d.gen.nix".into(), "vendor/g.nix".into()] as [Arc<str>; 2]
        );
    }

    #[test]
    fn the_rest_of_the_project_is_context() {
        assert_eq!(sample().names(&["b"], false), ["a.nix", "b/c.nix!"]);
        let plain = Tree::new(&[("a.nix", ""), ("b/c.nix", ""), ("d.nix", "")]);
        // Without a mark nothing else is read.
        assert_eq!(plain.names(&["b", "d.nix"], false), ["b/c.nix!", "d.nix!"]);
    }

    #[test]
    fn what_is_given_by_hand_is_reported() {
        let tree = sample();
        let by_hand = ["b/d.gen.nix", "ignored/f.nix", ".hidden", "vendor"];
        assert_eq!(
            tree.names(&by_hand, false),
            [
                ".hidden/e.nix!",
                "a.nix",
                "b/c.nix",
                "b/d.gen.nix!",
                "ignored/f.nix!",
                "vendor/g.nix!"
            ]
        );
        assert_eq!(
            tree.names(&by_hand, true),
            [".hidden/e.nix!", "a.nix", "b/c.nix", "ignored/f.nix!"]
        );
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_only_by_hand() {
        use std::os::unix::fs::symlink;
        let tree = sample();
        symlink("..", tree.root.join("b/loop")).unwrap();
        symlink("nowhere", tree.root.join("dangling.nix")).unwrap();
        symlink("a.nix", tree.root.join("link.nix")).unwrap();
        assert_eq!(tree.names(&["."], false), ["a.nix!", "b/c.nix!"]);
        assert_eq!(
            tree.names(&["link.nix", "b/loop/b/c.nix"], false),
            ["a.nix", "b/c.nix!", "link.nix!"]
        );
        let list = tree.find(&["dangling.nix", "absent.nix"], false);
        let reasons: Vec<_> = list.unreadable.iter().map(|u| u.reason.as_str()).collect();
        assert_eq!(reasons.len(), 2);
        assert!(reasons[0].contains("no such file"), "{reasons:?}");
        assert!(reasons[1].contains("points to nothing"), "{reasons:?}");
    }

    #[test]
    fn an_overlay_need_not_exist() {
        let tree = sample();
        let targets = Targets::overlay(&tree.root, Path::new("new/x.nix"), b"{ }".to_vec());
        let project = Project::open(&targets.start(&tree.root), &ConfigChoice::Find).unwrap();
        let list = FileList::find(&project, targets, false);
        let reported: Vec<_> = list.entries.iter().filter(|entry| entry.reported).collect();
        assert_eq!(&*reported[0].path, "new/x.nix");
        assert_eq!(list.overlay.unwrap().1, b"{ }");
    }
}
