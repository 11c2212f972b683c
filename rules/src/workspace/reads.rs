//! Which names something may read, as far as the words of the texts tell.
//!
//! Whether an option is read shows in many ways: `config.a.b`, a name for
//! `config.a`, `inherit`, `with`, another configuration's `config`. All of them have
//! in common that the last name of the option is written somewhere, or that a set
//! around it is used as a whole. That no text does either can be told from words.

use super::Graph;
use crate::linter::Document;
use crate::module::{Class, OptionDeclaration, is_option_root};
use crate::sorted;
use rustc_hash::FxHashMap;
use smol_str::SmolStr;

/// What the files read of the options that are asked about.
#[derive(Debug, Default)]
pub(super) struct Reads {
    /// The names in the paths of those options.
    names: FxHashMap<SmolStr, u32>,
    of_file: Vec<Vec<(u32, Use)>>,
    /// How many files use a name so.
    all: FxHashMap<(u32, Use), usize>,
}

/// How a name is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Use {
    /// It is written, not as the name of what is set.
    Read,
    /// So that what lies in it may be read with it.
    Whole,
}

/// May the declaration be one of an option that nobody reads?
pub(super) fn is_asked(graph: &Graph, id: usize, option: &OptionDeclaration) -> bool {
    let says = option.declared.says;
    let is_plain = says.ty
        && !(says.internal || says.hidden || says.apply || says.partly || says.maybe)
        && option.declared.renamed.is_none();
    let is_own = option.path.len() > 1 && !is_option_root(&option.path[0]);
    let of_system = |class| matches!(class, Class::NixOs | Class::HomeManager | Class::Darwin);
    let mut holding = graph
        .configurations
        .iter()
        .filter(|it| it.members.contains_key(&id));
    // What nobody imports may be for others.
    let mut is_used = false;
    is_plain
        && is_own
        && !graph.is_exported(id)
        && holding.all(|it| {
            is_used |= it.certain || it.members.len() > 1;
            of_system(it.class)
        })
        && is_used
}

impl Reads {
    pub(super) fn new(documents: &[Document], graph: &Graph) -> Self {
        let mut reads = Self {
            of_file: vec![Vec::new(); documents.len()],
            ..Self::default()
        };
        for file in 0..documents.len() {
            reads.ask(documents, graph, file);
        }
        if !reads.names.is_empty() {
            for (file, document) in documents.iter().enumerate() {
                reads.update(file, document.text());
            }
        }
        reads
    }

    /// Asks for the options that a file declares. Returns the names that nobody asked
    /// for before.
    fn ask(&mut self, documents: &[Document], graph: &Graph, file: usize) -> Vec<SmolStr> {
        let mut new = Vec::new();
        for (index, module) in documents[file].facts.modules.iter().enumerate() {
            let id = graph.id(file, index);
            let asked = module.options.iter();
            for option in asked.filter(|option| is_asked(graph, id, option)) {
                for name in &option.path {
                    let next = self.names.len() as u32;
                    self.names.entry(name.clone()).or_insert_with(|| {
                        new.push(name.clone());
                        next
                    });
                }
            }
        }
        new
    }

    /// Asks for what a file declares now, in all files.
    pub(super) fn redeclare(&mut self, documents: &[Document], graph: &Graph, file: usize) {
        let new = self.ask(documents, graph, file);
        if new.is_empty() {
            return;
        }
        for (file, document) in documents.iter().enumerate() {
            let text = document.text();
            if new.iter().any(|name| has_word(text, name)) {
                self.update(file, text);
            }
        }
    }

    /// Reads a file again. Returns the names that it uses otherwise than before.
    pub(super) fn update(&mut self, file: usize, text: &str) -> Vec<u32> {
        if self.names.is_empty() {
            return Vec::new();
        }
        let uses = self.uses(text);
        if uses == self.of_file[file] {
            return Vec::new();
        }
        for one in &uses {
            *self.all.entry(*one).or_default() += 1;
        }
        let old = std::mem::replace(&mut self.of_file[file], uses);
        for one in &old {
            if let Some(count) = self.all.get_mut(one) {
                *count -= 1;
            }
        }
        let new = &self.of_file[file];
        let gone = old.iter().filter(|one| new.binary_search(one).is_err());
        let come = new.iter().filter(|one| old.binary_search(one).is_err());
        gone.chain(come).map(|(name, _)| *name).collect()
    }

    /// Is one of the names in a path among these?
    pub(super) fn is_among<'n>(
        &self,
        some: &[u32],
        mut path: impl Iterator<Item = &'n str>,
    ) -> bool {
        path.any(|name| {
            let id = self.names.get(name);
            id.is_some_and(|id| some.contains(id))
        })
    }

    /// May something read the option?
    pub(super) fn may_read(&self, path: &[SmolStr]) -> bool {
        let is = |name: &SmolStr, how| {
            let count = self.names.get(name).map(|id| self.all.get(&(*id, how)));
            count.is_none_or(|count| count.is_some_and(|count| *count > 0))
        };
        let Some((last, around)) = path.split_last() else {
            return true;
        };
        is(last, Use::Read) || around.iter().any(|name| is(name, Use::Whole))
    }

    fn uses(&self, text: &str) -> Vec<(u32, Use)> {
        let mut uses = Vec::new();
        let by_text = ["ByPath", "FromPath", "getAttr"];
        let by_text = by_text
            .iter()
            .any(|name| memchr::memmem::find(text.as_bytes(), name.as_bytes()).is_some());
        let mut aliases: Vec<&str> = Vec::new();
        words(text, &mut |at, word, place| {
            let Some(id) = self.names.get(word) else {
                return;
            };
            if place == Word::Comment {
                uses.push((*id, Use::Read));
                return;
            }
            if place == Word::Text {
                if by_text {
                    uses.extend([(*id, Use::Read), (*id, Use::Whole)]);
                }
                return;
            }
            // `types.port` is none of anybody's options.
            if is_key(text, at) || text[..at].ends_with("types.") {
                return;
            }
            uses.push((*id, Use::Read));
            match taken(text, at, at + word.len()) {
                Taken::Part => {}
                Taken::As(alias) => {
                    if !aliases.contains(&alias) {
                        aliases.push(alias);
                    }
                    if is_whole(text, alias) {
                        uses.push((*id, Use::Whole));
                    }
                }
                Taken::Whole => uses.push((*id, Use::Whole)),
            }
        });
        sorted::sort(&mut uses);
        uses.dedup();
        uses
    }
}

/// Does a text hold a word?
pub(crate) fn has_word(text: &str, word: &str) -> bool {
    let bytes = text.as_bytes();
    let edge = |byte: Option<&u8>| byte.is_none_or(|byte| !in_name(*byte));
    memchr::memmem::find_iter(bytes, word).any(|at| {
        let before = at.checked_sub(1).map(|at| &bytes[at]);
        edge(before) && edge(bytes.get(at + word.len()))
    })
}

/// Where a word stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Code,
    /// A text that could be a name or a path of names.
    Text,
    /// A comment that speaks of `a.name`: a script may read what nothing here does.
    Comment,
}

fn in_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'\'')
}

/// The words of a text, without those of comments and of texts in sentences.
fn words<'t>(text: &'t str, visit: &mut dyn FnMut(usize, &'t str, Word)) {
    #[derive(Clone, Copy, PartialEq)]
    enum In {
        Braces,
        Quotes,
        Lines,
    }
    let bytes = text.as_bytes();
    let mut around: Vec<In> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match around.last() {
            Some(In::Quotes) => match bytes[at] {
                b'\\' => at += 2,
                b'"' => {
                    around.pop();
                    at += 1;
                }
                b'$' if bytes.get(at + 1) == Some(&b'{') => {
                    around.push(In::Braces);
                    at += 2;
                }
                _ => at += 1,
            },
            Some(In::Lines) => match bytes[at] {
                b'\'' if bytes.get(at + 1) == Some(&b'\'') => match bytes.get(at + 2) {
                    Some(b'\'' | b'$') => at += 3,
                    Some(b'\\') => at += 4,
                    _ => {
                        around.pop();
                        at += 2;
                    }
                },
                b'$' if bytes.get(at + 1) == Some(&b'{') => {
                    around.push(In::Braces);
                    at += 2;
                }
                _ => at += 1,
            },
            _ => match bytes[at] {
                b'#' => {
                    let end = memchr::memchr(b'\n', &bytes[at..]);
                    let end = end.map_or(bytes.len(), |len| at + len);
                    mentions(text, at, end, visit);
                    at = end;
                }
                b'/' if bytes.get(at + 1) == Some(&b'*') => {
                    let end = memchr::memmem::find(&bytes[at + 2..], b"*/");
                    let end = end.map_or(bytes.len(), |len| at + len + 4);
                    mentions(text, at, end, visit);
                    at = end;
                }
                b'"' => {
                    let rest = &bytes[at + 1..];
                    let is_part = |byte: &u8| in_name(*byte) || *byte == b'.';
                    let len = rest.iter().take_while(|byte| is_part(byte)).count();
                    if rest.get(len) == Some(&b'"') {
                        // A name of its own, or several: a key when something is set.
                        let mut start = at + 1;
                        for part in text[at + 1..at + 1 + len].split('.') {
                            let is_key = is_key(text, start);
                            if !is_key {
                                visit(start, part, Word::Text);
                                let before = text[..at].trim_end().as_bytes().last().copied();
                                if before == Some(b'.') {
                                    visit(start, part, Word::Code);
                                }
                            }
                            start += part.len() + 1;
                        }
                        at += len + 2;
                    } else {
                        around.push(In::Quotes);
                        at += 1;
                    }
                }
                b'\'' if bytes.get(at + 1) == Some(&b'\'') => {
                    around.push(In::Lines);
                    at += 2;
                }
                b'{' => {
                    around.push(In::Braces);
                    at += 1;
                }
                b'}' => {
                    around.pop();
                    at += 1;
                }
                byte if byte.is_ascii_alphabetic() || byte == b'_' => {
                    let len = bytes[at..]
                        .iter()
                        .take_while(|byte| in_name(**byte))
                        .count();
                    // Parts of paths name files.
                    let is_file =
                        at > 0 && bytes[at - 1] == b'/' || bytes.get(at + len) == Some(&b'/');
                    if !is_file {
                        visit(at, &text[at..at + len], Word::Code);
                    }
                    at += len;
                }
                byte if byte.is_ascii_digit() => {
                    at += bytes[at..]
                        .iter()
                        .take_while(|byte| in_name(**byte))
                        .count();
                }
                _ => at += 1,
            },
        }
    }
}

/// The names behind dots in a comment.
fn mentions<'t>(
    text: &'t str,
    start: usize,
    end: usize,
    visit: &mut dyn FnMut(usize, &'t str, Word),
) {
    let bytes = &text.as_bytes()[..end];
    for dot in memchr::memchr_iter(b'.', &bytes[start..]) {
        let at = start + dot + 1;
        let len = bytes[at..]
            .iter()
            .take_while(|byte| in_name(**byte))
            .count();
        if len > 0 {
            visit(at, &text[at..at + len], Word::Comment);
        }
    }
}

/// Is the name at a place one of a path that something is set to?
fn is_key(text: &str, at: usize) -> bool {
    let bytes = &text.as_bytes()[at..];
    let mut open = 0_usize;
    let in_path = |byte: &&u8| {
        match **byte {
            b'{' => open += 1,
            // The path ended in what is around it: `${x.y}=`.
            b'}' if open == 0 => return false,
            b'}' => open -= 1,
            _ => {}
        }
        in_name(**byte) || matches!(**byte, b'.' | b'"' | b'$' | b'{' | b'}')
    };
    let len = bytes.iter().take_while(in_path).count();
    let blanks = bytes[len..]
        .iter()
        .take_while(|byte| byte.is_ascii_whitespace());
    let end = len + blanks.count();
    bytes.get(end) == Some(&b'=') && bytes.get(end + 1) != Some(&b'=')
}

/// What becomes of what a name stands for.
enum Taken<'t> {
    /// Only a part of it is read, and the text says which.
    Part,
    /// It gets another name.
    As(&'t str),
    /// Somebody may read all of it.
    Whole,
}

fn taken(text: &str, start: usize, end: usize) -> Taken<'_> {
    let (before, behind) = (&text[..start], text[end..].trim_start_matches('"'));
    let mut next = behind.bytes();
    match (next.next(), next.next()) {
        (Some(b'.'), Some(byte)) if byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'"') => {
            return Taken::Part;
        }
        _ => {}
    }
    let in_path =
        |c: char| c.is_ascii() && in_name(c as u8) || matches!(c, '.' | '"' | '$' | '{' | '}');
    let before = before.trim_end_matches(in_path).trim_end();
    match behind.trim_start().as_bytes().first() {
        Some(b')') => {
            let around = before.strip_suffix('(').map(str::trim_end);
            if around.is_some_and(|around| around.ends_with("inherit")) {
                return Taken::Part;
            }
            Taken::Whole
        }
        Some(b';') if before.ends_with("with") => Taken::Part,
        Some(b';') => {
            let Some(left) = before.strip_suffix('=').map(str::trim_end) else {
                return Taken::Whole;
            };
            let rest = left.trim_end_matches(|c: char| c.is_ascii() && in_name(c as u8));
            let alias = &left[rest.len()..];
            // Only what a `let` binds stays in the file.
            let is_bound = rest.rfind("let").is_some_and(|at| {
                let between = &rest[at..];
                !between
                    .split(|c: char| !c.is_ascii_alphanumeric())
                    .any(|word| word == "in")
            });
            match is_bound && !alias.is_empty() && !rest.ends_with('.') {
                true => Taken::As(alias),
                false => Taken::Whole,
            }
        }
        _ => Taken::Whole,
    }
}

/// Does a file use what it calls so as a whole?
fn is_whole(text: &str, alias: &str) -> bool {
    let mut whole = false;
    words(text, &mut |at, word, place| {
        if word == alias && place == Word::Code && !is_key(text, at) {
            let is_selected = text[..at].ends_with('.');
            whole |= !is_selected && !matches!(taken(text, at, at + word.len()), Taken::Part);
        }
    });
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(text: &str) -> Vec<&'static str> {
        let mut reads = Reads::default();
        reads.names.extend([("mail".into(), 0), ("host".into(), 1)]);
        let uses = reads.uses(text);
        let said = uses.into_iter().map(|(id, how)| match (id, how) {
            (0, Use::Read) => "mail",
            (0, Use::Whole) => "all mail",
            (_, Use::Read) => "host",
            (_, Use::Whole) => "all host",
        });
        said.filter(|it| !matches!(*it, "mail" | "all host"))
            .collect()
    }

    #[test]
    fn names_are_read_in_many_ways() {
        for (text, expected) in [
            ("{ my.mail.host = 1; my.mail = { host = 2; }; }", &[][..]),
            (
                "{ options.my.mail.host = x \"the host of mail\"; # host\n /* mail host */ }",
                &[],
            ),
            ("{ a = config.my.mail.host; }", &["host"]),
            ("let cfg = config.my.mail; in cfg.port", &[]),
            ("let cfg = config.my.mail; in cfg.host", &["host"]),
            ("let cfg = config.my.mail; in f cfg", &["all mail"]),
            ("let cfg = config.my.mail; in cfg.${x}", &["all mail"]),
            (
                "let cfg = config.my.mail; in { inherit cfg; }",
                &["all mail"],
            ),
            ("let cfg = config.my.mail; in with cfg; host", &["host"]),
            ("let inherit (config.my.mail) port; in port", &[]),
            ("let inherit (config.my.mail) host; in 1", &["host"]),
            ("{ cfg = config.my.mail; }", &["all mail"]),
            ("config.my.mail.${x}", &["all mail"]),
            ("\"a ${toString config.my.mail.host} b\"", &["host"]),
            ("''\n  host ''${host} ${x.host}\n''", &["host"]),
            ("''\n  host ''${host}\n''", &[]),
            ("config.my.mail == 1", &["all mail"]),
            (
                "lib.attrByPath [ \"my\" \"mail\" \"host\" ] null config",
                &["all mail", "host"],
            ),
            ("[ \"mail\" \"host\" ]", &[]),
            ("f config.my.mail", &["all mail"]),
            ("config.my.\"mail\".port", &[]),
            ("config.my.mail ? host", &["all mail", "host"]),
            ("{ host, ... }: 1", &["host"]),
            ("# a script reads my.mail.host\n1", &["host"]),
            ("[ ./mail ../mail/host.nix mail/x ]", &[]),
            ("\"${cfg.host}=1\"", &["host"]),
        ] {
            let mut expected = expected.to_vec();
            sorted::sort(&mut expected);
            let mut found = used(text);
            sorted::sort(&mut found);
            assert_eq!(found, expected, "{text}");
        }
    }
}
