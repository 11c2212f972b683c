//! Reading the facts of one file off its tree.

use super::shape::{class_of_path, module_shape};
use super::targets::{named_target, path_target, tree};
use super::{
    Certainty, Class, ConfigurationFacts, Definition, FileFacts, Guard, Header, Import, Key,
    LineCounts, Literal, ModuleFacts, OptionDeclaration, Origin, Section, Target,
};
use crate::path;
use crate::semantics::{self, Env, application, attr_name, string_literal, without_parens};
use crate::syntax::{AstNode, AstToken, HasEntry, SyntaxKind, SyntaxNode, TextRange, Tree, ast};
use smol_str::SmolStr;

/// Settings nest less deep than this in any configuration that a person reads.
/// What lies deeper is not looked at, so that the walk needs little stack.
const DEEPEST: u32 = 48;

/// The facts of the file at `path`.
pub fn collect(path: &str, tree: &Tree) -> FileFacts {
    let mut facts = FileFacts {
        header: Header::of(path, tree),
        lines: LineCounts::of(tree),
        ..Default::default()
    };
    let root = tree.root();
    let Some(expr) = ast::Root::cast(root.clone()).and_then(|root| root.expr()) else {
        return facts;
    };
    let mut collector = Collector {
        facts: &mut facts,
        deep: 0,
        followed: 0,
    };
    let name = path::file_name(path);
    if name != "flake.nix"
        && let Some((certainty, class)) = module_shape(expr.syntax())
    {
        let class = if class == Class::Unknown {
            class_of_path(path)
        } else {
            class
        };
        let module = collector.add(Origin::File, certainty, class, expr.syntax(), None);
        collector.facts.modules[module].plain_body = Collector::plain_body(expr.syntax());
        collector.body(module, expr.syntax(), &Env::default(), &Here::default());
    }
    // Module lists stand in flakes and in the helpers that flakes call. A file
    // that is a module can define one, too (flake-parts).
    if tree.text().contains("modules") || tree.text().contains("Modules") {
        collector.find_configurations(&root);
    }
    facts
}

/// Where the walk is in a module: everything that a definition inherits.
#[derive(Clone, Default)]
struct Here {
    path: Vec<Key>,
    priorities: Vec<(usize, u32)>,
    guards: Vec<Guard>,
    update: Option<TextRange>,
}

impl Here {
    fn guarded(&self, guards: Vec<Guard>) -> Self {
        let mut here = self.clone();
        here.guards.extend(guards);
        here
    }
    fn priority(&self, priority: u32) -> Self {
        let mut here = self.clone();
        here.priorities.push((here.path.len(), priority));
        here
    }
    fn is(&self, names: &[&str]) -> bool {
        self.path.len() == names.len()
            && self
                .path
                .iter()
                .zip(names)
                .all(|(key, name)| *name == "*" || key.name.as_deref() == Some(name))
    }
}

struct Collector<'f> {
    facts: &'f mut FileFacts,
    deep: u32,
    /// How many names were followed to what they are bound to.
    followed: u32,
}

/// Names that are followed in one file: lists that are built from each other
/// could otherwise double with every step.
const MOST_FOLLOWED: u32 = 200;

impl Collector<'_> {
    fn add(
        &mut self,
        origin: Origin,
        certainty: Certainty,
        class: Class,
        expr: &SyntaxNode,
        parent: Option<usize>,
    ) -> usize {
        self.facts.modules.push(ModuleFacts {
            origin,
            certainty,
            class,
            range: expr.text_range(),
            config_depth: None,
            has_lib: false,
            parent,
            imports: Vec::new(),
            definitions: Vec::new(),
            options: Vec::new(),
            sections: Vec::new(),
            plain_body: None,
            has_imports: false,
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
                    visit(self, branch.syntax(), env, &here.guarded(guards));
                }
            }
            SyntaxKind::NODE_BIN_OP => {
                let Some(operation) = ast::BinOp::cast(expr.clone()) else {
                    return true;
                };
                if operation.operator() != Some(ast::BinOpKind::Update) {
                    return false;
                }
                let mut here = here.clone();
                // The outermost `//` of a chain speaks for all of it.
                here.update.get_or_insert(expr.text_range());
                for operand in [operation.lhs(), operation.rhs()].into_iter().flatten() {
                    visit(self, operand.syntax(), env, &here);
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
                        visit(self, content, env, &here.guarded(guards));
                    }
                    ("mkMerge" | "mergeAttrsList", [list]) => {
                        let list = without_parens(list);
                        if list.kind() != SyntaxKind::NODE_LIST {
                            return false;
                        }
                        for element in list.children() {
                            visit(self, &element, env, here);
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
        let set = ast::AttrSet::cast(expr)?;
        set.rec_token().is_none().then(|| set.syntax().text_range())
    }

    /// The outermost set of a module.
    fn module_set(&mut self, module: usize, set: &SyntaxNode, env: &Env, here: &Here) {
        let env = env.enter(set);
        self.facts.modules[module].has_lib = env
            .lookup("lib")
            .is_some_and(|lib| lib.origin == semantics::Origin::Lib);
        let Some(set) = ast::AttrSet::cast(set.clone()) else {
            return;
        };
        for entry in set.entries() {
            let ast::Entry::AttrpathValue(binding) = entry else {
                continue;
            };
            let (Some(attrpath), Some(value)) = (binding.attrpath(), binding.value()) else {
                continue;
            };
            let keys: Vec<_> = attrpath.attrs().map(|attr| key(&attr)).collect();
            let first = keys
                .first()
                .and_then(|key| key.name.clone())
                .unwrap_or_default();
            let value = value.syntax();
            let mut inner = here.clone();
            match first.as_str() {
                "imports" => {
                    self.facts.modules[module].has_imports = true;
                    self.imports(module, value, &env, &here.guards);
                }
                "options" => {
                    let names: Vec<_> = keys[1..].iter().filter_map(|k| k.name.clone()).collect();
                    if names.len() + 1 == keys.len() {
                        self.options(module, names, attrpath.syntax().text_range(), value, &env);
                    }
                }
                "config" => {
                    inner.path.extend_from_slice(&keys[1..]);
                    if keys.len() > 1 {
                        self.section(module, &keys[1..], binding.syntax(), false);
                    }
                    self.config(module, binding.syntax(), value, &env, &inner);
                }
                "_file" | "key" | "disabledModules" | "_class" | "meta" | "freeformType" => {}
                _ => {
                    inner.path.extend(keys);
                    self.section(module, &inner.path, binding.syntax(), true);
                    self.config(module, binding.syntax(), value, &env, &inner);
                }
            }
        }
    }

    fn section(&mut self, module: usize, path: &[Key], binding: &SyntaxNode, is_outermost: bool) {
        let names: Vec<_> = path
            .iter()
            .take(2)
            .map(|key| key.name.as_deref().unwrap_or("…"))
            .collect();
        let section = Section {
            name: names.join("."),
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
        if self.deep > DEEPEST || self.inner_module(module, value, env, here) {
            return;
        }
        self.deep += 1;
        if value.kind() == SyntaxKind::NODE_ATTR_SET {
            self.config_set(module, value, env, here);
        } else {
            let followed = self.through(value, env, here, &mut |this, value, env, here| {
                this.config(module, binding, value, env, here);
            });
            if !followed && !here.path.is_empty() {
                self.facts.modules[module].definitions.push(Definition {
                    path: here.path.as_slice().into(),
                    binding: binding.text_range(),
                    value: value.text_range(),
                    literal: literal(value),
                    priorities: here.priorities.clone(),
                    guards: here.guards.as_slice().into(),
                    update: here.update,
                });
            }
        }
        self.deep -= 1;
    }

    fn config_set(&mut self, module: usize, set: &SyntaxNode, env: &Env, here: &Here) {
        let env = env.enter(set);
        let Some(set) = ast::AttrSet::cast(set.clone()) else {
            return;
        };
        for entry in set.entries() {
            match entry {
                ast::Entry::AttrpathValue(binding) => {
                    let (Some(attrpath), Some(value)) = (binding.attrpath(), binding.value())
                    else {
                        continue;
                    };
                    let mut inner = here.clone();
                    inner.path.extend(attrpath.attrs().map(|attr| key(&attr)));
                    if here.path.is_empty() {
                        self.section(module, &inner.path, binding.syntax(), false);
                    }
                    self.config(module, binding.syntax(), value.syntax(), &env, &inner);
                }
                ast::Entry::Inherit(inherit) => {
                    for attr in inherit.attrs() {
                        let mut path = here.path.clone();
                        path.push(key(&attr));
                        self.facts.modules[module].definitions.push(Definition {
                            path: path.into(),
                            binding: inherit.syntax().text_range(),
                            value: attr.syntax().text_range(),
                            literal: None,
                            priorities: here.priorities.clone(),
                            guards: here.guards.as_slice().into(),
                            update: here.update,
                        });
                    }
                }
            }
        }
    }

    /// Settings whose value is a module of another configuration.
    fn inner_module(&mut self, parent: usize, value: &SyntaxNode, env: &Env, here: &Here) -> bool {
        let home = here.is(&["home-manager", "users", "*"]);
        let shared = here.is(&["home-manager", "sharedModules"]);
        let (origin, class) = if home || shared {
            (Origin::Root, Class::HomeManager)
        } else if here.is(&["specialisation", "*", "configuration"])
            || here.is(&["virtualisation", "vmVariant"])
            || here.is(&["virtualisation", "vmVariantWithBootLoader"])
            || here.is(&["virtualisation", "vmVariantWithDisko"])
        {
            (Origin::Variant, self.facts.modules[parent].class)
        } else if here.is(&["containers", "*", "config"]) || here.is(&["nodes", "*"]) {
            (Origin::Root, Class::NixOs)
        } else if here.is(&["flake", "*", "*"])
            || here.is(&["flake", "modules", "*", "*"])
            || here.is(&["flake", "homeModules", "*"])
        {
            let Some(name) = export_name(&here.path[1..]) else {
                return false;
            };
            let target = self.import_targets(parent, value, env);
            self.facts
                .exports
                .extend(target.into_iter().map(|import| (name.clone(), import)));
            return true;
        } else {
            return false;
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
            self.facts.modules[module].imports = imports;
        } else {
            for import in imports {
                if let Target::Module(index) = import.target {
                    let module = &mut self.facts.modules[index];
                    module.origin = origin.clone();
                    module.certainty = Certainty::Certain;
                    module.class = class;
                }
            }
        }
        true
    }

    /// Option declarations below `path`.
    fn options(
        &mut self,
        module: usize,
        path: Vec<SmolStr>,
        range: TextRange,
        value: &SyntaxNode,
        env: &Env,
    ) {
        if self.deep > DEEPEST {
            return;
        }
        self.deep += 1;
        if value.kind() == SyntaxKind::NODE_ATTR_SET {
            let env = env.enter(value);
            if let Some(set) = ast::AttrSet::cast(value.clone()) {
                for entry in set.entries() {
                    let ast::Entry::AttrpathValue(binding) = entry else {
                        continue;
                    };
                    let (Some(attrpath), Some(value)) = (binding.attrpath(), binding.value())
                    else {
                        continue;
                    };
                    let keys: Option<Vec<_>> =
                        attrpath.attrs().map(|attr| attr_name(&attr)).collect();
                    let Some(keys) = keys else { continue };
                    let inner = path.iter().cloned().chain(keys).collect();
                    let range = attrpath.syntax().text_range();
                    self.options(module, inner, range, value.syntax(), &env);
                }
            }
        } else {
            let followed =
                self.through(value, env, &Here::default(), &mut |this, value, env, _| {
                    this.options(module, path.clone(), range, value, env);
                });
            if !followed && !path.is_empty() {
                self.facts.modules[module]
                    .options
                    .push(OptionDeclaration { path, range });
            }
        }
        self.deep -= 1;
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

    fn targets(
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
            guards: here.guards.as_slice().into(),
        };
        match value.kind() {
            SyntaxKind::NODE_LIST => {
                for element in value.children() {
                    self.targets(parent, &element, env, here, out);
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
                    (Some("flatten" | "concatLists" | "unique" | "filter"), [.., list]) => {
                        self.targets(parent, list, env, here, out);
                    }
                    (Some("listFilesRecursive"), [folder]) => {
                        out.push(import(tree(folder, env, false)));
                    }
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
                            out.push(import(path_target(path, env)));
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

    /// Calls of a function with a set that holds `modules = [ … ]`, and the
    /// outputs of a flake that name modules.
    fn find_configurations(&mut self, root: &SyntaxNode) {
        for node in root.descendants() {
            if node.kind() != SyntaxKind::NODE_ATTRPATH_VALUE {
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
                        modules,
                        range,
                    });
                }
                ["nixosModules" | "homeManagerModules" | "homeModules" | "darwinModules"] => {
                    let Some(set) = ast::AttrSet::cast(without_parens(value.syntax())) else {
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
                _ => {}
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

/// What a name is bound to, when a `let` or `rec` of the same file binds it to an
/// expression of its own: `let common = [ ./a.nix ]; in … common ++ …`.
fn let_value(name: &SyntaxNode) -> Option<SyntaxNode> {
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
                let set = ast::AttrSet::cast(scope)?;
                if set.rec_token().is_none() {
                    continue;
                }
                set.entries().collect()
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

/// The chain of scopes at `node`.
fn env_at(node: &SyntaxNode) -> Env {
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
