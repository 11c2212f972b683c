//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Diagnostic, Severity};
use crate::local::LocalContext;
use crate::path;
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::semantics::{attr_name, string_literal, without_parens};
use crate::syntax::{AstNode, SyntaxKind, SyntaxNode, TextRange, TextSize, ast};
use smol_str::SmolStr;

declare_rule! {
    /// A password, token or private key stands in the text.
    ///
    /// ## Why
    ///
    /// What a configuration says ends up in the Nix store, where every user and every
    /// service of the machine can read it, in every copy of the repository, and in its
    /// history for good. A secret that was ever published has to be replaced.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// {
    ///   services.grafana.settings.security.admin_password = "correct-horse";
    /// #                                    ^^^^^^^^^^^^^^ a password in plain text
    ///   services.runner.apiKey = "q7Zk29fLm3Xw81RtVb64";
    /// #                 ^^^^^^ a key in plain text
    ///   users.users.alice.initialPassword = "hunter2";
    /// #                   ^^^^^^^^^^^^^^^ a password in plain text
    /// }
    /// ```
    ///
    /// ```nix good
    /// { config, ... }:
    /// {
    ///   services.grafana.settings.security.admin_password = "$__file{/run/secrets/grafana}";
    ///   services.runner.apiKeyFile = config.sops.secrets.runner.path;
    ///   users.users.alice.hashedPasswordFile = config.age.secrets.alice.path;
    /// }
    /// ```
    ///
    /// Found by the name of what is set, and by the shape of well-known tokens and keys.
    /// Tokens and keys must look random. Silent for hashes, references (`$VAR`,
    /// `ext:name`, paths, addresses, commands), stand-ins like `changeme`, examples and
    /// tests. The first password of an account (`initialPassword`) is an info, because
    /// it is meant to be changed. The message never shows the secret.
    ///
    /// ## When to allow it
    ///
    /// Where it is none: a password that everybody may know, as in a demonstration.
    ///
    /// ## Fix safety
    ///
    /// There is no fix: replace the secret, and hand over the new one with sops-nix,
    /// agenix or a file outside of the store.
    pub struct PlaintextSecret {
        name: "plaintext-secret",
        group: Security,
        severity: Warning,
        enabled: true,
        since: "0.1.0",
        effort: 30,
        fix: None,
        options: NoOptions,
    }
}

/// What a name says that it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Somebody may have made it up.
    Password,
    Token,
    Key,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Token => "token",
            Self::Key => "key",
        }
    }
}

/// How well-known secrets begin, and how many characters follow at least.
const SHAPES: &[(&str, usize, Kind)] = &[
    ("ghp_", 36, Kind::Token),
    ("gho_", 36, Kind::Token),
    ("ghs_", 36, Kind::Token),
    ("github_pat_", 50, Kind::Token),
    ("glpat-", 20, Kind::Token),
    ("xoxb-", 24, Kind::Token),
    ("xoxp-", 24, Kind::Token),
    ("hf_", 34, Kind::Token),
    ("AKIA", 16, Kind::Key),
    ("AIza", 35, Kind::Key),
    ("sk-ant-", 32, Kind::Key),
    ("sk-proj-", 32, Kind::Key),
    ("tskey-", 20, Kind::Key),
    ("AGE-SECRET-KEY-1", 58, Kind::Key),
    ("PRIVATE KEY-----", 40, Kind::Key),
];

impl Rule for PlaintextSecret {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn kinds(&self) -> &'static [SyntaxKind] {
        &[SyntaxKind::NODE_ATTRPATH, SyntaxKind::NODE_STRING]
    }

    fn needles(&self) -> &'static [&'static str] {
        &[
            "asswor",
            "asswd",
            "assphrase",
            "ASSWORD",
            "ecret",
            "SECRET",
            "oken",
            "TOKEN",
            "psk",
            "pikey",
            "Key",
            "_key",
            "_KEY",
            "ghp_",
            "gho_",
            "ghs_",
            "glpat-",
            "xoxb-",
            "xoxp-",
            "hf_",
            "github_pat_",
            "AKIA",
            "AIza",
            "sk-ant-",
            "sk-proj-",
            "tskey-",
            "KEY-",
        ]
    }

    fn check_node(&self, node: &SyntaxNode, cx: &mut LocalContext<'_>) {
        if node.kind() == SyntaxKind::NODE_STRING {
            in_text(node, cx);
        } else {
            setting(node, cx);
        }
    }
}

/// A binding whose name says that it holds a secret.
fn setting(node: &SyntaxNode, cx: &mut LocalContext<'_>) {
    let Some(last) = ast::Attrpath::cast(node.clone()).and_then(|it| it.attrs().last()) else {
        return;
    };
    let Some(name) = attr_name(&last) else {
        return;
    };
    let words = words(&name);
    let Some(kind) = kind(&words) else {
        return;
    };
    let Some(value) = node.next_sibling().and_then(|value| text(&value, cx)) else {
        return;
    };
    if !is_secret(&value, kind) || is_shown(node, cx) {
        return;
    }
    let initial = words.first().is_some_and(|word| word == "initial");
    report(last.syntax().text_range(), kind, initial, cx);
}

/// The text that a value is, with or without a priority.
fn text(value: &SyntaxNode, cx: &mut LocalContext<'_>) -> Option<SmolStr> {
    let value = without_parens(value);
    match value.kind() {
        SyntaxKind::NODE_STRING => string_literal(&ast::Str::cast(value)?),
        SyntaxKind::NODE_APPLY => {
            let call = cx.lib_call(&value, &[("mkDefault", 1), ("mkForce", 1)])?;
            string_literal(&ast::Str::cast(without_parens(&call.value))?)
        }
        _ => None,
    }
}

/// The words of a name, in small letters: `adminPassword`, `ADMIN_PASSWORD`.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut was_small = false;
    for part in name.split(|it: char| !it.is_ascii_alphanumeric()) {
        words.push(String::new());
        for letter in part.chars() {
            if letter.is_ascii_uppercase() && was_small {
                words.push(String::new());
            }
            was_small = letter.is_ascii_lowercase();
            if let Some(word) = words.last_mut() {
                word.push(letter.to_ascii_lowercase());
            }
        }
        was_small = false;
    }
    words
}

fn kind(words: &[String]) -> Option<Kind> {
    let (last, above) = words.split_last()?;
    let before = above.last().map_or("", String::as_str);
    // What is hashed may be seen, and what asks for a secret is none.
    let is_none = |word: &String| {
        matches!(
            word.as_str(),
            "hashed" | "hash" | "encrypted" | "ask" | "public" | "pub"
        )
    };
    if above.iter().any(is_none) {
        return None;
    }
    match last.as_str() {
        "password" | "passwd" | "passphrase" | "psk" => Some(Kind::Password),
        "token" | "secret" => Some(Kind::Token),
        "apikey" => Some(Kind::Key),
        "key" => matches!(
            before,
            "api" | "secret" | "private" | "preshared" | "encryption" | "auth"
        )
        .then_some(Kind::Key),
        _ => None,
    }
}

/// Words that stand where a secret would.
const STAND_INS: &[&str] = &[
    "change",
    "replace",
    "example",
    "placeholder",
    "redacted",
    "dummy",
    "unused",
    "xxx",
    "your",
    "todo",
    "fixme",
    "insert",
    "sample",
];

/// Values that say how a secret is handled.
const MANNERS: &[&str] = &[
    "none",
    "null",
    "ask",
    "prompt",
    "yes",
    "no",
    "true",
    "false",
    "auto",
    "default",
    "system",
    "required",
    "optional",
    "sufficient",
    "gpg",
    "keyring",
    "basic",
    "plain",
    "never",
    "always",
];

fn is_secret(value: &str, kind: Kind) -> bool {
    let small = value.to_ascii_lowercase();
    // A reference, a command, a hash, a text to read.
    let is_other = value.is_empty()
        || value.starts_with(['/', '.', '~', '!', '*', '%', '@'])
        || value.contains(['$', '{', '}', '<', '>'])
        || value.contains(char::is_whitespace)
        || has_scheme(value)
        || is_variable(value)
        || MANNERS.contains(&small.as_str())
        || STAND_INS.iter().any(|word| small.contains(word));
    !is_other && (kind == Kind::Password || is_random(value))
}

/// `ext:name`, `op://name`: where to look.
fn has_scheme(value: &str) -> bool {
    let scheme = value.split_once(':').map(|(scheme, _)| scheme);
    scheme.is_some_and(|it| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_lowercase()))
}

/// `SMTP_PASSWORD`: the variable that holds it.
fn is_variable(value: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    value.contains('_') && value.bytes().all(is_part)
}

/// Would nobody make this up?
fn is_random(value: &str) -> bool {
    let is_part = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_' | b'.')
    };
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let letters = value.bytes().filter(u8::is_ascii_alphabetic).count();
    value.len() >= 16
        && value.bytes().all(is_part)
        && digits >= 3
        && letters >= 3
        && different(value) >= 8
}

/// How many different characters a text has, of those that secrets are made of.
fn different(text: &str) -> u32 {
    let seen = text
        .bytes()
        .fold(0_u128, |seen, byte| seen | 1 << (byte & 127));
    seen.count_ones()
}

/// Is it there to be looked at: an example, a test, what secrets are declared with?
fn is_shown(node: &SyntaxNode, cx: &LocalContext<'_>) -> bool {
    let keys = match node.parent() {
        Some(binding) if node.kind() == SyntaxKind::NODE_ATTRPATH => cx.whole_path(&binding),
        _ => cx.attr_path(node),
    };
    let is_shown = |key: &SmolStr| {
        matches!(
            key.as_str(),
            "example" | "examples" | "defaultText" | "testScript" | "nodes" | "sops" | "age"
        )
    };
    path::is_throwaway(cx.path()) || keys.iter().flatten().any(is_shown)
}

/// Secrets that are known by their shape, and `NAME=secret`.
fn in_text(node: &SyntaxNode, cx: &mut LocalContext<'_>) {
    let text = node.text().to_string();
    let start = node.text_range().start();
    for (prefix, least, kind) in SHAPES {
        for (at, _) in text.match_indices(prefix) {
            let begins = !text[..at].ends_with(|it: char| it.is_ascii_alphanumeric());
            let tail = text[at + prefix.len()..].trim_start();
            let is_part = |it: char| it.is_ascii_alphanumeric() || "-_+/=".contains(it);
            let len = tail.find(|it| !is_part(it)).unwrap_or(tail.len());
            if begins && len >= *least && different(&tail[..len]) >= 8 && !is_shown(node, cx) {
                let place = TextRange::at(start + TextSize::new(at as u32), TextSize::of(*prefix));
                report(place, *kind, false, cx);
                return;
            }
        }
    }
    // A variable for a container or a service.
    let Some((name, value)) = text.trim_matches('"').split_once('=') else {
        return;
    };
    if name.is_empty()
        || !name
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    {
        return;
    }
    if let Some(kind) = kind(&words(name)).filter(|kind| is_secret(value, *kind))
        && !is_shown(node, cx)
    {
        let place = TextRange::at(start + TextSize::new(1), TextSize::of(name));
        report(place, kind, false, cx);
    }
}

fn report(range: TextRange, kind: Kind, initial: bool, cx: &mut LocalContext<'_>) {
    let message = format!("a {} in plain text", kind.name());
    let mut diagnostic = Diagnostic::new(&PlaintextSecret::META, range, message)
        .label("everybody on the machine can read it in the Nix store")
        .help("hand over a file instead: sops-nix, agenix, or one outside of the store");
    if initial {
        diagnostic = diagnostic.severity(Severity::Info);
    }
    cx.report(diagnostic);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::check;

    #[test]
    fn page() {
        crate::testing::check_page(&PlaintextSecret::META);
    }

    #[test]
    fn what_is_a_secret() {
        check(
            &PlaintextSecret::META,
            r#"
{ lib, config, pkgs, ... }: let apikey = "e6619670253d4b17baaa"; in {
#                               ^^^^^^ a key in plain text
  a.DB_PASSWORD = lib.mkDefault "x@1%";
#   ^^^^^^^^^^^ a password
  a."smtp.passwd" = ("x1");
#   ^^^^^^^^^^^^^ a password
  b = [ { authToken = "q7Zk29fLm3Xw81RtVb64"; } ];
#         ^^^^^^^^^ a token
  c.environment = [ "DB_PASSWORD=x1" "TZ=UTC" "TOKEN=abc" "PASSWORD=$X" ];
#                    ^^^^^^^^^^^ a password
  d = "curl -H 'Authorization: ghp_⟨aB3dE6gH9 × 4⟩' x";
#                                  ^^^^ a token in plain text
  e.text = ''
    -----BEGIN OPENSSH PRIVATE KEY-----
#                      ^^^^^^^^^^^^^^^^ a key in plain text
    ⟨b3BlbnNzaC1rZXktdjE × 3⟩
  '';
}
"#,
        );
    }

    #[test]
    fn what_is_none() {
        for silent in [
            "password = \"\";",
            "password = \"$MURMUR_PASSWORD\";",
            "password = \"/run/secrets/x\";",
            "password = \"op://Private/x/credential\";",
            "password = \"ext:home\";",
            "password = \"SMTP_PASSWORD\";",
            "password = \"ask\";",
            "password = \"REPLACE_ME_x1\";",
            "password = \"two words\";",
            "password = \"%env(X)%\";",
            "password = \"@password@\";",
            "password = \"${x}\";",
            "password = ./x;",
            "password = lib.id \"x1\";",
            "password = x ? \"x1\";",
            "hashedPassword = \"abcdef0123456789\";",
            "initialHashedPassword = \"$y$j9T$abc\";",
            "hashedPasswordFile = \"x1\";",
            "passwordFile = \"x1\";",
            "askPassword = \"x1\";",
            "token = \"static:::100\";",
            "token = \"unused\";",
            "secret = \"grafana-admin\";",
            "apiKey = \"os.environ/OPENAI_API_KEY\";",
            "publicKey = \"q7Zk29fLm3Xw81RtVb64\";",
            "api.key = \"q7Zk29fLm3Xw81RtVb64\";",
            "x.example = { password = \"x1\"; };",
            "sops.secrets.x.password = \"x1\";",
            "text = \"ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\";",
            "text = \"grep -- '-----BEGIN PRIVATE KEY-----' x\";",
            "# password = \"x1\";\n",
        ] {
            check(
                &PlaintextSecret::META,
                &format!("{{ lib, ... }}: {{ {silent} }}"),
            );
        }
        check(
            &PlaintextSecret::META,
            "# FILE: tests/a.nix\n{ ... }: { users.users.alice.password = \"x1\"; }",
        );
    }
}
