//! What most of a repository does, which its other files may be measured by.

use crate::linter::Document;
use crate::module::is_option_root;
use crate::path;
use rustc_hash::FxHashMap;
use serde::Deserialize;
use smol_str::SmolStr;

/// What most of a repository does.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Habits {
    /// Have at least a third of the long modules a header?
    pub headers: bool,
    /// How its own options are called.
    pub naming: Naming,
}

/// How a repository calls its own options.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Naming {
    /// The name that nearly all of them begin with.
    pub prefix: Option<SmolStr>,
    /// How nearly all names of several words are written.
    pub case: Option<Case>,
}

/// How a name of several words is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Case {
    /// `maxSize`.
    Camel,
    /// `max-size`.
    Kebab,
    /// `max_size`.
    Snake,
}

/// Fewer options than this are no habit.
const FEW: usize = 8;
/// Nearly all: one in so many may be different.
const ODD: usize = 6;

/// A prefix stands in at least so many files.
const FILES: usize = 3;

/// What begins with a name.
#[derive(Default)]
struct Root {
    options: usize,
    files: usize,
    last: Option<usize>,
}

impl Naming {
    pub(super) fn of(documents: &[Document]) -> Self {
        let mut roots: FxHashMap<&str, Root> = FxHashMap::default();
        let mut cases = [0; 3];
        for (file, document) in documents.iter().enumerate() {
            if path::is_sample(document.path()) {
                continue;
            }
            let modules = document.facts.modules.iter();
            for option in modules.flat_map(|it| &it.options) {
                let [root, .., last] = option.path.as_slice() else {
                    continue;
                };
                if option.declared.renamed.is_some() {
                    continue;
                }
                if !is_option_root(root) {
                    let root = roots.entry(root).or_default();
                    root.options += 1;
                    root.files += usize::from(root.last.replace(file) != Some(file));
                }
                if let Some(case) = Case::of(last) {
                    cases[case as usize] += 1;
                }
            }
        }
        let all = roots.values().map(|root| root.options).sum();
        let is_most = |count: usize, all: usize| all >= FEW && (all - count) * ODD <= all;
        let is_prefix = |root: &Root| root.files >= FILES && is_most(root.options, all);
        let prefix = roots.into_iter().find(|(_, root)| is_prefix(root));
        let case = [Case::Camel, Case::Kebab, Case::Snake];
        let written = cases.iter().sum();
        Self {
            prefix: prefix.map(|(root, _)| root.into()),
            case: case
                .into_iter()
                .find(|case| is_most(cases[*case as usize], written)),
        }
    }
}

impl Case {
    /// How a name is written; `None` for one word, and for what is none of these.
    pub fn of(name: &str) -> Option<Self> {
        let has = |wanted: fn(&u8) -> bool| name.as_bytes().iter().any(wanted);
        let starts_lower = name.starts_with(|c: char| c.is_ascii_lowercase());
        let upper = has(u8::is_ascii_uppercase);
        match (has(|byte| *byte == b'-'), has(|byte| *byte == b'_'), upper) {
            _ if !starts_lower => None,
            (true, false, false) => Some(Self::Kebab),
            (false, true, false) => Some(Self::Snake),
            (false, false, true) => Some(Self::Camel),
            _ => None,
        }
    }

    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Camel => "camelCase",
            Self::Kebab => "kebab-case",
            Self::Snake => "snake_case",
        }
    }
}
