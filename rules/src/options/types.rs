//! Types of options: what a value must be, and what happens when an option is
//! defined more than once.
//!
//! The facts are those of `lib/types.nix` of nixpkgs. What is not understood is
//! [`Type::Unknown`], and nothing is ever said of it.

use super::OptionSet;
use crate::module::Literal;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::fmt;
use std::sync::Arc;

/// The type of an option.
#[derive(Debug, Clone, PartialEq)]
pub enum Type {
    /// One that is not understood.
    Unknown,
    /// `bool`.
    Bool,
    /// `boolByOr`: true if one definition is.
    BoolByOr,
    /// Whole numbers.
    Int {
        /// The name that nixpkgs gives the type: `int`, `unsignedInt16` …
        name: SmolStr,
        /// The least one.
        least: Option<i64>,
        /// The greatest one.
        greatest: Option<i64>,
    },
    /// `float`.
    Float,
    /// `number` and its like: whole or not.
    Number(SmolStr),
    /// Text of one definition.
    Text(Text),
    /// Text that is joined: `lines`, `commas`, `envVar`.
    Joined(SmolStr),
    /// `path`.
    Path,
    /// `pathWith` and `pathInStore`, of which no value is judged.
    SomePath,
    /// `package`.
    Package,
    /// `enum`; `None` when not all members are known.
    Enum(Option<Arc<[Literal]>>),
    /// `nullOr`.
    NullOr(Arc<Type>),
    /// `listOf`.
    ListOf(Arc<Type>),
    /// `nonEmptyListOf`.
    NonEmptyListOf(Arc<Type>),
    /// `attrsOf` and `lazyAttrsOf`.
    AttrsOf {
        /// The type of each attribute.
        element: Arc<Type>,
        /// Is it `lazyAttrsOf`?
        lazy: bool,
    },
    /// `attrs`: whole sets, of which the later definition wins for each name.
    Attrs,
    /// `anything`: merged as far as it is sets.
    Anything,
    /// `unspecified`, and the type of an option that has none.
    Unspecified,
    /// `raw`: one definition of any kind.
    Raw,
    /// `submodule` and its like.
    Submodule(Arc<OptionSet>),
    /// `deferredModule`: modules, for somebody else.
    DeferredModule,
    /// `either`, and `oneOf` as a chain of these.
    Either(Arc<Type>, Arc<Type>),
    /// `coercedTo`.
    CoercedTo(Arc<Type>, Arc<Type>),
    /// `functionTo`.
    Function(Arc<Type>),
    /// `unique` and `uniq`: one definition.
    Unique(Arc<Type>),
    /// `attrTag`: a set with one of these names.
    Tagged,
    /// A type with a name of its own, of which no value is judged.
    Named(SmolStr),
    /// As before, of sets whose attributes have this type, as far as is known.
    NamedSet(SmolStr, Arc<Type>),
    /// Another name for a type.
    Called(SmolStr, Arc<Type>),
}

/// Kinds of text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Text {
    /// `str`.
    Any,
    /// `nonEmptyStr`.
    NonEmpty,
    /// `singleLineStr`.
    SingleLine,
    /// `strMatching`.
    Matching(SmolStr),
    /// `passwdEntry str`.
    Entry,
}

/// What is known of a value without evaluation.
#[derive(Debug, Clone, PartialEq)]
pub enum Known {
    /// Nothing.
    Unknown,
    /// All.
    Literal(Literal),
    /// It is text, with parts that are not known.
    Text,
    /// It is a path that is written as one.
    Path,
    /// It is a list of these.
    List(Arc<[Known]>),
    /// It is a set.
    Set,
    /// It is a function.
    Function,
}

/// Is a value one of a type?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// That cannot be told.
    Unsure,
}

/// What two definitions of one option, of the same priority, do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meeting {
    /// They are merged, or are the same.
    Merge,
    /// They differ where they must be equal: an error.
    Differ,
    /// There must be only one: an error.
    Unique,
    /// One is null and the other is not: an error.
    NullAndNot,
    /// That cannot be told.
    Unsure,
}

impl Type {
    /// The name that nixpkgs gives the type.
    pub fn name(&self) -> SmolStr {
        match self {
            Self::Unknown => "unknown",
            Self::Bool => "bool",
            Self::BoolByOr => "boolByOr",
            Self::Int { name, .. }
            | Self::Number(name)
            | Self::Named(name)
            | Self::NamedSet(name, _)
            | Self::Called(name, _) => return name.clone(),
            Self::Float => "float",
            Self::Text(Text::Any) => "str",
            Self::Text(Text::NonEmpty) => "nonEmptyStr",
            Self::Text(Text::SingleLine) => "singleLineStr",
            Self::Text(Text::Matching(pattern)) => {
                return format!("strMatching {pattern:?}").into();
            }
            Self::Text(Text::Entry) => "passwdEntry str",
            Self::Joined(_) => "separatedString",
            Self::Path | Self::SomePath => "path",
            Self::Package => "package",
            Self::Enum(_) => "enum",
            Self::NullOr(_) => "nullOr",
            Self::ListOf(_) | Self::NonEmptyListOf(_) => "listOf",
            Self::AttrsOf { lazy: false, .. } => "attrsOf",
            Self::AttrsOf { lazy: true, .. } => "lazyAttrsOf",
            Self::Attrs => "attrs",
            Self::Anything => "anything",
            Self::Unspecified => "unspecified",
            Self::Raw => "raw",
            Self::Submodule(_) => "submodule",
            Self::DeferredModule => "deferredModule",
            Self::Either(..) => "either",
            Self::CoercedTo(..) => "coercedTo",
            Self::Function(_) => "functionTo",
            Self::Unique(_) => "unique",
            Self::Tagged => "attrTag",
        }
        .into()
    }

    /// Is a value one of this type?
    pub fn accepts(&self, value: &Known) -> Fit {
        use Literal::{Bool, Float, Integer, Null, String};
        let fit = |fits| if fits { Fit::Yes } else { Fit::No };
        match (self, value) {
            (
                Self::Unknown | Self::SomePath | Self::Tagged | Self::Named(_) | Self::NamedSet(..),
                _,
            ) => Fit::Unsure,
            (Self::Called(_, inner), _) => inner.accepts(value),
            (Self::Anything | Self::Unspecified | Self::Raw, _) => Fit::Yes,
            (Self::NullOr(_), Known::Literal(Null)) => Fit::Yes,
            (Self::NullOr(inner) | Self::Unique(inner), _) => inner.accepts(value),
            (Self::Either(left, right), _) => any_of(left.accepts(value), right.accepts(value)),
            (Self::CoercedTo(from, to), _) => match (to.accepts(value), from.accepts(value)) {
                (Fit::Yes, _) => Fit::Yes,
                (Fit::No, Fit::No) => Fit::No,
                // What becomes of it is for the function to say.
                _ => Fit::Unsure,
            },
            (_, Known::Unknown) => Fit::Unsure,
            (Self::Bool | Self::BoolByOr, _) => fit(matches!(value, Known::Literal(Bool(_)))),
            (
                Self::Int {
                    least, greatest, ..
                },
                Known::Literal(Integer(number)),
            ) => fit(least.is_none_or(|least| *number >= least)
                && greatest.is_none_or(|greatest| *number <= greatest)),
            (Self::Float, Known::Literal(Float(_))) => Fit::Yes,
            (Self::Number(name), Known::Literal(Integer(_) | Float(_))) => match name.as_str() {
                "number" => Fit::Yes,
                _ => Fit::Unsure,
            },
            (Self::Text(Text::Any) | Self::Joined(_), _) => {
                fit(matches!(value, Known::Text | Known::Literal(String(_))))
            }
            (Self::Text(Text::NonEmpty), Known::Literal(String(text))) => {
                fit(!text.trim_matches([' ', '\t', '\n']).is_empty())
            }
            (Self::Text(Text::SingleLine), Known::Literal(String(text))) => {
                fit(!text.trim_end_matches('\n').contains('\n'))
            }
            (Self::Text(Text::Entry), Known::Literal(String(text))) => {
                fit(!text.contains([':', '\n']))
            }
            (Self::Text(_), Known::Text | Known::Literal(String(_))) => Fit::Unsure,
            (Self::Path, Known::Path) => Fit::Yes,
            (Self::Path, Known::Literal(String(text))) => fit(text.starts_with('/')),
            // A set may have an `outPath`, or be text to who asks for text.
            (Self::Path | Self::Package, Known::Text | Known::Set) => Fit::Unsure,
            (Self::Package, Known::Path) => Fit::Unsure,
            (Self::Package, Known::Literal(String(text))) => match text.starts_with('/') {
                true => Fit::Unsure,
                false => Fit::No,
            },
            (Self::Enum(members), _) => match (members, value) {
                (Some(members), Known::Literal(literal)) => fit(members.contains(literal)),
                (Some(members), Known::Text) => {
                    match members.iter().any(|m| matches!(m, String(_))) {
                        true => Fit::Unsure,
                        false => Fit::No,
                    }
                }
                (Some(_), _) => Fit::No,
                (None, _) => Fit::Unsure,
            },
            (Self::NonEmptyListOf(_), Known::List(values)) if values.is_empty() => Fit::No,
            (Self::ListOf(element) | Self::NonEmptyListOf(element), Known::List(values)) => {
                let fits = values.iter().map(|value| element.accepts(value));
                fits.fold(Fit::Yes, |all, one| match (all, one) {
                    (Fit::No, _) | (_, Fit::No) => Fit::No,
                    (Fit::Unsure, _) | (_, Fit::Unsure) => Fit::Unsure,
                    _ => Fit::Yes,
                })
            }
            (Self::AttrsOf { .. } | Self::Attrs, _) => fit(matches!(value, Known::Set)),
            (Self::Submodule(_) | Self::DeferredModule, _) => match value {
                Known::Set | Known::Function | Known::Path => Fit::Yes,
                Known::Text => Fit::Unsure,
                Known::Literal(String(text)) => fit(text.starts_with('/')),
                _ => Fit::No,
            },
            (Self::Function(_), Known::Function) => Fit::Yes,
            (Self::Function(_), Known::Set) => Fit::Unsure,
            _ => Fit::No,
        }
    }

    /// What do two definitions of the same priority do?
    pub fn meet(&self, a: &Known, b: &Known) -> Meeting {
        match self {
            Self::Bool
            | Self::Int { .. }
            | Self::Float
            | Self::Text(_)
            | Self::Path
            | Self::SomePath
            | Self::Enum(_) => same(a, b),
            // It is `either int float`.
            Self::Number(_) => match (a, b) {
                (Known::Literal(Literal::Integer(_)), Known::Literal(Literal::Float(_)))
                | (Known::Literal(Literal::Float(_)), Known::Literal(Literal::Integer(_))) => {
                    Meeting::Unique
                }
                _ => same(a, b),
            },
            Self::Package | Self::Raw | Self::Unique(_) => Meeting::Unique,
            Self::NullOr(inner) => {
                let is_null = |shape: &Known| match shape {
                    Known::Literal(literal) => Some(*literal == Literal::Null),
                    Known::Unknown => None,
                    _ => Some(false),
                };
                match (is_null(a), is_null(b)) {
                    (Some(true), Some(true)) => Meeting::Merge,
                    (Some(false), Some(false)) => inner.meet(a, b),
                    (Some(_), Some(_)) => Meeting::NullAndNot,
                    _ => Meeting::Unsure,
                }
            }
            Self::Either(left, right) => {
                let side = |shape: &Known| match (left.accepts(shape), right.accepts(shape)) {
                    (Fit::Yes, _) => Some(true),
                    (Fit::No, Fit::Yes) => Some(false),
                    _ => None,
                };
                match (side(a), side(b)) {
                    (Some(true), Some(true)) => left.meet(a, b),
                    // What the left one takes as well may be in its company.
                    (Some(false), Some(false)) => right.meet(a, b),
                    (Some(_), Some(_))
                        if right.accepts(a) == Fit::No || right.accepts(b) == Fit::No =>
                    {
                        Meeting::Unique
                    }
                    _ => Meeting::Unsure,
                }
            }
            Self::Unspecified => match (a, b) {
                (Known::Literal(Literal::Integer(_)), Known::Literal(Literal::Integer(_))) => {
                    same(a, b)
                }
                (Known::Literal(x), Known::Literal(y))
                    if std::mem::discriminant(x) != std::mem::discriminant(y) =>
                {
                    Meeting::Differ
                }
                _ => Meeting::Unsure,
            },
            Self::BoolByOr
            | Self::Joined(_)
            | Self::ListOf(_)
            | Self::NonEmptyListOf(_)
            | Self::AttrsOf { .. }
            | Self::Attrs
            | Self::Submodule(_)
            | Self::DeferredModule
            | Self::Function(_) => Meeting::Merge,
            Self::Anything => match (a, b) {
                (Known::Literal(x), Known::Literal(y)) => match x == y {
                    true => Meeting::Merge,
                    false => Meeting::Differ,
                },
                _ => Meeting::Unsure,
            },
            Self::Called(_, inner) => inner.meet(a, b),
            Self::CoercedTo(..)
            | Self::Tagged
            | Self::Named(_)
            | Self::NamedSet(..)
            | Self::Unknown => Meeting::Unsure,
        }
    }

    /// May the set be a value that `mkIf` or a priority returns, where the module system
    /// does not take it apart?
    pub fn takes_properties(&self) -> bool {
        match self {
            Self::Bool
            | Self::BoolByOr
            | Self::Int { .. }
            | Self::Float
            | Self::Number(_)
            | Self::Text(_)
            | Self::Joined(_)
            | Self::Path
            | Self::Package
            | Self::Enum(_)
            | Self::ListOf(_)
            | Self::NonEmptyListOf(_) => false,
            Self::NullOr(inner) | Self::Unique(inner) | Self::Called(_, inner) => {
                inner.takes_properties()
            }
            // It has an attribute that says what it is, as text that is no path.
            Self::AttrsOf { element, .. } if matches!(**element, Self::Submodule(_)) => false,
            Self::AttrsOf { element, .. } => {
                element.accepts(&Known::Literal(Literal::String("if".into()))) != Fit::No
            }
            Self::Either(left, right) | Self::CoercedTo(left, right) => {
                left.takes_properties() || right.takes_properties()
            }
            _ => true,
        }
    }

    /// Can two declarations of an option say these types? Modules that are no submodule
    /// and no enumeration unite only with their like.
    pub fn unites(&self, other: &Self) -> Fit {
        match (self, other) {
            (Self::Called(_, inner), other) | (other, Self::Called(_, inner)) => {
                inner.unites(other)
            }
            (Self::CoercedTo(..), _) | (_, Self::CoercedTo(..)) => {
                match self.family().is_some() && other.family().is_some() {
                    true => Fit::No,
                    false => Fit::Unsure,
                }
            }
            (Self::Joined(a), Self::Joined(b)) if a != b => Fit::No,
            (Self::Submodule(a), Self::Submodule(b)) => {
                let mut clash = false;
                a.each_own(&mut |path, declared| {
                    let path: Vec<_> = path.iter().map(|name| Some(name.as_str())).collect();
                    let other = b.option(&path).filter(|(len, _)| *len == path.len());
                    let mut others = other.iter().flat_map(|(_, others)| *others);
                    clash |= others.any(|other| other.clashes(declared));
                });
                if clash { Fit::No } else { Fit::Unsure }
            }
            (Self::Unique(a), Self::Unique(b)) => a.unites(b),
            (Self::NullOr(a), Self::NullOr(b))
            | (
                Self::ListOf(a) | Self::NonEmptyListOf(a),
                Self::ListOf(b) | Self::NonEmptyListOf(b),
            ) => a.unites_inside(b),
            (
                Self::AttrsOf { element: a, lazy },
                Self::AttrsOf {
                    element: b,
                    lazy: other,
                },
            ) if lazy == other => a.unites_inside(b),
            (Self::Either(a, b), Self::Either(c, d)) => match (a.unites(c), b.unites(d)) {
                (Fit::No, _) | (_, Fit::No) => Fit::No,
                (Fit::Yes, Fit::Yes) => Fit::Yes,
                _ => Fit::Unsure,
            },
            _ => match (self.family(), other.family()) {
                (Some(a), Some(b)) if a != b => Fit::No,
                (Some(_), Some(_)) => Fit::Yes,
                _ => Fit::Unsure,
            },
        }
    }

    /// The same of what there may be none of: Nix looks into submodules when there is
    /// one.
    fn unites_inside(&self, other: &Self) -> Fit {
        match (self, other) {
            (Self::Called(_, inner), other) | (other, Self::Called(_, inner)) => {
                inner.unites_inside(other)
            }
            (Self::Submodule(_), Self::Submodule(_)) => Fit::Unsure,
            _ => self.unites(other),
        }
    }

    /// The name under which nixpkgs unites types; `None` where that is not known.
    fn family(&self) -> Option<&'static str> {
        Some(match self {
            Self::Bool => "bool",
            Self::BoolByOr => "boolByOr",
            Self::Int { .. } => "int",
            Self::Float => "float",
            Self::Number(_) | Self::Either(..) => "either",
            Self::Text(Text::Any | Text::NonEmpty) => "str",
            Self::Text(Text::SingleLine) => "singleLineStr",
            Self::Joined(_) => "separatedString",
            Self::Path => "path",
            Self::Package => "package",
            Self::Enum(_) => "enum",
            Self::NullOr(_) => "nullOr",
            Self::ListOf(_) | Self::NonEmptyListOf(_) => "listOf",
            Self::AttrsOf { lazy: true, .. } => "lazyAttrsOf",
            Self::AttrsOf { lazy: false, .. } => "attrsOf",
            Self::Attrs => "attrs",
            Self::Anything => "anything",
            Self::Raw => "raw",
            Self::Submodule(_) => "submodule",
            Self::DeferredModule => "deferredModule",
            Self::CoercedTo(..) => "coercedTo",
            Self::Function(_) => "functionTo",
            Self::Unique(_) => "unique",
            Self::Unspecified
            | Self::Text(Text::Matching(_) | Text::Entry)
            | Self::SomePath
            | Self::Tagged
            | Self::Named(_)
            | Self::NamedSet(..)
            | Self::Called(..)
            | Self::Unknown => return None,
        })
    }

    /// The members of an enumeration, or those in what this type is made of: what
    /// may be offered to who writes a value.
    pub fn members(&self) -> Vec<Literal> {
        match self {
            Self::Bool | Self::BoolByOr => vec![Literal::Bool(true), Literal::Bool(false)],
            Self::Enum(Some(members)) => members.to_vec(),
            Self::NullOr(inner) => {
                let mut members = inner.members();
                members.push(Literal::Null);
                members
            }
            Self::Unique(inner) | Self::Called(_, inner) => inner.members(),
            Self::Either(left, right) | Self::CoercedTo(left, right) => {
                let mut members = left.members();
                members.extend(right.members());
                members
            }
            _ => Vec::new(),
        }
    }
}

fn any_of(a: Fit, b: Fit) -> Fit {
    match (a, b) {
        (Fit::Yes, _) | (_, Fit::Yes) => Fit::Yes,
        (Fit::No, Fit::No) => Fit::No,
        _ => Fit::Unsure,
    }
}

/// Two definitions that must be equal.
fn same(a: &Known, b: &Known) -> Meeting {
    let number = |known: &Known| match known {
        Known::Literal(Literal::Integer(number)) => Some(*number as f64),
        Known::Literal(Literal::Float(text)) => text.parse().ok(),
        _ => None,
    };
    match (a, b) {
        (Known::Literal(x), Known::Literal(y)) if x == y => Meeting::Merge,
        // `1` equals `1.0`, and `1.0` equals `1.00`.
        _ if number(a).is_some() && number(a) == number(b) => Meeting::Unsure,
        (Known::Literal(_), Known::Literal(_)) => Meeting::Differ,
        // No path is text.
        (Known::Path, Known::Text | Known::Literal(Literal::String(_)))
        | (Known::Text | Known::Literal(Literal::String(_)), Known::Path) => Meeting::Differ,
        _ => Meeting::Unsure,
    }
}

/// A type in the words of nixpkgs' manual.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("unknown"),
            Self::Bool | Self::BoolByOr => f.write_str("boolean"),
            Self::Int {
                least, greatest, ..
            } => match (least, greatest) {
                (Some(least), Some(greatest)) => {
                    write!(f, "integer between {least} and {greatest} (both inclusive)")
                }
                (Some(0), None) => f.write_str("unsigned integer, meaning >=0"),
                (Some(1), None) => f.write_str("positive integer, meaning >0"),
                _ => f.write_str("signed integer"),
            },
            Self::Float => f.write_str("floating point number"),
            Self::Number(_) => f.write_str("signed integer or floating point number"),
            Self::Text(Text::Any) => f.write_str("string"),
            Self::Text(Text::NonEmpty) => f.write_str("non-empty string"),
            Self::Text(Text::SingleLine) => {
                f.write_str("(optionally newline-terminated) single-line string")
            }
            Self::Text(Text::Matching(pattern)) => {
                write!(f, "string matching the pattern {pattern}")
            }
            Self::Text(Text::Entry) => f.write_str("string, not containing newlines or colons"),
            Self::Joined(separator) => write!(f, "strings concatenated with {separator:?}"),
            Self::Path => f.write_str("absolute path"),
            Self::SomePath => f.write_str("path"),
            Self::Package => f.write_str("package"),
            Self::Enum(None) => f.write_str("one of some values"),
            Self::Enum(Some(members)) => {
                f.write_str("one of ")?;
                for (index, member) in members.iter().enumerate() {
                    if index > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{member}")?;
                }
                Ok(())
            }
            Self::NullOr(inner) => write!(f, "null or {}", Phrase(inner, true)),
            Self::ListOf(element) => write!(f, "list of {}", Phrase(element, false)),
            Self::NonEmptyListOf(element) => {
                write!(f, "non-empty (list of {})", Phrase(element, false))
            }
            Self::AttrsOf { element, lazy } => {
                let lazy = if *lazy { "lazy " } else { "" };
                write!(f, "{lazy}attribute set of {}", Phrase(element, false))
            }
            Self::Attrs => f.write_str("attribute set"),
            Self::Anything => f.write_str("anything"),
            Self::Unspecified => f.write_str("unspecified value"),
            Self::Raw => f.write_str("raw value"),
            Self::Submodule(_) => f.write_str("submodule"),
            Self::DeferredModule => f.write_str("module"),
            Self::Either(left, right) => {
                write!(f, "{} or {}", Phrase(left, true), Phrase(right, true))
            }
            Self::CoercedTo(from, to) => {
                write!(
                    f,
                    "{} or {} convertible to it",
                    Phrase(to, false),
                    Phrase(from, false)
                )
            }
            Self::Function(to) => {
                write!(f, "function that evaluates to a(n) {}", Phrase(to, false))
            }
            Self::Unique(inner) => inner.fmt(f),
            Self::Tagged => f.write_str("attribute-tagged union"),
            Self::Named(name) | Self::NamedSet(name, _) | Self::Called(name, _) => {
                f.write_str(name)
            }
        }
    }
}

/// A type inside of another: in parentheses where it is itself made of several
/// words that would run into those around it.
struct Phrase<'t>(&'t Type, bool);

impl fmt::Display for Phrase<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_open = match self.0 {
            Type::NullOr(_) | Type::Either(..) => !self.1,
            Type::Enum(_) | Type::CoercedTo(..) => true,
            _ => false,
        };
        match is_open {
            true => write!(f, "({})", self.0),
            false => self.0.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Known {
        Known::Literal(Literal::String(text.into()))
    }

    fn int(number: i64) -> Known {
        Known::Literal(Literal::Integer(number))
    }

    fn port() -> Type {
        Type::Int {
            name: "unsignedInt16".into(),
            least: Some(0),
            greatest: Some(65_535),
        }
    }

    const STR: Type = Type::Text(Text::Any);

    #[test]
    fn values_fit_or_not() {
        let null = Known::Literal(Literal::Null);
        let members = Type::Enum(Some(Arc::from([Literal::String("a".into())])));
        let list = |shapes: &[Known]| Known::List(shapes.into());
        for (ty, value, expected) in [
            (Type::Bool, text("true"), Fit::No),
            (Type::Bool, Known::Literal(Literal::Bool(true)), Fit::Yes),
            (Type::Bool, Known::Unknown, Fit::Unsure),
            (port(), int(65_535), Fit::Yes),
            (port(), int(65_536), Fit::No),
            (port(), text("80"), Fit::No),
            (Type::Float, int(1), Fit::No),
            (STR, Known::Path, Fit::No),
            (STR, Known::Text, Fit::Yes),
            (Type::Path, text("relative"), Fit::No),
            (Type::Path, text("/a"), Fit::Yes),
            (Type::Package, text("git"), Fit::No),
            (Type::Package, Known::Set, Fit::Unsure),
            (members.clone(), text("b"), Fit::No),
            (members.clone(), Known::Text, Fit::Unsure),
            (Type::Enum(None), text("b"), Fit::Unsure),
            (Type::NullOr(Arc::new(STR)), null.clone(), Fit::Yes),
            (STR, null, Fit::No),
            (
                Type::ListOf(Arc::new(STR)),
                list(&[text("a"), int(1)]),
                Fit::No,
            ),
            (
                Type::ListOf(Arc::new(STR)),
                list(&[Known::Unknown]),
                Fit::Unsure,
            ),
            (Type::ListOf(Arc::new(STR)), text("a"), Fit::No),
            (Type::NonEmptyListOf(Arc::new(STR)), list(&[]), Fit::No),
            (
                Type::Either(Arc::new(Type::Bool), Arc::new(STR)),
                int(1),
                Fit::No,
            ),
            (
                Type::Either(Arc::new(Type::Bool), Arc::new(Type::Unknown)),
                int(1),
                Fit::Unsure,
            ),
            (
                Type::CoercedTo(Arc::new(STR), Arc::new(Type::Bool)),
                text("a"),
                Fit::Unsure,
            ),
            (Type::Attrs, Known::Function, Fit::No),
            (Type::Unknown, int(1), Fit::Unsure),
        ] {
            assert_eq!(ty.accepts(&value), expected, "{ty}: {value:?}");
        }
    }

    #[test]
    fn definitions_meet() {
        let null = Known::Literal(Literal::Null);
        let either = Type::Either(Arc::new(Type::Bool), Arc::new(STR));
        for (ty, a, b, expected) in [
            (STR, text("a"), text("a"), Meeting::Merge),
            (STR, text("a"), text("b"), Meeting::Differ),
            (STR, text("a"), Known::Unknown, Meeting::Unsure),
            (
                Type::Package,
                Known::Unknown,
                Known::Unknown,
                Meeting::Unique,
            ),
            (
                Type::ListOf(Arc::new(STR)),
                Known::Unknown,
                Known::Unknown,
                Meeting::Merge,
            ),
            (
                Type::NullOr(Arc::new(STR)),
                null.clone(),
                text("a"),
                Meeting::NullAndNot,
            ),
            (
                Type::NullOr(Arc::new(Type::Package)),
                null.clone(),
                null,
                Meeting::Merge,
            ),
            (
                Type::NullOr(Arc::new(Type::Package)),
                Known::Unknown,
                Known::Unknown,
                Meeting::Unsure,
            ),
            (either.clone(), text("a"), text("b"), Meeting::Differ),
            (
                either,
                text("a"),
                Known::Literal(Literal::Bool(true)),
                Meeting::Unique,
            ),
            (
                Type::Number("number".into()),
                int(1),
                Known::Literal(Literal::Float("1.0".into())),
                Meeting::Unique,
            ),
        ] {
            assert_eq!(ty.meet(&a, &b), expected, "{ty}: {a:?}, {b:?}");
        }
    }

    #[test]
    fn types_read_like_the_manual() {
        let inner = Type::NullOr(Arc::new(Type::Either(Arc::new(STR), Arc::new(Type::Path))));
        let list = Type::ListOf(Arc::new(inner));
        assert_eq!(
            list.to_string(),
            "list of (null or string or absolute path)"
        );
        assert_eq!(
            port().to_string(),
            "integer between 0 and 65535 (both inclusive)"
        );
    }
}
