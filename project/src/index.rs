//! The options of libraries on disk: home-manager, Nixvim, nix-darwin, nixpkgs,
//! or any repository with modules.
//!
//! Reading a library takes a second or two, so what was found is kept: for sources
//! in the store under their path, which stands for their content, and for what
//! somebody named by hand under the root of the project that it was named for.

use crate::cache::{Cache, Entry};
use crate::{read, store};
use ignore::WalkBuilder;
use nixamine_rules::Config;
use nixamine_rules::module::Class;
use nixamine_rules::options::{self, Data, IndexedLibrary, Sources, Stored};
use nixamine_rules::path;
use nixamine_rules::syntax::{self, SyntaxNode};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The files of a library.
struct Folder {
    root: PathBuf,
    files: BTreeSet<Arc<str>>,
    folders: BTreeMap<String, BTreeMap<SmolStr, bool>>,
    trees: RefCell<HashMap<String, Option<SyntaxNode>>>,
}

impl Folder {
    /// Reads what lies where, below `root`; only in `parts` of it, if there are any.
    fn open(root: &Path, parts: &[&str]) -> Self {
        let mut folder = Self {
            root: root.to_owned(),
            files: BTreeSet::new(),
            folders: BTreeMap::new(),
            trees: RefCell::default(),
        };
        let (first, others) = parts.split_first().unwrap_or((&"", &[]));
        let mut walk = WalkBuilder::new(root.join(first));
        others.iter().for_each(|part| {
            walk.add(root.join(part));
        });
        walk.standard_filters(false)
            .filter_entry(|entry| entry.file_name() != ".git");
        for entry in walk.build().filter_map(Result::ok) {
            let Ok(below) = entry.path().strip_prefix(root) else {
                continue;
            };
            let Some(below) = below.to_str().filter(|below| !below.is_empty()) else {
                continue;
            };
            let below = below.replace(std::path::MAIN_SEPARATOR, "/");
            let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
            let siblings = folder
                .folders
                .entry(path::parent(&below).to_owned())
                .or_default();
            siblings.insert(path::file_name(&below).into(), is_folder);
            if !is_folder && below.ends_with(".nix") {
                folder.files.insert(below.into());
            }
        }
        folder
    }

    fn has(&self, file: &str) -> bool {
        self.files.contains(file)
    }

    fn below(&self, folder: &str) -> Vec<Arc<str>> {
        let inside = |file: &&Arc<str>| {
            file.strip_prefix(folder)
                .is_some_and(|rest| folder.is_empty() || rest.starts_with('/'))
                && options::is_candidate(file)
        };
        self.files.iter().filter(inside).cloned().collect()
    }
}

impl Sources for Folder {
    fn tree(&self, path: &str) -> Option<SyntaxNode> {
        if let Some(known) = self.trees.borrow().get(path) {
            return known.clone();
        }
        let text = self
            .has(path)
            .then(|| read::read(&self.root.join(path)).ok())
            .flatten();
        let tree = text.map(syntax::parse);
        let root = tree
            .filter(|tree| tree.too_complex().is_none())
            .map(|tree| tree.root());
        self.trees
            .borrow_mut()
            .insert(path.to_owned(), root.clone());
        root
    }

    fn entries(&self, folder: &str) -> Vec<(SmolStr, bool)> {
        let entries = self.folders.get(folder).into_iter().flatten();
        entries
            .map(|(name, is_folder)| (name.clone(), *is_folder))
            .collect()
    }

    fn data(&self, path: &str) -> Option<Data> {
        let text = read::read(&self.root.join(path)).ok()?;
        serde_json::from_str(&text).ok().map(data)
    }
}

fn data(value: serde_json::Value) -> Data {
    use serde_json::Value;
    match value {
        Value::Null => Data::Null,
        Value::Bool(value) => Data::Bool(value),
        Value::Number(number) => match number.as_i64() {
            Some(number) => Data::Int(number),
            None => Data::Float(number.to_string().into()),
        },
        Value::String(text) => Data::Text(text.into()),
        Value::Array(items) => Data::List(items.into_iter().map(data).collect()),
        Value::Object(entries) => {
            let entry = |(name, value): (String, Value)| (name.into(), data(value));
            Data::Set(entries.into_iter().map(entry).collect())
        }
    }
}

/// A part of a repository that declares options for one module system.
struct Part {
    name: &'static str,
    class: Class,
    below: &'static [&'static str],
    /// Where its modules are.
    folders: &'static [&'static str],
    /// What it adds to `lib`: a name and the file.
    extensions: &'static [(&'static str, &'static str)],
}

/// Repositories that are known, by a file that only they have.
const KNOWN: &[(&str, &[Part])] = &[
    (
        "nixos/modules/module-list.nix",
        &[Part {
            name: "nixpkgs",
            class: Class::NixOs,
            below: &[],
            folders: &["nixos/modules"],
            extensions: &[],
        }],
    ),
    (
        "modules/lib/stdlib-extended.nix",
        &[Part {
            name: "home-manager",
            class: Class::HomeManager,
            below: &[],
            folders: &["modules"],
            extensions: &[("hm", "modules/lib/default.nix")],
        }],
    ),
    (
        "modules/module-list.nix",
        &[Part {
            name: "nix-darwin",
            class: Class::Darwin,
            below: &[],
            folders: &["modules"],
            extensions: &[],
        }],
    ),
    (
        "lib/plugins/mk-neovim-plugin.nix",
        &[Part {
            name: "nixvim",
            class: Class::Neovim,
            below: &[],
            folders: &["modules", "plugins", "colorschemes"],
            extensions: &[("", "lib/overlay.internal.nix")],
        }],
    ),
];

/// Of nixpkgs only this is read.
const NIXPKGS: &[&str] = &["nixos/modules"];

/// Reads the options that the modules in the folder `root` declare.
pub fn index(root: &Path) -> Vec<IndexedLibrary> {
    let known = KNOWN.iter().find(|(file, _)| root.join(file).is_file());
    let parts = match known {
        Some((file, _)) if file.starts_with("nixos/") => NIXPKGS,
        _ => &[],
    };
    let folder = Folder::open(root, parts);
    let place = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let place = SmolStr::from(place.to_string_lossy());
    let Some((_, parts)) = known else {
        let name = root
            .file_name()
            .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let read = options::library(&folder, &folder.below(""), &[]);
        return vec![IndexedLibrary {
            name: name.into(),
            class: Class::Unknown,
            below: Vec::new(),
            folder: place.clone(),
            options: read.options,
        }];
    };
    let read = |part: &Part| {
        let files: Vec<_> = part
            .folders
            .iter()
            .flat_map(|below| folder.below(below))
            .collect();
        let read = options::library(&folder, &files, part.extensions);
        IndexedLibrary {
            name: part.name.into(),
            class: part.class,
            below: part.below.iter().copied().map(SmolStr::from).collect(),
            folder: place.clone(),
            options: read.options,
        }
    };
    parts.iter().map(read).collect()
}

/// Changes with [`IndexedLibrary`] and with what is found.
const VERSION: u32 = 3;

fn of_source(path: &Path) -> Entry {
    Entry::new("source", VERSION, path.as_os_str().as_encoded_bytes())
}

fn of_project(root: &Path) -> Entry {
    Entry::new("project", VERSION, root.as_os_str().as_encoded_bytes())
}

/// A library as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    name: SmolStr,
    class: Class,
    below: Vec<SmolStr>,
    folder: SmolStr,
    options: Stored,
}

fn encode(libraries: &[IndexedLibrary]) -> io::Result<Vec<u8>> {
    let kept = libraries.iter().map(|library| Kept {
        name: library.name.clone(),
        class: library.class,
        below: library.below.clone(),
        folder: library.folder.clone(),
        options: Stored::of(&library.options),
    });
    postcard::to_stdvec(&kept.collect::<Vec<_>>()).map_err(io::Error::other)
}

fn decode(bytes: &[u8]) -> Option<Vec<Arc<IndexedLibrary>>> {
    let kept: Vec<Kept> = postcard::from_bytes(bytes).ok()?;
    let restore = |kept: Kept| {
        Some(Arc::new(IndexedLibrary {
            name: kept.name,
            class: kept.class,
            below: kept.below,
            folder: kept.folder,
            options: kept.options.restore()?,
        }))
    };
    kept.into_iter().map(restore).collect()
}

/// Keeps libraries for a project, in place of those that were kept before.
///
/// # Errors
/// When the cache cannot be written.
pub fn keep(root: &Path, libraries: &[IndexedLibrary]) -> io::Result<()> {
    let cache =
        Cache::of_user().ok_or_else(|| io::Error::other("there is no folder for caches"))?;
    cache.write(&of_project(root), &encode(libraries)?)
}

/// The libraries whose options are known to a project: those that were kept for it,
/// and the inputs of its flake, as far as they lie in the store.
pub fn known(root: &Path, config: &Config) -> Vec<Arc<IndexedLibrary>> {
    if config.index == Some(false) {
        return Vec::new();
    }
    let cache = Cache::of_user();
    let by_hand = cache
        .as_ref()
        .and_then(|cache| decode(&cache.read(&of_project(root))?));
    if let Some(libraries) = by_hand {
        return libraries;
    }
    let sources = store::sources(root, &store::folder()).unwrap_or_default();
    let mut all = Vec::new();
    for source in sources.into_iter().filter(|source| source.present) {
        let Some(path) = source.path else { continue };
        all.extend(of_input(cache.as_ref(), &source.input, &path));
    }
    all
}

/// The libraries of a source in the store.
fn of_input(cache: Option<&Cache>, input: &str, path: &Path) -> Vec<Arc<IndexedLibrary>> {
    let entry = of_source(path);
    if let Some(known) = cache.and_then(|cache| decode(&cache.read(&entry)?)) {
        return known;
    }
    let mut read = on_big_stack(|| index(path));
    for library in &mut read {
        if library.class == Class::Unknown {
            library.name = input.into();
        }
    }
    if let Some(cache) = cache
        && let Ok(bytes) = encode(&read)
    {
        // The next run reads it again.
        let _ = cache.write(&entry, &bytes);
    }
    read.into_iter().map(Arc::new).collect()
}

/// Declarations nest, and so does reading them.
fn on_big_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, work);
        let result = thread.expect("the system gives a thread").join();
        result.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

const STACK: usize = 256 << 20;

/// Reads libraries by hand, on a stack that is big enough.
pub fn read_all(paths: &[PathBuf]) -> Vec<IndexedLibrary> {
    on_big_stack(|| paths.iter().flat_map(|path| index(path)).collect())
}
