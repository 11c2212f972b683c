//! Which modules meet in which configuration.

use super::Presence;
use super::conventions::{self, Found, Library};
use crate::linter::Document;
use crate::module::{
    Certainty, Class, Definition, Entry, Folder, Guard, Import, ModuleFacts, Origin, Spot, Target,
};
use crate::path;
use crate::sorted;
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;
use std::sync::Arc;

/// A module expression of the workspace.
pub type ModuleId = usize;

/// The conditions under which a module is part of a configuration: each way
/// that leads to it, as the guards on the way. An empty way is "always".
pub type Ways = Vec<Vec<Guard>>;

/// More ways to one module than this are not told apart.
const MOST_WAYS: usize = 6;

/// What one evaluation holds.
#[derive(Debug, Clone)]
pub struct Configuration {
    /// What it is called: the name of a host, or the file that it starts from.
    pub name: SmolStr,
    /// The module system.
    pub class: Class,
    /// Is that said, and not just what its modules look like?
    pub certain: bool,
    /// The modules that it starts from, and what picks each of them.
    pub start: Vec<(ModuleId, Vec<Guard>)>,
    /// Its modules, and the ways to each.
    pub members: FxHashMap<ModuleId, Ways>,
}

#[derive(Debug, Clone)]
struct EdgeTo {
    to: ModuleId,
    guards: Vec<Guard>,
    /// Which of the importing module's imports it is.
    import: usize,
}

/// An import of a path that does not exist.
#[derive(Debug, Clone)]
pub struct Missing {
    /// Where it is imported.
    pub by: ImportedBy,
    /// The position of the import there.
    pub import: usize,
    /// The path, relative to the root.
    pub path: String,
    /// Is there such a folder, but with no `default.nix`?
    pub is_folder: bool,
}

/// What imports something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportedBy {
    /// A module of the file, by its position there.
    Module(usize),
    /// A list of modules that some function evaluates, by its position in the file.
    Configuration(usize),
}

/// The modules of all files, linked.
#[derive(Debug)]
pub struct Graph {
    /// For each module its file and its position there.
    modules: Vec<(usize, usize)>,
    /// The first module of each file.
    first: Vec<ModuleId>,
    edges: Vec<Vec<EdgeTo>>,
    /// Is it certainly a module?
    confirmed: Vec<bool>,
    classes: Vec<Class>,
    /// Do imports without a condition lead from it into a circle?
    cyclic: Vec<bool>,
    /// Is it for other flakes, too?
    exported: Vec<bool>,
    /// Does it import something that could not be followed?
    unfollowed: Vec<bool>,
    /// Does a flake hand out modules that could not be found?
    exports_unknown: bool,
    /// For each file the paths that it imports and that do not exist.
    missing: Vec<Vec<Missing>>,
    /// Does a module or a list of modules import it?
    imported: Vec<bool>,
    /// The files that the configuration names as roots.
    roots: FxHashSet<usize>,
    /// The flakes in which a library finds hosts and modules by their places.
    followed: Vec<Followed>,
    /// Every configuration.
    pub configurations: Vec<Configuration>,
}

/// A library that finds hosts and modules by their places, and the folder of the flake
/// in which it does so.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Followed {
    pub(super) library: Library,
    pub(super) flake: String,
}

impl Followed {
    fn of(found: &Found<'_>) -> Self {
        Self {
            library: found.library,
            flake: found.flake.to_owned(),
        }
    }
}

/// Finds files by the paths that modules write.
pub(super) struct Resolver<'d> {
    documents: &'d [Document],
    files: FxHashMap<&'d str, usize>,
    flakes: FxHashSet<&'d str>,
    exports: FxHashMap<&'d str, Vec<(usize, &'d Import)>>,
    /// What libraries find by its place.
    conventions: Vec<Found<'d>>,
}

impl<'d> Resolver<'d> {
    fn new(documents: &'d [Document], others: &'d [Arc<str>]) -> Self {
        let files = documents
            .iter()
            .enumerate()
            .map(|(index, d)| (&**d.path(), index))
            .collect();
        let all = documents.iter().map(Document::path).chain(others);
        let flakes = all
            .filter(|path| path::file_name(path) == "flake.nix")
            .map(|path| path::parent(path))
            .collect();
        let mut exports: FxHashMap<&str, Vec<_>> = FxHashMap::default();
        for (file, document) in documents.iter().enumerate() {
            for (name, import) in &document.facts.exports {
                exports
                    .entry(name.as_str())
                    .or_default()
                    .push((file, import));
            }
        }
        let mut resolver = Self {
            documents,
            files,
            flakes,
            exports,
            conventions: Vec::new(),
        };
        resolver.conventions = conventions::find(documents, &resolver);
        resolver
    }

    /// The file at a path.
    pub(super) fn exact(&self, path: &str) -> Option<usize> {
        self.files.get(path).copied()
    }

    /// The modules that libraries hand out under a name to a module of `path`.
    fn handed_out(&self, path: &str, name: &str, class: Class) -> Vec<usize> {
        let flake = self.flake(path);
        let mut files = Vec::new();
        for found in self.conventions.iter().filter(|it| it.flake == flake) {
            match name.strip_prefix("ezModules.") {
                None => files.extend(found.named(name)),
                Some(name) if found.library == Library::EzConfigs => {
                    let class = match class {
                        Class::Unknown => found.class_at(path),
                        class => class,
                    };
                    let output = match class {
                        Class::NixOs => "nixosModules",
                        Class::Darwin => "darwinModules",
                        Class::HomeManager => "homeModules",
                        _ => continue,
                    };
                    files.extend(found.named(&format!("{output}.{name}")));
                }
                Some(_) => {}
            }
        }
        files
    }

    /// The file that a path names: itself, or the `default.nix` of a folder.
    fn file(&self, path: &str) -> Option<usize> {
        let folder = || match path {
            "" => self.files.get("default.nix"),
            path => self.files.get(format!("{path}/default.nix").as_str()),
        };
        self.files.get(path).or_else(folder).copied()
    }

    /// The imports of each file that name what does not exist.
    fn missing(&self, others: &[Arc<str>], presence: &Presence) -> Vec<Vec<Missing>> {
        let others: FxHashSet<&str> = others.iter().map(|path| &**path).collect();
        // What was asked once; most imports name what is here.
        let mut answers: FxHashMap<String, Option<bool>> = FxHashMap::default();
        let mut find = |file: usize, import: &Import| -> Option<(String, bool)> {
            let own_path = &**self.documents[file].path();
            let path = match &import.target {
                Target::Path(target) => path::join(path::parent(own_path), target)?,
                Target::FromFlake(target) => path::join(self.own_flake(own_path)?, target)?,
                _ => return None,
            };
            if self.file(&path).is_some() {
                return None;
            }
            let is_folder = *answers.entry(path.clone()).or_insert_with(|| {
                let inside = match path.as_str() {
                    "" => "default.nix".to_owned(),
                    path => format!("{path}/default.nix"),
                };
                if others.contains(path.as_str())
                    || others.contains(inside.as_str())
                    || presence.may_exist(&path)
                {
                    return None;
                }
                let below = |other: &str| {
                    let rest = other.strip_prefix(path.as_str());
                    path.is_empty() || rest.is_some_and(|rest| rest.starts_with('/'))
                };
                let mut documents = self.documents.iter().map(Document::path);
                Some(documents.any(|it| below(it)) || others.iter().any(|it| below(it)))
            });
            Some((path, is_folder?))
        };
        let mut all = Vec::with_capacity(self.documents.len());
        for (file, document) in self.documents.iter().enumerate() {
            let mut own = Vec::new();
            let mut collect = |by: ImportedBy, imports: &[Import]| {
                for (import, it) in imports.iter().enumerate() {
                    own.extend(find(file, it).map(|(path, is_folder)| Missing {
                        by,
                        import,
                        path,
                        is_folder,
                    }));
                }
            };
            for (index, module) in document.facts.modules.iter().enumerate() {
                collect(ImportedBy::Module(index), &module.imports);
            }
            for (index, configuration) in document.facts.configurations.iter().enumerate() {
                collect(ImportedBy::Configuration(index), &configuration.modules);
            }
            all.push(own);
        }
        all
    }

    /// The folder of the flake that `path` belongs to, if there is a flake.
    fn own_flake(&self, path: &str) -> Option<&'d str> {
        let folder = self.flake(path);
        self.flakes.contains(folder).then_some(folder)
    }

    /// The folder of the flake that `path` belongs to.
    pub(super) fn flake(&self, path: &str) -> &'d str {
        let mut folder = path::parent(path);
        loop {
            if let Some(found) = self.flakes.get(folder) {
                return found;
            }
            if folder.is_empty() {
                return "";
            }
            folder = path::parent(folder);
        }
    }
}

impl Graph {
    /// Links the modules of `documents`. `roots` are globs of files that
    /// configurations start from.
    pub(super) fn new(
        documents: &[Document],
        others: &[Arc<str>],
        roots: &[String],
        presence: Option<&Presence>,
    ) -> Self {
        let resolver = Resolver::new(documents, others);
        let mut modules = Vec::new();
        let mut first = Vec::new();
        for (file, document) in documents.iter().enumerate() {
            first.push(modules.len());
            modules.extend((0..document.facts.modules.len()).map(|index| (file, index)));
        }
        let facts = |id: ModuleId| -> &ModuleFacts {
            let (file, index): (usize, usize) = modules[id];
            &documents[file].facts.modules[index]
        };
        let mut confirmed: Vec<bool> = (0..modules.len())
            .map(|id| facts(id).certainty == Certainty::Certain)
            .collect();
        let mut linker = Linker {
            resolver: &resolver,
            first: &first,
            unknown: false,
            class: Class::Unknown,
        };
        let mut imported = vec![false; modules.len()];
        let mut edges: Vec<Vec<EdgeTo>> = Vec::with_capacity(modules.len());
        let mut unfollowed = Vec::with_capacity(modules.len());
        for &(file, index) in &modules {
            linker.unknown = false;
            linker.class = home_class(&documents[file].facts.modules, index);
            let module = &documents[file].facts.modules[index];
            let out: Vec<_> = module
                .imports
                .iter()
                .enumerate()
                .flat_map(|(position, import)| {
                    let mut edges = linker.link(file, import, 0);
                    edges.iter_mut().for_each(|edge| edge.import = position);
                    edges
                })
                .collect();
            for edge in &out {
                imported[edge.to] = true;
                confirmed[edge.to] = true;
            }
            unfollowed.push(linker.unknown);
            edges.push(out);
        }
        linker.class = Class::Unknown;
        // Configurations that files spell out.
        let mut starts: Vec<(SmolStr, Class, Vec<EdgeTo>)> = Vec::new();
        let mut spelled_out = false;
        let mut complete = true;
        for (file, document) in documents.iter().enumerate() {
            for configuration in &document.facts.configurations {
                linker.unknown = false;
                let targets = &configuration.modules;
                let out: Vec<_> = targets
                    .iter()
                    .flat_map(|import| linker.link(file, import, 0))
                    .collect();
                complete &= !linker.unknown;
                spelled_out |= configuration.class != Class::Unknown;
                for edge in &out {
                    imported[edge.to] = true;
                    confirmed[edge.to] = true;
                }
                let name = configuration.name.clone();
                let name = name.unwrap_or_else(|| document.path().as_ref().into());
                starts.push((name, configuration.class, out));
            }
        }
        // Those that libraries find.
        for host in resolver.conventions.iter().flat_map(|it| &it.hosts) {
            linker.unknown = false;
            let own = host.modules.iter();
            let mut out: Vec<_> = own
                .filter_map(|(file, doubt)| linker.whole(*file, doubt.iter().cloned().collect()))
                .collect();
            for (file, import) in &host.extras {
                out.extend(linker.link(*file, import, 0));
            }
            complete &= !linker.unknown;
            spelled_out = true;
            for edge in &out {
                imported[edge.to] = true;
                confirmed[edge.to] = true;
            }
            starts.push((host.name.clone(), host.class, out));
        }
        let mut named_files = FxHashSet::default();
        for (id, &(file, index)) in modules.iter().enumerate() {
            let module = facts(id);
            let named = index == 0
                && roots
                    .iter()
                    .any(|glob| path::glob_matches(glob, documents[file].path()));
            if named || module.origin == Origin::Root {
                starts.push((
                    documents[file].path().as_ref().into(),
                    module.class,
                    vec![EdgeTo {
                        to: id,
                        guards: Vec::new(),
                        import: 0,
                    }],
                ));
                spelled_out |= named;
                if named {
                    named_files.insert(file);
                }
            }
        }
        let mut graph = Self {
            cyclic: cyclic(&edges),
            classes: (0..modules.len()).map(|id| facts(id).class).collect(),
            modules,
            first,
            edges,
            confirmed,
            exported: Vec::new(),
            unfollowed,
            exports_unknown: false,
            missing: match presence {
                Some(presence) => resolver.missing(others, presence),
                None => vec![Vec::new(); documents.len()],
            },
            imported,
            roots: named_files,
            followed: resolver.conventions.iter().map(Followed::of).collect(),
            configurations: Vec::new(),
        };
        graph.find_exported(documents, &resolver);
        for (name, class, start) in starts {
            // Only those whose list a function evaluates, or a setting holds.
            let certain = class != Class::Unknown;
            graph.add_configuration(documents, (name, class, certain), &start);
        }
        graph.place_classes(&resolver);
        // Where the list of configurations has gaps, what nobody imports may
        // start one. Templates and examples start none.
        let mut reached = FxHashSet::default();
        for configuration in &graph.configurations {
            reached.extend(configuration.members.keys().copied());
        }
        complete &= spelled_out && reached.iter().all(|id| !graph.unfollowed[*id]);
        if !complete {
            let sources: Vec<_> = (0..graph.modules.len())
                .filter(|id| !graph.imported[*id] && !reached.contains(id) && graph.confirmed[*id])
                .filter(|id| {
                    let (file, index) = graph.modules[*id];
                    let module = &documents[file].facts.modules[index];
                    module.origin == Origin::File && !path::is_sample(documents[file].path())
                })
                .collect();
            for id in sources {
                let name = documents[graph.modules[id].0].path().as_ref().into();
                let class = graph.classes[id];
                graph.add_configuration(
                    documents,
                    (name, class, false),
                    &[EdgeTo {
                        to: id,
                        guards: Vec::new(),
                        import: 0,
                    }],
                );
            }
        }
        graph.infer_classes();
        graph
    }

    /// What lies among the modules of a module system and is in no configuration that
    /// tells otherwise belongs to it.
    fn place_classes(&mut self, resolver: &Resolver<'_>) {
        let exports = resolver.conventions.iter().flat_map(|it| &it.exports);
        for export in exports.filter(|it| it.class != Class::Unknown) {
            let id = self.first[export.file];
            let mut certain = self.configurations.iter().filter(|it| it.certain);
            if self.modules.get(id) == Some(&(export.file, 0))
                && !certain.any(|it| it.members.contains_key(&id))
            {
                self.classes[id] = export.class;
            }
        }
    }

    /// Finds the modules that a flake hands out, and those that they import.
    fn find_exported(&mut self, documents: &[Document], resolver: &Resolver<'_>) {
        self.exported = vec![false; self.modules.len()];
        let mut linker = Linker {
            resolver,
            first: &self.first,
            unknown: false,
            class: Class::Unknown,
        };
        let mut stack = Vec::new();
        for (file, document) in documents.iter().enumerate() {
            for (_, import) in &document.facts.exports {
                let found = linker.link(file, import, 0);
                // A file that holds a set of modules is none itself.
                linker.unknown |= found.is_empty() && import.target != Target::Foreign;
                stack.extend(found.into_iter().map(|edge| edge.to));
            }
        }
        let placed = resolver.conventions.iter().flat_map(|it| &it.exports);
        stack.extend(placed.filter_map(|it| Some(linker.whole(it.file, Vec::new())?.to)));
        self.exports_unknown = linker.unknown;
        while let Some(id) = stack.pop() {
            if std::mem::replace(&mut self.exported[id], true) {
                continue;
            }
            stack.extend(self.edges[id].iter().map(|edge| edge.to));
            // What stands in it goes where it goes.
            let (file, own) = self.modules[id];
            let modules = documents[file].facts.modules.iter().enumerate();
            let inside = modules.filter(|(_, module)| module.parent == Some(own));
            stack.extend(inside.map(|(index, _)| self.first[file] + index));
        }
    }

    fn add_configuration(
        &mut self,
        documents: &[Document],
        (name, class, certain): (SmolStr, Class, bool),
        start: &[EdgeTo],
    ) {
        let mut members = FxHashMap::default();
        for edge in start {
            self.walk(edge.to, &edge.guards, &mut members);
        }
        let start = start.iter().map(|edge| (edge.to, edge.guards.clone()));
        let start: Vec<_> = start.collect();
        // Each variant is its parent and itself.
        let variants: Vec<_> = members
            .iter()
            .flat_map(|(id, ways)| {
                let (file, parent) = self.modules[*id];
                let modules = &documents[file].facts.modules;
                let first = self.first[file];
                modules
                    .iter()
                    .enumerate()
                    .filter(move |(_, m)| m.origin == Origin::Variant && m.parent == Some(parent))
                    .map(move |(index, module)| {
                        (
                            first + index,
                            ways.clone(),
                            inherits(&modules[parent], module),
                        )
                    })
            })
            .collect();
        for (variant, ways, inherits) in variants {
            let mut members = if inherits {
                members.clone()
            } else {
                FxHashMap::default()
            };
            for way in ways {
                self.walk(variant, &way, &mut members);
            }
            self.configurations.push(Configuration {
                name: name.clone(),
                class,
                certain,
                start: start.clone(),
                members,
            });
        }
        self.configurations.push(Configuration {
            name,
            class,
            certain,
            start,
            members,
        });
    }

    /// Adds what is reached from `start` to `members`.
    fn walk(&self, start: ModuleId, guards: &[Guard], members: &mut FxHashMap<ModuleId, Ways>) {
        let mut stack = vec![(start, guards.to_vec())];
        while let Some((id, way)) = stack.pop() {
            let ways = members.entry(id).or_default();
            let known = ways
                .iter()
                .any(|known| known.iter().all(|guard| way.contains(guard)));
            let impossible = way.iter().any(Guard::is_never)
                || way.iter().enumerate().any(|(index, guard)| {
                    way[..index]
                        .iter()
                        .any(|earlier| earlier.contradicts(guard))
                });
            if known || impossible || ways.len() >= MOST_WAYS {
                continue;
            }
            ways.push(way.clone());
            for edge in &self.edges[id] {
                let mut way = way.clone();
                for guard in &edge.guards {
                    if !way.contains(guard) {
                        way.push(guard.clone());
                    }
                }
                stack.push((edge.to, way));
            }
        }
        members.retain(|_, ways| !ways.is_empty());
    }

    /// A module belongs to the module system of the configurations that hold it,
    /// where that is said; where it is not, what its own text looks like comes first.
    fn infer_classes(&mut self) {
        let mut seen: Vec<[Option<Class>; 2]> = vec![[None; 2]; self.modules.len()];
        for configuration in &self.configurations {
            for id in configuration.members.keys() {
                let seen = &mut seen[*id][usize::from(configuration.certain)];
                *seen = match *seen {
                    None => Some(configuration.class),
                    Some(class) if class == configuration.class => Some(class),
                    Some(_) => Some(Class::Unknown),
                };
            }
        }
        for (class, [looks, said]) in self.classes.iter_mut().zip(seen) {
            let known = |class: &Class| *class != Class::Unknown;
            match (said.filter(known), looks.filter(known)) {
                (Some(said), _) => *class = said,
                (None, Some(looks)) if *class == Class::Unknown => *class = looks,
                _ => {}
            }
        }
    }

    /// The shortest way, over imports without a condition, from a module back to
    /// itself that begins with the import at `position`: the imports on the way, each
    /// as the module and the position there.
    pub fn cycle(&self, id: ModuleId, position: usize) -> Option<Vec<(ModuleId, usize)>> {
        let certain = |edge: &&EdgeTo| edge.guards.is_empty();
        let first = self.edges[id].iter().filter(certain);
        let mut from: FxHashMap<ModuleId, (ModuleId, usize)> = FxHashMap::default();
        let mut queue = std::collections::VecDeque::new();
        for edge in first.filter(|edge| edge.import == position) {
            if from.insert(edge.to, (id, position)).is_none() {
                queue.push_back(edge.to);
            }
        }
        while let Some(next) = queue.pop_front() {
            if next == id {
                let mut way = Vec::new();
                let mut at = id;
                loop {
                    let step = from[&at];
                    way.push(step);
                    at = step.0;
                    if at == id {
                        break;
                    }
                }
                way.reverse();
                return Some(way);
            }
            for edge in self.edges[next].iter().filter(certain) {
                from.entry(edge.to).or_insert_with(|| {
                    queue.push_back(edge.to);
                    (next, edge.import)
                });
            }
        }
        None
    }

    /// Do imports without a condition lead from a module into a circle?
    pub fn leads_into_cycle(&self, id: ModuleId) -> bool {
        self.cyclic[id]
    }

    /// The imports of a file that name what does not exist.
    pub fn missing(&self, file: usize) -> &[Missing] {
        &self.missing[file]
    }

    /// Does a module, a list of modules or an output of a flake name a module, or is
    /// it one that a configuration starts from because somebody says so?
    pub(super) fn is_imported(&self, id: ModuleId) -> bool {
        self.imported[id] || self.exported[id] || self.roots.contains(&self.modules[id].0)
    }

    /// Is a file named as one that configurations start from?
    pub(super) fn is_root(&self, file: usize) -> bool {
        self.roots.contains(&file)
    }

    /// The flakes in which a library finds hosts and modules by their places.
    pub(super) fn followed(&self) -> &[Followed] {
        &self.followed
    }

    /// Does a flake hand out modules that could not be found?
    pub(super) fn has_unknown_exports(&self) -> bool {
        self.exports_unknown
    }

    /// The id of a module of a file.
    pub fn id(&self, file: usize, index: usize) -> ModuleId {
        self.first[file] + index
    }

    /// The file of a module and its position there.
    pub fn place(&self, id: ModuleId) -> (usize, usize) {
        self.modules[id]
    }

    /// Is it certainly a module?
    pub fn is_module(&self, id: ModuleId) -> bool {
        self.confirmed[id]
    }

    /// Every link from a module to one that it imports, with the conditions.
    pub fn each_edge(&self) -> impl Iterator<Item = (ModuleId, ModuleId, &[Guard])> {
        let all = self.edges.iter().enumerate();
        all.flat_map(|(from, edges)| {
            let edges = edges.iter();
            edges.map(move |edge| (from, edge.to, edge.guards.as_slice()))
        })
    }

    /// May other flakes import it?
    pub fn is_exported(&self, id: ModuleId) -> bool {
        self.exports_unknown || self.exported[id]
    }

    /// Is it a machine or home that somebody evaluates, and not just a module that
    /// nobody imports?
    pub fn is_host(&self, configuration: &Configuration) -> bool {
        let mut start = configuration.start.iter();
        configuration.certain || start.any(|(id, _)| self.roots.contains(&self.modules[*id].0))
    }

    /// Does one of its modules import something that could not be followed?
    pub fn has_gaps(&self, configuration: &Configuration) -> bool {
        configuration.members.keys().any(|id| self.unfollowed[*id])
    }

    /// The module system that a module belongs to.
    pub fn class(&self, id: ModuleId) -> Class {
        self.classes[id]
    }
}

/// Which modules stand in a circle of imports without a condition, or import one that
/// does: what is left when those are taken away again and again that import nothing.
fn cyclic(edges: &[Vec<EdgeTo>]) -> Vec<bool> {
    let mut out = vec![0_usize; edges.len()];
    let mut back: Vec<Vec<ModuleId>> = vec![Vec::new(); edges.len()];
    for (from, all) in edges.iter().enumerate() {
        for edge in all.iter().filter(|edge| edge.guards.is_empty()) {
            out[from] += 1;
            back[edge.to].push(from);
        }
    }
    let mut left = vec![true; edges.len()];
    let mut leaves: Vec<ModuleId> = (0..edges.len()).filter(|id| out[*id] == 0).collect();
    while let Some(leaf) = leaves.pop() {
        left[leaf] = false;
        for from in &back[leaf] {
            out[*from] -= 1;
            if out[*from] == 0 {
                leaves.push(*from);
            }
        }
    }
    left
}

/// The module system of a module that stands inside another file's: where it is part of
/// a home, that.
fn home_class(modules: &[ModuleFacts], index: usize) -> Class {
    let module = &modules[index];
    if module.origin == Origin::Root {
        return module.class;
    }
    let imports = |other: &&ModuleFacts| {
        let mut imports = other.imports.iter();
        other.origin == Origin::Root && imports.any(|it| it.target == Target::Module(index))
    };
    let around = modules.iter().find(imports);
    around.map_or(Class::Unknown, |module| module.class)
}

/// Does a specialisation start from its parent's configuration?
fn inherits(parent: &ModuleFacts, variant: &ModuleFacts) -> bool {
    let is_off = |definition: &Definition| {
        definition.path.last().and_then(|key| key.name.as_deref()) == Some("inheritParentConfig")
            && definition.literal() == Some(&crate::module::Literal::Bool(false))
    };
    let shared = |definition: &Definition| {
        definition.binding.contains_range(variant.range)
            || parent.definitions.iter().filter(|d| is_off(d)).count() > 0
    };
    !parent
        .definitions
        .iter()
        .any(|definition| is_off(definition) && shared(definition))
}

struct Linker<'r, 'd> {
    resolver: &'r Resolver<'d>,
    first: &'r [ModuleId],
    /// Was there an import that could not be followed?
    unknown: bool,
    /// The module system of the importing module, if its place in the file tells.
    class: Class,
}

impl Linker<'_, '_> {
    /// The module that a file is.
    fn whole(&self, file: usize, guards: Vec<Guard>) -> Option<EdgeTo> {
        let module = self.resolver.documents[file].facts.modules.first()?;
        (module.origin == Origin::File).then(|| EdgeTo {
            to: self.first[file],
            guards,
            import: 0,
        })
    }

    /// The modules that an import of `file` names.
    fn link(&mut self, file: usize, import: &Import, depth: u32) -> Vec<EdgeTo> {
        let resolver = self.resolver;
        let own_path = &**resolver.documents[file].path();
        let folder = path::parent(own_path);
        let guards = import.guards.to_vec();
        let to_file = |found: usize, guards: Vec<Guard>| self.whole(found, guards);
        match &import.target {
            Target::Path(target) => path::join(folder, target)
                .and_then(|path| resolver.file(&path))
                .and_then(|found| to_file(found, guards))
                .into_iter()
                .collect(),
            Target::FromFlake(target) => path::join(resolver.flake(own_path), target)
                .and_then(|path| resolver.file(&path))
                .and_then(|found| to_file(found, guards))
                .into_iter()
                .collect(),
            Target::Module(index) => {
                vec![EdgeTo {
                    to: self.first[file] + index,
                    guards,
                    import: 0,
                }]
            }
            Target::Pattern {
                before,
                after,
                hole,
                from_flake,
            } => {
                let base = if *from_flake {
                    resolver.flake(own_path)
                } else {
                    folder
                };
                let Some(prefix) = joined_prefix(base, before) else {
                    return Vec::new();
                };
                let mut edges = Vec::new();
                for (found, document) in resolver.documents.iter().enumerate() {
                    let Some(name) = hole_of(document.path(), &prefix, after) else {
                        continue;
                    };
                    let mut guards = guards.clone();
                    guards.push(Guard::choice(hole, name));
                    edges.extend(to_file(found, guards));
                }
                self.unknown |= edges.is_empty();
                edges
            }
            Target::Tree {
                folder: below,
                skip_underscore,
            } => {
                let Some(prefix) = path::join(folder, below) else {
                    return Vec::new();
                };
                resolver
                    .documents
                    .iter()
                    .enumerate()
                    .filter(|(_, document)| {
                        let rest = document.path().strip_prefix(&*prefix);
                        rest.is_some_and(|rest| {
                            (prefix.is_empty() || rest.starts_with('/'))
                                && !(*skip_underscore && rest.contains("/_"))
                        })
                    })
                    .filter_map(|(found, _)| to_file(found, guards.clone()))
                    .collect()
            }
            Target::Folder(listing) => self
                .listed(own_path, listing)
                .into_iter()
                // A file that lists its own folder does not mean itself.
                .filter(|(found, _)| *found != file)
                .filter_map(|(found, doubts)| {
                    to_file(found, guards.iter().cloned().chain(doubts).collect())
                })
                .collect(),
            Target::Named(name) => {
                let placed = resolver.handed_out(own_path, name, self.class);
                let exports = resolver.exports.get(name.as_str()).map(Vec::as_slice);
                if placed.is_empty() && exports.is_none() {
                    self.unknown = true;
                    return Vec::new();
                }
                let placed: Vec<_> = placed
                    .into_iter()
                    .filter_map(|found| to_file(found, guards.clone()))
                    .collect();
                let exports = exports.unwrap_or_default();
                // An export may name an export; a chain of them ends somewhere.
                if depth > 8 {
                    return Vec::new();
                }
                exports
                    .iter()
                    .flat_map(|(file, export)| self.link(*file, export, depth + 1))
                    .map(|mut edge| {
                        edge.guards.extend(guards.iter().cloned());
                        edge
                    })
                    .chain(placed)
                    .collect()
            }
            Target::Foreign => Vec::new(),
            Target::Unknown => {
                self.unknown = true;
                Vec::new()
            }
        }
    }
}

impl Linker<'_, '_> {
    /// The files that a list names which `own_path` reads off a folder, each with the
    /// doubts about it.
    fn listed(&self, own_path: &str, listing: &Folder) -> Vec<(usize, Vec<Guard>)> {
        let resolver = self.resolver;
        let find = |spot: &Spot, name: &str| {
            let base = match spot.from_flake {
                true => resolver.flake(own_path),
                false => path::parent(own_path),
            };
            path::join(base, &spot.of(name))
        };
        // What is no document may be there all the same.
        let exists = |path: &str| resolver.files.contains_key(path).then_some(true);
        let Some(folder) = find(&listing.read, "") else {
            return Vec::new();
        };
        let mut entries: Vec<Entry<'_>> = Vec::new();
        for document in resolver.documents {
            let path = &**document.path();
            let rest = match folder.as_str() {
                "" => Some(path),
                folder => path
                    .strip_prefix(folder)
                    .and_then(|rest| rest.strip_prefix('/')),
            };
            let Some(rest) = rest else { continue };
            let (name, is_folder) = match rest.split_once('/') {
                _ if listing.is_deep => (path::file_name(path), false),
                Some((name, _)) => (name, true),
                None => (rest, false),
            };
            let len = path.len() - rest.len() + if is_folder { name.len() } else { rest.len() };
            entries.push(Entry {
                name,
                is_folder,
                path: &path[..len],
            });
        }
        sorted::sort(&mut entries);
        entries.dedup();
        let mut all = Vec::new();
        for entry in entries {
            let mut doubts = Vec::new();
            let is_kept = listing.wanted.iter().all(|wanted| {
                let kept = wanted.keeps(&entry, &find, &exists);
                if kept.is_none() {
                    let filter = wanted.doubt().unwrap_or_default();
                    doubts.push(Guard::doubt(filter, entry.name));
                }
                kept != Some(false)
            });
            let path = match listing.is_deep {
                true => Some(entry.path.to_owned()),
                false => find(&listing.import, entry.name),
            };
            let found = path.and_then(|path| resolver.file(&path));
            if let Some(found) = found.filter(|_| is_kept) {
                all.push((found, doubts));
            }
        }
        all
    }
}

/// `base` and the text before the hole, as the start of a path.
fn joined_prefix(base: &str, before: &str) -> Option<String> {
    let (folder, partial) = before.rsplit_once('/').unwrap_or(("", before));
    let folder = path::join(base, folder)?;
    Some(if folder.is_empty() {
        partial.to_owned()
    } else {
        format!("{folder}/{partial}")
    })
}

/// What fills the hole when `path` is `prefix HOLE after`, or the `default.nix` there.
fn hole_of<'p>(path: &'p str, prefix: &str, after: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(prefix)?;
    let after = after.trim_end_matches('/');
    let rest = match rest.strip_suffix("/default.nix") {
        Some(folder) if !after.ends_with(".nix") => folder,
        _ => rest,
    };
    let name = rest.strip_suffix(after)?;
    // Without a suffix the hole is a folder or holds the whole file name.
    (!name.is_empty() && !name.contains('/')).then_some(name)
}

#[cfg(test)]
mod tests {
    use crate::linter::{Source, analyze};
    use crate::{Settings, Workspace};

    /// What a file of these imports that lies in a folder with some others, each with
    /// a `?` where a filter leaves it in doubt.
    fn imported(text: &str) -> String {
        let settings = Settings::default();
        let module = "{ services.x.enable = true; }";
        let files = [
            "mods/a.nix",
            "mods/b.nix",
            "mods/deep/c.nix",
            "mods/deep/default.nix",
            "mods/empty/d.nix",
            "other.nix",
        ];
        let mut documents = vec![analyze(Source::new("mods/default.nix", text), &settings)];
        documents.extend(files.map(|path| analyze(Source::new(path, module), &settings)));
        let workspace = Workspace::new(documents, []);
        let graph = workspace.graph(&settings);
        let path_of = |id| &**workspace.documents[graph.place(id).0].path();
        let mut all: Vec<String> = graph
            .each_edge()
            .filter(|(from, _, _)| path_of(*from) == "mods/default.nix")
            .map(|(_, to, guards)| {
                let path = path_of(to);
                let doubt = if guards.is_empty() { "" } else { "?" };
                format!("{}{doubt}", path.trim_start_matches("mods/"))
            })
            .collect();
        all.sort();
        all.join(" ")
    }

    #[test]
    fn lists_are_read_off_folders() {
        let everything = "a.nix b.nix deep/default.nix";
        let below = "a.nix b.nix deep/c.nix deep/default.nix empty/d.nix";
        for (imports, expected) in [
            (
                "map (n: ./. + \"/${n}\") (builtins.attrNames (builtins.readDir ./.))",
                everything,
            ),
            (
                "map (n: ./${n}) (lib.attrNames (builtins.readDir ../mods))",
                everything,
            ),
            (
                "with builtins; map (n: ./${n}) (attrNames (readDir ./.))",
                everything,
            ),
            (
                "lib.mapAttrsToList (n: _: ./. + \"/${n}\") (lib.filterAttrs \
                 (n: t: t == \"directory\") (builtins.readDir ./.))",
                "deep/default.nix",
            ),
            (
                "lib.mapAttrsToList (n: _: ./. + \"/${n}\") (lib.filterAttrs \
                 (n: t: t == \"regular\" && n != \"a.nix\") (builtins.readDir ./.))",
                "b.nix",
            ),
            (
                "lib.pipe ./. [ builtins.readDir (lib.filterAttrs (n: _: lib.hasSuffix \".nix\" n)) \
                 lib.attrNames (lib.remove \"b.nix\") (map (lib.path.append ./.)) ]",
                "a.nix",
            ),
            (
                "builtins.readDir ./. |> builtins.attrNames |> \
                 builtins.filter (lib.hasPrefix \"a\") |> map (n: ./${n})",
                "a.nix",
            ),
            (
                "lib.attrValues (lib.mapAttrs (n: _: import ./${n}) \
                 (removeAttrs (builtins.readDir ./.) [ \"a.nix\" \"deep\" ]))",
                "b.nix",
            ),
            (
                "lib.forEach (lib.attrNames (builtins.readDir ./.)) \
                 (n: ./. + \"/${n}/c.nix\")",
                "deep/c.nix",
            ),
            // Names of one folder, files of another.
            (
                "map (n: ../. + \"/${n}\") (lib.attrNames (builtins.readDir ./.))",
                "",
            ),
            // Through names.
            (
                "let here = ./.; wanted = n: t: t == \"directory\" || n == \"b.nix\"; \
                 all = lib.filterAttrs wanted (builtins.readDir here); \
                 load = n: import (here + \"/${n}\"); in lib.mapAttrsToList (n: _: load n) all",
                "b.nix deep/default.nix",
            ),
            // What a filter asks may not be known, of some entries or of all.
            (
                "map (n: ./${n}) (lib.filter f (lib.attrNames (builtins.readDir ./.)))",
                "a.nix? b.nix? deep/default.nix?",
            ),
            (
                "map (n: ./${n}) (lib.filter (n: n == \"a.nix\" || n != \"b.nix\" && f n) \
                 (lib.attrNames (builtins.readDir ./.)))",
                "a.nix deep/default.nix?",
            ),
            (
                "map (n: ./${n}) (lib.filter (n: builtins.pathExists ./${n}/default.nix) \
                 (lib.attrNames (builtins.readDir ./.)))",
                "a.nix? b.nix? deep/default.nix",
            ),
            // Every file below.
            (
                "lib.filter (lib.hasSuffix \".nix\") (map toString \
                 (lib.filesystem.listFilesRecursive ./.))",
                below,
            ),
            (
                "lib.filter (p: baseNameOf p != \"default.nix\" && p != ./a.nix) \
                 (lib.filesystem.listFilesRecursive ./.)",
                "b.nix deep/c.nix empty/d.nix",
            ),
            // A string is no path.
            (
                "lib.filter (p: p != ./a.nix) (map toString \
                 (lib.filesystem.listFilesRecursive ./deep))",
                "deep/c.nix? deep/default.nix?",
            ),
            // What is made of the names is not known, or which folder is read.
            (
                "map (n: f ./${n}) (lib.attrNames (builtins.readDir ./.))",
                "",
            ),
            ("map (n: ./${n}) (lib.attrNames (builtins.readDir dir))", ""),
            (
                "map (n: ./${n}) (f (lib.attrNames (builtins.readDir ./.)))",
                "",
            ),
        ] {
            let text = format!("{{ lib, f, dir, ... }}: {{ imports = {imports}; }}");
            assert_eq!(imported(&text), expected, "{imports}");
        }
    }

    #[test]
    fn what_others_bring_imports_none_of_our_modules() {
        let settings = Settings::default();
        let flake = "{ outputs = { nixpkgs, ... }: { nixosConfigurations.a = \
            nixpkgs.lib.nixosSystem { modules = [ ./host.nix ]; }; }; }";
        for (import, expected) in [
            ("(modulesPath + \"/profiles/minimal.nix\")", &["a"][..]),
            ("\"${modulesPath}/profiles/minimal.nix\"", &["a"]),
            ("(pkgs.path + \"/nixos/x.nix\")", &["a"]),
            ("\"${inputs.secrets}/x.nix\"", &["a"]),
            ("(inputs.secrets.outPath + \"/x.nix\")", &["a"]),
            ("\"${inputs.self}/lone.nix\"", &["a"]),
            // It may be any folder, ours too.
            ("(root + \"/x.nix\")", &["a", "lone.nix"]),
            ("(f \"/x.nix\")", &["a", "lone.nix"]),
        ] {
            let host = format!(
                "{{ inputs, modulesPath, pkgs, root, f, ... }}: {{ imports = [ {import} ]; }}"
            );
            let files = [
                ("flake.nix", flake),
                ("host.nix", host.as_str()),
                ("lone.nix", "{ lib, ... }: { services.x.enable = true; }"),
            ];
            let documents = files.map(|(path, text)| analyze(Source::new(path, text), &settings));
            let workspace = Workspace::new(documents.into(), []);
            let graph = workspace.graph(&settings);
            let names = graph.configurations.iter().map(|it| it.name.as_str());
            assert_eq!(names.collect::<Vec<_>>(), expected, "{import}");
        }
    }

    #[test]
    fn doubts_about_files_are_not_the_same_doubt() {
        let a = super::Guard::doubt("f", "a.nix");
        let b = super::Guard::doubt("f", "b.nix");
        assert_ne!(a, b);
        assert!(!a.contradicts(&b));
        assert_eq!(a.to_string(), "(f) \"a.nix\"");
    }
}
