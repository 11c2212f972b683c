//! Libraries that find hosts and modules by the places where they lie: what a flake
//! tells them. Where that is, `workspace/conventions.rs` knows.
//!
//! Only what is written out is understood. A library whose folder is computed, or that
//! is told something else that decides which modules meet, is left alone.

use super::collect::{Collector, Here, env_at, let_value};
use super::folder::{self, Spot};
use super::{Class, Import, Literal, Target, literal};
use crate::semantics::{Env, Origin, application, attr_name, without_parens};
use crate::syntax::{
    AstNode, HasEntry, SyntaxKind, SyntaxNode, TextRange, TextSize, ast, token_at,
};
use smol_str::SmolStr;

/// What a file tells a library that finds hosts and modules by their places.
#[derive(Debug, Clone, PartialEq)]
pub struct Convention {
    pub(crate) layout: Layout,
    /// Lists of modules that it gets beside.
    pub(crate) extras: Vec<Extra>,
    /// The texts that name folders.
    pub(crate) places: Vec<TextRange>,
}

/// The library, and where it looks.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Layout {
    /// ez-configs.
    EzConfigs(Box<EzConfigs>),
    /// snowfall-lib, below this folder.
    Snowfall(Spot),
    /// blueprint, below this folder.
    Blueprint(Spot),
}

/// A list of modules for some of the hosts or homes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Extra {
    /// For the hosts of this module system, or for the homes; where it is unknown, for
    /// all hosts.
    pub(crate) class: Class,
    /// For the one of this name alone.
    pub(crate) of: Option<SmolStr>,
    pub(crate) modules: Vec<Import>,
}

/// What a file sets of the options `ezConfigs`. Other files may set more.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct EzConfigs {
    pub(crate) root: Option<Spot>,
    pub(crate) nixos: EzSystem,
    pub(crate) darwin: EzSystem,
    pub(crate) home: EzSystem,
    /// Is there something that is not understood?
    pub(crate) is_vague: bool,
}

/// The hosts or homes of one module system.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct EzSystem {
    /// Where they are, if not at the usual place.
    pub(crate) configurations: Option<Spot>,
    /// Where their modules are, if not at the usual place.
    pub(crate) modules: Option<Spot>,
    /// Which of them import the default module: `None` when that is not known.
    pub(crate) defaults: Vec<(SmolStr, Option<bool>)>,
    /// May some not do so that are not named?
    pub(crate) is_doubtful: bool,
    /// The homes that belong to no host.
    pub(crate) standalone: Vec<SmolStr>,
    /// The homes that have other names.
    pub(crate) renamed: Vec<SmolStr>,
}

/// Without one of these names in its text a file tells no library anything.
pub(super) const NAMES: [&str; 3] = ["ezConfigs", "mkFlake", "blueprint"];

/// The library that `mkFlake` is asked of.
pub(super) const SNOWFALL: &str = "snowfall";

/// Sets in sets, and names for them, that are followed.
const DEEPEST: usize = 8;

/// More than so much nobody tells a library.
const MOST: usize = 4000;

/// Something in a set that is no set itself.
struct Leaf {
    path: Vec<Option<SmolStr>>,
    value: SyntaxNode,
    env: Env,
}

/// What stands in `value`, below `path`.
fn leaves(value: &SyntaxNode, env: &Env, path: &[Option<SmolStr>], out: &mut Vec<Leaf>) {
    let value = without_parens(value);
    if out.len() >= MOST {
        return;
    }
    let bound = match value.kind() {
        SyntaxKind::NODE_IDENT if path.len() < DEEPEST => let_value(&value)
            .map(|bound| without_parens(&bound))
            .filter(|it| it.kind() == SyntaxKind::NODE_ATTR_SET),
        _ => None,
    };
    let (value, env) = match bound {
        Some(bound) => {
            let env = env_at(&bound);
            (bound, env)
        }
        None => (value, env.clone()),
    };
    match value.kind() {
        SyntaxKind::NODE_LET_IN => {
            if let Some(body) = value.last_child() {
                leaves(&body, &env.enter(&value), path, out);
            }
        }
        SyntaxKind::NODE_ATTR_SET if path.len() < DEEPEST => {
            let env = env.enter(&value);
            for entry in ast::AttrSet::cast(value)
                .into_iter()
                .flat_map(|it| it.entries())
            {
                match entry {
                    ast::Entry::AttrpathValue(binding) => {
                        let (Some(keys), Some(value)) = (binding.attrpath(), binding.value())
                        else {
                            continue;
                        };
                        let mut path = path.to_vec();
                        path.extend(keys.attrs().map(|attr| attr_name(&attr)));
                        leaves(value.syntax(), &env, &path, out);
                    }
                    ast::Entry::Inherit(inherit) => {
                        let is_plain = inherit.from().is_none();
                        for attr in inherit.attrs() {
                            let mut path = path.to_vec();
                            path.push(attr_name(&attr));
                            match is_plain {
                                true => leaves(attr.syntax(), &env, &path, out),
                                false => out.push(Leaf {
                                    path,
                                    value: inherit.syntax().clone(),
                                    env: env.clone(),
                                }),
                            }
                        }
                    }
                }
            }
        }
        _ => out.push(Leaf {
            path: path.to_vec(),
            value,
            env,
        }),
    }
}

impl Leaf {
    fn names(&self) -> Vec<&str> {
        let names = self.path.iter();
        // No name of an attribute is empty that anybody asks for.
        names
            .map(|name| name.as_deref().unwrap_or_default())
            .collect()
    }
}

impl Collector<'_> {
    /// What the file tells libraries that find hosts and modules by their places.
    pub(super) fn find_conventions(&mut self, root: &SyntaxNode) {
        let text = self.tree.text().clone();
        let has_snowfall = memchr::memmem::find(text.as_bytes(), SNOWFALL.as_bytes()).is_some();
        let mut ez = Vec::new();
        let mut is_asked = false;
        for name in NAMES {
            if name == "mkFlake" && !has_snowfall {
                continue;
            }
            for at in memchr::memmem::find_iter(text.as_bytes(), name.as_bytes()) {
                let token = token_at(root, TextSize::new(at as u32));
                let Some(node) = token
                    .filter(|it| it.text() == name)
                    .and_then(|it| it.parent())
                else {
                    continue;
                };
                if name == "ezConfigs" {
                    is_asked |= set_below(&node, &mut ez);
                } else if let Some((function, set)) = called(&node) {
                    is_asked = true;
                    let found = match name {
                        "blueprint" => self.blueprint(&function, &set),
                        _ => self.snowfall(&function, &set),
                    };
                    self.facts.conventions.extend(found);
                }
            }
        }
        if !ez.is_empty() && ez.len() < MOST {
            let found = self.ez_configs(&ez);
            self.facts.conventions.push(found);
        }
        if is_asked {
            // What decides it may stand anywhere in the file.
            self.facts.watched.push(root.text_range());
        }
    }

    /// `ezConfigs = { root = ./.; … };`
    fn ez_configs(&mut self, leaves: &[Leaf]) -> Convention {
        let mut all = EzConfigs::default();
        let mut places = Vec::new();
        for leaf in leaves.iter().filter(|leaf| leaf.names() == ["root"]) {
            all.root = folder::place(&leaf.value, &leaf.env, None);
            all.is_vague |= all.root.is_none();
            places.push(leaf.value.text_range());
        }
        let root = all.root.clone();
        for leaf in leaves {
            let names = leaf.names();
            let [system, rest @ ..] = names.as_slice() else {
                all.is_vague = true;
                continue;
            };
            let own = match *system {
                "root" | "globalArgs" | "earlyModuleArgs" => continue,
                "nixos" => &mut all.nixos,
                "darwin" => &mut all.darwin,
                "home" => &mut all.home,
                _ => {
                    all.is_vague = true;
                    continue;
                }
            };
            match rest {
                [folder @ ("configurationsDirectory" | "modulesDirectory")] => {
                    let found = folder::place(&leaf.value, &leaf.env, root.as_ref());
                    all.is_vague |= found.is_none();
                    places.push(leaf.value.text_range());
                    match *folder {
                        "modulesDirectory" => own.modules = found,
                        _ => own.configurations = found,
                    }
                }
                ["specialArgs" | "extraSpecialArgs" | "earlyModuleArgs", ..] => {}
                ["hosts" | "users"] => own.is_doubtful |= may_leave_default(&leaf.value),
                ["hosts" | "users", name, setting @ ..] => own.set(name, setting, &leaf.value),
                _ => all.is_vague = true,
            }
        }
        Convention {
            layout: Layout::EzConfigs(Box::new(all)),
            extras: Vec::new(),
            places,
        }
    }

    /// `snowfall-lib.mkFlake { src = ./.; … }`
    fn snowfall(&mut self, function: &SyntaxNode, set: &SyntaxNode) -> Option<Convention> {
        let mut told = Vec::new();
        leaves(set, &env_at(set), &[], &mut told);
        if told.len() >= MOST {
            return None;
        }
        let first = match asked_of(function, "mkFlake", SNOWFALL) {
            true => None,
            // `lib = snowfall-lib.mkLib { src = ./.; … }`
            false => Some(library_of(function)?),
        };
        let mut places = Vec::new();
        let mut folder = |path: &[&str]| {
            let mut all = first.as_ref().unwrap_or(&told).iter();
            let leaf = all.find(|leaf| leaf.names() == path)?;
            places.push(leaf.value.text_range());
            Some(folder::place(
                &source(&leaf.value, &leaf.env),
                &leaf.env,
                None,
            ))
        };
        let src = folder(&["src"])?;
        let root = folder(&["snowfall", "root"]).unwrap_or(src)?;
        let mut extras = Vec::new();
        for leaf in &told {
            let names = leaf.names();
            let (class, of, is_list) = match names.as_slice() {
                ["systems", "modules", "nixos"] => (Class::NixOs, None, true),
                ["systems", "modules", "darwin"] => (Class::Darwin, None, true),
                ["systems", "hosts", host, "modules"] => (Class::Unknown, Some(*host), true),
                ["systems", "hosts", host] => (Class::Unknown, Some(*host), false),
                ["systems"] | ["systems", "modules" | "hosts"] => (Class::Unknown, None, false),
                ["hostDefaults", "modules"] => (Class::Unknown, None, true),
                ["hostDefaults"] => (Class::Unknown, None, false),
                ["homes", "modules"] => (Class::HomeManager, None, true),
                ["homes", "users", home, "modules"] => (Class::HomeManager, Some(*home), true),
                ["homes", "users", home] => (Class::HomeManager, Some(*home), false),
                ["homes"] | ["homes", "users"] => (Class::HomeManager, None, false),
                _ => continue,
            };
            let range = leaf.value.text_range();
            let mut modules = Vec::new();
            match is_list {
                true => self.targets(None, &leaf.value, &leaf.env, &Here::default(), &mut modules),
                false => modules.push(Import {
                    target: Target::Unknown,
                    range,
                    place: range,
                    guards: [].into(),
                }),
            }
            extras.push(Extra {
                class,
                // A name that is computed may be any.
                of: of.filter(|of| !of.is_empty()).map(SmolStr::from),
                modules,
            });
        }
        Some(Convention {
            layout: Layout::Snowfall(root),
            extras,
            places,
        })
    }

    /// `blueprint { inherit inputs; prefix = "nix"; }`
    fn blueprint(&mut self, function: &SyntaxNode, set: &SyntaxNode) -> Option<Convention> {
        if !asked_of(function, "blueprint", "blueprint") {
            return None;
        }
        let mut told = Vec::new();
        leaves(set, &env_at(set), &[], &mut told);
        let is_told = |name: &str| told.iter().any(|leaf| leaf.names().first() == Some(&name));
        if !is_told("inputs") {
            return None;
        }
        let mut root = Spot::flake("");
        let mut places = Vec::new();
        for leaf in told.iter().filter(|leaf| leaf.names() == ["prefix"]) {
            places.push(leaf.value.text_range());
            root = match literal(&leaf.value) {
                Some(Literal::Null) => continue,
                Some(Literal::String(prefix)) => Spot::flake(&prefix),
                _ => folder::place(&leaf.value, &leaf.env, None)?,
            };
        }
        Some(Convention {
            layout: Layout::Blueprint(root),
            extras: Vec::new(),
            places,
        })
    }
}

impl EzSystem {
    /// A setting of one host or user.
    fn set(&mut self, name: &str, setting: &[&str], value: &SyntaxNode) {
        let is_true = literal(value) == Some(Literal::Bool(true));
        match setting {
            ["importDefault"] | [] => {
                let known = match literal(value) {
                    Some(Literal::Bool(value)) if !setting.is_empty() => Some(value),
                    _ => None,
                };
                match name.is_empty() {
                    true => self.is_doubtful |= known != Some(true),
                    false => self.defaults.push((name.into(), known)),
                }
            }
            ["standalone", "enable"] if is_true => self.standalone.push(name.into()),
            ["nameFunction"] => self.renamed.push(name.into()),
            _ => {}
        }
    }
}

/// The settings that a name `ezConfigs` leads to, if it is the key of some.
fn set_below(name: &SyntaxNode, out: &mut Vec<Leaf>) -> bool {
    let binding = name
        .parent()
        .and_then(|path| path.parent())
        .and_then(ast::AttrpathValue::cast);
    let is_in_set = |node: &SyntaxNode| {
        let parent = node.parent();
        parent.is_some_and(|it| it.kind() == SyntaxKind::NODE_ATTR_SET)
    };
    let Some(binding) = binding.filter(|it| is_in_set(it.syntax())) else {
        return false;
    };
    let (Some(keys), Some(value)) = (binding.attrpath(), binding.value()) else {
        return false;
    };
    let keys: Vec<_> = keys.attrs().map(|attr| attr_name(&attr)).collect();
    let names: Vec<_> = keys.iter().map(|key| key.as_deref()).collect();
    let below = match names.as_slice() {
        // A file of that name.
        [Some("ezConfigs")] if value.syntax().kind() == SyntaxKind::NODE_PATH_REL => return false,
        [Some("ezConfigs"), ..] => 1,
        [Some("config"), Some("ezConfigs"), ..] => 2,
        _ => return false,
    };
    let env = env_at(value.syntax());
    let before = out.len();
    leaves(value.syntax(), &env, &keys[below..], out);
    if is_conditional(binding.syntax()) {
        // A path without names is not understood.
        out[before..].iter_mut().for_each(|leaf| leaf.path.clear());
    }
    true
}

/// Does a condition decide about what stands there?
fn is_conditional(node: &SyntaxNode) -> bool {
    node.ancestors().any(|around| match around.kind() {
        SyntaxKind::NODE_IF_ELSE => true,
        SyntaxKind::NODE_APPLY => application(&around).is_some_and(|(function, _)| {
            let text = function.text().to_string();
            matches!(text.rsplit('.').next(), Some("mkIf" | "optionalAttrs"))
        }),
        _ => false,
    })
}

/// The function in whose name a name stands, and the set that it gets.
fn called(name: &SyntaxNode) -> Option<(SyntaxNode, SyntaxNode)> {
    let call = name
        .ancestors()
        .find(|around| around.kind() == SyntaxKind::NODE_APPLY)?;
    let mut children = call.children();
    let function = children.next()?;
    let argument = without_parens(&children.next()?);
    let is_it = function.text_range().contains_range(name.text_range());
    let is_set = argument.kind() == SyntaxKind::NODE_ATTR_SET;
    (is_it && is_set).then(|| (without_parens(&function), argument))
}

/// Is a function this one of this library?
fn asked_of(function: &SyntaxNode, name: &str, library: &str) -> bool {
    let Some(meaning) = env_at(function).meaning(function) else {
        return false;
    };
    let Origin::Argument(first) = &meaning.origin else {
        return false;
    };
    let names: Vec<_> = std::iter::once(first).chain(&meaning.path).collect();
    names.last().is_some_and(|last| *last == name)
        && names.iter().any(|part| part.starts_with(library))
}

/// What `snowfall-lib.mkLib` is told whose `mkFlake` this is.
fn library_of(function: &SyntaxNode) -> Option<Vec<Leaf>> {
    let select = ast::Select::cast(function.clone())?;
    let mut library = without_parens(select.expr()?.syntax());
    if library.kind() == SyntaxKind::NODE_IDENT {
        library = without_parens(&let_value(&library)?);
    }
    let (make, arguments) = application(&library)?;
    let [set] = arguments.as_slice() else {
        return None;
    };
    let mut told = Vec::new();
    leaves(set, &env_at(set), &[], &mut told);
    asked_of(&make, "mkLib", SNOWFALL).then_some(told)
}

/// The folder that a source without some of its files is.
fn source(value: &SyntaxNode, env: &Env) -> SyntaxNode {
    let inner = || {
        let (function, arguments) = application(value)?;
        let meaning = env.meaning(&function)?;
        match (meaning.lib_function()?, arguments.as_slice()) {
            ("cleanSource", [folder]) => Some(folder.clone()),
            // Nobody filters out the hosts.
            ("cleanSourceWith", [set]) => {
                let mut told = Vec::new();
                leaves(set, env, &[], &mut told);
                let src = told.into_iter().find(|leaf| leaf.names() == ["src"])?;
                Some(src.value)
            }
            _ => None,
        }
    };
    inner().unwrap_or_else(|| value.clone())
}

/// May one of the hosts that an expression makes not import the default module? A
/// function that makes the settings of each of them tells.
fn may_leave_default(value: &SyntaxNode) -> bool {
    let made = || {
        let mut value = without_parens(value);
        if let Some(pipe) = ast::BinOp::cast(value.clone())
            .filter(|it| it.operator() == Some(ast::BinOpKind::PipeRight))
        {
            value = without_parens(pipe.rhs()?.syntax());
        }
        let (function, arguments) = application(&value)?;
        let name = function.text().to_string();
        let (function, is_whole) = match (name.rsplit('.').next()?, arguments.as_slice()) {
            ("mapAttrs", [function, ..]) | ("genAttrs", [_, function]) => (function, false),
            ("concatMapAttrs", [function, ..]) => (function, true),
            _ => return None,
        };
        let mut body = without_parens(function);
        while let Some(lambda) = ast::Lambda::cast(body.clone()) {
            body = without_parens(lambda.body()?.syntax());
        }
        let mut told = Vec::new();
        leaves(&body, &env_at(&body), &[], &mut told);
        let settings = told.iter().map(|leaf| leaf.path.get(usize::from(is_whole)));
        // `${name}.userHomeModules = …`
        let is_known = |setting: Option<&Option<SmolStr>>| {
            let name = setting.and_then(|name| name.as_deref());
            name.is_some_and(|name| name != "importDefault")
        };
        settings.into_iter().all(is_known).then_some(())
    };
    made().is_none()
}
