//! Facts after an edit, at the price of what the edit touched.
//!
//! Most edits stand inside an entry of a module's settings. Then the entries of
//! one set are read again, with the walk that reads all facts: it only goes
//! nowhere else. What depends on more of the text (imports, lists of modules,
//! modules inside of modules) is watched; an edit that touches such a place, or
//! that stands anywhere else, has everything read again.

use super::collect::{Again, Collector, MODULES, collect, is_empty, touched};
use super::convention::{NAMES, SNOWFALL};
use super::shape::{Names, Shape, class_of_path, deciding_set};
use super::{
    Class, Convention, Definition, FileFacts, Header, Import, Irregular, ModuleFacts, Origin,
    Section, Target,
};
use crate::path;
use crate::syntax::{AstNode, SyntaxKind, SyntaxNode, TextRange, TextSize, Tree, ast, node_around};
use std::ops::Range;
use std::sync::Arc;

/// A part of a text that was replaced, and so moved what stands behind it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moved {
    /// The part, in the text of before.
    pub(crate) old: TextRange,
    /// What stands there now.
    pub(crate) new: TextRange,
}

impl Moved {
    /// Where something that stood behind the part, or around it, is now.
    pub(crate) fn range(self, range: &mut TextRange) {
        *range = TextRange::new(self.at(range.start()), self.at(range.end()));
    }

    /// Where a place is now that stood before the part or behind it. Of what
    /// stood inside only that it is not behind.
    pub(crate) fn at(self, at: TextSize) -> TextSize {
        match at >= self.old.end() {
            true => at - self.old.end() + self.new.end(),
            false => at.min(self.new.end()),
        }
    }

    /// Where something around the part, or behind it, ended before.
    fn old_end(self, at: TextSize) -> TextSize {
        at - self.new.end() + self.old.end()
    }

    /// Did a range touch the part?
    pub(crate) fn touches(self, range: TextRange) -> bool {
        range.start() <= self.old.end() && self.old.start() <= range.end()
    }
}

/// What an edit did to the facts of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Updated {
    /// Are its modules, or what they import, others?
    pub(crate) structure: bool,
    /// Does it declare other options, or in another order?
    pub(crate) declares: bool,
    /// Does it set something else?
    pub(crate) settings: bool,
    /// Has it other sections, lines, another header or other formals?
    pub(crate) outline: bool,
}

impl Updated {
    /// What is other in `new`.
    pub(crate) fn between(old: &FileFacts, new: &FileFacts) -> Self {
        let mut modules = old.modules.iter().zip(&new.modules);
        let same_outline = old.modules.len() == new.modules.len()
            && modules.all(|(a, b)| said(&a.sections) == said(&b.sections))
            && old.closed.is_some() == new.closed.is_some()
            && same_head((&old.header, old.lines), (&new.header, new.lines));
        Self {
            structure: !same_structure(old, new),
            declares: !same_declarations(old, new),
            settings: !same_settings(old, new),
            outline: !same_outline,
        }
    }
}

/// Brings `facts` up to date. `old_root` is the tree that they were read from,
/// `breaks` how often the text breaks its line now.
pub(crate) fn update(
    path: &str,
    tree: &Tree,
    facts: &mut FileFacts,
    old_root: &SyntaxNode,
    moved: Moved,
    breaks: usize,
) -> Updated {
    let header = Header::of(path, tree);
    let lines = super::lines(tree.text(), breaks);
    let outline = !same_head((&header, lines), (&facts.header, facts.lines));
    if let Some(mut updated) = in_place(path, tree, facts, old_root, moved) {
        updated.outline |= outline;
        facts.header = header;
        facts.lines = lines;
        return updated;
    }
    let old = std::mem::replace(facts, collect(path, tree));
    Updated::between(&old, facts)
}

/// Do two headers say the same, wherever they stand, over as many lines?
fn same_head((a, a_lines): (&Header, u32), (b, b_lines): (&Header, u32)) -> bool {
    (a.present, a.generated, a_lines) == (b.present, b.generated, b_lines)
}

/// What sections say, wherever they stand.
fn said(sections: &[Section]) -> Vec<(&str, u32, bool)> {
    let all = sections.iter();
    all.map(|section| (section.name.as_str(), section.lines, section.is_outermost))
        .collect()
}

/// Reads again the entries that an edit touched. `None` when that is not enough.
fn in_place(
    path: &str,
    tree: &Tree,
    facts: &mut FileFacts,
    old_root: &SyntaxNode,
    moved: Moved,
) -> Option<Updated> {
    if facts.watched.iter().any(|range| moved.touches(*range)) {
        return None;
    }
    let new = &tree.text().as_bytes()[Range::<usize>::from(moved.new)];
    let has = |name: &[u8]| memchr::memmem::find(new, name).is_some();
    if has(MODULES) || has(SNOWFALL.as_bytes()) || NAMES.iter().any(|name| has(name.as_bytes())) {
        return None;
    }
    let root = ast::Root::cast(tree.root())?;
    let expr = root.expr()?;
    let is_module = facts
        .modules
        .first()
        .is_some_and(|module| module.origin == Origin::File);
    if !is_module {
        let shape = facts.shape.as_ref()?;
        let set = deciding_set(expr.syntax())?.1;
        let whole = set.text_range();
        let inside = whole.start() < moved.new.start() && moved.new.end() < whole.end();
        if !inside || shape.set != whole.start() {
            return None;
        }
        let shape = reshaped(shape, &set, moved.new, old_root, moved)?;
        if path::file_name(path) != "flake.nix" && shape.verdict().is_some() {
            return None;
        }
        facts.shape = Some(shape);
        shift(facts, moved);
        return Some(Updated::default());
    }
    let mut fragment = FileFacts::default();
    let mut collector = Collector::new(tree, &mut fragment);
    collector.again = Some(Again::new(moved.new));
    collector.file(path, expr.syntax());
    let again = collector.again?;
    let (unit, set) = (again.unit?, again.set?);
    // A set without entries is a value.
    let whole = set.text_range();
    let old_set = TextRange::new(whole.start(), moved.old_end(whole.end()));
    let was_empty = facts
        .modules
        .iter()
        .flat_map(|module| &module.definitions)
        .any(|definition| definition.value == old_set);
    if was_empty || is_empty(&set) {
        return None;
    }
    let [read] = fragment.modules.as_mut_slice() else {
        return None;
    };
    let special = again.is_rec
        || read.has_imports
        || !read.irregular.is_empty()
        || !fragment.watched.is_empty()
        || !fragment.exports.is_empty()
        || !fragment.configurations.is_empty();
    if special {
        return None;
    }
    let mut shape = facts.shape.clone()?;
    if again.is_top {
        shape = reshaped(&shape, &set, unit, old_root, moved)?;
        let (certainty, class) = shape.verdict()?;
        let class = match class {
            Class::Unknown => class_of_path(path),
            class => class,
        };
        let module = &facts.modules[0];
        // The last `config.x` may be gone, or the first one come.
        let has_config = read.has_config || module.has_config && has_config(&set);
        if (certainty, class, has_config) != (module.certainty, module.class, module.has_config) {
            return None;
        }
    }
    facts.shape = Some(shape);
    let old_unit = TextRange::new(unit.start(), moved.old_end(unit.end()));
    let sections = std::mem::take(&mut read.sections);
    let definitions = std::mem::take(&mut read.definitions);
    let mut updated = Updated::default();
    let module = &mut facts.modules[0];
    let own = within(&module.sections, old_unit, |section| section.range);
    updated.outline = said(&module.sections[own.clone()]) != said(&sections);
    let (from, to) = (own.start, own.start + sections.len());
    module.sections.splice(own, sections);
    let own = within(&module.definitions, old_unit, |definition| definition.value);
    let old = &module.definitions[own.clone()];
    updated.settings = old.len() != definitions.len()
        || !old
            .iter()
            .zip(&definitions)
            .all(|(a, b)| same_definition(a, b));
    let (first, last) = (own.start, own.start + definitions.len());
    module.definitions.splice(own, definitions);
    // What was read again is where it is.
    shift_sections(&mut module.sections[..from], moved);
    // The one around it may have become longer.
    if let Some(around) = module.sections[..from].last_mut()
        && around.range.contains_range(moved.new)
    {
        let lines = super::lines_of(tree.text(), around.range);
        updated.outline |= around.lines != lines;
        around.lines = lines;
    }
    shift_sections(&mut module.sections[to..], moved);
    shift_definitions(&mut module.definitions[..first], moved);
    shift_definitions(&mut module.definitions[last..], moved);
    shift_module(module, moved);
    for module in &mut facts.modules[1..] {
        shift_sections(&mut module.sections, moved);
        shift_definitions(&mut module.definitions, moved);
        shift_module(module, moved);
    }
    shift_rest(facts, moved);
    Some(updated)
}

/// Does an entry of a set begin with `config`?
fn has_config(set: &SyntaxNode) -> bool {
    set.children()
        .any(|entry| Names::of_green(entry.green()).get(0) == Some(Some("config")))
}

/// Which items stand in `unit`. They are in order of their starts.
fn within<T>(items: &[T], unit: TextRange, range: impl Fn(&T) -> TextRange) -> Range<usize> {
    // What stands around the unit starts before it.
    let first = items.partition_point(|item| range(item).start() < unit.start());
    let count = items[first..]
        .iter()
        .take_while(|item| unit.contains_range(range(item)))
        .count();
    first..first + count
}

/// The shape with the entries of `set` that `unit` touches instead of those that
/// stood there before. `None` when that is not all.
fn reshaped(
    shape: &Shape,
    set: &SyntaxNode,
    unit: TextRange,
    old_root: &SyntaxNode,
    moved: Moved,
) -> Option<Shape> {
    let start = set.text_range().start();
    if start != shape.set && Some(start) != shape.config {
        return Some(shape.clone());
    }
    let old_unit = TextRange::new(unit.start(), moved.old_end(unit.end()));
    let old_set = node_around(old_root, old_unit).ancestors().find(|node| {
        node.kind() == SyntaxKind::NODE_ATTR_SET && node.text_range().start() == start
    })?;
    let mut shape = shape.clone();
    for (set, unit, times) in [(&old_set, old_unit, -1), (set, unit, 1)] {
        for entry in touched(set, unit) {
            let entry = entry.syntax();
            let green = entry.green();
            let names = Names::of_green(green);
            if start != shape.set {
                shape.tally.vote([green].into_iter(), times);
            } else if names.len() == 1 && names.get(0) == Some(Some("config")) {
                return None;
            } else {
                shape.tally.count(entry, times);
            }
        }
    }
    shape.config = shape.config.map(|config| moved.at(config));
    Some(shape)
}

fn shift(facts: &mut FileFacts, moved: Moved) {
    for module in &mut facts.modules {
        shift_sections(&mut module.sections, moved);
        shift_definitions(&mut module.definitions, moved);
        shift_module(module, moved);
    }
    shift_rest(facts, moved);
}

fn shift_sections(sections: &mut [Section], moved: Moved) {
    for section in sections {
        moved.range(&mut section.range);
    }
}

fn shift_definitions(definitions: &mut [Definition], moved: Moved) {
    for definition in definitions {
        if definition.binding.end() < moved.old.start() && definition.update.is_none() {
            continue;
        }
        moved.range(&mut definition.binding);
        moved.range(&mut definition.value);
        if let Some(update) = &mut definition.update {
            moved.range(update);
        }
        for key in Arc::make_mut(&mut definition.path) {
            moved.range(&mut key.range);
        }
    }
}

fn shift_module(module: &mut ModuleFacts, moved: Moved) {
    moved.range(&mut module.range);
    if let Some(body) = &mut module.plain_body {
        moved.range(body);
    }
    if let Some(user) = &mut module.user {
        moved.range(&mut user.range);
    }
    shift_imports(&mut module.imports, moved);
    for irregular in &mut module.irregular {
        moved.range(&mut irregular.range);
    }
    for option in &mut module.options {
        moved.range(&mut option.range);
    }
}

fn shift_imports(imports: &mut [Import], moved: Moved) {
    for import in imports {
        moved.range(&mut import.range);
        moved.range(&mut import.place);
    }
}

fn shift_rest(facts: &mut FileFacts, moved: Moved) {
    if let Some(closed) = &mut facts.closed {
        moved.range(&mut closed.range);
        closed.open_at = moved.at(closed.open_at);
    }
    for configuration in &mut facts.configurations {
        moved.range(&mut configuration.range);
        shift_imports(&mut configuration.modules, moved);
    }
    for (_, import) in &mut facts.exports {
        moved.range(&mut import.range);
        moved.range(&mut import.place);
    }
    for range in &mut facts.watched {
        moved.range(range);
    }
}

fn same_definition(a: &Definition, b: &Definition) -> bool {
    let names = |definition: &Definition| -> Vec<_> {
        let keys = definition.path.iter();
        keys.map(|key| (key.name.clone(), key.quoted)).collect()
    };
    a.known == b.known
        && a.priorities == b.priorities
        && a.inside == b.inside
        && a.guards == b.guards
        && a.update.is_some() == b.update.is_some()
        && names(a) == names(b)
}

fn same_settings(a: &FileFacts, b: &FileFacts) -> bool {
    a.modules.len() == b.modules.len()
        && a.modules.iter().zip(&b.modules).all(|(a, b)| {
            let (a, b) = (&a.definitions, &b.definitions);
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_definition(a, b))
        })
}

fn same_declarations(a: &FileFacts, b: &FileFacts) -> bool {
    let mut modules = a.modules.iter().zip(&b.modules);
    modules.all(|(a, b)| {
        let paths = a.options.iter().map(|option| &option.path);
        let others = b.options.iter().map(|option| &option.path);
        a.declarations == b.declarations && paths.eq(others)
    })
}

fn same_imports<'i>(
    a: impl ExactSizeIterator<Item = &'i Import>,
    b: impl ExactSizeIterator<Item = &'i Import>,
) -> bool {
    let said = |import: &'i Import| -> (&'i Target, _, _) {
        (&import.target, &import.guards, import.is_plain())
    };
    a.len() == b.len() && a.map(said).eq(b.map(said))
}

fn same_irregular(a: &[Irregular], b: &[Irregular]) -> bool {
    let said = |it: &Irregular| it.what.clone();
    a.iter().map(said).eq(b.iter().map(said))
}

fn same_convention(a: &Convention, b: &Convention) -> bool {
    a.layout == b.layout
        && a.extras.len() == b.extras.len()
        && a.extras.iter().zip(&b.extras).all(|(a, b)| {
            (a.class, &a.of) == (b.class, &b.of) && same_imports(a.modules.iter(), b.modules.iter())
        })
}

fn same_structure(a: &FileFacts, b: &FileFacts) -> bool {
    let module = |a: &ModuleFacts, b: &ModuleFacts| {
        (
            &a.origin,
            a.certainty,
            a.class,
            a.config_depth,
            a.has_lib,
            a.parent,
            a.user.as_ref().map(|key| &key.name),
            (a.has_config, a.has_options, a.outermost_sets),
        ) == (
            &b.origin,
            b.certainty,
            b.class,
            b.config_depth,
            b.has_lib,
            b.parent,
            b.user.as_ref().map(|key| &key.name),
            (b.has_config, b.has_options, b.outermost_sets),
        ) && same_imports(a.imports.iter(), b.imports.iter())
            && same_irregular(&a.irregular, &b.irregular)
    };
    a.modules.len() == b.modules.len()
        && a.modules.iter().zip(&b.modules).all(|(a, b)| module(a, b))
        && a.configurations.len() == b.configurations.len()
        && a.configurations
            .iter()
            .zip(&b.configurations)
            .all(|(a, b)| {
                a.class == b.class
                    && a.name == b.name
                    && same_imports(a.modules.iter(), b.modules.iter())
            })
        && a.conventions.len() == b.conventions.len()
        && a.conventions
            .iter()
            .zip(&b.conventions)
            .all(|(a, b)| same_convention(a, b))
        && a.exports.len() == b.exports.len()
        && a.exports
            .iter()
            .zip(&b.exports)
            .all(|((a_name, a), (b_name, b))| {
                a_name == b_name && a.target == b.target && a.guards == b.guards
            })
}
