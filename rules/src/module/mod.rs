//! Modules without evaluation: what one file says about options, settings and
//! imports, as facts with ranges.

mod collect;
mod convention;
mod decide;
mod folder;
mod guard;
mod header;
mod shape;
mod targets;
mod update;

pub use collect::collect;
pub(crate) use collect::env_at;
pub(crate) use collect::{line_breaks, lines, lines_of, touched};
pub(crate) use collect::{literal, priority_number};
pub use convention::Convention;
pub(crate) use convention::{EzConfigs, EzSystem, Layout};
pub use decide::{Irregular, Irregularity};
pub use folder::Folder;
pub(crate) use folder::{Entry, Spot};
pub use guard::Guard;
pub use header::Header;
pub(crate) use header::code_lines;
pub(crate) use header::comment_text;
pub(crate) use shape::{class_of_path, is_option_root};
pub(crate) use update::{Moved, Updated, update};

use crate::options::{Declarations, Declared, Known};
use crate::path;
use crate::syntax::{TextRange, TextSize};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::sync::Arc;

/// Which module system's options a module sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Class {
    /// Cannot be told from the module.
    Unknown,
    /// NixOS.
    NixOs,
    /// Home Manager.
    HomeManager,
    /// nix-darwin.
    Darwin,
    /// A Neovim configuration: Nixvim, nvf.
    Neovim,
    /// flake-parts.
    FlakeParts,
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::NixOs,
        Self::HomeManager,
        Self::Darwin,
        Self::Neovim,
        Self::FlakeParts,
        Self::Unknown,
    ];

    /// What people call the module system; `None` for the unknown one.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Unknown => None,
            Self::NixOs => Some("NixOS"),
            Self::HomeManager => Some("Home Manager"),
            Self::Darwin => Some("nix-darwin"),
            Self::Neovim => Some("Nixvim"),
            Self::FlakeParts => Some("flake-parts"),
        }
    }
}

/// How a module expression comes into being.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Origin {
    /// It is what its file evaluates to.
    File,
    /// It stands in an `imports` or `modules` list and belongs to who imports it.
    Inline,
    /// `specialisation.X.configuration`, `virtualisation.vmVariant`: its parent
    /// and itself, together, are one more configuration.
    Variant,
    /// It starts a configuration of its own: `home-manager.users.X`,
    /// `containers.X.config`, a test's node.
    Root,
    /// An output of the flake under this name, as in `flake.nixosModules.X`.
    Named(SmolStr),
}

/// How sure it is that a set is a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// Only if some module imports it.
    IfImported,
    /// By its own shape.
    Certain,
}

/// What one module expression contributes.
#[derive(Debug, Clone, PartialEq)]
pub struct ModuleFacts {
    /// How it comes into being.
    pub origin: Origin,
    /// How sure it is that it is one.
    pub certainty: Certainty,
    /// The module system, as far as its own text tells.
    pub class: Class,
    /// Its text.
    pub range: TextRange,
    /// How deep in the file's lambdas the function stands that binds its
    /// `config`; `None` when it binds none.
    pub config_depth: Option<u32>,
    /// Does the name `lib` mean nixpkgs' in its outermost set?
    pub has_lib: bool,
    /// The module expression of the same file that it stands in.
    pub parent: Option<usize>,
    /// The key that says whose home it is: the last one in `home-manager.users.alice`.
    pub user: Option<Key>,
    /// What it imports.
    pub imports: Vec<Import>,
    /// What it sets.
    pub definitions: Vec<Definition>,
    /// The options it declares.
    pub options: Vec<OptionDeclaration>,
    /// The same as a tree, with what could not be read and with options that have
    /// another name now; `None` when it declares nothing.
    pub declarations: Option<Arc<Declarations>>,
    /// Its top-level entries, in order.
    pub sections: Vec<Section>,
    /// Where its outermost set opens, when nothing but functions stands before
    /// it: then an entry means the same in another file with the same formals.
    pub plain_body: Option<TextRange>,
    /// Has its outermost set an entry `options`?
    pub(crate) has_options: bool,
    /// Has its outermost set an entry `imports`?
    pub has_imports: bool,
    /// Has its outermost set an entry `config`?
    pub(crate) has_config: bool,
    /// How many outermost sets it may have; one in a condition or merge counts for
    /// several.
    pub(crate) outermost_sets: u32,
    /// What stands where it cannot work.
    pub irregular: Vec<Irregular>,
}

impl ModuleFacts {
    /// What stands before its first setting or option: its function and its `let`.
    pub fn head(&self) -> TextRange {
        let start = self.range.start();
        let settings = self.sections.iter().map(|section| section.range.start());
        // An option that is not written out has no place.
        let written = self
            .options
            .iter()
            .filter(|option| !option.range.is_empty());
        let options = written.map(|option| option.range.start());
        let inside = settings.chain(options).filter(|at| *at >= start);
        TextRange::new(start, inside.min().unwrap_or(start))
    }
}

/// One entry of a module's outermost set (or of its `config`).
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// The first attributes of its path, two at most: `services.nginx`.
    pub name: SmolStr,
    /// Its text.
    pub range: TextRange,
    /// How many lines that touches.
    pub lines: u32,
    /// Does it stand in the outermost set itself, not below `config`?
    pub is_outermost: bool,
}

/// An option that a module declares.
#[derive(Debug, Clone, PartialEq)]
pub struct OptionDeclaration {
    /// The full path.
    pub path: Vec<SmolStr>,
    /// The text of the key.
    pub range: TextRange,
    /// What it says.
    pub declared: Arc<Declared>,
}

/// Something a module imports.
#[derive(Debug, Clone, PartialEq)]
pub struct Import {
    /// What.
    pub target: Target,
    /// Where it is named: the element of the list.
    pub range: TextRange,
    /// Where its path is written, if it is one.
    pub place: TextRange,
    /// The conditions under which it is imported.
    pub guards: Arc<[Guard]>,
}

impl Import {
    /// Is the element of the list a path, and no function of one?
    pub fn is_plain(&self) -> bool {
        self.range == self.place
    }
}

/// What an import names.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// A file or folder, relative to the importing file's folder.
    Path(String),
    /// A file or folder, relative to the folder of the flake.
    FromFlake(String),
    /// A path with one unknown part; what it may be is a configuration each.
    Pattern {
        /// The text before the unknown part.
        before: String,
        /// The text after it.
        after: String,
        /// The expression of the unknown part: the same one is the same choice.
        hole: SmolStr,
        /// Relative to the folder of the flake?
        from_flake: bool,
    },
    /// Every `.nix` file below a folder.
    Tree {
        /// The folder, relative to the importing file's folder.
        folder: String,
        /// Are files whose path holds `/_` left out, as import-tree does?
        skip_underscore: bool,
    },
    /// What a folder holds, filtered.
    Folder(Box<Folder>),
    /// Another module expression of the same file.
    Module(usize),
    /// An output of this flake.
    Named(SmolStr),
    /// Something of another flake, or of nixpkgs.
    Foreign,
    /// Something that cannot be known.
    Unknown,
}

/// A key of an attribute path.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// Its name; `None` when it is computed.
    pub name: Option<SmolStr>,
    /// Its text.
    pub range: TextRange,
    /// Is it a string?
    pub quoted: bool,
}

/// A setting: one leaf of a module's configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// The full path, from the root of the options.
    pub path: Arc<[Key]>,
    /// The binding that ends in the leaf.
    pub binding: TextRange,
    /// The value.
    pub value: TextRange,
    /// What is known of the value.
    pub known: Known,
    /// The priorities on the way, each with the length of the path at which it
    /// stands, the outermost first.
    pub priorities: Vec<(usize, u32)>,
    /// What stands inside of a priority.
    pub inside: Inside,
    /// The conditions under which it holds.
    pub guards: Arc<[Guard]>,
    /// Is it an operand of `//`, so that another operand may replace it?
    pub update: Option<TextRange>,
}

/// Where conditions and merges stand inside of a priority, as the lengths of the path
/// there. An option for which both stand takes the inner one for its value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Inside {
    condition: Option<std::num::NonZeroU8>,
    merge: Option<std::num::NonZeroU8>,
    /// Is one of the conditions never true?
    pub(crate) never: bool,
}

impl Inside {
    fn at(len: usize) -> Option<std::num::NonZeroU8> {
        u8::try_from(len + 1)
            .ok()
            .and_then(std::num::NonZeroU8::new)
    }

    /// Behind a `mkIf`.
    pub(crate) fn condition(mut self, len: usize) -> Self {
        self.condition = self.condition.or(Self::at(len));
        self
    }

    /// Behind a `mkMerge`.
    pub(crate) fn merge(mut self, len: usize) -> Self {
        self.merge = Self::at(len);
        self
    }

    /// Does the option whose path has `len` keys take one for its value? The module
    /// system hands conditions down to it, and merges what is merged further up.
    pub fn hides(self, len: usize) -> bool {
        let here = Self::at(len);
        self.merge.is_some() && self.merge == here
            || self
                .condition
                .is_some_and(|at| here.is_some_and(|here| at <= here))
    }
}

/// The priority of a definition without a priority.
pub const DEFAULT_PRIORITY: u32 = 100;

impl Definition {
    /// Does one of its conditions never hold, so that the module system drops it? Inside
    /// of a priority it does not.
    pub fn is_dropped(&self) -> bool {
        self.guards.iter().any(Guard::is_never) && !self.inside.never
    }

    /// Does the option whose path has `len` keys take what `mkIf`, `mkMerge` or a
    /// priority returns for the value, because it stands inside of a priority?
    pub fn is_hidden(&self, len: usize) -> bool {
        let taken = |(at, _): &(usize, u32)| *at <= len;
        self.priorities.first().is_some_and(taken)
            && (self.priorities.get(1).is_some_and(taken) || self.inside.hides(len))
    }

    /// Is it stronger than `other` for their option, whose path has `len` keys, wherever
    /// that one holds?
    pub fn silences(&self, other: &Self, len: usize) -> bool {
        let mut guards = self.guards.iter();
        self.option_priority(len) < other.option_priority(len)
            && self.update.is_none()
            && guards.all(|guard| guard.is_choice() || other.guards.contains(guard))
    }

    /// The value, if it is a literal.
    pub fn literal(&self) -> Option<&Literal> {
        match &self.known {
            Known::Literal(literal) => Some(literal),
            _ => None,
        }
    }

    /// The names of the path; `None` when one of them is computed.
    pub fn names(&self) -> Option<Vec<&str>> {
        self.path.iter().map(|key| key.name.as_deref()).collect()
    }

    /// Do the first names of the path equal these?
    pub fn starts_with(&self, names: &[&str]) -> bool {
        self.path.len() >= names.len()
            && self
                .path
                .iter()
                .zip(names)
                .all(|(key, name)| key.name.as_deref() == Some(name))
    }

    /// The priority of the option whose path has `len` keys: of those on the way
    /// to it the outermost.
    pub fn option_priority(&self, len: usize) -> u32 {
        let own = self.priorities.first().filter(|(at, _)| *at <= len);
        own.map_or(DEFAULT_PRIORITY, |(_, priority)| *priority)
    }

    /// The priority that what lies inside that option gets: the outermost of
    /// those that the option itself does not use up. (`mkDefault (mkForce { … })`
    /// is a default for the option, and forces what is in it.)
    pub fn inner_priority(&self, len: usize) -> u32 {
        let used = self.priorities.first().is_some_and(|(at, _)| *at <= len);
        let inner = self.priorities.get(usize::from(used));
        inner.map_or(DEFAULT_PRIORITY, |(_, priority)| *priority)
    }
}

/// A literal value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Literal {
    /// `true`, `false`.
    Bool(bool),
    /// An integer, as written.
    Integer(i64),
    /// A float, as written.
    Float(SmolStr),
    /// A string without interpolation.
    String(SmolStr),
    /// `null`.
    Null,
}

/// As Nix writes it.
impl std::fmt::Display for Literal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Integer(number) => write!(f, "{number}"),
            Self::Float(number) => f.write_str(number),
            Self::Null => f.write_str("null"),
            Self::String(text) => {
                let text = text.replace('\\', "\\\\").replace('"', "\\\"");
                write!(f, "\"{}\"", text.replace("${", "\\${").replace('\n', "\\n"))
            }
        }
    }
}

/// Formals without `...`.
#[derive(Debug, Clone, PartialEq)]
pub struct Closed {
    /// Their text.
    pub range: TextRange,
    /// Where a `...` goes.
    pub open_at: TextSize,
    /// The `...`, with what sets it apart.
    pub opening: SmolStr,
}

/// A list of modules that some function evaluates: `nixosSystem { modules = […]; }`.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfigurationFacts {
    /// The module system, if the function's name tells.
    pub class: Class,
    /// The name that an output of the flake gives it: that of a host.
    pub name: Option<SmolStr>,
    /// The modules.
    pub modules: Vec<Import>,
    /// The list.
    pub range: TextRange,
}

/// What one file contributes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FileFacts {
    /// Its module expressions. The first is the file's own, if it is one.
    pub modules: Vec<ModuleFacts>,
    /// The module lists that it evaluates.
    pub configurations: Vec<ConfigurationFacts>,
    /// What it tells libraries that find hosts and modules by the places where they lie.
    pub conventions: Vec<Convention>,
    /// Modules that the flake names: the name and what it stands for.
    pub exports: Vec<(SmolStr, Import)>,
    /// Its formals, if it is a function without `...`.
    pub closed: Option<Closed>,
    /// The comment at the top.
    pub header: Header,
    /// How many lines it has.
    pub lines: u32,
    /// What decides whether the file is a module.
    pub(crate) shape: Option<shape::Shape>,
    /// Places where an edit may change more facts than those that stand there.
    pub(crate) watched: Vec<TextRange>,
}

impl FileFacts {
    /// Gives back what memory was taken for more: facts are kept for long.
    fn shrink(&mut self) {
        self.modules.shrink_to_fit();
        self.configurations.shrink_to_fit();
        self.conventions.shrink_to_fit();
        self.exports.shrink_to_fit();
        self.watched.shrink_to_fit();
        for module in &mut self.modules {
            module.imports.shrink_to_fit();
            module.definitions.shrink_to_fit();
            module.options.shrink_to_fit();
            module.sections.shrink_to_fit();
            module.irregular.shrink_to_fit();
        }
    }

    /// Every list of modules that is evaluated, or is part of one.
    pub(crate) fn module_lists(&self) -> impl Iterator<Item = &[Import]> {
        let conventions = self.conventions.iter().flat_map(|it| &it.extras);
        let lists = self.configurations.iter().map(|it| it.modules.as_slice());
        lists.chain(conventions.map(|extra| extra.modules.as_slice()))
    }

    /// The modules of the machine itself: not those of containers, tests and variants.
    fn of_machine(&self) -> impl Iterator<Item = &ModuleFacts> {
        self.modules.iter().filter(|module| match module.origin {
            Origin::Root => module.class == Class::HomeManager,
            Origin::Variant => false,
            _ => true,
        })
    }

    /// The definitions that set something on the machine itself, as far as the file tells.
    pub fn machine_definitions(&self) -> impl Iterator<Item = &Definition> {
        let all = self.of_machine().flat_map(|module| &module.definitions);
        all.filter(|it| {
            let mut guards = it.guards.iter().map(Guard::to_string);
            let is_other = it.starts_with(&["containers"]) || it.starts_with(&["nodes"]);
            !is_other && !it.is_dropped() && !guards.any(|guard| path::is_throwaway(&guard))
        })
    }

    /// Those of the option at `path` that hold: a stronger one silences them, and another
    /// operand of `//` may replace them.
    pub fn in_force<'f>(&'f self, path: &'f [&str]) -> impl Iterator<Item = &'f Definition> {
        let is_it = |it: &Definition| it.path.len() == path.len() && it.starts_with(path);
        let all = self.machine_definitions().filter(move |it| is_it(it));
        all.filter(move |it| {
            let mut others = self.machine_definitions().filter(|other| is_it(other));
            it.update.is_none() && !others.any(|other| other.silences(it, path.len()))
        })
    }

    /// Does the file set the option at `path` to a switch's `value`, whatever holds?
    pub fn switches(&self, path: &[&str], value: bool) -> bool {
        self.in_force(path).any(|it| {
            it.guards.iter().all(Guard::is_choice) && it.literal() == Some(&Literal::Bool(value))
        })
    }

    /// The innermost module expression around a range.
    pub fn module_at(&self, range: TextRange) -> Option<usize> {
        self.modules
            .iter()
            .enumerate()
            .filter(|(_, module)| module.range.contains_range(range))
            .min_by_key(|(_, module)| module.range.len())
            .map(|(index, _)| index)
    }
}
