//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::Diagnostic;
use crate::local::LocalContext;
use crate::path;
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::semantics::{application, attr_name};
use crate::syntax::{AstNode, SyntaxKind, SyntaxNode, TextRange, ast};

declare_rule! {
    /// A secret from a file is copied into the Nix store.
    ///
    /// ## Why
    ///
    /// The store can be read by every user and every service of the machine, and is
    /// copied to others. `builtins.readFile` takes what a file holds into the text of
    /// the configuration, and a path without quotes takes the file itself: both lie in
    /// the store afterwards, whatever the file's own permissions are.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// { config, ... }:
    /// {
    ///   services.restic.backups.home.passwordFile = ./restic-password;
    /// #                                             ^^^^^^^^^^^^^^^^^ this file goes into the Nix store
    ///   services.nullmailer.remotes = builtins.readFile config.age.secrets.relay.path;
    /// #                               ^^^^^^^^^^^^^^^^^ the secret goes into the Nix store
    /// }
    /// ```
    ///
    /// ```nix good
    /// { config, ... }:
    /// {
    ///   services.restic.backups.home.passwordFile = config.age.secrets.restic.path;
    ///   services.nullmailer.remotesFile = "/run/secrets/relay";
    ///   age.secrets.restic.file = ./restic-password.age;
    /// }
    /// ```
    ///
    /// Files that are encrypted (`.age`, `.gpg`, `.enc`, or the forms that sops writes),
    /// public keys, certificates, examples and tests are silent.
    ///
    /// ## When to allow it
    ///
    /// Where nothing in the file is secret.
    ///
    /// ## Fix safety
    ///
    /// There is no fix: the secret has to be replaced, and to come to the machine by
    /// another way.
    pub struct WorldReadableSecret {
        name: "world-readable-secret",
        group: Security,
        severity: Warning,
        enabled: true,
        since: "0.1.0",
        effort: 30,
        fix: None,
        options: NoOptions,
    }
}

/// Folders that hold secrets at run time.
const AT_RUN_TIME: &[&str] = &[
    "/run/secrets",
    "/run/agenix",
    "/run/keys",
    "/var/lib/secrets",
];

/// What ends the name of a file that anybody may have, or that keeps its secret.
const HARMLESS: &[&str] = &[
    ".age", ".gpg", ".asc", ".enc", ".sops", ".yaml", ".yml", ".json", ".ini", ".env", ".pub",
    ".crt", ".cert", ".cer", ".nix", ".sh", ".py", ".md",
];

impl Rule for WorldReadableSecret {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn kinds(&self) -> &'static [SyntaxKind] {
        &[SyntaxKind::NODE_APPLY, SyntaxKind::NODE_ATTRPATH]
    }

    fn needles(&self) -> &'static [&'static str] {
        &[
            "readFile",
            "fileContents",
            "wordFile",
            "ecretFile",
            "okenFile",
            "eyFile",
            "phraseFile",
        ]
    }

    fn check_node(&self, node: &SyntaxNode, cx: &mut LocalContext<'_>) {
        let found = match node.kind() {
            SyntaxKind::NODE_APPLY => read(node, cx),
            _ => handed_over(node).map(|range| (range, "this file goes into the Nix store")),
        };
        let Some((range, message)) = found else {
            return;
        };
        let keys = match node.parent() {
            Some(binding) if node.kind() == SyntaxKind::NODE_ATTRPATH => cx.whole_path(&binding),
            _ => cx.attr_path(node),
        };
        let is_shown = |key: &str| matches!(key, "example" | "defaultText" | "sops" | "age");
        if path::is_throwaway(cx.path()) || keys.iter().flatten().any(|key| is_shown(key)) {
            return;
        }
        cx.report(
            Diagnostic::new(&WorldReadableSecret::META, range, message)
                .label("everybody on the machine can read it there")
                .help("give the path of the file as text: it is read when the service starts"),
        );
    }
}

/// A secret that is read while the configuration is evaluated.
fn read(node: &SyntaxNode, cx: &mut LocalContext<'_>) -> Option<(TextRange, &'static str)> {
    let (function, arguments) = application(node)?;
    let [argument] = arguments.as_slice() else {
        return None;
    };
    let last = function.last_token()?;
    if !matches!(last.text(), "readFile" | "fileContents") || !is_secret_place(argument, cx) {
        return None;
    }
    Some((function.text_range(), "the secret goes into the Nix store"))
}

/// Does the path of a secret stand in an argument?
fn is_secret_place(argument: &SyntaxNode, cx: &mut LocalContext<'_>) -> bool {
    argument.descendants().any(|node| match node.kind() {
        SyntaxKind::NODE_SELECT => cx.meaning(&node).is_some_and(|meaning| {
            let mut path = meaning.path.iter().map(|name| name.as_str());
            let is_tool = path.any(|name| matches!(name, "sops" | "age"));
            is_tool && path.next() == Some("secrets") && path.next_back() == Some("path")
        }),
        SyntaxKind::NODE_STRING => {
            let text = node.text().to_string();
            AT_RUN_TIME
                .iter()
                .any(|folder| text[1..].starts_with(folder))
        }
        SyntaxKind::NODE_PATH_ABS => {
            let text = node.text().to_string();
            AT_RUN_TIME.iter().any(|folder| text.starts_with(folder))
        }
        SyntaxKind::NODE_PATH_REL => is_secret_file(&node, true),
        _ => false,
    })
}

/// Is a file of the repository secret, by its name, and not encrypted?
fn is_secret_file(node: &SyntaxNode, by_name: bool) -> bool {
    let text = node.text().to_string().to_ascii_lowercase();
    let name = path::file_name(&text);
    let mut words = text.split(|it: char| !it.is_ascii_alphanumeric());
    let says_so = |word: &str| {
        matches!(
            word,
            "secret" | "secrets" | "password" | "passwd" | "passphrase" | "token"
        )
    };
    let is_harmless = HARMLESS.iter().any(|end| name.ends_with(end))
        || name.contains("public")
        || text.contains("example");
    !is_harmless && (!by_name || words.any(says_so))
}

/// `passwordFile = ./x;`
fn handed_over(attrpath: &SyntaxNode) -> Option<TextRange> {
    let last = ast::Attrpath::cast(attrpath.clone())?.attrs().last()?;
    let name = attr_name(&last)?;
    let what = name.strip_suffix("File")?.to_ascii_lowercase();
    let ends = [
        "password",
        "secret",
        "token",
        "privatekey",
        "secretkey",
        "apikey",
        "passphrase",
    ];
    let value = attrpath.next_sibling()?;
    let is_it = value.kind() == SyntaxKind::NODE_PATH_REL
        && !what.contains("encrypted")
        && ends.iter().any(|end| what.ends_with(end))
        && is_secret_file(&value, false);
    is_it.then(|| value.text_range())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;

    #[test]
    fn page() {
        crate::testing::check_page(&WorldReadableSecret::META);
    }

    #[test]
    fn what_goes_into_the_store() {
        check(
            &WorldReadableSecret::META,
            r#"
{ lib, config, osConfig, pkgs, ... }: {
  a = lib.fileContents "/run/secrets/x";
#     ^^^^^^^^^^^^^^^^ the secret goes
  b = "x ${builtins.readFile "${osConfig.sops.secrets."x/y".path}"}";
#          ^^^^^^^^^^^^^^^^^ the secret goes
  c = lib.removeSuffix "\n" (lib.readFile (../. + "/x") + lib.readFile ../secrets/token);
#                                                         ^^^^^^^^^^^^ the secret goes
  d = { tokenFile = ../token; };
#                   ^^^^^^^^ this file
}
"#,
        );
    }

    #[test]
    fn what_does_not() {
        for silent in [
            "passwordFile = \"/run/secrets/x\";",
            "passwordFile = config.age.secrets.x.path;",
            "passwordFile = ./x.age;",
            "hashedPasswordEncryptedFile = ./x;",
            "sopsFile = ./x;",
            "keyFile = ./x;",
            "x = builtins.readFile ./style.css;",
            "x = builtins.readFile ./secrets/key.pub;",
            "x = builtins.readFile config.x.secrets.path;",
            "x = builtins.readFile ./tokenizer.lua;",
            "age.x.passwordFile = ./x;",
            "x.example = { passwordFile = ./x; };",
        ] {
            check(
                &WorldReadableSecret::META,
                &format!("{{ lib, ... }}: {{ {silent} }}"),
            );
        }
    }
}
