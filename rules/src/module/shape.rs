//! Is it a module, and of which module system? Told from shape, formals, keys
//! and folder, without evaluation; when unsure, it is none.

use super::collect::is_operator;
use super::{Certainty, Class, Closed};
use crate::semantics::{application, without_parens, written};
use crate::syntax::{
    AstNode, Direction, GreenNodeData, NodeOrToken, SyntaxKind, SyntaxNode, SyntaxToken, TextSize,
    ast,
};
use smol_str::SmolStr;

/// Is `expr` a module, judged by its shape, and of which module system?
pub(super) fn module_shape(expr: &SyntaxNode) -> Option<(Certainty, Class)> {
    Shape::of(expr)?.verdict()
}

/// What decides whether an expression is a module: its formals, and a tally of
/// the entries of one set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shape {
    formals: Formals,
    /// Where the set starts.
    pub(super) set: TextSize,
    /// Where the set of its `config` starts, whose keys show the class.
    pub(super) config: Option<TextSize>,
    pub(super) tally: Tally,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Formals {
    /// Are there any?
    exist: bool,
    open: bool,
    defaults: bool,
    /// Are there those that modules have?
    typical: bool,
    /// Are there those that the module system does not know?
    foreign: bool,
}

/// What the entries of a set say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    entries: usize,
    known: usize,
    functions: usize,
    special: [usize; SPECIAL.len()],
    classes: [usize; CLASSES.len()],
}

/// Keys that say something by themselves.
const SPECIAL: [&str; 6] = [
    "inputs",
    "outputs",
    "testScript",
    "imports",
    "options",
    "config",
];

/// The classes, the first where votes are equal.
const CLASSES: [Class; 5] = [
    Class::NixOs,
    Class::HomeManager,
    Class::Darwin,
    Class::Neovim,
    Class::FlakeParts,
];

/// The set whose entries decide whether `expr` is a module, and the formals on
/// the way to it.
pub(super) fn deciding_set(expr: &SyntaxNode) -> Option<(Formals, SyntaxNode)> {
    let mut expr = expr.clone();
    // What the formals say: `config`, `lib`, `pkgs`, `options` with `...`.
    let mut formals: Option<Vec<SmolStr>> = None;
    let mut open = false;
    let mut defaults = false;
    loop {
        match expr.kind() {
            SyntaxKind::NODE_PAREN => expr = expr.first_child()?,
            SyntaxKind::NODE_LET_IN | SyntaxKind::NODE_WITH | SyntaxKind::NODE_ASSERT => {
                expr = expr.last_child()?;
            }
            SyntaxKind::NODE_LAMBDA => {
                let lambda = ast::Lambda::cast(expr)?;
                match lambda.param()? {
                    ast::Param::Pattern(pattern) => {
                        defaults |= pattern.pat_entries().any(|entry| entry.default().is_some());
                        open = pattern.ellipsis_token().is_some();
                        let names = pattern
                            .pat_entries()
                            .filter_map(|entry| Some(entry.ident()?.ident_token()?.text().into()));
                        formals = Some(names.collect());
                    }
                    // `final: prev: { … }` is an overlay.
                    ast::Param::IdentParam(param) => {
                        let name = param.ident()?.ident_token()?;
                        if matches!(
                            name.text(),
                            "lib" | "pkgs" | "final" | "prev" | "self" | "super" | "old" | "_"
                        ) {
                            return None;
                        }
                        formals = Some(Vec::new());
                        open = true;
                    }
                }
                expr = lambda.body()?.syntax().clone();
            }
            SyntaxKind::NODE_BIN_OP if is_operator(&expr, ast::BinOpKind::Update) => {
                expr = expr.first_child()?;
            }
            SyntaxKind::NODE_APPLY => {
                // `mkIf … { … }`, `mkMerge [ { … } ]` as the whole body.
                let (function, arguments) = application(&expr)?;
                let name = function.last_token()?;
                expr = match (name.text(), arguments.as_slice()) {
                    ("mkIf", [_, content]) => content.clone(),
                    ("mkMerge", [list]) => without_parens(list).first_child()?,
                    _ => return None,
                };
            }
            SyntaxKind::NODE_ATTR_SET => break,
            _ => return None,
        }
    }
    let formal = |name: &str| formals.iter().flatten().any(|formal| formal == name);
    let all = Formals {
        exist: formals.is_some(),
        open,
        defaults,
        typical: ["config", "lib", "pkgs", "options"].into_iter().any(formal),
        foreign: formals.iter().flatten().any(|formal| {
            !matches!(
                formal.as_str(),
                "config"
                    | "lib"
                    | "pkgs"
                    | "options"
                    | "modulesPath"
                    | "inputs"
                    | "self"
                    | "specialArgs"
                    | "osConfig"
                    | "nixosConfig"
            )
        }),
    };
    Some((all, expr))
}

/// The formals of an expression that is a function without `...`.
pub(super) fn closed(expr: &SyntaxNode) -> Option<Closed> {
    let mut expr = expr.clone();
    while expr.kind() != SyntaxKind::NODE_LAMBDA {
        expr = match expr.kind() {
            SyntaxKind::NODE_PAREN => expr.first_child()?,
            SyntaxKind::NODE_LET_IN | SyntaxKind::NODE_WITH | SyntaxKind::NODE_ASSERT => {
                expr.last_child()?
            }
            _ => return None,
        };
    }
    let ast::Param::Pattern(pattern) = ast::Lambda::cast(expr)?.param()? else {
        return None;
    };
    if pattern.ellipsis_token().is_some() {
        return None;
    }
    let (open_at, opening) = match pattern.pat_entries().last() {
        None => {
            let tokens = pattern.syntax().children_with_tokens();
            let mut tokens = tokens.filter_map(NodeOrToken::into_token);
            let brace = tokens.find(|it| it.kind() == SyntaxKind::TOKEN_L_BRACE)?;
            let opening = match brace.next_token()?.kind() {
                SyntaxKind::TOKEN_R_BRACE => " ... ",
                _ => " ...",
            };
            (brace.text_range().end(), opening.into())
        }
        Some(last) => {
            let last = last.syntax();
            let gap = |node: &SyntaxNode, direction| -> Vec<SyntaxToken> {
                let others = node.siblings_with_tokens(direction).skip(1);
                others.map_while(NodeOrToken::into_token).collect()
            };
            let is_blank = |it: &SyntaxToken| it.kind() == SyntaxKind::TOKEN_WHITESPACE;
            let is_comma = |it: &SyntaxToken| it.kind() == SyntaxKind::TOKEN_COMMA;
            let before = gap(last, Direction::Prev);
            match gap(last, Direction::Next).into_iter().find(is_comma) {
                Some(comma) => {
                    let blank = before.first().filter(|it| is_blank(it));
                    let blank = blank.map_or(" ", |it| it.text());
                    (comma.text_range().end(), format!("{blank}...").into())
                }
                // Set apart as it is itself.
                None => {
                    let plain = before.iter().any(is_comma)
                        && before.iter().all(|it| is_blank(it) || is_comma(it));
                    let texts = before.iter().rev().map(|it| it.text());
                    let comma = match plain {
                        true => texts.collect(),
                        false => ", ".to_owned(),
                    };
                    (last.text_range().end(), format!("{comma}...").into())
                }
            }
        }
    };
    Some(Closed {
        range: pattern.syntax().text_range(),
        open_at,
        opening,
    })
}

impl Shape {
    /// The shape of an expression; `None` when it comes to no set.
    pub(super) fn of(expr: &SyntaxNode) -> Option<Self> {
        let (formals, set) = deciding_set(expr)?;
        let mut shape = Self {
            formals,
            set: set.text_range().start(),
            config: None,
            tally: Tally::default(),
        };
        for entry in set.children() {
            let is_config = {
                let green = entry.green();
                let names = Names::of_green(green);
                names.len() == 1 && names.get(0) == Some(Some("config"))
            };
            if is_config
                && let Some(config) = entry.last_child().and_then(|value| settings_of(&value))
            {
                shape.config = Some(config.text_range().start());
                shape.tally.vote(
                    config.green().children().filter_map(NodeOrToken::into_node),
                    1,
                );
            }
            shape.tally.count(&entry, 1);
        }
        Some(shape)
    }

    /// Is it a module, and of which class?
    pub(super) fn verdict(&self) -> Option<(Certainty, Class)> {
        let (formals, tally) = (self.formals, &self.tally);
        let has = |name: &str| {
            let at = SPECIAL.iter().position(|special| *special == name);
            at.is_some_and(|at| tally.special[at] > 0)
        };
        // A flake's outputs, a shell, a package set, a test's plan.
        if (has("inputs") && has("outputs"))
            || has("testScript")
            || tally.functions * 2 > tally.entries.max(1)
        {
            return None;
        }
        // Formals without `...` other than the module system's own are those of a
        // package or of a helper: somebody calls it with just these.
        if !formals.open && formals.foreign {
            return None;
        }
        let known = tally.known;
        let typical = has("imports") || has("options") || has("config");
        let module_like = formals.open && formals.typical || !formals.exist;
        // The module system passes arguments; nobody waits for a default.
        let certain = !formals.defaults
            && (typical && (has("imports") || formals.exist || tally.entries <= 3)
                || known > 0 && module_like && known * 2 >= tally.entries
                || known > 0 && formals.open);
        let certainty = if certain {
            Certainty::Certain
        } else {
            Certainty::IfImported
        };
        Some((certainty, tally.class()))
    }
}

impl Tally {
    /// Adds (or, with -1, takes away) an entry of the deciding set.
    pub(super) fn count(&mut self, entry: &SyntaxNode, times: isize) {
        let green = entry.green();
        let names = Names::of_green(green);
        let Some(Some(first)) = names.get(0) else {
            return;
        };
        let change = |count: &mut usize| *count = count.wrapping_add_signed(times);
        change(&mut self.entries);
        let is_known = is_option_root(first);
        if is_known {
            change(&mut self.known);
        } else if entry
            .last_child()
            .is_some_and(|value| value.kind() == SyntaxKind::NODE_LAMBDA)
        {
            // `flake.modules.nixos.x = { … }: { … };` is a module of a module.
            change(&mut self.functions);
        }
        if let Some(at) = SPECIAL.iter().position(|special| *special == first) {
            change(&mut self.special[at]);
        }
        self.vote([green].into_iter(), times);
    }

    /// Counts (or, with -1, takes back) which classes have the options that
    /// bindings set.
    pub(super) fn vote<'g>(
        &mut self,
        bindings: impl Iterator<Item = &'g GreenNodeData>,
        times: isize,
    ) {
        for binding in bindings {
            let names = Names::of_green(binding);
            let skip = usize::from(names.get(0) == Some(Some("config")));
            let Some(Some(first)) = names.get(skip) else {
                continue;
            };
            let class = class_of_key(first, names.get(skip + 1).flatten().unwrap_or_default());
            if let Some(at) = CLASSES.iter().position(|known| *known == class) {
                self.classes[at] = self.classes[at].wrapping_add_signed(times);
            }
        }
    }

    fn class(&self) -> Class {
        let most = self.classes.iter().copied().max().unwrap_or(0);
        let at = self
            .classes
            .iter()
            .position(|votes| *votes == most && most > 0);
        at.map_or(Class::Unknown, |at| CLASSES[at])
    }
}

/// The set of settings that `value`, of `config`, comes to.
fn settings_of(value: &SyntaxNode) -> Option<SyntaxNode> {
    let mut value = without_parens(value);
    for _ in 0..4 {
        value = match value.kind() {
            SyntaxKind::NODE_ATTR_SET => break,
            SyntaxKind::NODE_APPLY | SyntaxKind::NODE_LET_IN | SyntaxKind::NODE_WITH => {
                without_parens(&value.last_child()?)
            }
            SyntaxKind::NODE_LIST => without_parens(&value.first_child()?),
            _ => return None,
        };
    }
    (value.kind() == SyntaxKind::NODE_ATTR_SET).then_some(value)
}

/// The first keys of a binding, as they are written: read off the green tree,
/// because this is done for every entry of a module.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Names<'g> {
    /// `None` for one that is computed or written with escapes.
    names: [Option<&'g str>; 3],
    len: usize,
}

impl<'g> Names<'g> {
    /// Those of `node`; none when it is no binding.
    pub(super) fn of_green(binding: &'g GreenNodeData) -> Self {
        let mut all = Self::default();
        if binding.kind().0 != SyntaxKind::NODE_ATTRPATH_VALUE as u16 {
            return all;
        }
        let path = binding.children().find_map(NodeOrToken::into_node);
        let keys = path.into_iter().flat_map(GreenNodeData::children);
        for key in keys.filter_map(NodeOrToken::into_node) {
            if let Some(name) = all.names.get_mut(all.len) {
                *name = written(key);
            }
            all.len += 1;
        }
        all
    }

    /// How many keys there are.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The key at a position, of the first three: `Some(None)` is one whose name is
    /// not known.
    pub(super) fn get(&self, at: usize) -> Option<Option<&'g str>> {
        (at < self.len).then(|| self.names.get(at).copied().flatten())
    }
}

/// The class whose options have this path, where only one class has them.
fn class_of_key(first: &str, second: &str) -> Class {
    match (first, second) {
        (
            "home" | "wayland" | "xsession" | "accounts" | "targets" | "xresources"
            | "editorconfig",
            _,
        )
        | ("gtk", "enable" | "theme" | "iconTheme" | "gtk3" | "gtk4" | "font" | "cursorTheme")
        | ("dconf", "settings")
        | (
            "xdg",
            "configFile" | "dataFile" | "userDirs" | "desktopEntries" | "mimeApps" | "configHome",
        ) => Class::HomeManager,
        (
            "boot" | "fileSystems" | "swapDevices" | "hardware" | "users" | "virtualisation"
            | "console" | "zramSwap" | "powerManagement" | "specialisation" | "containers" | "sops"
            | "disko" | "home-manager",
            _,
        )
        | ("networking", _)
        | ("system", "stateVersion" | "autoUpgrade" | "activationScripts" | "nixos")
        | ("security", "sudo" | "polkit" | "rtkit" | "apparmor" | "audit" | "auditd" | "acme")
        | ("i18n", "defaultLocale" | "extraLocaleSettings")
        | ("systemd", "services" | "tmpfiles" | "timers" | "network") => Class::NixOs,
        ("homebrew" | "launchd", _) | ("system", "defaults" | "primaryUser") => Class::Darwin,
        ("plugins" | "keymaps" | "colorschemes" | "extraPlugins" | "extraConfigLua" | "vim", _) => {
            Class::Neovim
        }
        ("perSystem" | "flake", _) => Class::FlakeParts,
        _ => Class::Unknown,
    }
}

/// Top-level options of NixOS, Home Manager, nix-darwin, Nixvim, flake-parts
/// and of what people add to them.
pub(crate) fn is_option_root(key: &str) -> bool {
    matches!(
        key,
        "imports"
            | "options"
            | "config"
            | "disabledModules"
            | "assertions"
            | "warnings"
            | "boot"
            | "environment"
            | "fileSystems"
            | "fonts"
            | "hardware"
            | "home"
            | "i18n"
            | "networking"
            | "nix"
            | "nixpkgs"
            | "programs"
            | "security"
            | "services"
            | "sops"
            | "age"
            | "stylix"
            | "system"
            | "systemd"
            | "time"
            | "users"
            | "virtualisation"
            | "xdg"
            | "wayland"
            | "gtk"
            | "qt"
            | "dconf"
            | "launchd"
            | "homebrew"
            | "console"
            | "swapDevices"
            | "zramSwap"
            | "documentation"
            | "location"
            | "powerManagement"
            | "sound"
            | "specialisation"
            | "containers"
            | "home-manager"
            | "accounts"
            | "editorconfig"
            | "targets"
            | "xsession"
            | "xresources"
            | "manual"
            | "disko"
            | "plugins"
            | "keymaps"
            | "colorschemes"
            | "extraPlugins"
            | "extraConfigLua"
            | "opts"
            | "globals"
            | "autoCmd"
            | "vim"
            | "perSystem"
            | "flake"
            | "_module"
            | "lib'"
            | "catppuccin"
            | "qubes"
            | "microvm"
            | "proxmox"
            | "deployment"
            | "xdgPortal"
    )
}

/// The class that the folder of a file suggests, when its text does not say.
pub(crate) fn class_of_path(path: &str) -> Class {
    for part in path.split('/') {
        match part {
            "home" | "homes" | "home-manager" | "home_manager" | "hm" | "home.nix"
            | "hm-modules" | "homeManagerModules" | "home-modules" | "homeModules" => {
                return Class::HomeManager;
            }
            "darwin" => return Class::Darwin,
            "nixvim" | "neovim" | "nvim" => return Class::Neovim,
            _ => {}
        }
    }
    Class::Unknown
}
