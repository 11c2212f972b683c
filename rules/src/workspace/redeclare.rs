//! What an edit of declarations changes in the options that are known.
//!
//! The options of a module system are the declarations of its modules in the order
//! of the files. An edit takes those of one file out, and puts the new ones into
//! their places. Where a file says more than that (a set of options that may hold
//! others, a free form, a namespace to which foreign modules add), everything is
//! linked again.

use super::graph::Graph;
use super::options::{ClassOptions, Options, is_certain, is_hole, takes_part};
use crate::linter::Document;
use crate::module::FileFacts;
use crate::options::{Declarations, Declared, OptionEntry, OptionSet};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;
use std::sync::Arc;

/// What each file declares, as the options have it.
#[derive(Debug, Default)]
pub(super) struct Contributions {
    of_file: Vec<Modules>,
    /// The files of the declarations, by address; made for the first edit.
    files: Option<FxHashMap<usize, usize>>,
}

/// What each module of a file declares.
type Modules = Vec<Option<Arc<Declarations>>>;

/// What is declared otherwise than before.
#[derive(Debug, Default)]
pub(super) struct Redeclared {
    /// The paths of the options.
    pub(super) options: Vec<Vec<SmolStr>>,
    /// Definitions at or below these paths may belong to another option now.
    pub(super) scopes: Vec<Vec<SmolStr>>,
    /// There are other names at these paths than before.
    pub(super) names: Vec<Vec<SmolStr>>,
}

/// What becomes of an option in a file.
#[derive(Debug, Clone, Copy, Default)]
struct Change {
    before: bool,
    after: bool,
    is_other: bool,
}

impl Contributions {
    pub(super) fn new(documents: &[Document]) -> Self {
        Self {
            of_file: documents.iter().map(|it| declared_by(&it.facts)).collect(),
            files: None,
        }
    }
}

fn declared_by(facts: &FileFacts) -> Modules {
    let modules = facts.modules.iter();
    modules.map(|module| module.declarations.clone()).collect()
}

fn addresses(modules: &Modules, visit: &mut dyn FnMut(usize)) {
    for declarations in modules.iter().flatten() {
        let options = &declarations.options;
        options.each_own(&mut |_, declared| visit(address(declared)));
    }
}

fn address(declared: &Arc<Declared>) -> usize {
    Arc::as_ptr(declared).addr()
}

impl Options {
    /// Puts what a file declares into the place of what it declared before. `None`
    /// when everything has to be linked again.
    pub(super) fn redeclare(
        &mut self,
        documents: &[Document],
        graph: &Graph,
        file: usize,
    ) -> Option<Redeclared> {
        let facts = &documents[file].facts;
        let new = declared_by(facts);
        let old = self.contributions.of_file[file].clone();
        let mut changes: FxHashMap<Vec<SmolStr>, Change> = FxHashMap::default();
        for ((old, new), module) in old.iter().zip(&new).zip(&facts.modules) {
            let empty = OptionSet::default();
            let [old, new] = [old, new].map(|it| it.as_ref().map_or(&empty, |it| &it.options));
            compare(old, new, &mut Vec::new(), &mut changes)?;
            if module.imports.iter().any(is_hole) && around(old) != around(new) {
                return None;
            }
        }
        let others = changes.iter().filter(|(_, change)| change.is_other);
        let options: Vec<_> = others.map(|(path, _)| path.clone()).collect();
        let depths = |known: &Self| -> Vec<usize> {
            let sets = known.sets_of(graph, facts, file);
            let depth = |path| sets.iter().map(|set| namespaces(set, path)).min();
            let depths = options.iter().map(|path| depth(path).unwrap_or_default());
            depths.collect()
        };
        let before = depths(self);
        self.exchange(graph, facts, file, changes.keys(), &old, &new);
        let after = depths(self);
        self.contributions.of_file[file] = new;
        let mut redeclared = Redeclared::default();
        for ((path, before), after) in options.iter().zip(before).zip(after) {
            let change = changes[path];
            if change.before && change.after {
                redeclared.scopes.push(path.clone());
                continue;
            }
            let known = before.min(after);
            redeclared.names.push(path[..known].to_vec());
            // Whoever declares `enable` has the namespace for himself.
            let is_switch = path.last().is_some_and(|name| name == "enable");
            let len = match is_switch && known > 0 {
                true => (known + 1).min(path.len() - 1),
                false => known + 1,
            };
            redeclared.scopes.push(path[..len].to_vec());
        }
        redeclared.options = options;
        Some(redeclared)
    }

    /// The sets of options that the modules of a file have part in.
    fn sets_of(&self, graph: &Graph, facts: &FileFacts, file: usize) -> Vec<&OptionSet> {
        let mut sets = Vec::new();
        for (class, known) in &self.by_class {
            let modules = facts.modules.iter().enumerate();
            let mut classes = modules.map(|(index, it)| (graph.class(graph.id(file, index)), it));
            if classes.any(|(own, _)| takes_part(own, *class)) {
                sets.extend([&known.all, &known.own, &known.certain]);
            }
        }
        sets
    }

    /// Puts the new declarations of some options into the places of the old ones.
    fn exchange<'p>(
        &mut self,
        graph: &Graph,
        facts: &FileFacts,
        file: usize,
        paths: impl Iterator<Item = &'p Vec<SmolStr>>,
        old: &Modules,
        new: &Modules,
    ) {
        let of_file = &self.contributions.of_file;
        let files = self.contributions.files.get_or_insert_with(|| {
            let mut files = FxHashMap::default();
            for (file, modules) in of_file.iter().enumerate() {
                addresses(modules, &mut |it| _ = files.insert(it, file));
            }
            files
        });
        let mut gone = FxHashSet::default();
        addresses(old, &mut |it| {
            files.remove(&it);
            gone.insert(it);
        });
        addresses(new, &mut |it| _ = files.insert(it, file));
        // Those of libraries come first.
        let is_before = |other: &Arc<Declared>| match files.get(&address(other)) {
            Some(other) => *other < file,
            None => true,
        };
        for path in paths {
            for (class, known) in &mut self.by_class {
                let mut all = Vec::new();
                let mut certain = Vec::new();
                for (index, (module, declarations)) in facts.modules.iter().zip(new).enumerate() {
                    let own = graph.class(graph.id(file, index));
                    let Some(declarations) = declarations else {
                        continue;
                    };
                    if takes_part(own, *class) {
                        let declared = declared_at(&declarations.options, path);
                        all.extend(declared.iter().cloned());
                        if is_certain(own, module) {
                            certain.extend(declared.iter().cloned());
                        }
                    }
                }
                let ClassOptions {
                    all: every,
                    own,
                    certain: sure,
                    ..
                } = known;
                for (set, declared) in [(every, &all), (own, &all), (sure, &certain)] {
                    put(set, path, declared, &gone, &is_before);
                }
            }
        }
    }
}

/// Puts declarations into a set, behind those of files before, and takes out those
/// that are gone.
fn put(
    set: &mut OptionSet,
    path: &[SmolStr],
    declared: &[Arc<Declared>],
    gone: &FxHashSet<usize>,
    is_before: &dyn Fn(&Arc<Declared>) -> bool,
) {
    let Some((name, rest)) = path.split_first() else {
        return;
    };
    if declared.is_empty() && !set.entries.contains_key(name) {
        return;
    }
    let entry = set.entries.entry(name.clone()).or_default();
    if rest.is_empty() {
        let known = &mut entry.declared;
        known.retain(|it| !gone.contains(&address(it)));
        let at = known.partition_point(is_before);
        known.splice(at..at, declared.iter().cloned());
    } else {
        put(&mut entry.below, rest, declared, gone, is_before);
    }
    let below = &entry.below;
    let is_empty = below.entries.is_empty() && !below.open && below.freeform.is_none();
    if entry.declared.is_empty() && is_empty {
        set.entries.remove(name);
    }
}

/// Adds what two states of a set declare. `None` when they differ in more.
fn compare(
    old: &OptionSet,
    new: &OptionSet,
    path: &mut Vec<SmolStr>,
    changes: &mut FxHashMap<Vec<SmolStr>, Change>,
) -> Option<()> {
    if old.open != new.open || old.freeform != new.freeform {
        return None;
    }
    let empty = OptionEntry::default();
    let gone = old.entries.iter();
    let gone = gone.filter(|(name, _)| !new.entries.contains_key(*name));
    let gone = gone.map(|(name, entry)| (name, entry, &empty));
    let kept = new.entries.iter();
    let kept = kept.map(|(name, entry)| (name, old.entries.get(name).unwrap_or(&empty), entry));
    for (name, old, new) in gone.chain(kept) {
        path.push(name.clone());
        if !old.declared.is_empty() || !new.declared.is_empty() {
            let change = changes.entry(path.clone()).or_default();
            change.before |= !old.declared.is_empty();
            change.after |= !new.declared.is_empty();
            change.is_other |= old.declared != new.declared;
        }
        compare(&old.below, &new.below, path, changes)?;
        path.pop();
    }
    Some(())
}

/// The paths around all options.
fn around(set: &OptionSet) -> FxHashSet<Vec<SmolStr>> {
    let mut around = FxHashSet::default();
    set.each_own(&mut |path, _| _ = around.insert(path[..path.len() - 1].to_vec()));
    around
}

/// How many names of a path, but for the last, lead to other options and to nothing
/// else.
fn namespaces(set: &OptionSet, path: &[SmolStr]) -> usize {
    let mut set = set;
    for (depth, name) in path[..path.len() - 1].iter().enumerate() {
        match set.entries.get(name) {
            Some(entry) if entry.declared.is_empty() && !entry.below.entries.is_empty() => {
                set = &entry.below;
            }
            _ => return depth,
        }
    }
    path.len() - 1
}

/// What a set declares at a path.
fn declared_at<'s>(set: &'s OptionSet, path: &[SmolStr]) -> &'s [Arc<Declared>] {
    let [around @ .., last] = path else {
        return &[];
    };
    let below = |set: &'s OptionSet, name: &SmolStr| Some(&set.entries.get(name)?.below);
    let set = around.iter().try_fold(set, below);
    let entry = set.and_then(|set| set.entries.get(last));
    entry.map_or(&[], |entry| &entry.declared)
}
