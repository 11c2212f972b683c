//! The options of libraries on disk: home-manager, Nixvim, nix-darwin, nixpkgs,
//! or any repository with modules.

use crate::read;
use ignore::WalkBuilder;
use nixamine_rules::module::Class;
use nixamine_rules::options::{self, Data, IndexedLibrary, Sources};
use nixamine_rules::path;
use nixamine_rules::syntax::{self, SyntaxNode};
use smol_str::SmolStr;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
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
    fn open(root: &Path) -> Self {
        let mut folder = Self {
            root: root.to_owned(),
            files: BTreeSet::new(),
            folders: BTreeMap::new(),
            trees: RefCell::default(),
        };
        let walk = WalkBuilder::new(root)
            .standard_filters(false)
            .filter_entry(|entry| entry.file_name() != ".git")
            .build();
        for entry in walk.filter_map(Result::ok) {
            let Ok(below) = entry.path().strip_prefix(root) else {
                continue;
            };
            let Some(below) = below.to_str().filter(|below| !below.is_empty()) else {
                continue;
            };
            let below = below.replace(std::path::MAIN_SEPARATOR, "/");
            let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
            let siblings = folder.folders.entry(path::parent(&below).to_owned()).or_default();
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
            file.strip_prefix(folder).is_some_and(|rest| folder.is_empty() || rest.starts_with('/'))
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
        let text = self.has(path).then(|| read::read(&self.root.join(path)).ok()).flatten();
        let tree = text.map(syntax::parse);
        let root = tree.filter(|tree| tree.too_complex().is_none()).map(|tree| tree.root());
        self.trees.borrow_mut().insert(path.to_owned(), root.clone());
        root
    }

    fn entries(&self, folder: &str) -> Vec<(SmolStr, bool)> {
        let entries = self.folders.get(folder).into_iter().flatten();
        entries.map(|(name, is_folder)| (name.clone(), *is_folder)).collect()
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

/// Reads the options that the modules in the folder `root` declare.
pub fn index(root: &Path) -> Vec<IndexedLibrary> {
    let folder = Folder::open(root);
    let known = KNOWN.iter().find(|(file, _)| folder.has(file));
    let Some((_, parts)) = known else {
        let name = root.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let read = options::library(&folder, &folder.below(""), &[]);
        return vec![IndexedLibrary {
            name: name.into(),
            class: Class::Unknown,
            below: Vec::new(),
            options: read.options,
        }];
    };
    let read = |part: &Part| {
        let files: Vec<_> = part.folders.iter().flat_map(|below| folder.below(below)).collect();
        let read = options::library(&folder, &files, part.extensions);
        IndexedLibrary {
            name: part.name.into(),
            class: part.class,
            below: part.below.iter().copied().map(SmolStr::from).collect(),
            options: read.options,
        }
    };
    parts.iter().map(read).collect()
}
