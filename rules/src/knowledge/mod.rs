//! Questions about options: what one is, where it is declared and read, what sets it,
//! and which setting wins on which host.
//!
//! Rules judge; here somebody asks. An answer may take a millisecond, so nothing is
//! kept for it.

mod complete;
mod outcome;
mod reads;
mod rename;
#[cfg(test)]
mod tests;

use crate::sorted;
pub use complete::{Candidate, Offer};
pub use outcome::{Host, Outcome, Stand, Standing};
pub(crate) use outcome::{hosts, on_host};
pub use rename::Cannot;

use crate::linter::Document;
use crate::module::{Class, Definition};
use crate::options::{Declared, Found, IndexedLibrary, Known, Type};
use crate::syntax::{self, TextRange, TextSize};
use crate::workspace::{ModuleId, View, dotted};
use reads::Read;
use rustc_hash::FxHashMap;
use smol_str::SmolStr;
use std::sync::Arc;

/// The joined workspace, ready to be asked.
pub struct Knowledge<'w> {
    view: View<'w>,
    libraries: &'w [Arc<IndexedLibrary>],
}

/// A range of a file of the workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Site {
    /// The position of the file among the documents.
    pub file: usize,
    /// Where in its text.
    pub range: TextRange,
}

/// By file, and by where it begins there.
impl Ord for Site {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let key = |site: &Self| (site.file, site.range.start(), site.range.end());
        key(self).cmp(&key(other))
    }
}

impl PartialOrd for Site {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// What stands at a place of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Spot {
    /// Its text.
    pub range: TextRange,
    /// The module system whose options are meant.
    pub class: Class,
    /// The path that is named, up to the place.
    pub path: Vec<SmolStr>,
    /// What is done with it.
    pub role: Role,
}

/// What a text does with an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Declares it.
    Declares,
    /// Sets it, or something in it.
    Sets,
    /// Reads it.
    Reads,
}

/// A place where an option is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// Where.
    pub site: Site,
    /// What happens there.
    pub role: Role,
}

/// A definition of an option, or of something in it.
#[derive(Debug, Clone, Copy)]
pub struct SetHere<'w> {
    /// Where its key stands: the last of the names.
    pub site: Site,
    /// The module.
    pub module: ModuleId,
    /// The definition.
    pub definition: &'w Definition,
}

/// What is known of an option.
#[derive(Debug)]
pub struct OptionFacts<'w> {
    /// The module system.
    pub class: Class,
    /// The path that was asked for.
    pub path: Vec<SmolStr>,
    /// How many of its names lead to the option itself; the rest leads into it.
    pub len: usize,
    /// What declares it; empty when nobody does.
    pub declared: &'w [Arc<Declared>],
    /// The type of what the whole path leads to.
    pub ty: Option<&'w Type>,
    /// What it is for, as it is written.
    pub description: Option<&'w SmolStr>,
    /// Where the workspace declares it.
    pub declarations: Vec<Site>,
    /// What sets it.
    pub settings: Vec<SetHere<'w>>,
    /// What becomes of that, for all hosts on which the same happens.
    pub outcomes: Vec<Outcome>,
}

impl OptionFacts<'_> {
    /// The path as people write it.
    pub fn name(&self) -> String {
        let names: Vec<&str> = self.path.iter().map(SmolStr::as_str).collect();
        dotted(&names)
    }
}

impl<'w> Knowledge<'w> {
    pub(crate) fn new(view: View<'w>, libraries: &'w [Arc<IndexedLibrary>]) -> Self {
        Self { view, libraries }
    }

    /// The joined facts.
    pub(crate) fn view(&self) -> &View<'w> {
        &self.view
    }

    /// The files.
    pub fn documents(&self) -> &'w [Document] {
        self.view.documents
    }

    /// What a path leads to: one answer for each option at or below it that somebody
    /// declares or sets, in every module system that has one.
    pub fn about(&self, path: &[SmolStr]) -> Vec<OptionFacts<'w>> {
        let names: Vec<_> = path.iter().map(|name| Some(name.as_str())).collect();
        let mut all = Vec::new();
        // What a module that may belong to any module system declares.
        let mut vague = None;
        for class in Class::ALL {
            let found = self.view.options().find(class, &names);
            if matches!(found, Found::Value { .. } | Found::NoSet { .. }) {
                let facts = self.option(class, path);
                let is_said = facts.declarations.iter().any(|site| {
                    let index = self.documents()[site.file].facts.module_at(site.range);
                    index.is_some_and(|index| self.view.class(site.file, index) == class)
                });
                match !facts.settings.is_empty() || is_said || self.library_site(&facts).is_some() {
                    true => all.push(facts),
                    false => vague = Some(facts),
                }
                continue;
            }
            let mut paths = Vec::new();
            self.each_setting(class, path, |setting| {
                paths.push(self.option_path(class, setting.definition, path.len()));
            });
            sorted::set(&mut paths);
            // What sets the whole belongs to each part, too.
            let is_inner = |outer: &&Vec<SmolStr>| {
                !paths
                    .iter()
                    .any(|path| path.len() > outer.len() && path.starts_with(outer))
            };
            let inner = paths.iter().filter(is_inner);
            all.extend(inner.map(|path| self.option(class, path)));
        }
        if all.is_empty() {
            all.extend(vague);
        }
        all
    }

    /// What is known of the option at a path of a module system, or of what is in it.
    pub fn option(&self, class: Class, path: &[SmolStr]) -> OptionFacts<'w> {
        let names: Vec<_> = path.iter().map(|name| Some(name.as_str())).collect();
        let options = self.view.options();
        let known = options.all(class).and_then(|all| all.option(&names));
        let (len, declared) = known.unwrap_or((path.len(), &[]));
        let ty = match options.find(class, &names) {
            Found::Value { ty, .. } => Some(ty),
            _ => None,
        };
        let mut settings = Vec::new();
        self.each_setting(class, path, |setting| {
            // A set without entries has none of the options around which it stands.
            let is_beside =
                setting.definition.path.len() < len && setting.definition.known == Known::Set;
            if !is_beside {
                settings.push(setting);
            }
        });
        let (declarations, described): (Vec<_>, Vec<_>) =
            self.declarations(class, &path[..len]).into_iter().unzip();
        // What was linked may know a description from before it was edited.
        let description = match described.is_empty() {
            true => declared.first().and_then(|it| it.description.as_ref()),
            false => described.into_iter().flatten().next(),
        };
        let mut facts = OptionFacts {
            class,
            path: path.to_vec(),
            len,
            declared,
            ty,
            description,
            declarations,
            settings,
            outcomes: Vec::new(),
        };
        facts.outcomes = outcome::outcomes(&self.view, &facts);
        facts
    }

    /// Where modules of the workspace declare an option, and how each describes it.
    fn declarations(&self, class: Class, path: &[SmolStr]) -> Vec<(Site, Option<&'w SmolStr>)> {
        let mut sites = Vec::new();
        for (file, document) in self.documents().iter().enumerate() {
            for (index, module) in document.facts.modules.iter().enumerate() {
                let own = self.view.class(file, index);
                if own == class || own == Class::Unknown {
                    let found = module.options.iter().filter(|option| option.path == path);
                    sites.extend(found.map(|option| {
                        let range = option.range;
                        let description = option.declared.description.as_ref();
                        (Site { file, range }, description)
                    }));
                }
            }
        }
        sorted::sort_by_key(&mut sites, |(site, _)| *site);
        sites.dedup_by_key(|(site, _)| *site);
        sites
    }

    /// Where a library declares an option: the folder of the library as the door
    /// that read it calls it, the file in it and the place of the key.
    pub fn library_site(&self, facts: &OptionFacts<'_>) -> Option<(&'w str, Arc<str>, TextRange)> {
        let names: Vec<_> = facts.path[..facts.len]
            .iter()
            .map(|name| Some(name.as_str()))
            .collect();
        self.libraries.iter().find_map(|library| {
            let below: Vec<_> = library.below.iter().map(|it| Some(it.as_str())).collect();
            let inner = names.strip_prefix(below.as_slice()).unwrap_or(&names);
            let (_, declared) = library.options.option(inner)?;
            let ours = declared
                .iter()
                .find(|it| facts.declared.iter().any(|ours| Arc::ptr_eq(it, ours)))?;
            let place = ours.place.as_ref()?;
            let range = TextRange::new(place.start.into(), place.end.into());
            Some((library.folder.as_str(), place.file.clone(), range))
        })
    }

    /// Calls with every definition of what a path leads to, of what is in it, and of
    /// what it is in.
    fn each_setting(&self, class: Class, path: &[SmolStr], mut visit: impl FnMut(SetHere<'w>)) {
        let mut last = None;
        for (file, document) in self.documents().iter().enumerate() {
            for (index, module) in document.facts.modules.iter().enumerate() {
                let id = self.view.graph.id(file, index);
                if self.view.graph.class(id) != class || !self.view.graph.is_module(id) {
                    continue;
                }
                for definition in &module.definitions {
                    let mut pairs = definition.path.iter().zip(path);
                    let Some(key) = definition.path.last() else {
                        continue;
                    };
                    let site = Site {
                        file,
                        range: key.range,
                    };
                    if pairs.all(|(key, name)| key.name.as_ref() == Some(name))
                        // A module that several names stand for is there more than once.
                        && last != Some((site, definition.value))
                    {
                        last = Some((site, definition.value));
                        visit(SetHere {
                            site,
                            module: id,
                            definition,
                        });
                    }
                }
            }
        }
    }

    /// The path of the option that a definition sets; for one that nobody declares
    /// the names that are written down, at least `least` of them.
    fn option_path(&self, class: Class, definition: &Definition, least: usize) -> Vec<SmolStr> {
        let names: Vec<_> = definition
            .path
            .iter()
            .map(|it| it.name.as_deref())
            .collect();
        let options = self.view.options();
        let known = options.all(class).and_then(|all| all.option(&names));
        let written = names.iter().take_while(|name| name.is_some()).count();
        let len = known
            .map_or(written, |(len, _)| len)
            .max(least.min(written));
        let names = names[..len].iter().flatten();
        names.map(|name| (*name).into()).collect()
    }

    /// What stands at a place of a file.
    pub fn spot(&self, file: usize, at: TextSize) -> Option<Spot> {
        let document = &self.documents()[file];
        for (index, module) in document.facts.modules.iter().enumerate() {
            let class = self.view.class(file, index);
            for option in &module.options {
                if option.range.contains_inclusive(at) {
                    return Some(Spot {
                        range: option.range,
                        class,
                        path: option.path.clone(),
                        role: Role::Declares,
                    });
                }
            }
            for definition in &module.definitions {
                let keys = &definition.path;
                let Some(here) = keys.iter().position(|key| key.range.contains_inclusive(at))
                else {
                    continue;
                };
                let names = keys[..=here].iter().map(|key| key.name.clone());
                return Some(Spot {
                    range: keys[here].range,
                    class,
                    path: names.collect::<Option<_>>()?,
                    role: Role::Sets,
                });
            }
        }
        let root = document.root();
        let read = reads::at(&root, at)?;
        let here = read.sites.iter().position(|it| it.contains_inclusive(at))?;
        let known = read.path.len() - read.sites.len();
        Some(Spot {
            range: read.sites[here],
            class: self.class_of_read(file, &read)?,
            path: read.path[..=known + here].to_vec(),
            role: Role::Reads,
        })
    }

    /// The module system whose `config` is read.
    fn class_of_read(&self, file: usize, read: &Read) -> Option<Class> {
        match &read.of {
            reads::Of::System => Some(match self.own_class(file, read)? {
                Class::HomeManager | Class::Neovim | Class::NixOs => Class::NixOs,
                other => other,
            }),
            reads::Of::Own(depth) => {
                let facts = &self.documents()[file].facts;
                let index = facts.module_at(read.range)?;
                // A submodule's own `config` has other options.
                (facts.modules[index].config_depth == Some(*depth))
                    .then(|| self.view.class(file, index))
            }
        }
    }

    fn own_class(&self, file: usize, read: &Read) -> Option<Class> {
        let index = self.documents()[file].facts.module_at(read.range)?;
        Some(self.view.class(file, index))
    }

    /// Every place that names an option: its declarations, what sets it or something
    /// in it, and what reads it.
    pub fn references(&self, class: Class, path: &[SmolStr]) -> Vec<Reference> {
        let Some(last) = path.len().checked_sub(1) else {
            return Vec::new();
        };
        let mut all: Vec<Reference> = Vec::new();
        let mut add = |file, range, role| {
            let site = Site { file, range };
            all.push(Reference { site, role });
        };
        for (site, _) in self.declarations(class, path) {
            add(site.file, site.range, Role::Declares);
        }
        self.each_setting(class, path, |setting| {
            if let Some(key) = setting.definition.path.get(last) {
                add(setting.site.file, key.range, Role::Sets);
            }
        });
        self.each_read(class, path, |file, read| {
            let known = read.path.len() - read.sites.len();
            let range = match last.checked_sub(known) {
                Some(at) => read.sites[at],
                None => read.range,
            };
            add(file, range, Role::Reads);
        });
        sorted::sort(&mut all);
        all.dedup();
        all
    }

    /// Calls with everything that reads what a path leads to, or something in it.
    fn each_read(&self, class: Class, path: &[SmolStr], mut visit: impl FnMut(usize, &Read)) {
        let Some(name) = path.last() else { return };
        for (file, document) in self.documents().iter().enumerate() {
            if memchr::memmem::find(document.text().as_bytes(), name.as_bytes()).is_none() {
                continue;
            }
            reads::each(&document.root(), &mut |read| {
                let fits = read.path.starts_with(path)
                    && !read.sites.is_empty()
                    && self.class_of_read(file, read).is_some_and(|own| {
                        own == class || own == Class::Unknown || class == Class::Unknown
                    });
                if fits {
                    visit(file, read);
                }
            });
        }
    }

    /// The options and namespaces right below a path.
    pub fn below(&self, class: Class, path: &[SmolStr]) -> Vec<Candidate<'w>> {
        let names: Vec<_> = path.iter().map(|name| Some(name.as_str())).collect();
        let set = match self.view.options().find(class, &names) {
            Found::Namespace(set) => Some(set),
            Found::Value { ty, .. } => complete::set_of(ty),
            _ => None,
        };
        let Some(set) = set else { return Vec::new() };
        let visible = set.entries.iter().filter(|(_, entry)| {
            let all = &entry.declared;
            all.is_empty()
                || !all
                    .iter()
                    .all(|it| it.says.internal || it.renamed.is_some())
        });
        let candidates = visible.map(|(name, entry)| Candidate {
            name: name.clone(),
            declared: entry.declared.first(),
        });
        candidates.collect()
    }

    /// The names right below a path that something sets.
    pub fn set_below(&self, path: &[SmolStr]) -> Vec<SmolStr> {
        let mut names = Vec::new();
        for class in Class::ALL {
            self.each_setting(class, path, |setting| {
                let next = setting.definition.path.get(path.len());
                names.extend(next.and_then(|key| key.name.clone()));
            });
        }
        sorted::set(&mut names);
        names
    }

    /// Every option that modules of the workspace declare, by module system and path,
    /// those of submodules too.
    pub fn declared_here(&self) -> Vec<OptionFacts<'w>> {
        let mut paths = Vec::new();
        for (file, document) in self.documents().iter().enumerate() {
            for (index, module) in document.facts.modules.iter().enumerate() {
                let class = self.view.class(file, index);
                let all = module.options.iter();
                paths.extend(all.map(|option| (class, option.path.clone())));
            }
        }
        sorted::set(&mut paths);
        let all = paths.into_iter();
        all.map(|(class, path)| self.option(class, &path)).collect()
    }

    /// Every option that modules of the workspace declare or set, by path and module
    /// system, with how often it is set. One that nobody declares has the names that
    /// are written down.
    pub fn listed(&self) -> Vec<Listed> {
        let mut all: FxHashMap<(Class, Vec<SmolStr>), (bool, usize)> = FxHashMap::default();
        for (file, document) in self.documents().iter().enumerate() {
            for (index, module) in document.facts.modules.iter().enumerate() {
                let class = self.view.class(file, index);
                for option in &module.options {
                    all.entry((class, option.path.clone())).or_default().0 = true;
                }
                let id = self.view.graph.id(file, index);
                if !self.view.graph.is_module(id) {
                    continue;
                }
                for definition in &module.definitions {
                    let path = self.option_path(class, definition, 1);
                    if !path.is_empty() {
                        all.entry((class, path)).or_default().1 += 1;
                    }
                }
            }
        }
        let all = all.into_iter();
        let mut all: Vec<_> = all
            .map(|((class, path), (declared, settings))| Listed {
                path,
                class,
                declared,
                settings,
            })
            .collect();
        sorted::sort(&mut all);
        all
    }

    /// The module system of a module of a file.
    pub fn class(&self, file: usize, module: usize) -> Class {
        self.view.class(file, module)
    }

    /// The path of a file.
    pub fn path(&self, file: usize) -> &'w Arc<str> {
        self.documents()[file].path()
    }

    /// What is evaluated.
    pub fn hosts(&self) -> Vec<Host<'w>> {
        outcome::hosts(self.view.graph)
    }

    /// The files whose modules a host has.
    pub fn files(&self, host: &Host<'_>) -> Vec<usize> {
        let members = host.configuration.members.iter();
        let own = members.filter(|(_, ways)| ways.iter().any(|way| host.takes(way)));
        let mut files: Vec<usize> = own.map(|(id, _)| self.view.graph.place(*id).0).collect();
        sorted::sort(&mut files);
        files.dedup();
        files
    }

    /// Which modules import which: an edge for every import that leads to a file, and
    /// the hosts with the files that they start from.
    pub fn imports(&self) -> Vec<ImportEdge> {
        let graph = self.view.graph;
        let mut edges = Vec::new();
        for (id, to, guards) in graph.each_edge() {
            let (from, to) = (graph.place(id).0, graph.place(to).0);
            if from != to {
                edges.push(ImportEdge {
                    from,
                    to,
                    conditional: guards.iter().any(|guard| !guard.is_choice()),
                });
            }
        }
        sorted::set(&mut edges);
        edges
    }
}

/// An option of the workspace, in a list of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// The names of its path.
    pub path: Vec<SmolStr>,
    /// The module system.
    pub class: Class,
    /// Does the workspace declare it?
    pub declared: bool,
    /// How many definitions of it, or of something in it, there are.
    pub settings: usize,
}

/// An import of one file by another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImportEdge {
    /// The file that imports.
    pub from: usize,
    /// The file that is imported.
    pub to: usize,
    /// Only under a condition?
    pub conditional: bool,
}

/// A path, as in `services.openssh.enable` or `a."b.c".d`.
pub fn parse_path(text: &str) -> Option<Vec<SmolStr>> {
    let tree = syntax::parse(format!("{{{text}=null;}}"));
    if !tree.errors().is_empty() {
        return None;
    }
    use crate::syntax::{AstNode, HasEntry, ast};
    let set = tree.root().descendants().find_map(ast::AttrSet::cast)?;
    let mut bindings = set.attrpath_values();
    let path = bindings.next()?.attrpath()?;
    if bindings.next().is_some() {
        return None;
    }
    path.attrs()
        .map(|attr| crate::semantics::attr_name(&attr))
        .collect()
}
