//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Applicability, Condition, Diagnostic, Edit, Fix, Severity};
use crate::local::LocalContext;
use crate::module::Class;
use crate::path;
use crate::rule::{Rule, RuleMeta};
use crate::semantics::Origin;
use crate::syntax::{AstNode, NodeOrToken, SyntaxKind, SyntaxNode, TextRange, TextSize, ast};
use crate::workspace::FileContext;
use serde::Deserialize;
use smol_str::SmolStr;

declare_rule! {
    /// A path below one person's home works for that person only.
    ///
    /// ## Why
    ///
    /// `/home/alice/wallpaper.png` breaks as soon as the module is used by
    /// somebody else, on a Mac, or after a renamed account. The module system
    /// knows the folder: `config.home.homeDirectory` in Home Manager,
    /// `config.users.users.alice.home` in NixOS.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// # FILE: home.nix
    /// { config, ... }:
    /// {
    ///   home.homeDirectory = "/home/alice";
    ///   programs.git.includes = [ { path = "/home/alice/.gitconfig.local"; } ];
    /// #                                     ^^^^^^^^^^^ `/home/alice` works for one user only
    /// }
    /// # FILE: host.nix
    /// { config, ... }:
    /// {
    ///   boot.tmp.cleanOnBoot = true;
    ///   services.syncthing.dataDir = "/home/alice/sync";
    /// #                               ^^^^^^^^^^^ `/home/alice` works for one user only
    /// }
    /// ```
    ///
    /// ```nix fixed safe
    /// # FILE: home.nix
    /// { config, ... }:
    /// {
    ///   home.homeDirectory = "/home/alice";
    ///   programs.git.includes = [ { path = "${config.home.homeDirectory}/.gitconfig.local"; } ];
    /// }
    /// # FILE: host.nix
    /// { config, ... }:
    /// {
    ///   boot.tmp.cleanOnBoot = true;
    ///   services.syncthing.dataDir = "/home/alice/sync";
    /// }
    /// ```
    ///
    /// ```nix good
    /// { config, ... }:
    /// {
    ///   # The place that says where the home is.
    ///   users.users.alice.home = "/home/alice";
    ///   # A mount point, a folder that is nobody's home, a pattern.
    ///   fileSystems."/home/alice/media".device = "/dev/sdb1";
    ///   services.snapper.configs.home.SUBVOLUME = "/home/.snapshots";
    ///   services.locate.prunePaths = [ "/home/*/.cache" ];
    ///   services.syncthing.dataDir = "${config.users.users.alice.home}/sync";
    /// }
    /// ```
    ///
    /// With an interpolated name (`/home/${user}`) it is a hint: the user is a
    /// parameter, the layout of the disk is not. `/root` is reported in Home
    /// Manager modules only.
    ///
    /// Silent are mount points and other places of the file system's layout,
    /// globs, URLs, paths inside containers, descriptions and examples, tests,
    /// and the settings that define the home.
    ///
    /// ## When to allow it
    ///
    /// Where the path names a fact about one machine that has no other source,
    /// for instance a backup of one person's folder on a host that has no such
    /// account.
    ///
    /// ## Fix safety
    ///
    /// The fix is safe for a string in a Home Manager module whose own `config`
    /// is in scope, in the value of a setting, when every home of the
    /// repository sets `home.homeDirectory` to just this literal: then both
    /// spellings are the same string. Everything else is unsafe: in a NixOS
    /// module the account's home may be elsewhere. There the fix names the
    /// account by its attribute in `users.users`, and is offered only where the
    /// repository declares it.
    ///
    /// ## Options
    ///
    /// `allow`: names whose homes may stand in the text, for accounts that are
    /// the same everywhere (default: `["linuxbrew"]`).
    pub struct HardcodedHome {
        name: "hardcoded-home",
        group: Module,
        severity: Warning,
        enabled: true,
        since: "0.1.0",
        effort: 5,
        fix: Some(Applicability::Safe),
        options: Options,
    }
}

/// The options of [`HardcodedHome`].
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// Names whose homes may stand in the text.
    pub allow: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            allow: vec!["linuxbrew".to_owned()],
        }
    }
}

/// Below these keys a path describes the layout of a file system, not a home.
const LAYOUT_KEYS: &[&str] = &[
    "fileSystems",
    "swapDevices",
    "disko",
    "mountpoint",
    "mountPoint",
    "mounts",
    "automounts",
    "subvolume",
    "subvolumes",
    "SUBVOLUME",
    "datasets",
    "sanoid",
    "snapper",
    "btrbk",
];

/// Text below these keys is read by people, or is not this machine's.
const PROSE_KEYS: &[&str] = &[
    "description",
    "longDescription",
    "example",
    "defaultText",
    "literalExpression",
    "literalMD",
    "meta",
    "testScript",
    "nmt",
    "nodes",
    "helpLine",
];

/// Inside containers and virtual machines the paths are theirs.
const CONTAINER_KEYS: &[&str] = &[
    "containers",
    "oci-containers",
    "bindMounts",
    "arion",
    "microvm",
    "dockerTools",
];

/// The value of these says where the home is; without regard to case, `-` and `_`.
const DEFINING_KEYS: &[&str] = &[
    "home",
    "homedirectory",
    "homedir",
    "homepath",
    "userhome",
    "homefolder",
];

/// Names that stand for a name.
const PLACEHOLDERS: &[&str] = &[
    "username",
    "USERNAME",
    "USER",
    "my_username",
    "myusername",
    "your_username",
    "your-username",
    "yourusername",
    "youruser",
    "yourname",
    "your_name",
    "your-user",
];

impl Rule for HardcodedHome {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn kinds(&self) -> &'static [SyntaxKind] {
        &[SyntaxKind::NODE_STRING, SyntaxKind::NODE_PATH_ABS]
    }

    fn needles(&self) -> &'static [&'static str] {
        &["/home/", "/Users/", "/root"]
    }

    fn check_node(&self, node: &SyntaxNode, cx: &mut LocalContext<'_>) {
        let mut homes = Vec::new();
        find_homes(node, &mut homes);
        if homes.is_empty() || path::is_test(cx.path()) {
            return;
        }
        let keys = place(node, cx);
        let allow = &cx.options::<Options>().allow;
        let roots_own = keys
            .windows(2)
            .any(|pair| pair[0].as_deref() == Some("users") && pair[1].as_deref() == Some("root"));
        homes.retain(|home| match &home.name {
            Name::Literal(name) => {
                !allow.iter().any(|allowed| allowed == name)
                    && !PLACEHOLDERS.contains(&name.as_str())
            }
            Name::Root => !roots_own,
            Name::Interpolated => true,
        });
        if homes.is_empty() || !is_about_a_home(&keys, node) {
            return;
        }
        for home in homes {
            if home.behind_colon && keys.iter().flatten().any(|key| is_volume_key(key)) {
                continue;
            }
            let diagnostic = match &home.name {
                Name::Literal(name) => {
                    let text = &home.text;
                    let diagnostic = Diagnostic::new(
                        &Self::META,
                        home.range,
                        format!("`{text}` works for one user only"),
                    )
                    .help(format!(
                        "use `config.home.homeDirectory` (Home Manager) or \
                         `config.users.users.{name}.home` (NixOS)"
                    ));
                    with_fixes(diagnostic, node, &home, cx)
                }
                Name::Interpolated => Diagnostic::new(
                    &Self::META,
                    home.range,
                    format!("`{}` assumes where homes are", home.text),
                )
                .severity(Severity::Hint)
                .help("ask the option that knows: `config.users.users.<name>.home`"),
                Name::Root => {
                    let mut diagnostic = Diagnostic::new(
                        &Self::META,
                        home.range,
                        "`/root` in a user's module works for root only",
                    )
                    .help("use `config.home.homeDirectory`");
                    diagnostic.only_if = Some(Condition::HomeManagerModule(home.range.start()));
                    diagnostic
                }
            };
            cx.report(diagnostic);
        }
    }

    fn complete(&self, diagnostic: &mut Diagnostic, cx: &FileContext<'_>) {
        if diagnostic.fixes.is_empty() {
            return;
        }
        // Whose `config` the fix would read: that of the innermost module around
        // it which binds the name just there. A submodule's own is nobody's.
        let depth = diagnostic.fixes.iter().find_map(|fix| match fix.safe_if {
            Some(Condition::HomeDirectoryIs { config_depth, .. }) => Some(config_depth),
            _ => None,
        });
        let owner = cx
            .facts()
            .modules
            .iter()
            .enumerate()
            .filter(|(_, module)| module.range.contains_range(diagnostic.range))
            .filter(|(_, module)| module.config_depth == depth)
            .min_by_key(|(_, module)| module.range.len());
        let class = owner.map_or(Class::Unknown, |(index, _)| {
            cx.view().class(cx.file(), index)
        });
        diagnostic.fixes.retain(|fix| match class {
            Class::HomeManager => fix.safe_if.is_some(),
            Class::NixOs => fix.safe_if.is_none(),
            _ => false,
        });
        // The host's fix names the account as the repository does, if it does.
        if class == Class::NixOs
            && let Some(fix) = diagnostic.fixes.first_mut()
            && let Some(edit) = fix.edits.first_mut()
        {
            let home = &cx.text()[std::ops::Range::<usize>::from(diagnostic.range)];
            let name = path::file_name(home);
            match cx.view().account(home, name) {
                Some(account) => {
                    let option = account_home(account);
                    fix.title = format!("use `{option}`");
                    edit.text = format!("${{{option}}}");
                }
                None => diagnostic.fixes.clear(),
            }
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Name {
    Literal(SmolStr),
    Interpolated,
    Root,
}

#[derive(Debug)]
struct Home {
    name: Name,
    /// As it stands: `/home/alice`.
    text: String,
    range: TextRange,
    /// The character before it.
    before: Option<char>,
    /// Is it the right side of a `host:container` pair?
    behind_colon: bool,
}

/// The homes that a string or path names.
fn find_homes(node: &SyntaxNode, out: &mut Vec<Home>) {
    let mut previous: Option<SyntaxKind> = None;
    for element in node.children_with_tokens() {
        let after_hole = previous == Some(SyntaxKind::NODE_INTERPOL);
        previous = Some(element.kind());
        let NodeOrToken::Token(token) = element else {
            continue;
        };
        let text = token.text();
        if !matches!(
            token.kind(),
            SyntaxKind::TOKEN_STRING_CONTENT | SyntaxKind::TOKEN_PATH_ABS
        ) {
            continue;
        }
        let followed = token.next_sibling_or_token();
        let hole = followed
            .as_ref()
            .filter(|e| e.kind() == SyntaxKind::NODE_INTERPOL);
        for (root, at) in ["/home/", "/Users/", "/root"]
            .into_iter()
            .flat_map(|root| text.match_indices(root).map(move |(at, _)| (root, at)))
        {
            let before = text[..at].chars().next_back();
            if !starts_a_path(&text[..at], after_hole) {
                continue;
            }
            let rest = &text[at + root.len()..];
            let start = token.text_range().start() + TextSize::new(at as u32);
            let (name, len) = if root == "/root" {
                if rest.starts_with(|c: char| c.is_alphanumeric() || "_-.$".contains(c))
                    || (rest.is_empty() && hole.is_some())
                {
                    continue;
                }
                (Name::Root, root.len())
            } else {
                let len = rest
                    .find(|c: char| !(c.is_ascii_alphanumeric() || "_.-".contains(c)))
                    .unwrap_or(rest.len());
                let name = rest[..len].trim_end_matches('.');
                if rest.is_empty()
                    && let Some(hole) = hole
                {
                    let text = format!("{root}{hole}");
                    let range = TextRange::new(start, hole.text_range().end());
                    let behind_colon = before == Some(':');
                    out.push(Home {
                        name: Name::Interpolated,
                        text,
                        range,
                        before,
                        behind_colon,
                    });
                    continue;
                }
                let glob = rest[name.len()..].starts_with(['*', '?', '$', '{', '%', '<', '[']);
                if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                    || glob
                    || (name.len() == rest.len() && hole.is_some())
                    || matches!(name, "Shared" | "Guest" | "lost")
                {
                    continue;
                }
                (Name::Literal(name.into()), root.len() + name.len())
            };
            out.push(Home {
                name,
                text: text[at..at + len].to_owned(),
                range: TextRange::at(start, TextSize::new(len as u32)),
                before,
                behind_colon: before == Some(':'),
            });
        }
    }
}

/// Does a path start behind this text?
fn starts_a_path(before: &str, after_hole: bool) -> bool {
    match before.chars().next_back() {
        // Behind `${…}` it goes on with another path.
        None => !after_hole,
        // `file:///home/alice`, but not `https://host/home/alice`.
        Some('/') => before.ends_with("file://"),
        // `s#/home/…#…#` and `s|/home/…|…|` take a home out of somebody's text.
        Some('~' | '#' | '|') => false,
        Some(c) => !(c.is_alphanumeric() || "_.-+%@}*)>".contains(c)),
    }
}

/// The keys around a string, its own binding's included. A string that is a key
/// has the keys before it.
fn place(node: &SyntaxNode, cx: &LocalContext<'_>) -> Vec<Option<SmolStr>> {
    let mut path = cx.attr_path(node);
    if let Some(attrpath) = node
        .parent()
        .filter(|p| p.kind() == SyntaxKind::NODE_ATTRPATH)
    {
        for key in attrpath.children() {
            if key == *node {
                break;
            }
            path.push(Some(key.text().to_string().trim_matches('"').into()));
        }
    }
    path
}

fn is_about_a_home(path: &[Option<SmolStr>], node: &SyntaxNode) -> bool {
    let has = |names: &[&str]| {
        path.iter()
            .flatten()
            .any(|key| names.contains(&key.as_str()))
    };
    let is_example = |key: &SmolStr| key.contains("example") || key.contains("Example");
    if path.iter().flatten().any(is_example) || speaks_to_the_directory_service(path, node) {
        return false;
    }
    // `bindMounts.x.hostPath` is the host's side of it.
    let inside = has(CONTAINER_KEYS)
        && path
            .last()
            .and_then(|key| key.as_deref())
            .is_none_or(|key| key != "hostPath");
    if has(LAYOUT_KEYS) || has(PROSE_KEYS) || inside {
        return false;
    }
    let last = path
        .last()
        .and_then(|key| key.as_deref())
        .unwrap_or_default();
    let before_last = path.len().checked_sub(2).and_then(|at| path[at].as_deref());
    // `users.users.alice.home = "/home/alice"`, `options.x.homeDirectory.default`.
    let defines = is_defining(last)
        || before_last.is_some_and(is_defining)
        || (last == "directory" && has(&["hjem"]));
    // Where it is an argument of `literalExpression` and the like.
    let prose = node.ancestors().skip(1).take(3).any(|ancestor| {
        ancestor.kind() == SyntaxKind::NODE_APPLY
            && ancestor
                .first_child()
                .and_then(|f| f.last_token())
                .is_some_and(|token| {
                    PROSE_KEYS.contains(&token.text())
                        || matches!(token.text(), "mkEnableOption" | "mdDoc" | "literalDocBook")
                })
    });
    !(prose || defines && is_whole_home(node))
}

fn is_defining(key: &str) -> bool {
    let key: String = key.chars().filter(|c| !matches!(c, '-' | '_')).collect();
    let key = key.to_ascii_lowercase();
    // `let gameHome = "/home/steam"` is read by what defines it.
    DEFINING_KEYS.contains(&key.as_str()) || key.ends_with("home")
}

/// Is the string nothing but the home?
fn is_whole_home(node: &SyntaxNode) -> bool {
    let text = node.text().to_string();
    let text = text.trim_matches(['"', '\'']);
    let text = text.trim_end_matches('/');
    text == "/root" || text.matches('/').count() == 2 || text.contains("${")
}

/// `dscl . -read /Users/alice` names a record of macOS's directory service.
fn speaks_to_the_directory_service(path: &[Option<SmolStr>], node: &SyntaxNode) -> bool {
    path.iter().flatten().any(|key| key.starts_with("dscl"))
        || node.ancestors().any(|ancestor| {
            ancestor.kind() == SyntaxKind::NODE_STRING
                && ancestor.text().to_string().contains("dscl ")
        })
}

fn is_volume_key(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    key.contains("volume") || key.contains("mount") || key.contains("extraoptions")
}

/// The option that knows the home of an account.
fn account_home(attribute: &str) -> String {
    let plain = attribute.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && attribute
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if plain {
        format!("config.users.users.{attribute}.home")
    } else {
        format!("config.users.users.\"{attribute}\".home")
    }
}

/// The replacements for both module systems; [`Rule::complete`] keeps the one
/// that fits.
fn with_fixes(
    diagnostic: Diagnostic,
    node: &SyntaxNode,
    home: &Home,
    cx: &mut LocalContext<'_>,
) -> Diagnostic {
    let Name::Literal(name) = &home.name else {
        return diagnostic;
    };
    // In a key the replacement would make the structure depend on the
    // configuration; a path literal is copied to the store; behind `$` or `\`
    // an interpolation would be none.
    let is_key = node
        .ancestors()
        .take_while(|n| n.kind() != SyntaxKind::NODE_ATTRPATH_VALUE)
        .any(|n| {
            matches!(
                n.kind(),
                SyntaxKind::NODE_ATTRPATH | SyntaxKind::NODE_DYNAMIC
            )
        });
    let top = cx.attr_path(node);
    let structural = top
        .iter()
        .flatten()
        .any(|key| matches!(key.as_str(), "imports" | "options" | "inputs" | "nixConfig"));
    // Beside `==` somebody asks whether the home is this one.
    let compared = node
        .parent()
        .and_then(ast::BinOp::cast)
        .is_some_and(|operation| {
            matches!(
                operation.operator(),
                Some(ast::BinOpKind::Equal | ast::BinOpKind::NotEqual)
            )
        });
    if node.kind() != SyntaxKind::NODE_STRING
        || is_key
        || structural
        || compared
        || matches!(home.before, Some('$' | '\\' | '\''))
    {
        return diagnostic;
    }
    let Some(meaning) = cx.env(node).lookup("config") else {
        return diagnostic;
    };
    let Origin::Config(config_depth) = meaning.origin else {
        return diagnostic;
    };
    if !meaning.path.is_empty() {
        return diagnostic;
    }
    let mut for_home = Fix::new(
        Applicability::Unsafe,
        "use `config.home.homeDirectory`",
        [Edit::replace(home.range, "${config.home.homeDirectory}")],
    );
    for_home.safe_if = Some(Condition::HomeDirectoryIs {
        at: home.range.start(),
        directory: home.text.as_str().into(),
        config_depth,
    });
    let option = account_home(name);
    let for_host = Fix::new(
        Applicability::Unsafe,
        format!("use `{option}`"),
        [Edit::replace(home.range, format!("${{{option}}}"))],
    );
    diagnostic.fix(for_home).fix(for_host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, check_fix};

    fn finds(text: &str) {
        check(&HardcodedHome::META, text);
    }

    #[test]
    fn strings_of_every_kind() {
        finds(
            r#"{ user, ... }: {
  a = "/home/alice";
#      ^^^^^^^^^^^ `/home/alice` works
  b = ''
    cat /home/alice/x "/home/bob" file:///home/eve/y
#       ^^^^^^^^^^^ `/home/alice`
#                      ^^^^^^^^^ `/home/bob`
#                                        ^^^^^^^^^ `/home/eve`
  '';
  c = /home/alice/wall.png;
#     ^^^^^^^^^^^ `/home/alice`
  xdg.x."/Users/alice/y" = 1;
#        ^^^^^^^^^^^^ `/Users/alice`
  d = "/home/${user}/x";
#      ^^^^^^^^^^^^^ `/home/${user}` assumes
  e = "PATH=/bin:/home/alice/bin";
#                ^^^^^^^^^^^ `/home/alice`
}"#,
        );
    }

    #[test]
    fn what_only_looks_like_a_home() {
        finds(
            r#"{ p, ... }: {
  a = [ "/home" "/home/" "/home/*" "/home/.snapshots" "/home/$USER/x" "/home/%u" "/home/<you>" ];
  b = [ "https://a.b/home/alice" "/mnt/home/alice" "${p}/home/alice" "x/home/alice" "~/home/a" ];
  c = [ "/Users/Shared/x" "/homes/alice" "/home/linuxbrew/.linuxbrew" ];
  d = "/home/a*";
  fileSystems."/home/alice" = { device = "/home/alice"; };
  disko.devices.x.mountpoint = "/home/alice";
  virtualisation.oci-containers.containers.x.volumes = [ "/srv:/home/app" ];
  services.x.volumes = [ "/srv/data:/home/app/data" ];
  options.x = { example = "/home/alice"; description = "like /home/alice"; };
  options.y.defaultText = literalExpression "/home/alice";
  users.users.alice.home = "/home/alice";
  home.homeDirectory = "/home/alice";
  my.home-dir = if p then "/Users/${p}" else "/home/${p}";
  hjem.users.x.directory = "/home/${p}";
  g = "sed 's#/home/alice#x#' f; dscl . -read /Users/${p}";
  settingsExample.dir = "/home/me/x";
  h = "/home/my_username/x";
  gameHome = "/home/steam";
}"#,
        );
        finds(
            r#"{ home.packages = []; home.homeDirectory = lib.mkForce "/root"; home-manager.users.root = f "/root"; }"#,
        );
        finds("# FILE: tests/a.nix\n{ a = \"/home/alice\"; }");
    }

    #[test]
    fn root_in_user_modules_only() {
        finds(
            r#"{ pkgs, ... }: {
  home.packages = [ ];
  programs.x.file = "/root/x";
#                    ^^^^^ `/root` in a user's module
  programs.y.file = "/rootfs";
}"#,
        );
        finds(r#"{ pkgs, ... }: { boot.x = "/root/x"; }"#);
    }

    #[test]
    fn names_can_be_allowed() {
        finds(
            "# FILE: nixamine.toml
[rules.hardcoded-home]
allow = [\"git\"]
# FILE: a.nix
{ a = \"/home/git/x\"; }",
        );
    }

    #[test]
    fn the_fix_reads_the_right_config() {
        // Inside the user's module, `config` is still the host's.
        check_fix(
            &HardcodedHome::META,
            "{ config, ... }: {
  users.users.alice.isNormalUser = true;
  home-manager.users.alice = { ... }: {
    home.file.x = \"/home/alice/x\";
#                  ^^^^^^^^^^^ `/home/alice`
  };
}",
            Applicability::Unsafe,
            "{ config, ... }: {
  users.users.alice.isNormalUser = true;
  home-manager.users.alice = { ... }: {
    home.file.x = \"${config.users.users.alice.home}/x\";
  };
}",
        );
        // The account's attribute need not be its name, and without an account
        // there is nothing to name.
        check_fix(
            &HardcodedHome::META,
            "{ config, ... }: {
  users.users.main = { name = \"lass\"; home = \"/home/lass\"; };
  services.x.dir = \"/home/lass/x\";
#                   ^^^^^^^^^^ `/home/lass`
  services.y.dir = \"/home/bob/x\";
#                   ^^^^^^^^^ `/home/bob`
}",
            Applicability::Unsafe,
            "{ config, ... }: {
  users.users.main = { name = \"lass\"; home = \"/home/lass\"; };
  services.x.dir = \"${config.users.users.main.home}/x\";
  services.y.dir = \"/home/bob/x\";
}",
        );
        // A submodule's `config` has no homes.
        let submodule = "{ lib, ... }: {
  boot.x = 1;
  y = ({ config, ... }: { z = \"/home/alice/x\"; });
#                              ^^^^^^^^^^^ `/home/alice`
}";
        let same = submodule
            .lines()
            .filter(|line| !line.contains('^'))
            .collect::<Vec<_>>();
        check_fix(
            &HardcodedHome::META,
            submodule,
            Applicability::Unsafe,
            &same.join("\n"),
        );
    }

    /// The example with its own fixes, safe ones only.
    #[track_caller]
    fn fixed_safely(example: &str, fixed: &str) {
        check_fix(&HardcodedHome::META, example, Applicability::Safe, fixed);
    }

    #[test]
    fn safe_only_where_both_are_the_same_string() {
        let home = "# FILE: home.nix
{ config, ... }: {
  imports = [ ./a.nix ];
  home.homeDirectory = \"/home/alice\";
}
";
        let a = "# FILE: a.nix
{ config, ... }: {
  home.sessionVariables.A = \"/home/alice/a\";
}
";
        let marked = a.replace(
            "/a\";\n",
            "/a\";\n#                            ^^^^^^^^^^^ `/home/alice`\n",
        );
        let safe = a.replace("/home/alice", "${config.home.homeDirectory}");
        fixed_safely(
            &format!("{home}{marked}"),
            &format!("# FILE: home.nix\n{}{safe}", &home[17..]),
        );
        // Another home in the repository: the module may be that one's, too.
        let other = "# FILE: other.nix\n{ config, ... }: { home.homeDirectory = config.x; }\n";
        fixed_safely(
            &format!("{home}{marked}{other}"),
            &format!("{home}{a}{other}"),
        );
        // Another folder.
        let other = home.replace("alice", "alicia");
        fixed_safely(&format!("{other}{marked}"), &format!("{other}{a}"));
        // Not the module's own `config`, and no `config` at all.
        for (from, to) in [
            ("A = \"", "A = ({ config }: \""),
            ("{ config, ... }: {\n  home.s", "{ pkgs, ... }: {\n  home.s"),
        ] {
            let odd = a.replace(from, to).replace(
                "/a\";",
                if to.contains("({") {
                    "/a\") { config = 1; };"
                } else {
                    "/a\";"
                },
            );
            let column = odd.lines().nth(2).unwrap().find("/home").unwrap();
            let mark = format!("\n#{}^^^^^^^^^^^ `/home/alice`\n}}", " ".repeat(column - 1));
            let marked = odd.replacen("\n}", &mark, 1);
            fixed_safely(&format!("{home}{marked}"), &format!("{home}{odd}"));
        }
    }
}
