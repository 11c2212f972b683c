//! Reading the facts of one file off its tree.

use super::decide::{self, Decides, Irregular, Irregularity};
use super::folder;
use super::shape::{Names, Shape, class_of_path, closed, module_shape};
use super::targets::{named_target, path_target, tree};
use super::{
    Certainty, Class, ConfigurationFacts, Definition, FileFacts, Guard, Header, Import, Inside,
    Key, Literal, ModuleFacts, OptionDeclaration, Origin, Section, Target,
};
use crate::options::{Declarations, Known, Limits, declarations_at};
use crate::path;
use crate::semantics::{self, Env, application, attr_name, string_literal, without_parens};
use crate::sorted;
use crate::syntax::{
    AstNode, AstToken, HasEntry, NodeOrToken, SyntaxKind, SyntaxNode, TextRange, TextSize, Tree,
    ast, token_at,
};
use smol_str::{SmolStr, SmolStrBuilder};
use std::sync::Arc;

/// Settings nest less deep than this in any configuration that a person reads.
/// What lies deeper is not looked at, so that the walk needs little stack.
const DEEPEST: u32 = 48;

/// The facts of the file at `path`.
pub fn collect(path: &str, tree: &Tree) -> FileFacts {
    let mut facts = FileFacts {
        header: Header::of(path, tree),
        lines: lines(tree.text(), line_breaks(tree.text())),
        ..Default::default()
    };
    let root = tree.root();
    let Some(expr) = ast::Root::cast(root.clone()).and_then(|root| root.expr()) else {
        return facts;
    };
    facts.closed = closed(expr.syntax()).filter(|closed| tree.is_intact(closed.range));
    let mut collector = Collector::new(tree, &mut facts);
    collector.file(path, expr.syntax());
    // Module lists stand in flakes and in the helpers that flakes call. A file
    // that is a module can define one, too (flake-parts).
    collector.find_configurations(&root);
    collector.find_conventions(&root);
    let declaring = std::mem::take(&mut collector.expressions);
    read_options(path, declaring, &mut facts);
    facts.shrink();
    facts
}

/// How often a text breaks its line.
pub(crate) fn line_breaks(text: &str) -> usize {
    memchr::memchr_iter(b'\n', text.as_bytes()).count()
}

/// How many lines a part of a text touches.
pub(crate) fn lines_of(text: &str, part: TextRange) -> u32 {
    line_breaks(&text[std::ops::Range::<usize>::from(part)]) as u32 + 1
}

/// How many lines a text has that breaks so often.
pub(crate) fn lines(text: &str, breaks: usize) -> u32 {
    let open = !text.is_empty() && !text.ends_with('\n');
    (breaks + usize::from(open)) as u32
}

/// Where the walk is in a module: everything that a definition inherits.
#[derive(Clone, Default)]
pub(super) struct Here {
    path: Vec<Key>,
    priorities: Vec<(usize, u32)>,
    inside: Inside,
    guards: Arc<[Guard]>,
    update: Option<TextRange>,
    /// Inside of a `mkIf`, `mkMerge` or priority?
    tagged: bool,
    /// In a branch, which there may not be?
    chosen: bool,
}

impl Here {
    fn guarded(&self, guards: Vec<Guard>) -> Self {
        let mut here = self.clone();
        here.guards = here.guards.iter().cloned().chain(guards).collect();
        here
    }
    /// Inside of a function of the module system.
    fn property(&self, name: &str) -> Self {
        let mut here = self.clone();
        let len = here.path.len();
        here.inside = match name {
            _ if here.priorities.is_empty() => here.inside,
            "mkIf" => here.inside.condition(len),
            "mkMerge" => here.inside.merge(len),
            _ => here.inside,
        };
        here.tagged |= matches!(name, "mkIf" | "mkMerge");
        here
    }
    fn priority(&self, priority: u32) -> Self {
        let mut here = self.clone();
        here.tagged = true;
        here.priorities.push((here.path.len(), priority));
        here
    }
    fn is(&self, names: &[&str]) -> bool {
        is_path(&self.path, names)
    }
}

/// Are these the keys of a path? `*` stands for any.
fn is_path(path: &[Key], names: &[&str]) -> bool {
    let is_it = |(key, name): (&Key, &&str)| *name == "*" || key.name.as_deref() == Some(*name);
    path.len() == names.len() && path.iter().zip(names).all(is_it)
}

pub(super) struct Collector<'f> {
    pub(super) tree: &'f Tree,
    pub(super) facts: &'f mut FileFacts,
    deep: u32,
    /// The expressions that are modules, in the order of the facts.
    expressions: Vec<SyntaxNode>,
    /// How many names were followed to what they are bound to.
    followed: u32,
    /// Does the text name a function that reads folders? `None` until somebody asks.
    reads: Option<bool>,
    /// Set while only what an edit touched is read.
    pub(super) again: Option<Again>,
}

/// Reading again what an edit touched.
#[derive(Debug)]
pub(super) struct Again {
    /// What is new in the text.
    pub(super) range: TextRange,
    /// What was read again for it: entries of one set. `None` as long as the
    /// walk has not come to that set.
    pub(super) unit: Option<TextRange>,
    /// The set.
    pub(super) set: Option<SyntaxNode>,
    /// Are the entries of the unit being read?
    inside: bool,
    /// Is it the outermost set of a module, or that of its `config`?
    pub(super) is_top: bool,
    /// Do the names that a set on the way binds mean something in it?
    pub(super) is_rec: bool,
}

impl Again {
    pub(super) fn new(range: TextRange) -> Self {
        Self {
            range,
            unit: None,
            set: None,
            inside: false,
            is_top: false,
            is_rec: false,
        }
    }
}

/// The entries of `set` that `range` touches.
pub(crate) fn touched(set: &SyntaxNode, range: TextRange) -> Vec<ast::Entry> {
    let start = range.start().checked_sub(TextSize::new(1));
    let first = start
        .map(|start| TextRange::at(start, TextSize::new(1)))
        .filter(|byte| set.text_range().contains_range(*byte))
        .and_then(|byte| set.child_or_token_at_range(byte));
    let mut next = match first {
        Some(element) => Some(element),
        None => set.first_child_or_token(),
    };
    let mut entries = Vec::new();
    while let Some(element) = next.filter(|element| element.text_range().start() <= range.end()) {
        next = element.next_sibling_or_token();
        let entry = element.into_node().and_then(ast::Entry::cast);
        entries.extend(entry.filter(|entry| entry.syntax().text_range().end() >= range.start()));
    }
    entries
}

/// Names that are followed in one file: lists that are built from each other
/// could otherwise double with every step.
const MOST_FOLLOWED: u32 = 200;

impl<'f> Collector<'f> {
    pub(super) fn new(tree: &'f Tree, facts: &'f mut FileFacts) -> Self {
        Self {
            tree,
            facts,
            deep: 0,
            expressions: Vec::new(),
            followed: 0,
            reads: None,
            again: None,
        }
    }

    /// The expression that is the file.
    pub(super) fn file(&mut self, path: &str, expr: &SyntaxNode) {
        if path::file_name(path) == "flake.nix" {
            return;
        }
        let shape = match self.again {
            // It is what it was.
            Some(_) => Some((Certainty::Certain, Class::NixOs)),
            None => {
                self.facts.shape = Shape::of(expr);
                self.facts.shape.as_ref().and_then(Shape::verdict)
            }
        };
        if let Some((certainty, class)) = shape {
            let class = if class == Class::Unknown {
                class_of_path(path)
            } else {
                class
            };
            let module = self.add(Origin::File, certainty, class, expr, None);
            self.facts.modules[module].plain_body = Self::plain_body(expr);
            self.body(module, expr, &Env::default(), &Here::default());
        }
    }

    /// Is only the way to what an edit touched being walked?
    fn is_on_the_way(&self) -> bool {
        self.again.as_ref().is_some_and(|again| !again.inside)
    }

    /// The entries of a set that have to be read, to `visit`.
    fn entries(
        &mut self,
        set: &SyntaxNode,
        is_top: bool,
        mut visit: impl FnMut(&mut Self, &SyntaxNode),
    ) {
        let Some(range) = self
            .again
            .as_ref()
            .filter(|again| !again.inside)
            .map(|again| again.range)
        else {
            for entry in set.children() {
                visit(self, &entry);
            }
            return;
        };
        let whole = set.text_range();
        if range.start() <= whole.start() || whole.end() <= range.end() {
            return;
        }
        let touched = touched(set, range);
        if let [entry] = touched.as_slice() {
            let own = entry.syntax().text_range();
            if own.start() < range.start() && range.end() < own.end() {
                visit(self, entry.syntax());
                if self
                    .again
                    .as_ref()
                    .is_some_and(|again| again.unit.is_some())
                {
                    self.is_rec_on_the_way(set);
                    return;
                }
            }
        }
        if let Some(again) = &mut self.again {
            again.inside = true;
        }
        for entry in &touched {
            visit(self, entry.syntax());
        }
        let unit = touched
            .iter()
            .map(|entry| entry.syntax().text_range())
            .fold(range, TextRange::cover);
        if let Some(again) = &mut self.again {
            again.inside = false;
            again.unit = Some(unit);
            again.set = Some(set.clone());
            again.is_top = is_top;
        }
        self.is_rec_on_the_way(set);
    }

    fn is_rec_on_the_way(&mut self, set: &SyntaxNode) {
        if let Some(again) = &mut self.again {
            again.is_rec |= semantics::opens_scope(set);
        }
    }

    fn add(
        &mut self,
        origin: Origin,
        certainty: Certainty,
        class: Class,
        expr: &SyntaxNode,
        parent: Option<usize>,
    ) -> usize {
        self.expressions.push(expr.clone());
        self.facts.modules.push(ModuleFacts {
            origin,
            certainty,
            class,
            range: expr.text_range(),
            config_depth: None,
            has_lib: false,
            parent,
            user: None,
            imports: Vec::new(),
            definitions: Vec::new(),
            options: Vec::new(),
            declarations: None,
            has_options: false,
            sections: Vec::new(),
            plain_body: None,
            has_imports: false,
            has_config: false,
            outermost_sets: 0,
            irregular: Vec::new(),
        });
        self.facts.modules.len() - 1
    }

    /// A module expression: its functions, then its sets.
    fn body(&mut self, module: usize, expr: &SyntaxNode, env: &Env, here: &Here) {
        if self.deep > DEEPEST {
            return;
        }
        self.deep += 1;
        match expr.kind() {
            SyntaxKind::NODE_PAREN => {
                if let Some(inner) = expr.first_child() {
                    self.body(module, &inner, env, here);
                }
            }
            SyntaxKind::NODE_LAMBDA => {
                let env = env.enter(expr);
                if let Some(semantics::Meaning {
                    origin: semantics::Origin::Config(depth),
                    path,
                }) = env.lookup("config")
                    && depth == env.depth()
                    && path.is_empty()
                {
                    self.facts.modules[module].config_depth = Some(depth);
                }
                if let Some(body) = ast::Lambda::cast(expr.clone()).and_then(|l| l.body()) {
                    if body.syntax().kind() != SyntaxKind::NODE_LAMBDA {
                        self.decided_shape(module, body.syntax(), &env, env.depth());
                    }
                    self.body(module, body.syntax(), &env, here);
                }
            }
            SyntaxKind::NODE_ATTR_SET => self.module_set(module, expr, env, here),
            _ => {
                self.through(expr, env, here, &mut |this, expr, env, here| {
                    this.body(module, expr, env, here);
                });
            }
        }
        self.deep -= 1;
    }

    /// The expressions that `expr` may be or merges, each with what it adds:
    /// `let`, `with`, `assert`, `if`, `//`, `mkIf`, `mkMerge` and priorities.
    /// Returns false when `expr` is something else.
    fn through(
        &mut self,
        expr: &SyntaxNode,
        env: &Env,
        here: &Here,
        visit: &mut dyn FnMut(&mut Self, &SyntaxNode, &Env, &Here),
    ) -> bool {
        match expr.kind() {
            SyntaxKind::NODE_PAREN => {
                if let Some(inner) = expr.first_child() {
                    visit(self, &inner, env, here);
                }
            }
            SyntaxKind::NODE_LET_IN | SyntaxKind::NODE_WITH | SyntaxKind::NODE_ASSERT => {
                let Some(body) = expr.last_child() else {
                    return true;
                };
                visit(self, &body, &env.enter(expr), here);
            }
            SyntaxKind::NODE_IF_ELSE => {
                let Some(choice) = ast::IfElse::cast(expr.clone()) else {
                    return true;
                };
                let Some(condition) = choice.condition() else {
                    return true;
                };
                for (branch, negated) in [(choice.body(), false), (choice.else_body(), true)] {
                    let Some(branch) = branch else { continue };
                    let guards = Guard::of(condition.syntax(), negated, env);
                    let mut here = here.guarded(guards);
                    here.chosen = true;
                    visit(self, branch.syntax(), env, &here);
                }
            }
            SyntaxKind::NODE_BIN_OP => {
                let Some(operation) = ast::BinOp::cast(expr.clone()) else {
                    return true;
                };
                if operation.operator() != Some(ast::BinOpKind::Update) {
                    return false;
                }
                let operands = [operation.lhs(), operation.rhs()];
                let operands = operands.into_iter().flatten().map(|it| it.syntax().clone());
                // `x // { }` is `x`.
                let is_empty = |operand: &SyntaxNode| {
                    let operand = without_parens(operand);
                    operand.kind() == SyntaxKind::NODE_ATTR_SET && is_empty(&operand)
                };
                let operands: Vec<_> = operands.filter(|operand| !is_empty(operand)).collect();
                let mut here = here.clone();
                if operands.len() > 1 {
                    // The outermost `//` of a chain speaks for all of it.
                    here.update.get_or_insert(expr.text_range());
                }
                for operand in &operands {
                    visit(self, operand, env, &here);
                }
            }
            SyntaxKind::NODE_APPLY => {
                let Some((function, arguments)) = application(expr) else {
                    return false;
                };
                let Some(meaning) = env.meaning(&function) else {
                    return false;
                };
                let Some(name) = meaning.lib_function() else {
                    return false;
                };
                match (name, arguments.as_slice()) {
                    ("mkIf" | "optionalAttrs", [condition, content]) => {
                        let guards = Guard::of(condition, false, env);
                        let mut here = here.property(name);
                        here.inside.never |=
                            !here.priorities.is_empty() && guards.iter().any(Guard::is_never);
                        here.chosen |= name != "mkIf";
                        visit(self, content, env, &here.guarded(guards));
                    }
                    ("mkMerge" | "mergeAttrsList", [list]) => {
                        let list = without_parens(list);
                        if list.kind() != SyntaxKind::NODE_LIST {
                            return false;
                        }
                        let here = here.property(name);
                        for element in list.children() {
                            visit(self, &element, env, &here);
                        }
                    }
                    ("mkBefore" | "mkAfter", [content]) | ("mkOrder", [_, content]) => {
                        visit(self, content, env, here);
                    }
                    _ => match priority_of(name, &arguments, env) {
                        Some((priority, content)) => {
                            visit(self, &content, env, &here.priority(priority));
                        }
                        None => return false,
                    },
                }
            }
            _ => return false,
        }
        true
    }

    /// The outermost set of `expr`, when nothing but functions stands before it.
    fn plain_body(expr: &SyntaxNode) -> Option<TextRange> {
        let mut expr = expr.clone();
        while expr.kind() == SyntaxKind::NODE_LAMBDA {
            expr = ast::Lambda::cast(expr)?.body()?.syntax().clone();
        }
        let plain = expr.kind() == SyntaxKind::NODE_ATTR_SET && !semantics::is_rec(&expr);
        plain.then(|| expr.text_range())
    }

    /// The outermost set of a module.
    fn module_set(&mut self, module: usize, set: &SyntaxNode, env: &Env, here: &Here) {
        let env = env.enter(set);
        self.facts.modules[module].has_lib = env
            .lookup("lib")
            .is_some_and(|lib| lib.origin == semantics::Origin::Lib);
        self.facts.modules[module].outermost_sets += 1 + u32::from(here.tagged);
        self.entries(set, true, |this, entry| {
            this.module_entry(module, entry, &env, here);
        });
    }

    /// An entry of the outermost set of a module.
    fn module_entry(&mut self, module: usize, entry: &SyntaxNode, env: &Env, here: &Here) {
        if entry.kind() != SyntaxKind::NODE_ATTRPATH_VALUE {
            return;
        }
        let green = entry.green();
        let names = Names::of_green(green);
        let first = names.get(0).flatten().unwrap_or_default();
        match first {
            "_file" | "key" | "disabledModules" | "_class" | "meta" | "freeformType" => return,
            "imports" | "options" => {}
            "config" => {
                if names.len() > 1 {
                    self.section(module, names, 1, entry, false);
                }
            }
            _ => {
                self.section(module, names, 0, entry, true);
            }
        }
        let Some(binding) = ast::AttrpathValue::cast(entry.clone()) else {
            return;
        };
        let (Some(attrpath), Some(value)) = (binding.attrpath(), binding.value()) else {
            return;
        };
        let keys = keys(attrpath.syntax());
        let value = value.syntax();
        match first {
            "imports" => {
                self.watch(entry);
                self.facts.modules[module].has_imports = true;
                if keys.len() == 1 {
                    self.irregular_imports(module, attrpath.syntax(), value, env, here);
                }
                self.imports(module, value, env, &here.guards);
            }
            "options" => {
                self.watch(entry);
                self.facts.modules[module].has_options = true;
            }
            _ => {
                let mut inner = here.clone();
                let skip = usize::from(first == "config");
                if skip == 1 {
                    if names.len() == 2 && names.get(1) == Some(Some("imports")) {
                        self.misplaced_imports(module, entry, here);
                    }
                    self.facts.modules[module].has_config = true;
                    if keys.len() == 1 && !here.tagged {
                        self.decided_shape(module, value, env, env.depth());
                    }
                }
                inner.path.extend_from_slice(&keys[skip..]);
                self.config(module, entry, value, env, &inner);
            }
        }
    }

    /// `imports` among the settings.
    fn misplaced_imports(&mut self, module: usize, entry: &SyntaxNode, here: &Here) {
        let Some(key) = entry.first_child() else {
            return;
        };
        self.watch(entry);
        self.facts.modules[module].irregular.push(Irregular {
            what: Irregularity::MisplacedImports {
                in_config: true,
                certain: !here.chosen,
            },
            range: key.text_range(),
        });
    }

    /// What is irregular about an entry `imports`.
    fn irregular_imports(
        &mut self,
        module: usize,
        key: &SyntaxNode,
        value: &SyntaxNode,
        env: &Env,
        here: &Here,
    ) {
        let mut all = Vec::new();
        if here.tagged {
            all.push(Irregular {
                what: Irregularity::MisplacedImports {
                    in_config: false,
                    certain: !here.chosen,
                },
                range: key.text_range(),
            });
        }
        decide::elements(value, env, &mut all);
        let mut found = Vec::new();
        Decides::new(env.depth(), &mut found).list(value, env);
        all.extend(found.into_iter().map(|(range, meaning)| {
            let name = match meaning.origin {
                semantics::Origin::Argument(name) => name,
                _ => "config".into(),
            };
            let path = meaning.path.join(".").into();
            let what = Irregularity::DecidesImports(name, path);
            Irregular { what, range }
        }));
        self.facts.modules[module].irregular.extend(all);
    }

    /// What decides which options a set of settings sets.
    fn decided_shape(&mut self, module: usize, value: &SyntaxNode, env: &Env, depth: u32) {
        let mut found = Vec::new();
        Decides::new(depth, &mut found).shape(value, env);
        for (range, meaning) in found {
            if matches!(meaning.origin, semantics::Origin::Config(_)) {
                self.facts.watched.push(range);
                let what = Irregularity::DecidesShape(meaning.path.join(".").into());
                let irregular = Irregular { what, range };
                self.facts.modules[module].irregular.push(irregular);
            }
        }
    }

    /// What depends on more of the text than where it stands: an edit in it
    /// has all facts read again.
    fn watch(&mut self, binding: &SyntaxNode) {
        self.facts.watched.push(binding.text_range());
    }

    /// An entry that sets something: its name is that of the first two keys behind
    /// `skip` others.
    fn section(
        &mut self,
        module: usize,
        names: Names<'_>,
        skip: usize,
        binding: &SyntaxNode,
        is_outermost: bool,
    ) {
        if self.is_on_the_way() {
            return;
        }
        let mut name = SmolStrBuilder::new();
        for (at, part) in [names.get(skip), names.get(skip + 1)]
            .into_iter()
            .flatten()
            .enumerate()
        {
            if at > 0 {
                name.push('.');
            }
            name.push_str(part.unwrap_or("…"));
        }
        let section = Section {
            name: name.finish(),
            lines: lines_of(self.tree.text(), binding.text_range()),
            range: binding.text_range(),
            is_outermost,
        };
        self.facts.modules[module].sections.push(section);
    }

    /// A part of a module's configuration: sets are followed, everything else
    /// is a definition.
    fn config(
        &mut self,
        module: usize,
        binding: &SyntaxNode,
        value: &SyntaxNode,
        env: &Env,
        here: &Here,
    ) {
        if self.deep > DEEPEST {
            return;
        }
        if self.inner_module(module, value, env, here) {
            self.watch(binding);
            return;
        }
        self.deep += 1;
        if value.kind() == SyntaxKind::NODE_ATTR_SET && !is_empty(value) {
            self.config_set(module, value, env, here);
        } else {
            let followed = self.through(value, env, here, &mut |this, value, env, here| {
                this.config(module, binding, value, env, here);
            });
            if !followed && !here.path.is_empty() {
                self.define(
                    module,
                    Definition {
                        path: here.path.as_slice().into(),
                        binding: binding.text_range(),
                        value: value.text_range(),
                        known: known(value),
                        priorities: here.priorities.clone(),
                        inside: here.inside,
                        guards: here.guards.clone(),
                        update: here.update,
                    },
                );
            }
        }
        self.deep -= 1;
    }

    fn define(&mut self, module: usize, definition: Definition) {
        // What is broken may not be what it seems.
        if !self.is_on_the_way()
            && definition
                .path
                .last()
                .is_some_and(|key| self.tree.is_intact(key.range))
            && self.tree.is_intact(definition.value)
        {
            self.facts.modules[module].definitions.push(definition);
        }
    }

    fn config_set(&mut self, module: usize, set: &SyntaxNode, env: &Env, here: &Here) {
        let env = env.enter(set);
        self.entries(set, here.path.is_empty(), |this, entry| {
            this.config_entry(module, entry, &env, here);
        });
    }

    /// An entry of a set of settings.
    fn config_entry(&mut self, module: usize, entry: &SyntaxNode, env: &Env, here: &Here) {
        match entry.kind() {
            SyntaxKind::NODE_ATTRPATH_VALUE => {
                let green = entry.green();
                let names = Names::of_green(green);
                if here.path.is_empty() {
                    self.section(module, names, 0, entry, false);
                    if names.len() == 1 && names.get(0) == Some(Some("imports")) {
                        self.misplaced_imports(module, entry, here);
                    }
                }
                let Some(binding) = ast::AttrpathValue::cast(entry.clone()) else {
                    return;
                };
                let (Some(attrpath), Some(value)) = (binding.attrpath(), binding.value()) else {
                    return;
                };
                let mut inner = here.clone();
                inner.path.extend(keys(attrpath.syntax()));
                self.config(module, entry, value.syntax(), env, &inner);
            }
            SyntaxKind::NODE_INHERIT => {
                let Some(inherit) = ast::Inherit::cast(entry.clone()) else {
                    return;
                };
                for attr in inherit.attrs() {
                    let mut path = here.path.clone();
                    path.push(key(&attr));
                    let definition = Definition {
                        path: path.into(),
                        binding: entry.text_range(),
                        value: attr.syntax().text_range(),
                        known: Known::Unknown,
                        priorities: here.priorities.clone(),
                        inside: here.inside,
                        guards: here.guards.clone(),
                        update: here.update,
                    };
                    self.define(module, definition);
                }
            }
            _ => {}
        }
    }

    /// Settings whose value is a module of another configuration.
    fn inner_module(&mut self, parent: usize, value: &SyntaxNode, env: &Env, here: &Here) -> bool {
        if self.inner_imports(parent, value, env, here) {
            return true;
        }
        let shared = here.is(&["home-manager", "sharedModules"]);
        let inner = match shared {
            true => Some((Origin::Root, Class::HomeManager)),
            false => self.inner_origin(parent, &here.path),
        };
        let Some((origin, class)) = inner else {
            let is_output = here.is(&["flake", "*", "*"])
                || here.is(&["flake", "modules", "*", "*"])
                || here.is(&["flake", "homeModules", "*"]);
            if !is_output {
                return false;
            }
            let Some(name) = export_name(&here.path[1..]) else {
                return false;
            };
            let target = self.import_targets(parent, value, env);
            self.facts
                .exports
                .extend(target.into_iter().map(|import| (name.clone(), import)));
            return true;
        };
        // `imports`-like values: a list, a path, or the module itself.
        let imports = self.import_targets(parent, value, env);
        let list = without_parens(value);
        if shared
            || list.kind() == SyntaxKind::NODE_LIST
            || imports
                .iter()
                .all(|i| !matches!(i.target, Target::Module(_)))
        {
            let module = self.add(origin, Certainty::Certain, class, value, Some(parent));
            let own = &mut self.facts.modules[module];
            own.imports = imports;
            own.user = user_of(&here.path);
            if shared {
                decide::elements(value, env, &mut own.irregular);
            }
        } else {
            for import in imports {
                if let Target::Module(index) = import.target {
                    let module = &mut self.facts.modules[index];
                    module.origin = origin.clone();
                    module.certainty = Certainty::Certain;
                    module.class = class;
                    module.user = user_of(&here.path);
                }
            }
        }
        true
    }

    /// How a module that is the value of a setting comes into being, and its class.
    fn inner_origin(&self, parent: usize, path: &[Key]) -> Option<(Origin, Class)> {
        let is = |names: &[&str]| is_path(path, names);
        if is(&["home-manager", "users", "*"]) {
            Some((Origin::Root, Class::HomeManager))
        } else if is(&["specialisation", "*", "configuration"])
            || is(&["virtualisation", "vmVariant"])
            || is(&["virtualisation", "vmVariantWithBootLoader"])
            || is(&["virtualisation", "vmVariantWithDisko"])
        {
            Some((Origin::Variant, self.facts.modules[parent].class))
        } else if is(&["containers", "*", "config"]) || is(&["nodes", "*"]) {
            Some((Origin::Root, Class::NixOs))
        } else {
            None
        }
    }

    /// The imports of such a module, when they are set by themselves:
    /// `home-manager.users.alice.imports = [ … ];`.
    fn inner_imports(&mut self, parent: usize, value: &SyntaxNode, env: &Env, here: &Here) -> bool {
        let Some((last, above)) = here.path.split_last() else {
            return false;
        };
        let inner = match last.name.as_deref() {
            Some("imports") => self.inner_origin(parent, above),
            _ => None,
        };
        let Some((origin, class)) = inner else {
            return false;
        };
        let module = self.add(origin, Certainty::Certain, class, value, Some(parent));
        let own = &mut self.facts.modules[module];
        own.user = user_of(above);
        decide::elements(value, env, &mut own.irregular);
        self.imports(module, value, env, &here.guards);
        true
    }

    fn imports(&mut self, module: usize, value: &SyntaxNode, env: &Env, guards: &[Guard]) {
        let mut imports = self.import_targets(module, value, env);
        for import in &mut imports {
            import.guards = guards.iter().chain(import.guards.iter()).cloned().collect();
        }
        self.facts.modules[module].imports.extend(imports);
    }

    /// What an expression in the place of a list of modules, or of one module, names.
    fn import_targets(&mut self, parent: usize, value: &SyntaxNode, env: &Env) -> Vec<Import> {
        let mut imports = Vec::new();
        self.targets(Some(parent), value, env, &Here::default(), &mut imports);
        imports
    }

    pub(super) fn targets(
        &mut self,
        parent: Option<usize>,
        value: &SyntaxNode,
        env: &Env,
        here: &Here,
        out: &mut Vec<Import>,
    ) {
        if self.deep > DEEPEST {
            return;
        }
        self.deep += 1;
        let range = value.text_range();
        let import = |target| Import {
            target,
            range,
            place: range,
            guards: here.guards.clone(),
        };
        if let Some(target) = self.listing(value, env) {
            out.push(import(target));
            self.deep -= 1;
            return;
        }
        match value.kind() {
            SyntaxKind::NODE_LIST => {
                for element in value.children() {
                    let before = out.len();
                    self.targets(parent, &element, env, here, out);
                    // Its parentheses belong to it.
                    if element.kind() == SyntaxKind::NODE_PAREN
                        && let [import] = &mut out[before..]
                        && element.text_range().contains_range(import.range)
                    {
                        import.range = element.text_range();
                    }
                }
            }
            SyntaxKind::NODE_BIN_OP if is_operator(value, ast::BinOpKind::Concat) => {
                for operand in value.children() {
                    self.targets(parent, &operand, env, here, out);
                }
            }
            SyntaxKind::NODE_LAMBDA | SyntaxKind::NODE_ATTR_SET => {
                // What stands in a module list is a module, whatever it looks like.
                let class = module_shape(value).map_or(Class::Unknown, |(_, class)| class);
                let class = match (class, parent) {
                    (Class::Unknown, Some(parent)) => self.facts.modules[parent].class,
                    (class, _) => class,
                };
                let module = self.add(Origin::Inline, Certainty::Certain, class, value, parent);
                self.body(module, value, env, &Here::default());
                out.push(import(Target::Module(module)));
            }
            SyntaxKind::NODE_APPLY => {
                let Some((function, arguments)) = application(value) else {
                    return;
                };
                let meaning = env.meaning(&function);
                let name = meaning.as_ref().and_then(|meaning| meaning.lib_function());
                match (name, arguments.as_slice()) {
                    (Some("optional" | "optionals" | "mkIf"), [condition, content]) => {
                        let guards = Guard::of(condition, false, env);
                        self.targets(parent, content, env, &here.guarded(guards), out);
                    }
                    (Some("flatten" | "concatLists" | "unique"), [.., list]) => {
                        self.targets(parent, list, env, here, out);
                    }
                    // Which of them stay is not known.
                    (Some("filter"), [predicate, list]) => {
                        let guards = Guard::of(predicate, false, env);
                        self.targets(parent, list, env, &here.guarded(guards), out);
                    }
                    (Some("listFilesRecursive"), [folder]) => {
                        out.push(import(tree(folder, env, false)));
                    }
                    // What they declare is read with the options.
                    (Some(name), _) if name.starts_with("mk") && name.contains("OptionModule") => {}
                    (Some("setDefaultModuleLocation"), [_, module]) => {
                        self.targets(parent, module, env, here, out);
                    }
                    _ => {
                        let is_import = meaning.as_ref().is_some_and(|meaning| {
                            meaning.origin == semantics::Origin::Builtins
                                && matches!(meaning.path.as_slice(), [name] if name == "import")
                        });
                        let text = function.text().to_string();
                        if is_import && let Some(path) = arguments.first() {
                            let place = without_parens(path).text_range();
                            out.push(Import {
                                place,
                                ..import(path_target(path, env))
                            });
                        } else if text.rsplit('.').next() == Some("import-tree")
                            && let Some(folder) = arguments.first()
                        {
                            out.push(import(tree(folder, env, true)));
                        } else {
                            out.push(import(Target::Unknown));
                        }
                    }
                }
            }
            SyntaxKind::NODE_BIN_OP if is_operator(value, ast::BinOpKind::Add) => {
                out.push(import(path_target(value, env)));
            }
            SyntaxKind::NODE_PATH_REL | SyntaxKind::NODE_STRING => {
                out.push(import(path_target(value, env)));
            }
            SyntaxKind::NODE_IDENT | SyntaxKind::NODE_SELECT => {
                match let_value(value).filter(|_| self.followed < MOST_FOLLOWED) {
                    Some(bound) => {
                        self.followed += 1;
                        self.watch(&bound);
                        let env = env_at(&bound);
                        self.targets(parent, &bound, &env, here, out);
                    }
                    None => out.push(import(named_target(value, env))),
                }
            }
            _ => {
                let followed = self.through(value, env, here, &mut |this, value, env, here| {
                    this.targets(parent, value, env, here, out);
                });
                if !followed {
                    out.push(import(Target::Unknown));
                }
            }
        }
        self.deep -= 1;
    }

    /// A list that is read off a folder.
    fn listing(&mut self, value: &SyntaxNode, env: &Env) -> Option<Target> {
        let is_step =
            value.kind() == SyntaxKind::NODE_APPLY || is_operator(value, ast::BinOpKind::PipeRight);
        if !is_step || !self.reads_folders() || self.followed >= MOST_FOLLOWED {
            return None;
        }
        let (folder, followed) = folder::listing(value, env);
        self.followed += followed.len() as u32;
        for bound in &followed {
            self.watch(bound);
        }
        let folder = folder?;
        let is_plain = folder.is_deep && folder.wanted.is_empty() && !folder.read.from_flake;
        Some(match is_plain {
            true => Target::Tree {
                folder: folder.read.before,
                skip_underscore: false,
            },
            false => Target::Folder(Box::new(folder)),
        })
    }

    /// Does the file read folders at all?
    fn reads_folders(&mut self) -> bool {
        let text = self.tree.text();
        *self.reads.get_or_insert_with(|| {
            let mut readers = folder::READERS.iter();
            readers.any(|reader| memchr::memmem::find(text.as_bytes(), reader).is_some())
        })
    }

    /// Calls of a function with a set that holds `modules = [ … ]`, and the
    /// outputs of a flake that name modules.
    fn find_configurations(&mut self, root: &SyntaxNode) {
        let text = self.tree.text().clone();
        let mut last = None;
        for at in memchr::memmem::find_iter(text.as_bytes(), MODULES) {
            let at = TextSize::new(at as u32);
            let Some(key) = token_at(root, at).and_then(|token| {
                let mut around = token.parent_ancestors();
                around.find(|node| node.kind() == SyntaxKind::NODE_ATTRPATH)
            }) else {
                continue;
            };
            let Some(node) = key.parent() else { continue };
            if node.kind() != SyntaxKind::NODE_ATTRPATH_VALUE
                || last.replace(node.text_range()) == Some(node.text_range())
            {
                continue;
            }
            let Some(binding) = ast::AttrpathValue::cast(node.clone()) else {
                continue;
            };
            let (Some(attrpath), Some(value)) = (binding.attrpath(), binding.value()) else {
                continue;
            };
            let names: Option<Vec<_>> = attrpath.attrs().map(|attr| attr_name(&attr)).collect();
            let Some(names) = names else { continue };
            let Some(set) = node.parent() else { continue };
            // Who calls it with what decides as well.
            let watched = self.facts.watched.len();
            let outermost = node
                .ancestors()
                .filter(|node| node.kind() == SyntaxKind::NODE_ATTRPATH_VALUE)
                .last();
            self.watch(&outermost.unwrap_or(node.clone()));
            match names
                .iter()
                .map(SmolStr::as_str)
                .collect::<Vec<_>>()
                .as_slice()
            {
                ["modules"] => {
                    let Some(call) = argument_of(&set) else {
                        continue;
                    };
                    let Some((function, _)) = application(&call) else {
                        continue;
                    };
                    let class = match function.text().to_string().rsplit('.').next() {
                        Some("nixosSystem") => Class::NixOs,
                        Some("homeManagerConfiguration") => Class::HomeManager,
                        Some("darwinSystem") => Class::Darwin,
                        _ => Class::Unknown,
                    };
                    let env = env_at(&node);
                    let mut modules = Vec::new();
                    self.targets(None, value.syntax(), &env, &Here::default(), &mut modules);
                    let range = value.syntax().text_range();
                    self.facts.configurations.push(ConfigurationFacts {
                        class,
                        name: output_name(&call),
                        modules,
                        range,
                    });
                }
                ["nixosModules" | "homeManagerModules" | "homeModules" | "darwinModules"] => {
                    let Some(set) = ast::AttrSet::cast(without_parens(value.syntax())) else {
                        // Modules, but not under which names.
                        let name = format!("{}.*", names[0]).into();
                        self.export(name, value.syntax(), &env_at(&node));
                        continue;
                    };
                    let env = env_at(set.syntax());
                    for entry in set.entries() {
                        let ast::Entry::AttrpathValue(entry) = entry else {
                            continue;
                        };
                        let (Some(key), Some(value)) = (entry.attrpath(), entry.value()) else {
                            continue;
                        };
                        let Some(name) = key.attrs().next().as_ref().and_then(attr_name) else {
                            continue;
                        };
                        let name = format!("{}.{name}", names[0]).into();
                        self.export(name, value.syntax(), &env);
                    }
                }
                [
                    outputs @ ("nixosModules" | "homeManagerModules" | "homeModules"
                    | "darwinModules"),
                    name,
                ] => {
                    let name = format!("{outputs}.{name}").into();
                    self.export(name, value.syntax(), &env_at(&node));
                }
                _ => self.facts.watched.truncate(watched),
            }
        }
    }

    fn export(&mut self, name: SmolStr, value: &SyntaxNode, env: &Env) {
        let mut imports = Vec::new();
        self.targets(None, value, env, &Here::default(), &mut imports);
        self.facts
            .exports
            .extend(imports.into_iter().map(|import| (name.clone(), import)));
    }
}

/// Has a set no entries?
pub(super) fn is_empty(set: &SyntaxNode) -> bool {
    !set.children()
        .any(|child| ast::Entry::can_cast(child.kind()))
}

/// What the keys that speak of lists of modules have in common.
pub(super) const MODULES: &[u8] = b"odules";

/// What a name is bound to, when a `let` or `rec` of the same file binds it to an
/// expression of its own: `let common = [ ./a.nix ]; in … common ++ …`.
pub(super) fn let_value(name: &SyntaxNode) -> Option<SyntaxNode> {
    let text = ast::Ident::cast(name.clone())?
        .ident_token()?
        .text()
        .to_owned();
    for (child, scope) in name.ancestors().zip(name.ancestors().skip(1)) {
        if !semantics::sees_scope(&scope, &child) {
            continue;
        }
        let entries: Vec<_> = match scope.kind() {
            SyntaxKind::NODE_LET_IN => ast::LetIn::cast(scope)?.entries().collect(),
            SyntaxKind::NODE_ATTR_SET => {
                if !semantics::is_rec(&scope) {
                    continue;
                }
                ast::AttrSet::cast(scope)?.entries().collect()
            }
            SyntaxKind::NODE_LAMBDA => {
                // A formal of that name hides what is further out.
                let param = ast::Lambda::cast(scope)?.param()?;
                let mut idents = param.syntax().descendants().filter_map(ast::Ident::cast);
                if idents.any(|i| i.ident_token().is_some_and(|token| token.text() == text)) {
                    return None;
                }
                continue;
            }
            _ => continue,
        };
        for entry in entries {
            match entry {
                ast::Entry::AttrpathValue(binding) => {
                    let mut attrs = binding.attrpath()?.attrs();
                    let first = attrs.next().as_ref().and_then(attr_name);
                    if first.as_deref() == Some(&text) {
                        let value = binding.value()?;
                        return attrs.next().is_none().then(|| value.syntax().clone());
                    }
                }
                ast::Entry::Inherit(inherit) => {
                    if inherit
                        .attrs()
                        .any(|attr| attr_name(&attr).as_deref() == Some(&text))
                    {
                        return None;
                    }
                }
            }
        }
    }
    None
}

/// The name under which a `nixosConfigurations` or another output of that kind has
/// what `node` makes.
fn output_name(node: &SyntaxNode) -> Option<SmolStr> {
    let mut path: Vec<Option<SmolStr>> = Vec::new();
    for around in node.ancestors() {
        // What a function makes has as many names as calls.
        if around.kind() == SyntaxKind::NODE_LAMBDA {
            break;
        }
        if let Some(binding) = ast::AttrpathValue::cast(around) {
            let attrs: Vec<_> = binding.attrpath()?.attrs().collect();
            path.extend(attrs.iter().rev().map(attr_name));
        }
    }
    let is_output = |name: &Option<SmolStr>| {
        let name = name.as_deref().unwrap_or_default();
        name.ends_with("Configurations") || name == "nodes" || name == "colmena"
    };
    let output = path.iter().position(is_output)?;
    path.get(output.checked_sub(1)?)?.clone()
}

/// The chain of scopes at `node`.
pub(crate) fn env_at(node: &SyntaxNode) -> Env {
    let ancestors: Vec<_> = node.ancestors().collect();
    ancestors
        .windows(2)
        .rev()
        .fold(Env::default(), |env, pair| {
            if semantics::sees_scope(&pair[1], &pair[0]) {
                env.enter(&pair[1])
            } else {
                env
            }
        })
}

/// The application whose argument `set` is, through parentheses, `//` and `let`.
fn argument_of(set: &SyntaxNode) -> Option<SyntaxNode> {
    let mut node = set.clone();
    loop {
        let parent = node.parent()?;
        match parent.kind() {
            SyntaxKind::NODE_APPLY if parent.first_child().as_ref() != Some(&node) => {
                return Some(parent);
            }
            SyntaxKind::NODE_PAREN | SyntaxKind::NODE_BIN_OP => {
                node = parent;
            }
            _ => return None,
        }
    }
}

pub(super) fn is_operator(node: &SyntaxNode, kind: ast::BinOpKind) -> bool {
    ast::BinOp::cast(node.clone()).and_then(|operation| operation.operator()) == Some(kind)
}

/// The keys of a path, off its green node as far as they say just what is written.
fn keys(attrpath: &SyntaxNode) -> Vec<Key> {
    let green = attrpath.green();
    let mut keys = Vec::with_capacity(green.children().len().div_ceil(2));
    let mut start = attrpath.text_range().start();
    for child in green.children() {
        let len = match child {
            NodeOrToken::Node(node) => node.text_len(),
            NodeOrToken::Token(token) => token.text_len(),
        };
        if let NodeOrToken::Node(node) = child {
            let name = match semantics::written(node) {
                Some(name) => Some(name.into()),
                None => {
                    let attr = attrpath
                        .children()
                        .nth(keys.len())
                        .and_then(ast::Attr::cast);
                    attr.as_ref().and_then(attr_name)
                }
            };
            keys.push(Key {
                name,
                range: TextRange::at(start, len),
                quoted: node.kind().0 != SyntaxKind::NODE_IDENT as u16,
            });
        }
        start += len;
    }
    keys
}

fn key(attr: &ast::Attr) -> Key {
    Key {
        name: attr_name(attr),
        range: attr.syntax().text_range(),
        quoted: !matches!(attr, ast::Attr::Ident(_)),
    }
}

/// The name under which a flake publishes a module, from the keys below `flake`.
fn export_name(keys: &[Key]) -> Option<SmolStr> {
    let names: Option<Vec<_>> = keys.iter().map(|key| key.name.as_deref()).collect();
    match names?.as_slice() {
        ["modules", class, name] => Some(format!("modules.{class}.{name}").into()),
        [
            outputs @ ("nixosModules" | "homeManagerModules" | "homeModules" | "darwinModules"),
            name,
        ] => Some(format!("{outputs}.{name}").into()),
        _ => None,
    }
}

/// The number that a function of `lib` gives its last argument, and that argument.
pub(crate) fn priority_of(
    name: &str,
    arguments: &[SyntaxNode],
    env: &Env,
) -> Option<(u32, SyntaxNode)> {
    let fixed = match name {
        "mkVMOverride" => 10,
        "mkForce" => 50,
        "mkImageMediaOverride" => 60,
        "mkDefault" => 1000,
        "mkOptionDefault" => 1500,
        "mkOverride" => {
            let [number, content] = arguments else {
                return None;
            };
            return Some((priority_number(number, env)?, content.clone()));
        }
        _ => return None,
    };
    match arguments {
        [content] => Some((fixed, content.clone())),
        _ => None,
    }
}

/// A priority written as a number, or by the name that `lib` has for it.
pub(crate) fn priority_number(expr: &SyntaxNode, env: &Env) -> Option<u32> {
    let expr = without_parens(expr);
    if let Some(Literal::Integer(number)) = literal(&expr) {
        return u32::try_from(number).ok();
    }
    match env.meaning(&expr)?.lib_function()? {
        "defaultOverridePriority" | "defaultPriority" => Some(super::DEFAULT_PRIORITY),
        _ => None,
    }
}

/// Reads the options of the modules that declare some.
fn read_options(path: &str, expressions: Vec<SyntaxNode>, facts: &mut FileFacts) {
    for (expr, module) in expressions.into_iter().zip(&mut facts.modules) {
        if !module.has_options && !module.has_imports {
            continue;
        }
        let found = declarations_at(path, &expr, Limits::SMALL);
        if found == Declarations::default() {
            continue;
        }
        found.options.each_own(&mut |path, declared| {
            let range = declared
                .place
                .as_ref()
                .map_or_else(TextRange::default, |place| {
                    TextRange::new(place.start.into(), place.end.into())
                });
            module.options.push(OptionDeclaration {
                path: path.to_vec(),
                range,
                declared: declared.clone(),
            });
        });
        sorted::sort_by_key(&mut module.options, |option| option.range.start());
        module.declarations = Some(Arc::new(found));
    }
}

/// What is known of a value.
fn known(value: &SyntaxNode) -> Known {
    let value = without_parens(value);
    if let Some(literal) = literal(&value) {
        return Known::Literal(literal);
    }
    match value.kind() {
        SyntaxKind::NODE_STRING => Known::Text,
        SyntaxKind::NODE_PATH_REL | SyntaxKind::NODE_PATH_ABS | SyntaxKind::NODE_PATH_HOME => {
            Known::Path
        }
        SyntaxKind::NODE_LAMBDA => Known::Function,
        SyntaxKind::NODE_ATTR_SET => Known::Set,
        SyntaxKind::NODE_LIST => {
            Known::List(value.children().map(|it| known_in_list(&it)).collect())
        }
        _ => Known::Unknown,
    }
}

/// What is known of an element of a list. Lists in lists are rare, and not read.
fn known_in_list(value: &SyntaxNode) -> Known {
    match value.kind() {
        SyntaxKind::NODE_LIST => Known::Unknown,
        _ => known(value),
    }
}

/// The key of a home that a path leads to.
fn user_of(path: &[Key]) -> Option<Key> {
    is_path(path, &["home-manager", "users", "*"]).then(|| path[2].clone())
}

/// The value of a literal.
pub(crate) fn literal(expr: &SyntaxNode) -> Option<Literal> {
    let expr = without_parens(expr);
    match ast::Expr::cast(expr)? {
        ast::Expr::Literal(literal) => match literal.kind() {
            ast::LiteralKind::Integer(token) => Some(Literal::Integer(token.value().ok()?)),
            ast::LiteralKind::Float(token) => Some(Literal::Float(token.syntax().text().into())),
            ast::LiteralKind::Uri(token) => Some(Literal::String(token.syntax().text().into())),
        },
        ast::Expr::Str(string) => string_literal(&string).map(Literal::String),
        ast::Expr::Ident(ident) => match ident.ident_token()?.text() {
            "true" => Some(Literal::Bool(true)),
            "false" => Some(Literal::Bool(false)),
            "null" => Some(Literal::Null),
            _ => None,
        },
        ast::Expr::UnaryOp(unary) => match literal(unary.expr()?.syntax())? {
            Literal::Integer(number) => Some(Literal::Integer(-number)),
            _ => None,
        },
        _ => None,
    }
}
