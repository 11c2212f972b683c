//! What the files of a project say together, and what an edit changes of that.
//!
//! Modules are linked again only when an edit changes what a file imports or
//! whether it is a module. A workspace rule judges keys: the names under which
//! definitions or declarations of several files meet. An edit has those keys judged
//! again that the file defines otherwise than before, or whose option it declares
//! otherwise; a file rule judges the file again when something of its facts is new,
//! or in the place of its finding.

use super::copies::Pieces;
use super::habits::Habits;
use super::options::{self, Options};
use super::policies::Policies;
use super::reach::Reach;
use super::reads::Reads;
use super::redeclare::Redeclared;
use super::{
    Declaration, FileContext, Graph, Judged, Settings, View, Workspace, WorkspaceContext, position,
};
use crate::config;
use crate::diagnostic::Diagnostic;
use crate::linter::Document;
use crate::module::{Definition, Moved, Updated};
use crate::rules::{self, RuleIndex};
use crate::sorted;
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use smol_str::SmolStr;
use std::hash::{Hash, Hasher};

/// Where a definition stands: its file, its module there, its position there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The position of the file in [`View::documents`].
    pub file: usize,
    /// The position of the module in the facts of the file.
    pub module: usize,
    /// The position of the definition in the facts of the module.
    pub definition: usize,
}

/// What the files say together.
#[derive(Debug)]
pub(super) struct Joined {
    pub(super) graph: Graph,
    options: Options,
    /// `None` when there are files that were not read: they may read anything.
    reads: Option<Reads>,
    reach: Reach,
    /// For every rule, its keys.
    keys: Vec<Keys>,
    /// The options that are set, for all rules.
    settings: Keys,
    /// The options that are declared, for all rules.
    declarations: Keys,
    /// Where names are set, whether an option has them or not; made when options
    /// are first declared otherwise.
    defined: Option<Defined>,
    /// What is said of the imports of each file.
    imports: Vec<Vec<Diagnostic>>,
    /// The files of whose imports something is said that points to a file.
    pointing: FxHashMap<usize, Vec<usize>>,
    /// What file rules say of each file.
    by_file: Vec<Vec<(RuleIndex, Diagnostic)>>,
    habits: Habits,
    policies: Policies,
    pieces: Pieces,
}

/// The keys of one rule.
#[derive(Debug, Default)]
struct Keys {
    places: FxHashMap<SmolStr, Vec<Place>>,
    of_file: Vec<Vec<SmolStr>>,
    /// The keys for which something was found.
    found: FxHashMap<SmolStr, Found>,
    /// The keys with findings that a file has a part in.
    found_in: Vec<FxHashSet<SmolStr>>,
    /// For keys of options, what is set below each root.
    roots: Option<FxHashMap<SmolStr, Root>>,
    /// The keys that were asked for while a key was judged.
    asks: FxHashMap<SmolStr, Vec<SmolStr>>,
    /// The same from the other side: the keys to judge again.
    asked_by: FxHashMap<SmolStr, FxHashSet<SmolStr>>,
}

/// What is set below the root of a module system's options.
#[derive(Debug, Clone, Copy, Default)]
struct Root {
    /// How many definitions there are.
    all: usize,
    /// How many names that no option has.
    missing: usize,
}

impl Root {
    /// Do others declare options here, too?
    fn is_shared(self) -> bool {
        self.missing >= options::FEW && self.missing * options::MISTAKES > self.all
    }
}

/// What was found for a key.
#[derive(Debug)]
struct Found {
    /// The findings, each with its file.
    findings: Vec<(usize, Diagnostic)>,
    /// The files that have a part in it.
    files: Vec<usize>,
}

/// The key of a definition that matters for all keys. While there is one, every
/// key is judged again when any definition changes.
pub const EVERY_KEY: &str = "";

impl Joined {
    pub(super) fn new(workspace: &Workspace, settings: &config::Settings) -> Self {
        let documents = workspace.documents.as_slice();
        let graph = workspace.graph(settings);
        let options = Options::new(documents, &graph, &workspace.libraries);
        let is_nix = |path: &std::sync::Arc<str>| path.ends_with(".nix");
        let is_read = !workspace.others.iter().any(is_nix);
        let reads = is_read.then(|| Reads::new(documents, &graph));
        // Of files alone nobody knows who imports them.
        let reach = match workspace.presence {
            Some(_) => Reach::new(documents, &workspace.others, &graph),
            None => Reach::default(),
        };
        let mut joined = Self {
            graph,
            options,
            reads,
            reach,
            settings: Keys::default(),
            declarations: Keys::new(documents.len()),
            defined: None,
            imports: Vec::new(),
            pointing: FxHashMap::default(),
            keys: Vec::new(),
            by_file: Vec::new(),
            habits: Habits::default(),
            policies: Policies::new(documents, settings.config()),
            pieces: Pieces::default(),
        };
        joined.habits = joined.plain_view(documents).habits().clone();
        for rule in 0..rules::ALL.len() {
            let mut keys = Keys::new(documents.len());
            for (file, document) in documents.iter().enumerate() {
                keys.read(file, definitions(document, keys_of(rule)));
            }
            joined.keys.push(keys);
        }
        let mut keys = Keys::new(documents.len());
        keys.roots = Some(FxHashMap::default());
        for (file, document) in documents.iter().enumerate() {
            keys.read(file, definitions(document, joined.options_of(file)));
        }
        joined.settings = keys;
        let all: Vec<_> = joined.settings.places.keys().cloned().collect();
        joined.judge_settings(documents, all);
        for (file, document) in documents.iter().enumerate() {
            joined.declarations.read(file, declarations(document));
        }
        let all: Vec<_> = joined.declarations.places.keys().cloned().collect();
        joined.judge_options(documents, all);
        joined.judge_imports(documents);
        for rule in 0..rules::ALL.len() {
            let all: Vec<_> = joined.keys[rule].places.keys().cloned().collect();
            joined.judge_keys(documents, rule, all);
        }
        let view = joined.view(documents);
        let judged = (0..documents.len()).map(|file| judge_file(&view, file, |_| true));
        joined.by_file = judged.collect();
        joined.judge_policies(documents, joined.policies.each());
        joined.pieces = Pieces::new(&joined.view(documents));
        joined
    }

    /// What becomes of the policies on each host.
    pub(super) fn verdicts(&self, documents: &[Document]) -> Vec<Judged<'_>> {
        self.policies.verdicts(self, documents)
    }

    /// Judges some policies. Returns the files in which something was, or is, found.
    fn judge_policies(
        &mut self,
        documents: &[Document],
        some: impl IntoIterator<Item = usize>,
    ) -> Vec<usize> {
        let mut policies = std::mem::take(&mut self.policies);
        let files = policies.judge(self, documents, some);
        self.policies = policies;
        files
    }

    /// The joined facts for rules.
    pub(super) fn view<'w>(&'w self, documents: &'w [Document]) -> View<'w> {
        let view = self.plain_view(documents);
        view.habits.get_or_init(|| self.habits.clone());
        view
    }

    fn plain_view<'w>(&'w self, documents: &'w [Document]) -> View<'w> {
        let mut view = View::new(documents, &self.graph, &self.options);
        view.reach = Some(&self.reach);
        view
    }

    /// Calls with the key of the option that a definition of a module sets.
    fn options_of(&self, file: usize) -> impl Fn(usize, &Definition, Add<'_>) {
        move |module, definition, add| {
            let class = self.graph.class(self.graph.id(file, module));
            if let Some(key) = options::key_of(&self.options, class, definition) {
                add(&key);
            }
        }
    }

    /// What is known after an edit of `file`. Returns the other files of which
    /// something else is said; `None` when everything has to be linked again.
    pub(super) fn update(
        &mut self,
        documents: &[Document],
        file: usize,
        updated: Updated,
        moved: Moved,
    ) -> Option<Vec<usize>> {
        let redeclared = match updated.declares {
            true => self.options.redeclare(documents, &self.graph, file)?,
            false => Redeclared::default(),
        };
        let mut touched = FxHashSet::default();
        for rule in 0..rules::ALL.len() {
            let keys = &mut self.keys[rule];
            // Where something is found, it has moved.
            let mut again: FxHashSet<SmolStr> = keys.found_in[file].clone();
            if updated.settings {
                again.extend(keys.forget(file));
                keys.read(file, definitions(&documents[file], keys_of(rule)));
                again.extend(keys.of_file[file].iter().cloned());
                // As long as one matters for all keys, all of them hang together.
                if again.contains(EVERY_KEY) || keys.places.contains_key(EVERY_KEY) {
                    again.extend(keys.places.keys().cloned());
                }
            }
            if !again.is_empty() {
                touched.extend(self.judge_keys(documents, rule, again));
            }
        }
        let mut again: FxHashSet<SmolStr> = self.settings.found_in[file].clone();
        if updated.settings || !redeclared.options.is_empty() {
            let own = updated.settings.then_some(file);
            again.extend(self.reread(documents, own, &redeclared));
        }
        if !again.is_empty() {
            touched.extend(self.judge_settings(documents, again));
        }
        let mut again: FxHashSet<SmolStr> = self.declarations.found_in[file].clone();
        if let Some(reads) = &mut self.reads {
            let names = reads.update(file, documents[file].text());
            if !names.is_empty() {
                let keys = self.declarations.places.keys();
                let reading = keys.filter(|key| reads.is_among(&names, options::names_in(key)));
                again.extend(reading.cloned());
            }
            if updated.declares {
                reads.redeclare(documents, &self.graph, file);
            }
        }
        if updated.declares {
            again.extend(self.declarations.forget(file));
            self.declarations.read(file, declarations(&documents[file]));
            again.extend(self.declarations.of_file[file].iter().cloned());
        }
        if !again.is_empty() {
            touched.extend(self.judge_options(documents, again));
        }
        let pointing = self.pointing.get(&file).into_iter().flatten();
        let path = documents[file].path();
        let points_there = |other: &usize| {
            let mut found = self.imports[*other].iter();
            found.any(|found| found.points_into(path, moved))
        };
        let is_stale = pointing.into_iter().any(points_there);
        let own = &mut self.imports[file];
        if is_stale || !own.iter_mut().all(|found| found.follow(moved)) {
            touched.extend(self.judge_imports(documents));
        } else if let Some(others) = self.pointing.get(&file) {
            let path = documents[file].path();
            for other in others {
                let found = self.imports[*other].iter_mut();
                found.for_each(|found| found.follow_related(path, moved));
                touched.insert(*other);
            }
        }
        let reached = self.reach.update(documents, file);
        let habits = (updated.outline || updated.declares)
            .then(|| self.plain_view(documents).habits().clone());
        if let Some(habits) = habits
            && habits != self.habits
        {
            self.habits = habits;
            let view = self.view(documents);
            let judged = (0..documents.len()).map(|file| judge_file(&view, file, |_| true));
            self.by_file = judged.collect();
            touched.extend(0..documents.len());
        } else {
            for other in &reached {
                let found = judge_file(&self.view(documents), *other, |_| true);
                self.by_file[*other] = found;
            }
            touched.extend(reached);
            let mut stale = [false; rules::ALL.len()];
            let new = updated != Updated::default();
            for (rule, check) in rules::ALL.iter().enumerate() {
                stale[rule] = new || check.reads_text();
            }
            let mut kept = std::mem::take(&mut self.by_file[file]);
            for (rule, found) in &mut kept {
                stale[*rule] |= !found.follow(moved);
            }
            kept.retain(|(rule, _)| !stale[*rule]);
            let view = self.view(documents);
            kept.extend(judge_file(&view, file, |rule| stale[rule]));
            self.by_file[file] = kept;
        }
        let again = self.policies.stale(documents, file, updated, moved);
        touched.extend(self.judge_policies(documents, again));
        let mut pieces = std::mem::take(&mut self.pieces);
        touched.extend(pieces.update(&self.view(documents), file));
        self.pieces = pieces;
        touched.remove(&file);
        Some(touched.into_iter().collect())
    }

    /// Reads again which options the definitions of some files set: those of `own`,
    /// which sets something else, and those that set what is declared otherwise.
    /// Returns the keys to judge again.
    fn reread(
        &mut self,
        documents: &[Document],
        own: Option<usize>,
        redeclared: &Redeclared,
    ) -> FxHashSet<SmolStr> {
        let mut keys = std::mem::take(&mut self.settings);
        let mut again = FxHashSet::default();
        let before = keys.shared();
        if let Some(file) = own {
            again.extend(keys.forget(file));
            keys.read(file, definitions(&documents[file], self.options_of(file)));
            again.extend(keys.of_file[file].iter().cloned());
            if let Some(defined) = &mut self.defined {
                defined.read(file, &documents[file]);
            }
        }
        let mut others = Vec::new();
        if !redeclared.scopes.is_empty() {
            let defined = self.defined.get_or_insert_with(|| Defined::new(documents));
            for scope in &redeclared.scopes {
                defined.below(documents, scope, &mut others);
            }
            sorted::set(&mut others);
        }
        for file in others.into_iter().filter(|file| Some(*file) != own) {
            let old = keys.forget(file);
            keys.read(file, definitions(&documents[file], self.options_of(file)));
            let new = &keys.of_file[file];
            let gone = old.iter().filter(|key| new.binary_search(key).is_err());
            let come = new.iter().filter(|key| old.binary_search(key).is_err());
            again.extend(gone.chain(come).cloned());
        }
        let around = redeclared.options.iter();
        again.extend(around.flat_map(|path| options::keys_around(path)));
        let asking = again.iter().filter_map(|key| keys.asked_by.get(key));
        let asking: Vec<_> = asking.flatten().cloned().collect();
        again.extend(asking);
        let is_other = before != keys.shared();
        if is_other || !redeclared.names.is_empty() {
            let names = redeclared.names.iter();
            let is_below = |key: &str| {
                let mut names = names.clone();
                names.any(|path| options::is_missing_below(key, path))
            };
            let missing = keys
                .places
                .keys()
                .filter(|key| key.starts_with(options::MISSING) && (is_other || is_below(key)));
            again.extend(missing.cloned());
        }
        self.settings = keys;
        again
    }

    /// What rules say of a file alone, or of its keys: everything but what local
    /// rules say.
    pub(super) fn findings(&self, file: usize) -> impl Iterator<Item = &Diagnostic> {
        let own = self.by_file[file].iter().map(|(_, found)| found);
        let keys = self.keys.iter();
        let keys = keys.chain([&self.settings, &self.declarations]);
        let shared = keys.flat_map(move |keys| {
            let found = keys.found_in[file]
                .iter()
                .filter_map(|key| keys.found.get(key));
            found
                .flat_map(|found| &found.findings)
                .filter(move |(at, _)| *at == file)
                .map(|(_, found)| found)
        });
        own.chain(shared)
            .chain(&self.imports[file])
            .chain(self.policies.found(file))
            .chain(self.pieces.found(file))
    }

    /// Judges some keys of a rule. Returns the files in which something was, or
    /// is, found for them.
    fn judge_keys(
        &mut self,
        documents: &[Document],
        rule: RuleIndex,
        some: impl IntoIterator<Item = SmolStr>,
    ) -> Vec<usize> {
        let mut keys = std::mem::take(&mut self.keys[rule]);
        let view = self.view(documents);
        let every = keys.places.get(EVERY_KEY).cloned().unwrap_or_default();
        let mut files = Vec::new();
        for key in some {
            files.extend(keys.forget_found(&key));
            let Some(places) = keys.places.get(&key) else {
                continue;
            };
            let mut cx = WorkspaceContext {
                view: &view,
                rule,
                every: &every,
                out: Vec::new(),
            };
            rules::ALL[rule].check_key(&key, places, &mut cx);
            files.extend(keys.keep_found(documents, key, cx.out));
        }
        self.keys[rule] = keys;
        files
    }

    /// Judges some options. Returns the files in which something was, or is, found.
    fn judge_settings(
        &mut self,
        documents: &[Document],
        some: impl IntoIterator<Item = SmolStr>,
    ) -> Vec<usize> {
        let mut keys = std::mem::take(&mut self.settings);
        let mut view = self.view(documents);
        view.placed = Some(&keys.places);
        let mut judged = Vec::new();
        for key in some {
            let shared = keys.is_shared(&key);
            let places = keys.places.get(&key);
            let settings = places.and_then(|places| Settings::of(&view, places, shared));
            let mut out = Vec::new();
            if let Some(settings) = settings {
                for (rule, check) in rules::ALL.iter().enumerate() {
                    let mut cx = WorkspaceContext {
                        view: &view,
                        rule,
                        every: &[],
                        out,
                    };
                    check.check_settings(&settings, &mut cx);
                    out = cx.out;
                }
            }
            let asked: Vec<_> = view.asked.borrow_mut().drain().collect();
            let was_known = keys.found.contains_key(&key) || keys.asks.contains_key(&key);
            if was_known || !out.is_empty() || !asked.is_empty() {
                judged.push((key, out, asked));
            }
        }
        let mut files = Vec::new();
        for (key, out, asked) in judged {
            files.extend(keys.forget_found(&key));
            keys.depends(&key, asked);
            files.extend(keys.keep_found(documents, key, out));
        }
        self.settings = keys;
        files
    }

    /// Judges the declarations of some options. Returns the files in which something
    /// was, or is, found.
    fn judge_options(
        &mut self,
        documents: &[Document],
        some: impl IntoIterator<Item = SmolStr>,
    ) -> Vec<usize> {
        let mut keys = std::mem::take(&mut self.declarations);
        let mut view = self.view(documents);
        view.reads = self.reads.as_ref();
        let mut files = Vec::new();
        for key in some {
            files.extend(keys.forget_found(&key));
            let places = keys.places.get(&key).into_iter().flatten();
            let declarations: Vec<_> = places
                .map(|place| Declaration {
                    file: place.file,
                    module: self.graph.id(place.file, place.module),
                    option: &documents[place.file].facts.modules[place.module].options
                        [place.definition],
                })
                .collect();
            if declarations.is_empty() {
                continue;
            }
            let mut out = Vec::new();
            for (rule, check) in rules::ALL.iter().enumerate() {
                let mut cx = WorkspaceContext {
                    view: &view,
                    rule,
                    every: &[],
                    out,
                };
                check.check_option(&declarations, &mut cx);
                out = cx.out;
            }
            files.extend(keys.keep_found(documents, key, out));
        }
        self.declarations = keys;
        files
    }

    /// Judges what imports what. Returns the files in which something was, or is, found.
    fn judge_imports(&mut self, documents: &[Document]) -> Vec<usize> {
        let view = self.view(documents);
        let mut out = Vec::new();
        for (rule, check) in rules::ALL.iter().enumerate() {
            let mut cx = WorkspaceContext {
                view: &view,
                rule,
                every: &[],
                out,
            };
            check.check_imports(&mut cx);
            out = cx.out;
        }
        let mut found = vec![Vec::new(); documents.len()];
        self.pointing.clear();
        for (file, diagnostic) in out {
            for other in pointed_at(documents, &diagnostic) {
                let pointing = self.pointing.entry(other).or_default();
                if !pointing.contains(&file) {
                    pointing.push(file);
                }
            }
            found[file].push(diagnostic);
        }
        let old = std::mem::replace(&mut self.imports, found);
        let both = self.imports.iter().enumerate().filter(|(file, found)| {
            !found.is_empty() || old.get(*file).is_some_and(|old| !old.is_empty())
        });
        both.map(|(file, _)| file).collect()
    }
}

/// What takes the keys of a definition.
type Add<'a> = &'a mut dyn FnMut(&str);

/// What takes the modules of a file, positions in them, and the keys of what is there.
type Visit<'a> = &'a mut dyn FnMut(usize, usize, &str);

/// Calls with the definitions of a file and their keys.
fn definitions(
    document: &Document,
    keys_of: impl Fn(usize, &Definition, Add<'_>),
) -> impl FnOnce(Visit<'_>) {
    move |visit| {
        for (module, facts) in document.facts.modules.iter().enumerate() {
            for (position, definition) in facts.definitions.iter().enumerate() {
                keys_of(module, definition, &mut |key| visit(module, position, key));
            }
        }
    }
}

/// Calls with the declarations of a file and their keys.
fn declarations(document: &Document) -> impl FnOnce(Visit<'_>) {
    move |visit| {
        for (module, facts) in document.facts.modules.iter().enumerate() {
            for (position, option) in facts.options.iter().enumerate() {
                visit(module, position, &options::key_of_path(&option.path));
            }
        }
    }
}

/// The files that a finding points to.
fn pointed_at(documents: &[Document], finding: &Diagnostic) -> impl Iterator<Item = usize> {
    let paths = finding.related.iter().filter_map(|it| it.path.as_deref());
    paths.filter_map(|path| position(documents, path))
}

/// The files by the first names of what they set.
#[derive(Debug, Default)]
struct Defined {
    /// By a hash of up to [`FIRST_NAMES`] names.
    files: FxHashMap<u64, Vec<usize>>,
    of_file: Vec<Vec<u64>>,
}

/// Names of a path by which files are found.
const FIRST_NAMES: usize = 3;

/// Hashes of the first names of a path, of one, of two, and so on.
fn first_names<'n>(path: impl Iterator<Item = &'n str>) -> impl Iterator<Item = u64> {
    let mut hasher = FxHasher::default();
    path.take(FIRST_NAMES).map(move |name| {
        name.hash(&mut hasher);
        hasher.finish()
    })
}

/// The names of a path before the first that is computed.
fn known_names(definition: &Definition) -> impl Iterator<Item = &str> {
    definition.path.iter().map_while(|key| key.name.as_deref())
}

impl Defined {
    fn new(documents: &[Document]) -> Self {
        let mut defined = Self {
            of_file: vec![Vec::new(); documents.len()],
            ..Self::default()
        };
        for (file, document) in documents.iter().enumerate() {
            defined.read(file, document);
        }
        defined
    }

    /// Reads what a file sets, in place of what it set before.
    fn read(&mut self, file: usize, document: &Document) {
        for hash in std::mem::take(&mut self.of_file[file]) {
            if let Some(files) = self.files.get_mut(&hash)
                && let Ok(at) = files.binary_search(&file)
            {
                files.remove(at);
            }
        }
        let modules = document.facts.modules.iter();
        let definitions = modules.flat_map(|module| &module.definitions);
        let mut own: Vec<u64> = definitions
            .flat_map(|definition| first_names(known_names(definition)))
            .collect();
        sorted::sort(&mut own);
        own.dedup();
        for hash in &own {
            let files = self.files.entry(*hash).or_default();
            if let Err(at) = files.binary_search(&file) {
                files.insert(at, file);
            }
        }
        self.of_file[file] = own;
    }

    /// Adds the files that set something at a path or below.
    fn below(&self, documents: &[Document], path: &[SmolStr], found: &mut Vec<usize>) {
        let names = || path.iter().map(SmolStr::as_str);
        let Some(hash) = first_names(names()).last() else {
            return;
        };
        let is_below = |definition: &Definition| {
            let mut own = known_names(definition);
            names().all(|name| own.next() == Some(name))
        };
        let files = self.files.get(&hash).into_iter().flatten();
        found.extend(files.filter(|file| {
            let mut modules = documents[**file].facts.modules.iter();
            modules.any(|module| module.definitions.iter().any(is_below))
        }));
    }
}

/// Calls with the keys that a rule gives a definition.
fn keys_of(rule: RuleIndex) -> impl Fn(usize, &Definition, Add<'_>) {
    move |_, definition, add| rules::ALL[rule].keys(definition, add)
}

impl Keys {
    fn new(files: usize) -> Self {
        Self {
            of_file: vec![Vec::new(); files],
            found_in: vec![FxHashSet::default(); files],
            ..Self::default()
        }
    }

    /// The roots below which others declare options, too.
    fn shared(&self) -> Vec<SmolStr> {
        let roots = self.roots.iter().flatten();
        let shared = roots.filter(|(_, root)| root.is_shared());
        let mut names: Vec<_> = shared.map(|(name, _)| name.clone()).collect();
        sorted::sort(&mut names);
        names
    }

    fn is_shared(&self, key: &str) -> bool {
        let roots = self.roots.as_ref();
        let root = roots.and_then(|roots| roots.get(options::root_of(key)));
        root.is_some_and(|root| root.is_shared())
    }

    /// Adds the keys of a file, with the module and the position in it of what each
    /// stands for.
    fn read(&mut self, file: usize, each: impl FnOnce(Visit<'_>)) {
        let mut own = Vec::new();
        each(&mut |module, definition, key| {
            let place = Place {
                file,
                module,
                definition,
            };
            let places = self.places.entry(key.into()).or_default();
            if let Some(roots) = &mut self.roots
                && !key.starts_with(options::VAGUE)
            {
                let root = roots.entry(options::root_of(key).into()).or_default();
                root.all += 1;
                let is_new = places.is_empty() && key.starts_with(options::MISSING);
                root.missing += usize::from(is_new);
            }
            let at = places.partition_point(|known| *known < place);
            places.insert(at, place);
            own.push(SmolStr::from(key));
        });
        sorted::sort(&mut own);
        own.dedup();
        self.of_file[file] = own;
    }

    /// Takes out the keys of a file, and returns them.
    fn forget(&mut self, file: usize) -> Vec<SmolStr> {
        let own = std::mem::take(&mut self.of_file[file]);
        for key in &own {
            if let Some(places) = self.places.get_mut(key) {
                let before = places.len();
                places.retain(|place| place.file != file);
                let (gone, is_empty) = (before - places.len(), places.is_empty());
                if let Some(roots) = &mut self.roots
                    && !key.starts_with(options::VAGUE)
                    && let Some(root) = roots.get_mut(options::root_of(key))
                {
                    root.all -= gone;
                    root.missing -= usize::from(is_empty && key.starts_with(options::MISSING));
                }
                if is_empty {
                    self.places.remove(key);
                }
            }
        }
        own
    }

    /// Keeps what was found for a key. Returns the files in which it was.
    fn keep_found(
        &mut self,
        documents: &[Document],
        key: SmolStr,
        findings: Vec<(usize, Diagnostic)>,
    ) -> Vec<usize> {
        if findings.is_empty() {
            return Vec::new();
        }
        let places = self.places.get(&key).into_iter().flatten();
        let mut own: Vec<_> = places.map(|place| place.file).collect();
        for (file, finding) in &findings {
            own.push(*file);
            own.extend(pointed_at(documents, finding));
        }
        sorted::sort(&mut own);
        own.dedup();
        for file in &own {
            self.found_in[*file].insert(key.clone());
        }
        let files = findings.iter().map(|(file, _)| *file).collect();
        self.found.insert(
            key,
            Found {
                findings,
                files: own,
            },
        );
        files
    }

    /// Keeps what a key was judged by.
    fn depends(&mut self, key: &SmolStr, asked: Vec<SmolStr>) {
        for other in self.asks.remove(key).into_iter().flatten() {
            if let Some(asking) = self.asked_by.get_mut(&other) {
                asking.remove(key);
                if asking.is_empty() {
                    self.asked_by.remove(&other);
                }
            }
        }
        for other in &asked {
            let asking = self.asked_by.entry(other.clone()).or_default();
            asking.insert(key.clone());
        }
        if !asked.is_empty() {
            self.asks.insert(key.clone(), asked);
        }
    }

    /// Takes out what was found for a key. Returns the files in which it was.
    fn forget_found(&mut self, key: &SmolStr) -> Vec<usize> {
        let Some(found) = self.found.remove(key) else {
            return Vec::new();
        };
        for file in found.files {
            self.found_in[file].remove(key);
        }
        found.findings.into_iter().map(|(file, _)| file).collect()
    }
}

/// What file rules say of a file.
fn judge_file<'a>(
    view: &'a View<'a>,
    file: usize,
    wanted: impl Fn(RuleIndex) -> bool,
) -> Vec<(RuleIndex, Diagnostic)> {
    let document = &view.documents[file];
    let mut all = Vec::new();
    for (index, rule) in rules::ALL.iter().enumerate() {
        if document.settings.is_on(index) && wanted(index) {
            let mut cx = FileContext {
                file,
                document,
                view,
                rule: index,
                out: Vec::new(),
            };
            rule.check_file(&mut cx);
            all.extend(cx.out.into_iter().map(|found| (index, found)));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use crate::linter::{Document, Source, analyze};
    use crate::syntax::{TextEdit, TextRange};
    use crate::{Settings, Workspace};

    const HOST: &str = "{ imports = [ ./a.nix ./b.nix ./c.nix ]; }";
    /// A key whose whole option gives way to any plain definition.
    const WEAK: &str = "{ lib, ... }: { boot.kernel.sysctl = lib.mkDefault { \"k\" = 1; }; }";
    const PLAIN: &str = "{ boot.isContainer = true; boot.kernel.sysctl.\"other\" = 1; }";

    /// Is there a clash in the first file?
    fn clashes(workspace: &Workspace) -> bool {
        let findings = workspace.findings(0);
        let mut rules = findings.iter().map(|found| found.rule().name);
        rules.any(|rule| rule == "duplicate-sysctl")
    }

    #[test]
    fn an_edit_changes_what_is_said_of_other_files() {
        let settings = Settings::default();
        let closed = |path, text| analyze(Source::new(path, text), &settings);
        let documents = vec![
            closed("a.nix", WEAK),
            closed("b.nix", WEAK),
            Document::open(Source::new("c.nix", PLAIN), &settings),
            closed("host.nix", HOST),
        ];
        let mut workspace = Workspace::new(documents, []);
        workspace.join(&settings);
        assert!(
            !clashes(&workspace),
            "a plain definition silences the others"
        );
        // It goes, and comes back.
        let start = PLAIN.find("boot.kernel").expect("it stands there");
        let end = PLAIN.len() - 2;
        let edit = |range: std::ops::Range<usize>, text: &str| TextEdit {
            range: TextRange::new((range.start as u32).into(), (range.end as u32).into()),
            text: text.to_owned(),
        };
        let edited = workspace.edit("c.nix", &[edit(start..end, "")], &settings);
        assert!(clashes(&workspace), "nothing silences them");
        assert_eq!(edited.others, [0, 1]);
        let back = edit(start..start, &PLAIN[start..end]);
        let edited = workspace.edit("c.nix", &[back], &settings);
        assert!(!clashes(&workspace), "silenced again");
        assert_eq!(edited.others, [0, 1]);
    }

    #[test]
    fn a_switch_decides_in_other_files() {
        let settings = Settings::default();
        let closed = |path, text| analyze(Source::new(path, text), &settings);
        let options = "{ lib, ... }: { options.my.on = lib.mkEnableOption \"x\"; \
            options.my.theme = lib.mkOption { type = lib.types.str; }; }";
        let when = "{ config, lib, ... }: { my.theme = lib.mkIf config.my.on \"a\"; }";
        let switch = "{ lib, ... }: { my.on = true; }";
        let documents = vec![
            closed("a.nix", when),
            closed("b.nix", "{ my.theme = \"b\"; }"),
            closed(
                "host.nix",
                "{ imports = [ ./a.nix ./b.nix ./options.nix ./z.nix ]; }",
            ),
            closed("options.nix", options),
            Document::open(Source::new("z.nix", switch), &settings),
        ];
        let mut workspace = Workspace::new(documents, []);
        workspace.join(&settings);
        let said = |workspace: &Workspace| -> Vec<_> {
            let findings = workspace.findings(0).into_iter();
            findings
                .map(|found| (found.rule().name, found.severity.name()))
                .collect()
        };
        let conflict = |severity| vec![("option-conflict", severity)];
        assert_eq!(said(&workspace), conflict("error"));
        let at = |text: &str, part: &str| {
            let start = text.find(part).expect("it stands there") as u32;
            TextRange::at(start.into(), (part.len() as u32).into())
        };
        let mut text = switch.to_owned();
        for (part, with, expected) in [
            ("true", "false", vec![]),
            ("my.on = false;", "my.x = 1;", vec![]),
            ("my.x = 1;", "my.on = lib.x;", conflict("warning")),
            ("my.on = lib.x;", "my = lib.x;", conflict("warning")),
            ("my = lib.x;", "my.on = true;", conflict("error")),
        ] {
            let edit = TextEdit {
                range: at(&text, part),
                text: with.to_owned(),
            };
            let edited = workspace.edit("z.nix", &[edit], &settings);
            text = text.replace(part, with);
            assert_eq!(said(&workspace), expected, "{text}");
            let is_told = edited.others.contains(&0);
            assert!(is_told || text.contains("my.x"), "{text}: {edited:?}");
        }
    }

    #[test]
    fn what_a_file_reads_decides_in_others() {
        let settings = Settings::default();
        let closed = |path, text| analyze(Source::new(path, text), &settings);
        let options = "{ lib, ... }: { options.my.on.port = \
            lib.mkOption { type = lib.types.port; }; }";
        let flake = "{ outputs = { nixpkgs, ... }: { nixosConfigurations.a = \
            nixpkgs.lib.nixosSystem { modules = [ ./options.nix ./z.nix ]; }; }; }";
        let reading = "{ config, ... }: { x.y = config.my.on.port; }";
        let documents = vec![
            closed("flake.nix", flake),
            closed("options.nix", options),
            Document::open(Source::new("z.nix", reading), &settings),
        ];
        let mut workspace = Workspace::new(documents, []);
        workspace.join(&settings);
        let is_unused = |workspace: &Workspace| {
            let findings = workspace.findings(1);
            findings
                .iter()
                .any(|found| found.rule().name == "unused-option")
        };
        assert!(!is_unused(&workspace), "it is read");
        let start = reading.find(".port").expect("it stands there") as u32;
        let edit = |len: u32, text: &str| TextEdit {
            range: TextRange::at(start.into(), len.into()),
            text: text.to_owned(),
        };
        for (len, text, expected) in [(5, ".x", true), (2, "", false), (0, ".port", false)] {
            let edited = workspace.edit("z.nix", &[edit(len, text)], &settings);
            assert_eq!(is_unused(&workspace), expected, "{text:?}");
            assert!(!edited.others.contains(&1) || text != ".port", "{edited:?}");
        }
    }

    #[test]
    fn files_open_and_close() {
        let settings = Settings::default();
        let closed = |path, text| analyze(Source::new(path, text), &settings);
        let documents = vec![
            closed("a.nix", "{ boot.kernel.sysctl.\"k\" = 1; }"),
            closed("b.nix", "{ boot.kernel.sysctl.\"o\" = 1; }"),
            closed("host.nix", HOST),
        ];
        let mut workspace = Workspace::new(documents, []);
        workspace.join(&settings);
        // As an editor has it, which nobody saved.
        let edited = workspace.open("b.nix", "{ boot.kernel.sysctl.\"k\" = 1; }", &settings);
        assert!(clashes(&workspace));
        assert_eq!(edited.others, [0]);
        assert!(workspace.documents()[1].tree().is_some());
        // As it is on the disk.
        let edited = workspace.close("b.nix", "{ boot.kernel.sysctl.\"o\" = 1; }", &settings);
        assert!(!clashes(&workspace));
        assert_eq!(edited.others, [0]);
        assert!(workspace.documents()[1].tree().is_none());
        // One that is new, and goes again.
        workspace.open("c.nix", "{ boot.kernel.sysctl.\"k\" = 1; }", &settings);
        assert!(clashes(&workspace));
        workspace.remove("c.nix", &settings);
        assert!(!clashes(&workspace));
    }
}
