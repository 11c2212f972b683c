//! What may be written at a place: names of options, and values of theirs.

use super::{Knowledge, reads};
use crate::config::Settings;
use crate::linter::{Source, analyze};
use crate::module::{Class, Definition, FileFacts, Literal};
use crate::options::{Declared, Found, OptionSet, Type};
use crate::syntax::{self, SyntaxKind, SyntaxNode, TextRange, TextSize, token_at};
use smol_str::SmolStr;
use std::sync::Arc;

/// A name right below a path.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate<'w> {
    /// The name.
    pub name: SmolStr,
    /// What declares it as an option; `None` when it only leads to some.
    pub declared: Option<&'w Arc<Declared>>,
}

/// What may be written at a place.
#[derive(Debug, PartialEq)]
pub enum Offer<'w> {
    /// The next name of a path.
    Names {
        /// The part of the text that it replaces.
        range: TextRange,
        /// The names.
        all: Vec<Candidate<'w>>,
    },
    /// A value.
    Values {
        /// The part of the text that it replaces.
        range: TextRange,
        /// The values, as Nix writes them; in a string without its quotes.
        all: Vec<String>,
    },
}

/// What stands in for a name that is not yet written.
const STAND_IN: &str = "nixamine-stand-in";

impl<'w> Knowledge<'w> {
    /// What may be written at a place of a file.
    ///
    /// What is being written is not whole yet. So it is made whole in a copy, and the
    /// facts of the copy tell what stands where.
    pub fn offer(&self, file: usize, at: TextSize) -> Option<Offer<'w>> {
        let document = &self.documents()[file];
        let text: &str = document.text();
        let at = usize::from(at);
        let word = word_around(text, at);
        let path = path_start(text, word.start);
        let root = document.root();
        let before = significant_before(&root, path);
        let copy = |insert: &str, replaced: std::ops::Range<usize>| {
            let mut copy = String::with_capacity(text.len() + insert.len());
            copy.push_str(&text[..replaced.start]);
            copy.push_str(insert);
            copy.push_str(&text[replaced.end..]);
            copy
        };
        let range = TextRange::new((word.start as u32).into(), (word.end as u32).into());
        let place = TextSize::new(word.start as u32);
        let here = TextSize::new(at as u32);
        let path_of_file = document.path();
        let read = |text: String| {
            analyze(
                Source::new(path_of_file.clone(), text),
                &Settings::default(),
            )
        };
        if matches!(
            before,
            Some(SyntaxKind::TOKEN_L_BRACE | SyntaxKind::TOKEN_SEMICOLON)
        ) {
            let rest = text[word.end..].trim_start();
            let is_whole =
                rest.starts_with('.') || rest.starts_with('=') && !rest.starts_with("==");
            let insert = match is_whole {
                true => STAND_IN.to_owned(),
                false => format!("{STAND_IN} = null;"),
            };
            let copy = read(copy(&insert, word.clone()));
            if let Some((index, definition)) = set_at(copy.facts(), |it| {
                it.path.iter().any(|key| key.range.contains(place))
            }) {
                let position = definition
                    .path
                    .iter()
                    .position(|it| it.range.contains(place))?;
                let names = definition.path[..position].iter().map(|it| it.name.clone());
                let prefix: Vec<SmolStr> = names.collect::<Option<_>>()?;
                let class = self.class_in(file, copy.facts(), index);
                let all = self.below(class, &prefix);
                return (!all.is_empty()).then_some(Offer::Names { range, all });
            }
        }
        // A value: as it is, or with something for what is missing.
        let attempts = [None, Some("null"), Some("null;")];
        let is_path = text[..word.start].ends_with('.');
        for attempt in attempts.into_iter().filter(|_| !is_path) {
            let copy = match attempt {
                None => read(text.to_owned()),
                Some(insert) => read(copy(insert, word.clone())),
            };
            let found = set_at(copy.facts(), |it| {
                it.value.contains_inclusive(here.min(it.value.end()))
                    && it.value.contains_inclusive(place)
            });
            if let Some((index, definition)) = found {
                let class = self.class_in(file, copy.facts(), index);
                if let Some(all) = self.values(class, definition, text, &word) {
                    return Some(Offer::Values { range, all });
                }
                break;
            }
        }
        // Something that is read.
        let tree = syntax::parse(copy(STAND_IN, word.clone()));
        let found = reads::at(&tree.root(), place)?;
        let index = document.facts.module_at(range)?;
        let class = match &found.of {
            reads::Of::System => Class::NixOs,
            reads::Of::Own(depth) => {
                let module = &document.facts.modules[index];
                if module.config_depth != Some(*depth) {
                    return None;
                }
                self.view.class(file, index)
            }
        };
        let position = found.sites.iter().position(|it| it.contains(place))?;
        let known = found.path.len() - found.sites.len();
        let all = self.below(class, &found.path[..known + position]);
        (!all.is_empty()).then_some(Offer::Names { range, all })
    }

    /// The module system of a module in a copy of a file.
    fn class_in(&self, file: usize, copy: &FileFacts, index: usize) -> Class {
        let modules = &self.documents()[file].facts.modules;
        match modules.len() == copy.modules.len() {
            true => self.view.class(file, index),
            false => copy.modules[index].class,
        }
    }

    /// The values that the type of what is set has to choose from.
    fn values(
        &self,
        class: Class,
        definition: &Definition,
        text: &str,
        word: &std::ops::Range<usize>,
    ) -> Option<Vec<String>> {
        let names: Vec<_> = definition
            .path
            .iter()
            .map(|it| it.name.as_deref())
            .collect();
        let Found::Value { ty, .. } = self.view.options().find(class, &names) else {
            return None;
        };
        let in_string = text[..word.start].ends_with('"');
        let before = text[..word.start].trim_end_matches('"').trim_end();
        let ty = match ty {
            Type::ListOf(element) | Type::NonEmptyListOf(element) if !before.ends_with('=') => {
                element
            }
            ty => ty,
        };
        let members = ty.members().into_iter().filter_map(|member| match member {
            Literal::String(member) if in_string => Some(member.to_string()),
            _ if in_string => None,
            member => Some(member.to_string()),
        });
        let members: Vec<_> = members.collect();
        (!members.is_empty()).then_some(members)
    }
}

/// The options in a value, when it is a set of options.
pub(super) fn set_of(ty: &Type) -> Option<&OptionSet> {
    match ty {
        Type::Submodule(set) => Some(set),
        Type::NullOr(inner) | Type::Unique(inner) | Type::Called(_, inner) => set_of(inner),
        Type::Either(left, right) | Type::CoercedTo(left, right) => {
            set_of(left).or_else(|| set_of(right))
        }
        _ => None,
    }
}

fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '\'')
}

/// The name that a place is in, or the empty one at it.
fn word_around(text: &str, at: usize) -> std::ops::Range<usize> {
    let start = at - text[..at].chars().rev().take_while(|c| is_part(*c)).count();
    let end = at + text[at..].chars().take_while(|c| is_part(*c)).count();
    start..end
}

/// Where the path begins whose last name begins at `word`.
fn path_start(text: &str, word: usize) -> usize {
    let before = text[..word].trim_end_matches(|c| is_part(c) || matches!(c, '.' | '"'));
    before.len()
}

/// What stands before a place, white space and comments aside.
fn significant_before(root: &SyntaxNode, at: usize) -> Option<SyntaxKind> {
    let at = TextSize::new(at.checked_sub(1)? as u32);
    let mut token = token_at(root, at)?;
    while matches!(
        token.kind(),
        SyntaxKind::TOKEN_WHITESPACE | SyntaxKind::TOKEN_COMMENT
    ) {
        token = token.prev_token()?;
    }
    Some(token.kind())
}

/// The innermost definition that is what was asked for, and its module.
fn set_at(facts: &FileFacts, is_it: impl Fn(&Definition) -> bool) -> Option<(usize, &Definition)> {
    let modules = facts.modules.iter().enumerate();
    modules
        .flat_map(|(index, module)| module.definitions.iter().map(move |it| (index, it)))
        .filter(|(_, definition)| is_it(definition))
        .min_by_key(|(_, definition)| definition.value.len())
}
