//! Policies: what the settings of hosts must be, or must not be, as `nixamine.toml`
//! says in `[[require]]` and `[[forbid]]`.

use crate::module::{Class, Literal};
use crate::options::Known;
use crate::path;
use smol_str::SmolStr;

/// What is asked of one option.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(deny_unknown_fields))]
pub struct Policy {
    /// The option, as Nix writes it: `security.apparmor.enable`.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub option: Vec<SmolStr>,
    /// The value; for an option that holds a list, what must be (or must not be)
    /// among its elements. Without one any value counts, and anything below.
    pub value: Option<Value>,
    /// The hosts, by name, as globs. Without it, all.
    pub hosts: Option<Vec<String>>,
    /// The module system.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub class: PolicyClass,
    /// Why, for whoever breaks it.
    pub reason: Option<String>,
}

/// Which hosts a policy is about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename_all = "kebab-case"))]
pub enum PolicyClass {
    /// Machines with NixOS.
    #[default]
    Nixos,
    /// Homes.
    HomeManager,
    /// Machines with macOS.
    Darwin,
}

impl PolicyClass {
    /// Their names in configuration.
    pub(crate) const ALL: [(&'static str, Self); 3] = [
        ("nixos", Self::Nixos),
        ("home-manager", Self::HomeManager),
        ("darwin", Self::Darwin),
    ];

    /// The module system.
    pub fn class(self) -> Class {
        match self {
            Self::Nixos => Class::NixOs,
            Self::HomeManager => Class::HomeManager,
            Self::Darwin => Class::Darwin,
        }
    }
}

/// A value that a policy names.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(untagged))]
pub enum Value {
    /// One value.
    One(Scalar),
    /// Elements of a list.
    All(Vec<Scalar>),
}

/// A value without parts.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(untagged))]
pub enum Scalar {
    /// `true`, `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A text.
    String(String),
}

impl Scalar {
    /// Is it that? `None` when the value is not known.
    pub fn is(&self, known: &Known) -> Option<bool> {
        let literal = match known {
            Known::Literal(literal) => literal,
            Known::Unknown => return None,
            Known::Text | Known::Path => {
                return (!matches!(self, Self::String(_))).then_some(false);
            }
            Known::List(_) | Known::Set | Known::Function => return Some(false),
        };
        Some(match (self, literal) {
            (Self::Bool(a), Literal::Bool(b)) => a == b,
            (Self::Integer(a), Literal::Integer(b)) => a == b,
            (Self::String(a), Literal::String(b)) => a == b,
            _ => false,
        })
    }
}

/// As Nix writes it.
impl std::fmt::Display for Scalar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Integer(value) => write!(f, "{value}"),
            Self::String(value) => Literal::String(value.into()).fmt(f),
        }
    }
}

impl Policy {
    /// Does it hold for the host of this name?
    pub fn is_about(&self, host: &str) -> bool {
        let hosts = self.hosts.as_deref();
        hosts.is_none_or(|hosts| hosts.iter().any(|glob| path::glob_matches(glob, host)))
    }

    /// The option as people write it.
    pub fn name(&self) -> String {
        let names: Vec<&str> = self.option.iter().map(SmolStr::as_str).collect();
        crate::workspace::dotted(&names)
    }
}

/// As Nix writes it.
impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::One(value) => value.fmt(f),
            Self::All(values) => {
                f.write_str("[ ")?;
                values.iter().try_for_each(|value| write!(f, "{value} "))?;
                f.write_str("]")
            }
        }
    }
}
