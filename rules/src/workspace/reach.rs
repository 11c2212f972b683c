//! Modules that nothing imports.
//!
//! Who imports a module the graph knows, as far as imports are written out. Helpers
//! that read folders have a path in their text somewhere: whatever mentions a file
//! may use it, and whatever mentions a folder may use all that lies below. So a
//! module counts as imported as long as any text could mean it.

use super::conventions::Library;
use super::graph::{Followed, Graph};
use crate::linter::Document;
use crate::module::{Certainty, Class, Import, Origin, Target};
use crate::path;
use crate::sorted;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// Modules that nothing imports, and what is known of the others.
#[derive(Debug, Default)]
pub(super) struct Reach {
    files: FxHashMap<Arc<str>, usize>,
    folders: FxHashSet<Arc<str>>,
    flakes: FxHashSet<Arc<str>>,
    /// The libraries that find modules by their places and are followed.
    followed: Vec<Followed>,
    /// What each file mentions.
    mentions: Vec<Mentions>,
    /// The modules that the graph says nobody imports.
    candidates: Vec<usize>,
    unimported: Vec<bool>,
}

/// What a text mentions.
#[derive(Debug, Default, PartialEq)]
struct Mentions {
    files: Vec<usize>,
    folders: Vec<Arc<str>>,
    /// Does it hand the whole repository to somebody?
    everything: bool,
}

/// Libraries that find modules by the places where they lie, without a path in the
/// flake, and that are not followed.
const BY_CONVENTION: &[&str] = &[
    "autoWire",
    "autowire",
    "clan",
    "denix",
    "devos",
    "digga",
    "easy-hosts",
    "easyHosts",
    "flakelight",
    "haumea",
    "hive",
    "lite-config",
    "nixos-flake",
    "nixos-unified",
    "omnibus",
    "paisano",
    "unify",
];

/// Of such libraries those that can be followed.
const FOLLOWED: &[Library] = &[Library::EzConfigs, Library::Snowfall, Library::Blueprint];

/// Functions that read folders.
const READERS: &[&str] = &["readDir", "listFilesRecursive", "import-tree", "fileset"];

/// Files that somebody builds or installs by hand, and folders of what is no part of
/// a configuration, or not yet.
const BY_HAND: &[&str] = &[
    "check",
    "checks",
    "devshell",
    "devshells",
    "dev",
    "disabled",
    "disko",
    "doc",
    "docs",
    "images",
    "installer",
    "iso",
    "lib",
    "libs",
    "notes",
    "npins",
    "overlay",
    "overlays",
    "packages",
    "pkgs",
    "profiles",
    "scripts",
    "shells",
    "snippets",
    "unused",
    "vendor",
    "vm",
];

impl Reach {
    pub(super) fn new(documents: &[Document], others: &[Arc<str>], graph: &Graph) -> Self {
        let mut reach = Self {
            unimported: vec![false; documents.len()],
            followed: graph.followed().to_vec(),
            ..Self::default()
        };
        let all = documents.iter().map(Document::path).chain(others);
        for path in all.filter(|path| path::file_name(path) == "flake.nix") {
            reach.flakes.insert(path::parent(path).into());
        }
        reach.find_candidates(documents, others, graph);
        if reach.candidates.is_empty() {
            return reach;
        }
        for (file, document) in documents.iter().enumerate() {
            reach.files.insert(document.path().clone(), file);
            let mut folder = path::parent(document.path());
            while reach.folders.insert(folder.into()) && !folder.is_empty() {
                folder = path::parent(folder);
            }
        }
        for document in documents {
            let mentions = reach.mentions_of(document);
            reach.mentions.push(mentions);
        }
        reach.judge(documents);
        reach
    }

    /// Is a file a module that nothing imports?
    pub(super) fn is_unimported(&self, file: usize) -> bool {
        self.unimported.get(file).copied().unwrap_or_default()
    }

    /// What an edit of a file changes. Returns the files of which something else is
    /// true now.
    pub(super) fn update(&mut self, documents: &[Document], file: usize) -> Vec<usize> {
        if self.candidates.is_empty() {
            return Vec::new();
        }
        let mentions = self.mentions_of(&documents[file]);
        if self.mentions[file] == mentions {
            return Vec::new();
        }
        self.mentions[file] = mentions;
        let before = self.unimported.clone();
        self.judge(documents);
        let both = before.iter().zip(&self.unimported).enumerate();
        both.filter(|(_, (before, after))| before != after)
            .map(|(file, _)| file)
            .collect()
    }

    /// The folder of the flake that a path belongs to.
    fn flake<'p>(&self, path: &'p str) -> &'p str {
        let mut folder = path::parent(path);
        while !folder.is_empty() && !self.flakes.contains(folder) {
            folder = path::parent(folder);
        }
        folder
    }

    fn find_candidates(&mut self, documents: &[Document], others: &[Arc<str>], graph: &Graph) {
        // What was not read may import what it wants.
        let is_entry = |path: &Arc<str>| {
            let name = path::file_name(path);
            name == "flake.nix" || &**path == "default.nix"
        };
        if graph.has_unknown_exports() || others.iter().any(is_entry) {
            return;
        }
        let names: FxHashSet<&str> = others.iter().map(|path| path::file_name(path)).collect();
        let followed = self.followed.iter().map(|it| it.flake.as_str());
        let mut configured: FxHashSet<&str> = followed.collect();
        for (file, document) in documents.iter().enumerate() {
            let mut lists = document.facts.configurations.iter();
            if lists.any(|list| list.class != Class::Unknown) || graph.is_root(file) {
                configured.insert(self.flake(document.path()));
            }
        }
        for (file, document) in documents.iter().enumerate() {
            let Some(module) = document.facts.modules.first() else {
                continue;
            };
            let path = &**document.path();
            if module.origin == Origin::File
                && module.certainty == Certainty::Certain
                && configured.contains(self.flake(path))
                && !graph.is_imported(graph.id(file, 0))
                && !is_by_hand(path)
                && !names.contains(path::file_name(path))
            {
                self.candidates.push(file);
            }
        }
    }

    fn judge(&mut self, documents: &[Document]) {
        self.unimported.fill(false);
        if self.mentions.iter().any(|mentions| mentions.everything) {
            return;
        }
        let mut files: FxHashSet<usize> = FxHashSet::default();
        let mut folders: FxHashSet<&str> = FxHashSet::default();
        for mentions in &self.mentions {
            files.extend(&mentions.files);
            folders.extend(mentions.folders.iter().map(|folder| &**folder));
        }
        for &file in &self.candidates {
            let mut folder = path::parent(documents[file].path());
            let mut below = folders.contains(folder);
            while !folder.is_empty() {
                folder = path::parent(folder);
                below |= folders.contains(folder);
            }
            self.unimported[file] = !below && !files.contains(&file);
        }
    }

    fn mentions_of(&self, document: &Document) -> Mentions {
        let text = &**document.text();
        let path = &**document.path();
        let mut mentions = Mentions::default();
        let is_flake = path::file_name(path) == "flake.nix";
        let by_convention = is_flake && self.is_by_convention(path, text);
        mentions.everything = by_convention || reads_itself(text);
        let understood = understood(document);
        let own = path::parent(path);
        let flake = self.flake(path);
        for token in tokens(text) {
            let is_understood =
                |(start, end): &(usize, usize)| *start <= token.at && token.at < *end;
            if understood.iter().any(is_understood) {
                continue;
            }
            // The source of a package is not a list of modules.
            if token.text.trim_end_matches('/') == "./." && is_source(text, token.at) {
                continue;
            }
            // Beside its own folder a text may mean that of the flake.
            let mut bases = vec![own];
            let is_named = token.text.contains(|c: char| c.is_ascii_alphanumeric());
            let is_quoted = text[..token.at].ends_with('"') && is_named;
            if is_quoted || !is_relative(token.text) {
                bases.extend([flake, ""]);
                bases.dedup();
            }
            for base in bases {
                self.resolve(base, &token, text, &mut mentions);
            }
        }
        sorted::sort(&mut mentions.files);
        mentions.files.dedup();
        let own_file = self.files.get(path);
        mentions.files.retain(|file| Some(file) != own_file);
        sorted::sort(&mut mentions.folders);
        mentions.folders.dedup();
        mentions
    }

    /// Does a flake speak of a library that finds modules by their places and that is not
    /// followed?
    fn is_by_convention(&self, path: &str, text: &str) -> bool {
        let own = self.flake(path);
        let is_followed = |library: Library| {
            let mut followed = self.followed.iter();
            followed.any(|it| it.library == library && it.flake == own)
        };
        let others = FOLLOWED.iter().filter(|library| !is_followed(**library));
        let words = others.flat_map(|library| library.words());
        words.chain(BY_CONVENTION).any(|name| has_word(text, name))
    }

    fn resolve(&self, base: &str, token: &Token<'_>, text: &str, mentions: &mut Mentions) {
        let Some(path) = path::join(base, token.text.trim_start_matches('/')) else {
            return;
        };
        let inside = match path.as_str() {
            "" => "default.nix".to_owned(),
            path => format!("{path}/default.nix"),
        };
        let inside = self.files.get(inside.as_str());
        if token.is_open {
            let folder = match token.text.ends_with('/') {
                true => path.as_str(),
                false => path::parent(&path),
            };
            mentions.folders.extend(self.folders.get(folder).cloned());
        } else if let Some(file) = self.files.get(path.as_str()) {
            mentions.files.push(*file);
        } else if let Some(folder) = self.folders.get(path.as_str()) {
            mentions.files.extend(inside);
            let is_one = inside.is_some() && is_called(text, token.at);
            if !is_one && !is_comment(text, token.at) {
                mentions.folders.push(folder.clone());
            }
        } else if let Some(file) = self.files.get(format!("{path}.nix").as_str()) {
            mentions.files.push(*file);
        }
    }
}

/// Is a path relative to the file that it stands in?
fn is_relative(path: &str) -> bool {
    path.starts_with("./") || path.starts_with("../")
}

/// Does a word stand in a text, and not inside of another?
fn has_word(text: &str, word: &str) -> bool {
    let bytes = text.as_bytes();
    let is_end = |byte: Option<&u8>| byte.is_none_or(|byte| !byte.is_ascii_alphanumeric());
    memchr::memmem::find_iter(bytes, word.as_bytes()).any(|at| {
        let before = at.checked_sub(1).and_then(|at| bytes.get(at));
        is_end(before) && is_end(bytes.get(at + word.len()))
    })
}

/// Is it something that people build or install by hand, or no part of a
/// configuration?
fn is_by_hand(path: &str) -> bool {
    let name = path::file_name(path);
    let entry = matches!(
        name,
        "flake.nix"
            | "shell.nix"
            | "release.nix"
            | "configuration.nix"
            | "darwin-configuration.nix"
            | "hardware-configuration.nix"
            | "home.nix"
            | "hive.nix"
            | "vm.nix"
            | "iso.nix"
    );
    let of_disks = name.contains("disk") || name.contains("partition");
    let mut parts = path.split('/');
    entry
        || of_disks
        || path == "default.nix"
        || path::is_sample(path)
        || path::is_test(path)
        || parts.any(|part| BY_HAND.contains(&part) || part.starts_with(['_', '.']))
}

/// Does it read the folder that the flake itself is?
fn reads_itself(text: &str) -> bool {
    let mut readers = READERS.iter().flat_map(|reader| {
        let found = memchr::memmem::find_iter(text.as_bytes(), reader.as_bytes());
        found.map(|at| &text[at + reader.len()..])
    });
    readers.any(|rest| {
        let rest = rest.trim_start_matches(|c: char| " \n\r\t(\"${".contains(c));
        let rest = rest.strip_prefix("inputs.").unwrap_or(rest);
        let rest = rest.strip_prefix("self").unwrap_or("x");
        !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-')
    })
}

/// The places of the imports that the graph follows.
fn understood(document: &Document) -> Vec<(usize, usize)> {
    let facts = &document.facts;
    let modules = facts.modules.iter().flat_map(|module| &module.imports);
    let lists = facts.module_lists().flatten();
    let exports = facts.exports.iter().map(|(_, import)| import);
    let all: Vec<&Import> = modules.chain(lists).chain(exports).collect();
    let followed = all.into_iter().filter(|import| {
        matches!(
            import.target,
            Target::Path(_) | Target::FromFlake(_) | Target::Pattern { .. } | Target::Tree { .. }
        )
    });
    let imports = followed.map(|import| import.place);
    let folders = facts
        .conventions
        .iter()
        .flat_map(|it| it.places.iter().copied());
    imports
        .chain(folders)
        .map(|place| (place.start().into(), place.end().into()))
        .collect()
}

/// Something that looks like a path.
#[derive(Debug, PartialEq)]
struct Token<'t> {
    text: &'t str,
    at: usize,
    /// Does something computed follow?
    is_open: bool,
}

/// What looks like a path in a text: with a slash, or named as a Nix file.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let bytes = text.as_bytes();
    let is_part = |byte: &u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'_' | b'-' | b'+' | b'\'')
    };
    let mut marks: Vec<usize> = memchr::memchr_iter(b'/', bytes).collect();
    marks.extend(memchr::memmem::find_iter(bytes, ".nix"));
    sorted::sort(&mut marks);
    let mut found = Vec::new();
    let mut done = 0;
    for mark in marks {
        if mark < done {
            continue;
        }
        let before = bytes[done..mark].iter().rev().take_while(|it| is_part(it));
        let at = mark - before.count();
        let end = mark + bytes[mark..].iter().take_while(|it| is_part(it)).count();
        done = end;
        let token = &text[at..end];
        let is_dots = |part: &str| part.is_empty() || part == "." || part == "..";
        if !is_relative(token) && token.split('/').all(is_dots) {
            continue;
        }
        // The end of a sentence.
        let token = match token.rsplit('/').next().is_some_and(|last| !is_dots(last)) {
            true => token.trim_end_matches('.'),
            false => token,
        };
        let rest = &text[at + token.len()..];
        // `./.#host` names an output.
        if token.ends_with("./.") && rest.starts_with('#') {
            continue;
        }
        // A path of the system.
        let before = &text[..at];
        let is_joined = before.ends_with('}') || before.trim_end_matches(['"', ' ']).ends_with('+');
        if token.starts_with('/') && !is_joined {
            continue;
        }
        let is_open = rest.starts_with("${") || token.ends_with('/');
        if is_open && names_other_file(rest) {
            continue;
        }
        found.push(Token {
            text: token,
            at,
            is_open,
        });
    }
    found
}

/// Does what follows a path that is not finished end with the name of a file that is
/// no Nix?
fn names_other_file(rest: &str) -> bool {
    let mut end = None;
    let mut rest = rest;
    while let Some(inner) = rest.strip_prefix("${") {
        let Some((_, behind)) = inner.split_once('}') else {
            return false;
        };
        let is_part = |c: char| c.is_ascii_alphanumeric() || "/._-+".contains(c);
        let len = behind.find(|c| !is_part(c)).unwrap_or(behind.len());
        end = Some(&behind[..len]);
        rest = &behind[len..];
    }
    let name = end.map(path::file_name).unwrap_or_default();
    name.rsplit_once('.').is_some_and(|(_, extension)| {
        !extension.is_empty() && extension != "nix" && !extension.contains('/')
    })
}

fn line_before(text: &str, at: usize) -> &str {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    &text[start..at]
}

/// Does it stand behind a `#`?
fn is_comment(text: &str, at: usize) -> bool {
    let before = line_before(text, at);
    before.trim_start().starts_with('#') || before.contains(" # ")
}

/// Is it the value of `src`?
fn is_source(text: &str, at: usize) -> bool {
    let before = line_before(text, at).trim_end();
    let name = before.strip_suffix('=').map(str::trim_end);
    name.is_some_and(|name| name.ends_with("src"))
}

/// Does a function get it that reads just one file?
fn is_called(text: &str, at: usize) -> bool {
    let before = line_before(text, at).trim_end();
    before.ends_with("import") || before.ends_with("callPackage")
}

#[cfg(test)]
mod tests {
    use super::{Token, tokens};

    #[test]
    fn what_looks_like_a_path() {
        let text = "a // b; ./x.nix ../y/${z} \"/m/n\" self + \"/m/n\" see o.nix. ./. ./.#h \
                    ${q}/${r} ./s/ ./t/${u}/key.pub ./v/${w}.nix";
        let found: Vec<_> = tokens(text)
            .into_iter()
            .map(|Token { text, is_open, .. }| (text, is_open))
            .collect();
        let expected = [
            ("./x.nix", false),
            ("../y/", true),
            ("/m/n", false),
            ("o.nix", false),
            ("./.", false),
            ("./s/", true),
            ("/key.pub", false),
            ("./v/", true),
            (".nix", false),
        ];
        assert_eq!(found, expected);
    }
}
