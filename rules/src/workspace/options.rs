//! The options of all files and of the libraries that are known, and what becomes
//! of the definitions of one option.

use super::graph::{Configuration, Graph, ModuleId, Ways};
use super::redeclare::Contributions;
use super::{Place, View};
use crate::linter::Document;
use crate::module::{
    Class, DEFAULT_PRIORITY, Definition, Guard, Import, Literal, ModuleFacts, OptionDeclaration,
    Target,
};
use crate::options::{ANY_NAME, Declared, Found, IndexedLibrary, OptionSet, Says, Type};
use crate::syntax::{TextRange, TextSize};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;
use std::borrow::Cow;
use std::sync::Arc;

/// What may be set, by module system.
#[derive(Debug, Default)]
pub struct Options {
    pub(super) by_class: FxHashMap<Class, ClassOptions>,
    pub(super) contributions: Contributions,
}

/// The options of one module system.
#[derive(Debug, Default)]
pub(super) struct ClassOptions {
    /// All that are known.
    pub(super) all: OptionSet,
    /// Those that the files themselves declare.
    pub(super) own: OptionSet,
    /// Those of them whose module certainly belongs to this module system.
    pub(super) certain: OptionSet,
    /// Namespaces to which modules add that import something which cannot be read.
    leaky: FxHashSet<Vec<SmolStr>>,
    /// Are those of the module system itself known?
    has_base: bool,
    /// May modules that could not be read declare more?
    gaps: bool,
}

/// Module systems whose options are looked up.
const CLASSES: [Class; 6] = [
    // A module that may belong to any has what all of them declare here.
    Class::Unknown,
    Class::NixOs,
    Class::HomeManager,
    Class::Darwin,
    Class::Neovim,
    Class::FlakeParts,
];

/// Below a root where more than one in so many settings is of no option that is
/// known, somebody else declares options, too.
pub(super) const MISTAKES: usize = 8;

/// So many that are not declared may be, whatever the share.
pub(super) const FEW: usize = 3;

/// What the key of a name that no option has begins with.
pub(super) const MISSING: char = '?';

/// What the key of definitions begins with that may set anything below a name.
pub(super) const VAGUE: char = '~';

/// The module system and the root in a key.
pub(super) fn root_of(key: &str) -> &str {
    let mut ends = key.match_indices(BETWEEN).map(|(at, _)| at);
    let end = ends.nth(1).unwrap_or(key.len());
    &key[1..end]
}

/// What stands between the names in a key.
const BETWEEN: char = '\u{1f}';

impl Options {
    pub(super) fn new(
        documents: &[Document],
        graph: &Graph,
        libraries: &[Arc<IndexedLibrary>],
    ) -> Self {
        let mut options = Self {
            contributions: Contributions::new(documents),
            ..Self::default()
        };
        for class in CLASSES {
            let mut known = ClassOptions::default();
            for library in libraries {
                if library.class == class || library.class == Class::Unknown {
                    known.all.absorb(&library.options);
                    known.has_base |= library.class == class && class != Class::Unknown;
                }
                if library.class == Class::Neovim
                    && matches!(class, Class::NixOs | Class::HomeManager | Class::Darwin)
                {
                    known.all.declare(
                        &["programs".into(), "nixvim".into()],
                        Arc::new(as_submodule(library)),
                    );
                }
            }
            options.by_class.insert(class, known);
        }
        for (file, document) in documents.iter().enumerate() {
            for (index, module) in document.facts.modules.iter().enumerate() {
                let class = graph.class(graph.id(file, index));
                let holes = module.imports.iter().any(is_hole);
                for (own, known) in &mut options.by_class {
                    if !takes_part(class, *own) {
                        continue;
                    }
                    known.gaps |= holes;
                    let Some(declarations) = &module.declarations else {
                        continue;
                    };
                    if holes {
                        let around = |option: &OptionDeclaration| {
                            option.path[..option.path.len() - 1].to_vec()
                        };
                        known.leaky.extend(module.options.iter().map(around));
                    }
                    let own = &declarations.options;
                    known.own.absorb(own);
                    known.all.absorb(own);
                    if is_certain(class, module) {
                        known.certain.absorb(own);
                    }
                }
            }
            // Libraries that find modules add some of their own.
            let mut lists = document.facts.module_lists();
            if !document.facts.conventions.is_empty() || lists.any(|it| it.iter().any(is_hole)) {
                options
                    .by_class
                    .values_mut()
                    .for_each(|known| known.gaps = true);
            }
        }
        for known in options.by_class.values_mut() {
            // A module that takes whatever is set takes it where it is imported.
            for set in [&mut known.all, &mut known.own] {
                if set.freeform.is_some() {
                    set.open = true;
                    set.freeform = Some(Type::Unknown);
                }
            }
        }
        options
    }

    /// What a path of names leads to in a module system.
    pub fn find(&self, class: Class, path: &[Option<&str>]) -> Found<'_> {
        match self.by_class.get(&class) {
            Some(known) => known.all.find(path),
            None => Found::Unknown,
        }
    }

    /// The option that a path leads to or into.
    pub(super) fn option(
        &self,
        class: Class,
        path: &[Option<&str>],
    ) -> Option<(usize, &[Arc<Declared>])> {
        self.by_class.get(&class)?.all.option(path)
    }

    /// Does the project declare the option itself, or something beside it?
    pub(super) fn is_own(&self, settings: &Settings<'_>) -> bool {
        let Some(known) = self.by_class.get(&settings.class) else {
            return false;
        };
        let names: Vec<_> = settings.path.iter().copied().map(Some).collect();
        match settings.ty {
            Some(_) => known.own.option(&names).is_some(),
            None => {
                let around = &names[..names.len() - 1];
                let beside = matches!(known.own.find(around), Found::Namespace(_));
                beside && !around.is_empty() || known.own.option(around).is_some()
            }
        }
    }

    /// All options of a module system that are known.
    pub fn all(&self, class: Class) -> Option<&OptionSet> {
        self.by_class.get(&class).map(|known| &known.all)
    }

    /// Are all options below the first `at` names of a path known, so that one that
    /// is not among them does not exist?
    pub fn is_complete(&self, class: Class, path: &[&str], at: usize) -> Completeness {
        let Some(known) = self.by_class.get(&class) else {
            return Completeness::Unknown;
        };
        let Some(root) = path.first() else {
            return Completeness::Unknown;
        };
        let is_known = |set: &OptionSet| {
            let names: Vec<_> = path.iter().copied().map(Some).collect();
            !matches!(set.find(&names), Found::Missing(..))
        };
        // What an option takes, its own type says, where nobody else declares it, too.
        let around: Vec<_> = path[..at].iter().copied().map(Some).collect();
        let declared = match class {
            Class::Unknown => &known.own,
            _ => &known.certain,
        };
        if let Some((len, _)) = declared.option(&around) {
            // As of one beside it.
            let mut beside = path[..len].to_vec();
            beside[len - 1] = "?";
            return self.is_complete(class, &beside, len - 1);
        }
        // Which module system a module belongs to is not always seen.
        let anywhere = self.by_class.get(&Class::Unknown);
        if anywhere.is_some_and(|every| is_known(&every.own)) {
            return Completeness::Unknown;
        }
        if at == 0 {
            return match (known.has_base, known.gaps) {
                (false, _) => Completeness::Unknown,
                (true, true) => Completeness::ButForOthers,
                (true, false) => Completeness::All,
            };
        }
        let mut own = &known.own;
        for name in &path[..at] {
            match own.entries.get(*name) {
                Some(entry) => own = &entry.below,
                None if known.has_base => {
                    return match known.gaps {
                        true => Completeness::ButForOthers,
                        false => Completeness::All,
                    };
                }
                None => return Completeness::Unknown,
            }
        }
        if known.is_leaky(path) {
            return Completeness::Unknown;
        }
        if known.has_base {
            return match known.gaps {
                true => Completeness::ButForOthers,
                false => Completeness::All,
            };
        }
        // Whoever declares `enable` has the namespace for himself.
        let mut certain = Some(&known.certain);
        for name in &path[..at] {
            certain = certain.and_then(|set| Some(&set.entries.get(*name)?.below));
        }
        let is_whole = at > 1
            && certain.is_some_and(|set| {
                let enable = set.entries.get("enable");
                enable.is_some_and(|entry| !entry.declared.is_empty())
            });
        let is_foreign = crate::module::is_option_root(root);
        match (is_whole, is_foreign) {
            (true, false) => Completeness::All,
            // It may be one more switch for what somebody else declares.
            (true, true) => Completeness::ButForOthers,
            (false, true) => Completeness::Unknown,
            (false, false) => match known.gaps {
                true => Completeness::ButForOthers,
                false => Completeness::All,
            },
        }
    }
}

impl ClassOptions {
    /// Does a module add to a namespace on the way that imports what cannot be read?
    fn is_leaky(&self, path: &[&str]) -> bool {
        self.leaky.iter().any(|around| {
            around.len() < path.len() && around.iter().zip(path).all(|(name, own)| name == own)
        })
    }
}

/// Nixvim's options where another module system has them. Its wrappers add some.
fn as_submodule(library: &IndexedLibrary) -> Declared {
    let mut options = library.options.clone();
    options.open = true;
    Declared {
        ty: Type::Submodule(Arc::new(options)),
        default: None,
        description: None,
        says: Says::default(),
        place: None,
        renamed: None,
    }
}

/// How much is known of the options at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completeness {
    /// Every one.
    All,
    /// Modules that could not be read may declare more.
    ButForOthers,
    /// Nobody knows.
    Unknown,
}

/// May a module of one class be part of the module system of another?
pub(super) fn takes_part(module: Class, system: Class) -> bool {
    module == system || module == Class::Unknown || system == Class::Unknown
}

/// Does a module that counts as one of a class say that of itself?
pub(super) fn is_certain(class: Class, module: &ModuleFacts) -> bool {
    class == module.class && class != Class::Unknown
}

pub(super) fn is_hole(import: &Import) -> bool {
    match &import.target {
        Target::Unknown | Target::Foreign => true,
        // Whatever a library finds.
        Target::Named(name) => name.starts_with("ezModules."),
        _ => false,
    }
}

pub(super) fn names_of(definition: &Definition) -> Vec<Option<&str>> {
    definition
        .path
        .iter()
        .map(|key| key.name.as_deref())
        .collect()
}

/// The key under which the definitions of an option meet; `None` when nothing is
/// known of it.
pub(super) fn key_of(options: &Options, class: Class, definition: &Definition) -> Option<SmolStr> {
    let names = names_of(definition);
    let (len, mark) = match options.find(class, &names) {
        Found::Value { .. } | Found::NoSet { .. } => (options.option(class, &names)?.0, '='),
        Found::Missing(at, _) => {
            let path: Vec<_> = names[..=at].iter().copied().flatten().collect();
            if options.is_complete(class, &path, at) == Completeness::Unknown {
                return None;
            }
            (at + 1, MISSING)
        }
        Found::Unknown => match options.option(class, &names) {
            Some((len, _)) => (len, '='),
            None => (names.iter().position(Option::is_none)?, VAGUE),
        },
        Found::Namespace(_) => (names.len(), VAGUE),
    };
    let path: Vec<_> = names[..len].iter().copied().flatten().collect();
    Some(key(mark, class, &path))
}

/// The key under which the definitions of an option meet.
pub(super) fn key_of_option(class: Class, path: &[&str]) -> SmolStr {
    key('=', class, path)
}

fn key(mark: char, class: Class, path: &[&str]) -> SmolStr {
    let mut key = String::with_capacity(64);
    key.push(mark);
    key.push(class_mark(class));
    push_path(&mut key, path);
    key.into()
}

fn push_path(key: &mut String, path: &[impl AsRef<str>]) {
    for name in path {
        key.push(BETWEEN);
        key.push_str(name.as_ref());
    }
}

/// The key under which the declarations of an option meet.
pub(super) fn key_of_path(path: &[SmolStr]) -> SmolStr {
    let mut key = String::with_capacity(64);
    push_path(&mut key, path);
    key.into()
}

/// The names in a key.
pub(super) fn names_in(key: &str) -> impl Iterator<Item = &str> {
    key.split(BETWEEN).skip(1)
}

/// The keys of definitions whose owner may be another one when the option at a path
/// is declared otherwise.
pub(super) fn keys_around(path: &[SmolStr]) -> impl Iterator<Item = SmolStr> {
    let names: Vec<_> = path.iter().map(|name| name.as_str()).collect();
    (1..=names.len()).flat_map(move |len| {
        let names = names.clone();
        CLASSES.map(move |class| key_of_option(class, &names[..len]))
    })
}

/// Is it the key of a name that no option has, below a path?
pub(super) fn is_missing_below(key: &str, path: &[SmolStr]) -> bool {
    key.starts_with(MISSING) && {
        let mut names = names_in(key);
        path.iter().all(|name| names.next() == Some(name.as_str())) && names.next().is_some()
    }
}

fn class_mark(class: Class) -> char {
    match class {
        Class::Unknown => 'u',
        Class::NixOs => 'n',
        Class::HomeManager => 'h',
        Class::Darwin => 'd',
        Class::Neovim => 'v',
        Class::FlakeParts => 'f',
    }
}

/// The definitions of one option.
#[derive(Debug)]
pub struct Settings<'v> {
    /// The module system.
    pub class: Class,
    /// The path of the option.
    pub path: Vec<&'v str>,
    /// Its declarations; empty when there are none.
    pub declared: &'v [Arc<Declared>],
    /// Its type; `None` when there is no such option.
    pub ty: Option<&'v Type>,
    /// The options among which it should be, when there is none.
    pub among: Option<&'v OptionSet>,
    /// Is much set below its root that nobody declares here, so that somebody else must?
    pub shared: bool,
    /// What sets it, or something in it.
    pub all: Vec<Setting<'v>>,
}

/// A definition of an option, or of something in it.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'v> {
    /// The file.
    pub file: usize,
    /// The module.
    pub module: ModuleId,
    /// The definition.
    pub definition: &'v Definition,
}

impl Setting<'_> {
    /// Do both stand at the same place of a text? A module that several names stand
    /// for is in the facts of its file more than once.
    pub fn is(&self, other: &Self) -> bool {
        self.file == other.file && self.definition.value == other.definition.value
    }
}

/// A declaration of an option.
#[derive(Debug, Clone, Copy)]
pub struct Declaration<'v> {
    /// The file.
    pub file: usize,
    /// The module.
    pub module: ModuleId,
    /// What it declares.
    pub option: &'v OptionDeclaration,
}

impl<'v> Settings<'v> {
    pub(super) fn of(view: &View<'v>, places: &[Place], shared: bool) -> Option<Self> {
        let first = places.first()?;
        let id = view.graph.id(first.file, first.module);
        let class = view.graph.class(id);
        let names = names_of(view.definition(*first));
        let found = view.options().find(class, &names);
        let (len, declared, ty, among) = match found {
            Found::Value { .. } | Found::NoSet { .. } | Found::Unknown => {
                let (len, declared) = view.options().option(class, &names)?;
                let ty = match view.options().find(class, &names[..len]) {
                    Found::Value { ty, .. } => ty,
                    _ => return None,
                };
                (len, declared, Some(ty), None)
            }
            Found::Missing(at, set) => (at + 1, &[][..], None, Some(set)),
            Found::Namespace(_) => return None,
        };
        let all = places.iter().map(|place| Setting {
            file: place.file,
            module: view.graph.id(place.file, place.module),
            definition: view.definition(*place),
        });
        Some(Self {
            class,
            path: names[..len].iter().copied().flatten().collect(),
            declared,
            ty,
            among,
            shared,
            all: all.collect(),
        })
    }

    /// Is there, in every configuration that has a definition, one that may take its
    /// place?
    pub fn is_overridden(&self, graph: &Graph, setting: &Setting<'_>) -> bool {
        let len = self.path.len();
        let own = setting.definition.option_priority(len);
        let stronger: Vec<ModuleId> = self
            .all
            .iter()
            .filter(|other| {
                let definition = other.definition;
                definition.option_priority(len) < own && !definition.is_dropped()
            })
            .map(|other| other.module)
            .collect();
        let mut holding = graph
            .configurations
            .iter()
            .filter(|it| it.members.contains_key(&setting.module));
        !stronger.is_empty()
            && holding.all(|it| stronger.iter().any(|id| it.members.contains_key(id)))
    }

    /// The name of the option, as people write it.
    pub fn name(&self) -> String {
        dotted(&self.path)
    }
}

/// A path as people write it.
pub fn dotted(path: &[&str]) -> String {
    let names: Vec<_> = path.iter().map(|name| written_name(name)).collect();
    names.join(".")
}

/// A name as Nix reads it in a path. What stands for any name is left as it is.
fn written_name(name: &str) -> Cow<'_, str> {
    match is_identifier(name) || name == "*" || name == ANY_NAME {
        true => name.into(),
        false => Literal::String(name.into()).to_string().into(),
    }
}

/// Can it stand in a path without quotes?
pub fn is_identifier(name: &str) -> bool {
    const KEYWORDS: &[&str] = &[
        "if", "then", "else", "assert", "with", "let", "in", "rec", "inherit", "or",
    ];
    let mut bytes = name.bytes();
    let is_start = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    bytes.next().is_some_and(is_start)
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'\''))
        && !KEYWORDS.contains(&name)
}

/// Two definitions that stand at the same place of a configuration, with the same
/// priority, where no other one is stronger.
#[derive(Debug, Clone, Copy)]
pub struct Rivals<'v> {
    /// The one.
    pub a: Setting<'v>,
    /// The other.
    pub b: Setting<'v>,
    /// The type of what both define.
    pub ty: &'v Type,
    /// Do both hold whatever their conditions say?
    pub certain: bool,
    /// Where they meet.
    pub configuration: &'v Configuration,
}

/// Finds the pairs of definitions that meet with the priority that wins.
pub fn rivals<'v>(graph: &'v Graph, settings: &Settings<'v>, visit: &mut dyn FnMut(Rivals<'v>)) {
    let Some(ty) = settings.ty else { return };
    if settings.all.len() < 2 {
        return;
    }
    let mut seen = FxHashSet::default();
    for configuration in &graph.configurations {
        let members: Vec<_> = settings
            .all
            .iter()
            .filter_map(|setting| {
                let ways = configuration.members.get(&setting.module)?;
                let definition = setting.definition;
                if definition.is_dropped() {
                    return None;
                }
                let priorities = setting.definition.priorities.as_slice();
                Some(Member {
                    setting: *setting,
                    ways,
                    priorities,
                })
            })
            .collect();
        if members.len() < 2 {
            continue;
        }
        // Most configurations hold the same ones.
        let key: Vec<_> = members
            .iter()
            .map(|member| {
                (
                    std::ptr::from_ref(member.setting.definition),
                    std::ptr::from_ref(member.ways),
                )
            })
            .collect();
        if !seen.insert(key) {
            continue;
        }
        meet(configuration, ty, settings.path.len(), members, visit);
    }
}

#[derive(Clone)]
struct Member<'v, 'c> {
    setting: Setting<'v>,
    ways: &'c Ways,
    /// The priorities that are not used up, from the outermost on.
    priorities: &'v [(usize, u32)],
}

impl<'v> Member<'v, '_> {
    /// Its priority where `len` names lead to, and what is left of the others.
    fn take(&self, len: usize) -> (u32, &'v [(usize, u32)]) {
        match self.priorities.split_first() {
            Some(((at, priority), rest)) if *at <= len => (*priority, rest),
            _ => (DEFAULT_PRIORITY, self.priorities),
        }
    }

    fn is_certain(&self) -> bool {
        let chosen = |guards: &[Guard]| guards.iter().all(Guard::is_choice);
        chosen(&self.setting.definition.guards)
            && self.setting.definition.update.is_none()
            && self.ways.iter().any(|way| chosen(way))
    }

    fn can_meet(&self, other: &Self) -> bool {
        can_meet(
            self.ways,
            &self.setting.definition.guards,
            other.ways,
            &other.setting.definition.guards,
        )
    }
}

/// Is there a way to each of two modules such that no two conditions exclude
/// each other?
pub fn can_meet(a: &Ways, a_own: &[Guard], b: &Ways, b_own: &[Guard]) -> bool {
    a.iter().any(|a| {
        b.iter().any(|b| {
            let all: Vec<_> = a.iter().chain(a_own).chain(b).chain(b_own).collect();
            let never = all.iter().any(|guard| guard.is_never());
            !never
                && !all.iter().enumerate().any(|(index, guard)| {
                    all[..index]
                        .iter()
                        .any(|earlier| earlier.contradicts(guard))
                })
        })
    })
}

/// The definitions of what `len` names lead to.
fn meet<'v>(
    configuration: &'v Configuration,
    ty: &'v Type,
    len: usize,
    members: Vec<Member<'v, '_>>,
    visit: &mut dyn FnMut(Rivals<'v>),
) {
    // Only the strongest count, and those that may turn out to be.
    let Some(strongest) = members.iter().map(|member| member.take(len).0).min() else {
        return;
    };
    let members: Vec<_> = members
        .into_iter()
        .filter_map(|member| {
            let (priority, priorities) = member.take(len);
            // An operand of `//` can win, but another may have taken its place.
            (priority == strongest).then_some(Member {
                priorities,
                ..member
            })
        })
        .collect();
    if members.len() < 2 {
        return;
    }
    let (whole, parts): (Vec<_>, Vec<_>) = members
        .into_iter()
        .partition(|member| member.setting.definition.path.len() == len);
    if !parts.is_empty() {
        descend(configuration, ty, len, &parts, visit);
    }
    for (at, one) in whole.iter().enumerate() {
        for other in &whole[..at] {
            if one.can_meet(other)
                && !one.setting.is(&other.setting)
                && one.setting.definition.update.is_none()
                && other.setting.definition.update.is_none()
                // What a priority hides is a value that nobody sees here.
                && !one.setting.definition.is_hidden(len)
                && !other.setting.definition.is_hidden(len)
            {
                visit(Rivals {
                    a: other.setting,
                    b: one.setting,
                    ty,
                    certain: one.is_certain() && other.is_certain(),
                    configuration,
                });
            }
        }
    }
}

/// Definitions of parts of a set.
fn descend<'v>(
    configuration: &'v Configuration,
    ty: &'v Type,
    len: usize,
    parts: &[Member<'v, '_>],
    visit: &mut dyn FnMut(Rivals<'v>),
) {
    match ty {
        Type::NullOr(inner) | Type::Unique(inner) => {
            descend(configuration, inner, len, parts, visit)
        }
        Type::AttrsOf { element, .. } => {
            for (_, group) in by_name(len, parts) {
                meet(configuration, element, len + 1, group, visit);
            }
        }
        Type::Submodule(set) => {
            let mut options: FxHashMap<Vec<&str>, (Vec<Member<'v, '_>>, &'v Type)> =
                FxHashMap::default();
            for part in parts {
                let names = names_of(part.setting.definition);
                let rest = &names[len..];
                if let Found::Value { len: inner, .. } | Found::NoSet { len: inner, .. } =
                    set.find(rest)
                    && let Some(path) = rest[..inner].iter().copied().collect::<Option<Vec<_>>>()
                    && let Found::Value { ty, .. } = set.find(&rest[..inner])
                {
                    options
                        .entry(path)
                        .or_insert_with(|| (Vec::new(), ty))
                        .0
                        .push(part.clone());
                }
            }
            for (path, (group, ty)) in options {
                meet(configuration, ty, len + path.len(), group, visit);
            }
        }
        // Nothing is known of what is inside.
        _ => {}
    }
}

fn by_name<'v, 'c>(
    len: usize,
    parts: &[Member<'v, 'c>],
) -> FxHashMap<SmolStr, Vec<Member<'v, 'c>>> {
    let mut groups: FxHashMap<SmolStr, Vec<Member<'v, 'c>>> = FxHashMap::default();
    for part in parts {
        if let Some(name) = &part.setting.definition.path[len].name {
            groups.entry(name.clone()).or_default().push(part.clone());
        }
    }
    groups
}

/// May something set the option that is not among its settings: a module of which the
/// module system is not known, or a set that is made elsewhere?
pub fn may_be_set_elsewhere(view: &View<'_>, settings: &Settings<'_>) -> bool {
    CLASSES.into_iter().any(|class| {
        let path = settings.path.as_slice();
        let vague = |len| !view.placed(key(VAGUE, class, &path[..len])).is_empty();
        (0..path.len()).any(vague)
            || class != settings.class && !view.placed(key('=', class, path)).is_empty()
    })
}

/// Switches that depend on switches are followed so far.
const MOST_SWITCHES: u32 = 5;

/// Does a setting hold in a configuration, as far as the values of the options tell
/// on which that depends?
pub fn holds(
    view: &View<'_>,
    configuration: &Configuration,
    setting: &Setting<'_>,
) -> Option<bool> {
    held(view, configuration, setting, &[], 0)
}

/// Does the one setting switch the other one off wherever it holds itself?
pub fn switches_off(
    view: &View<'_>,
    configuration: &Configuration,
    one: &Setting<'_>,
    other: &Setting<'_>,
) -> bool {
    let given = &one.definition.guards;
    held(view, configuration, other, given, 0) == Some(false)
}

/// As [`holds`], where the conditions that are `given` do.
fn held(
    view: &View<'_>,
    configuration: &Configuration,
    setting: &Setting<'_>,
    given: &[Guard],
    depth: u32,
) -> Option<bool> {
    let ways = configuration.members.get(&setting.module)?;
    let all = |guards: &[Guard]| {
        let mut result = Some(true);
        for guard in guards {
            match truth(view, configuration, setting.module, guard, given, depth) {
                Some(true) => {}
                Some(false) => return Some(false),
                None => result = None,
            }
        }
        result
    };
    let own = all(&setting.definition.guards);
    if own == Some(false) {
        return own;
    }
    let ways: Vec<_> = ways.iter().map(|way| all(way)).collect();
    if ways.iter().all(|way| *way == Some(false)) {
        return Some(false);
    }
    let is_certain = own == Some(true) && setting.definition.update.is_none();
    (is_certain && ways.contains(&Some(true))).then_some(true)
}

/// Is a condition true, as far as the values of options tell?
fn truth(
    view: &View<'_>,
    configuration: &Configuration,
    module: ModuleId,
    guard: &Guard,
    given: &[Guard],
    depth: u32,
) -> Option<bool> {
    if guard.is_never() || given.iter().any(|it| it.contradicts(guard)) {
        return Some(false);
    }
    if given.contains(guard) {
        return Some(true);
    }
    let (path, negated) = guard.option()?;
    let class = view.graph.class(module);
    let value = switch(view, configuration, class, &path, given, depth)?;
    Some(value != negated)
}

/// The value of a switch that the project declares, in a configuration.
fn switch(
    view: &View<'_>,
    configuration: &Configuration,
    class: Class,
    path: &[&str],
    given: &[Guard],
    depth: u32,
) -> Option<bool> {
    if depth > MOST_SWITCHES {
        return None;
    }
    // Whoever declares it otherwise, or at all, changes what is said.
    for class in [class, Class::Unknown] {
        view.placed(key('=', class, path));
    }
    let names: Vec<_> = path.iter().copied().map(Some).collect();
    // Which module system a module belongs to is not always seen.
    let declared = [class, Class::Unknown].map(|class| match view.options().find(class, &names) {
        Found::Value {
            declared: [declared],
            len,
            ty: Type::Bool,
        } if len == path.len() => Some(declared),
        _ => None,
    });
    let [Some(declared), Some(own)] = declared else {
        return None;
    };
    let says = declared.says;
    if !Arc::ptr_eq(declared, own) || says.apply || says.partly || says.maybe {
        return None;
    }
    let default = match declared.default.as_ref()?.literal {
        Some(Literal::Bool(value)) => value,
        _ => return None,
    };
    let is_here = |place: &&Place| {
        let id = view.graph.id(place.file, place.module);
        configuration.members.contains_key(&id)
    };
    let mut all: Vec<&Place> = Vec::new();
    for class in CLASSES {
        for len in 0..path.len() {
            // What sets a whole set may set this, too.
            let vague = view.placed(key(VAGUE, class, &path[..len]));
            if vague.iter().any(|place| is_here(&place)) {
                return None;
            }
        }
        let places = view.placed(key('=', class, path));
        all.extend(places.iter().filter(is_here));
    }
    let mut strongest = None;
    let mut doubtful = u32::MAX;
    for place in all {
        let setting = Setting {
            file: place.file,
            module: view.graph.id(place.file, place.module),
            definition: view.definition(*place),
        };
        let priority = setting.definition.option_priority(path.len());
        let value = match setting.definition.literal() {
            Some(Literal::Bool(value)) => Some(*value),
            _ => None,
        };
        match (held(view, configuration, &setting, given, depth + 1), value) {
            (Some(false), _) => {}
            (Some(true), Some(value)) => match strongest {
                Some((known, other)) if known < priority || known == priority && other == value => {
                }
                Some((known, _)) if known == priority => return None,
                _ => strongest = Some((priority, value)),
            },
            _ => doubtful = doubtful.min(priority),
        }
    }
    match strongest {
        Some((priority, value)) => (priority < doubtful).then_some(value),
        None => (doubtful == u32::MAX).then_some(default),
    }
}

/// Does a configuration hold a module without a condition?
pub fn always_holds(configuration: &Configuration, module: ModuleId) -> bool {
    configuration
        .members
        .get(&module)
        .is_some_and(|ways| ways.iter().any(|way| way.iter().all(Guard::is_choice)))
}

/// Wherever a configuration holds the one setting, does it hold the other one, too?
pub fn goes_with(configuration: &Configuration, one: &Setting<'_>, other: &Setting<'_>) -> bool {
    let ways = |setting: &Setting<'_>| configuration.members.get(&setting.module);
    let (Some(ways), Some(others)) = (ways(one), ways(other)) else {
        return false;
    };
    ways.iter().all(|way| {
        let holds = |guard: &Guard| way.contains(guard) || one.definition.guards.contains(guard);
        other.definition.update.is_none()
            && other.definition.guards.iter().all(holds)
            && others.iter().any(|way| way.iter().all(holds))
    })
}

/// Do all configurations that hold the one setting hold the other one with it?
/// `None` when no configuration holds it, or others may.
pub fn always_goes_with(graph: &Graph, one: &Setting<'_>, other: &Setting<'_>) -> Option<bool> {
    if graph.is_exported(one.module) {
        return None;
    }
    let mut holding = graph
        .configurations
        .iter()
        .filter(|it| it.members.contains_key(&one.module))
        .peekable();
    holding.peek()?;
    Some(holding.all(|configuration| goes_with(configuration, one, other)))
}

/// The text to delete to take a setting out: its binding, if that sets nothing else.
pub fn removal(view: &View<'_>, setting: &Setting<'_>) -> Option<TextRange> {
    let definition = setting.definition;
    // An `inherit` may bind more names.
    let last = definition.path.last()?;
    let mut others = view.module(setting.module).definitions.iter();
    let is_alone = definition.value.start() >= last.range.end()
        && others.all(|other| {
            other.value == definition.value || !definition.binding.contains_range(other.value)
        });
    is_alone.then(|| line_of(view.documents[setting.file].text(), definition.binding))
}

/// A binding with the line that it has to itself.
pub(crate) fn line_of(text: &str, binding: TextRange) -> TextRange {
    let (start, end) = (usize::from(binding.start()), usize::from(binding.end()));
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[end..].find('\n').map_or(text.len(), |at| end + at + 1);
    let alone = text[line_start..start].trim().is_empty() && text[end..line_end].trim().is_empty();
    match alone {
        true => TextRange::new(
            TextSize::new(line_start as u32),
            TextSize::new(line_end as u32),
        ),
        false => binding,
    }
}
