//! Is it a module, and of which module system? Told from shape, formals, keys
//! and folder, without evaluation; when unsure, it is none.

use super::collect::is_operator;
use super::{Certainty, Class};
use crate::semantics::{application, attr_name, without_parens};
use crate::syntax::{AstNode, HasEntry, SyntaxKind, SyntaxNode, ast};
use smol_str::SmolStr;

/// Is `expr` a module, judged by its shape, and of which module system?
pub(super) fn module_shape(expr: &SyntaxNode) -> Option<(Certainty, Class)> {
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
    let set = ast::AttrSet::cast(expr)?;
    let mut keys = Vec::new();
    let mut class = Class::Unknown;
    let mut functions = 0;
    for entry in set.entries() {
        let ast::Entry::AttrpathValue(binding) = entry else {
            continue;
        };
        let Some(path) = binding.attrpath() else {
            continue;
        };
        let names: Vec<_> = path.attrs().map(|attr| attr_name(&attr)).collect();
        let Some(first) = names.first().cloned().flatten() else {
            continue;
        };
        // `flake.modules.nixos.x = { … }: { … };` is a module of a module.
        if matches!(binding.value(), Some(ast::Expr::Lambda(_))) && !is_option_root(&first) {
            functions += 1;
        }
        if first == "config"
            && let [_, Some(second), ..] = names.as_slice()
        {
            class = more_certain(class, class_of_key(second, names.get(2)));
        } else if first == "config"
            && let Some(value) = binding.value()
        {
            class = more_certain(class, class_of_set(value.syntax()));
        }
        class = more_certain(class, class_of_key(&first, names.get(1)));
        keys.push(first);
    }
    let has = |name: &str| keys.iter().any(|key| key == name);
    let formal = |name: &str| formals.iter().flatten().any(|formal| formal == name);
    // A flake's outputs, a shell, a package set, a test's plan.
    if (has("inputs") && has("outputs")) || has("testScript") || functions * 2 > keys.len().max(1) {
        return None;
    }
    let known = keys.iter().filter(|key| is_option_root(key)).count();
    let typical = has("imports") || has("options") || has("config");
    let module_like = open
        && (formal("config") || formal("lib") || formal("pkgs") || formal("options"))
        || formals.is_none();
    // Formals without `...` other than the module system's own are those of a
    // package or of a helper: somebody calls it with just these.
    let callable = !open
        && formals.iter().flatten().any(|formal| {
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
        });
    if callable {
        return None;
    }
    // The module system passes arguments; nobody waits for a default.
    let certain = !defaults
        && (typical && (has("imports") || formals.is_some() || keys.len() <= 3)
            || known > 0 && module_like && known * 2 >= keys.len()
            || known > 0 && open);
    Some((
        if certain {
            Certainty::Certain
        } else {
            Certainty::IfImported
        },
        class,
    ))
}

/// The class that the keys of a `config` set show.
fn class_of_set(value: &SyntaxNode) -> Class {
    let mut value = without_parens(value);
    for _ in 0..4 {
        match value.kind() {
            SyntaxKind::NODE_ATTR_SET => break,
            SyntaxKind::NODE_APPLY | SyntaxKind::NODE_LET_IN | SyntaxKind::NODE_WITH => {
                let Some(last) = value.last_child() else {
                    return Class::Unknown;
                };
                value = without_parens(&last);
            }
            SyntaxKind::NODE_LIST => {
                let Some(first) = value.first_child() else {
                    return Class::Unknown;
                };
                value = without_parens(&first);
            }
            _ => return Class::Unknown,
        }
    }
    let Some(set) = ast::AttrSet::cast(value) else {
        return Class::Unknown;
    };
    set.entries()
        .filter_map(|entry| match entry {
            ast::Entry::AttrpathValue(binding) => binding.attrpath(),
            ast::Entry::Inherit(_) => None,
        })
        .map(|path| {
            let names: Vec<_> = path.attrs().map(|attr| attr_name(&attr)).collect();
            match names.as_slice() {
                [Some(first), ..] => class_of_key(first, names.get(1)),
                _ => Class::Unknown,
            }
        })
        .fold(Class::Unknown, more_certain)
}

fn more_certain(a: Class, b: Class) -> Class {
    if a == Class::Unknown { b } else { a }
}

/// The class whose options have this path, where only one class has them.
fn class_of_key(first: &str, second: Option<&Option<SmolStr>>) -> Class {
    let second = second.and_then(|name| name.as_deref()).unwrap_or_default();
    match (first, second) {
        (
            "home" | "wayland" | "xsession" | "accounts" | "targets" | "xresources"
            | "editorconfig",
            _,
        )
        | ("gtk", "enable" | "theme" | "iconTheme" | "gtk3" | "gtk4" | "font" | "cursorTheme")
        | ("dconf", "settings")
        | ("systemd", "user")
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
fn is_option_root(key: &str) -> bool {
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
pub(super) fn class_of_path(path: &str) -> Class {
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
