//! What a rule is: static metadata and checks.
//!
//! A rule is one file below `rules/`. Its doc comment is its page, its fences
//! are its first tests, its options are a struct in the same file. See
//! CONTRIBUTING.md for the recipe.

use crate::config::ConfigError;
use crate::diagnostic::{Applicability, Diagnostic, Severity};
use crate::given;
use crate::local::LocalContext;
use crate::module::Definition;
use crate::syntax::{SyntaxKind, SyntaxNode, TextRange, TextSize};
use crate::workspace::{Declaration, FileContext, Judged, Place, Settings, WorkspaceContext};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::any::Any;
use std::sync::Arc;

/// What a rule is about; also a name for all its rules in `select` and `ignore`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// One module read by itself: the audit checklist.
    Module,
    /// Modules read together.
    Workspace,
    /// What lets others in.
    Security,
    /// Names nobody uses.
    Unused,
    /// Text that is no Nix, or Nix that cannot work.
    Correctness,
}

impl Group {
    /// Every group.
    pub const ALL: &[Group] = &[
        Group::Module,
        Group::Workspace,
        Group::Security,
        Group::Unused,
        Group::Correctness,
    ];

    /// The name as it stands in configuration and output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Module => "module",
            Self::Workspace => "workspace",
            Self::Security => "security",
            Self::Unused => "unused",
            Self::Correctness => "correctness",
        }
    }
}

/// Whose score a finding lowers in a report, besides that of its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// The area of its group, or of its module.
    Code,
    /// What tells people what things are for.
    Documentation,
    /// How modules fit together.
    Architecture,
}

/// How an editor may show what a rule finds, besides the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    /// Faded: it may go.
    Unnecessary,
    /// Struck out: it will go by itself.
    Deprecated,
}

/// Everything about a rule that does not depend on a text.
pub struct RuleMeta {
    /// The name, in kebab-case; final once released.
    pub name: &'static str,
    /// Former names, which stay valid in configuration and suppressions.
    pub aliases: &'static [&'static str],
    /// What it is about.
    pub group: Group,
    /// How an editor may show what it finds.
    pub tag: Option<Tag>,
    /// Whose score it lowers.
    pub topic: Topic,
    /// How bad a finding is unless the rule or the configuration says otherwise.
    pub severity: Severity,
    /// On without being selected?
    pub enabled: bool,
    /// The first version that had it.
    pub since: &'static str,
    /// How long mending one finding takes, in minutes.
    pub effort: u32,
    /// The best fix it offers, if any.
    pub fix: Option<Applicability>,
    /// The page, in Markdown: the rule's doc comment.
    pub page: &'static str,
    /// Its options.
    pub options: OptionsMeta,
}

impl RuleMeta {
    /// Where the rule's page is published.
    pub fn url(&self) -> String {
        format!("https://nixamine.github.io/rules/{}", self.name)
    }

    /// The first sentence of the page.
    pub fn summary(&self) -> &'static str {
        let page = self.page.trim_start();
        page.split_once("\n\n")
            .map_or(page, |(first, _)| first)
            .trim()
    }
}

impl std::fmt::Debug for RuleMeta {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for RuleMeta {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// A configuration value that still knows its place in the text.
pub type OptionValue<'t> = toml::Spanned<toml::de::DeValue<'t>>;

/// The options of a rule, with their type erased.
pub struct OptionsMeta {
    /// Reads them from the table `[rules.NAME]`.
    pub parse: fn(OptionValue<'_>) -> Result<Arc<dyn Any + Send + Sync>, ConfigError>,
    /// Their default.
    pub default: fn() -> Arc<dyn Any + Send + Sync>,
    /// Their JSON schema.
    #[cfg(feature = "schema")]
    pub schema: fn(&mut schemars::SchemaGenerator) -> schemars::Schema,
}

/// What the options of a rule must be able to do.
#[cfg(feature = "schema")]
pub trait Options:
    DeserializeOwned + Default + Send + Sync + schemars::JsonSchema + 'static
{
}
#[cfg(feature = "schema")]
impl<T: DeserializeOwned + Default + Send + Sync + schemars::JsonSchema + 'static> Options for T {}
/// What the options of a rule must be able to do.
#[cfg(not(feature = "schema"))]
pub trait Options: DeserializeOwned + Default + Send + Sync + 'static {}
#[cfg(not(feature = "schema"))]
impl<T: DeserializeOwned + Default + Send + Sync + 'static> Options for T {}

impl OptionsMeta {
    /// The metadata of the options struct `T`.
    pub const fn of<T: Options>() -> Self {
        Self {
            parse: |value| Ok(Arc::new(given::read::<T>(value)?)),
            default: || Arc::new(T::default()),
            #[cfg(feature = "schema")]
            schema: |generator| generator.subschema_for::<T>(),
        }
    }
}

/// The options of a rule that has none.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NoOptions {}

/// A rule. A check that needs only a node and what surrounds it is local; one
/// that needs a whole file's facts is a file rule; one that needs several
/// files' facts is a workspace rule. A rule may be all three.
pub trait Rule: Sync {
    /// Its metadata.
    fn meta(&self) -> &'static RuleMeta;

    /// The node kinds that [`Rule::check_node`] wants to see.
    fn kinds(&self) -> &'static [SyntaxKind] {
        &[]
    }

    /// Texts of which one stands in every node that [`Rule::check_node`] has
    /// anything to say about, and not just in a binding inside of it. Names
    /// that the file gives to such a text (`f = lib.mkForce;`) count as well.
    fn needles(&self) -> &'static [&'static str] {
        &[]
    }

    /// Looks at one node. What it says may depend on the statement around the
    /// node, on the kinds of the nodes around it, and on what the context tells;
    /// it is said again when one of these changes.
    fn check_node(&self, _node: &SyntaxNode, _cx: &mut LocalContext<'_>) {}

    /// Words that count as needles where they stand by themselves: what the options of
    /// the rule name.
    fn words<'o>(&self, _options: &'o dyn Any) -> &'o [String] {
        &[]
    }

    /// Looks at a needle of a rule that wants to see no kind of node, wherever it stands:
    /// in a comment, most likely, which the context tells. Returns the part of the text
    /// that it looked at; it is asked again when that changes.
    fn check_text(&self, at: TextSize, _cx: &mut LocalContext<'_>) -> TextRange {
        TextRange::empty(at)
    }

    /// Adds ways to mend a finding that take the whole workspace, or much time,
    /// to find. It is asked when somebody wants to mend.
    fn complete(&self, _diagnostic: &mut Diagnostic, _cx: &FileContext<'_>) {}

    /// Looks at the facts of one file. It is asked again when they change, or the
    /// text where it found something.
    fn check_file(&self, _cx: &mut FileContext<'_>) {}

    /// Does [`Rule::check_file`] read more than facts: the text also where it finds
    /// nothing, or what is wrong with it? Then it is asked again at every edit.
    fn reads_text(&self) -> bool {
        false
    }

    /// The keys under which a definition meets those of other modules;
    /// [`EVERY_KEY`](crate::workspace::EVERY_KEY) when it matters for all keys.
    fn keys(&self, _definition: &Definition, _add: &mut dyn FnMut(&str)) {}

    /// Looks at the definitions that meet under a key, in all files. It is asked
    /// again when one of them changes, or one that matters for all keys.
    fn check_key(&self, _key: &str, _places: &[Place], _cx: &mut WorkspaceContext<'_>) {}

    /// Looks at the definitions of one option whose declaration is known, or of a
    /// name that no option has where all options are known. It is asked again when
    /// one of them changes.
    fn check_settings(&self, _settings: &Settings<'_>, _cx: &mut WorkspaceContext<'_>) {}

    /// Looks at all declarations of one option, in the order of the files. It is asked
    /// again when one of them changes, or what reads the option.
    fn check_option(&self, _declarations: &[Declaration<'_>], _cx: &mut WorkspaceContext<'_>) {}

    /// Looks at what becomes of a policy on each host. It is asked again when a setting
    /// that the policy is about changes, or a declaration, or a file in which it found
    /// something.
    fn check_policy(&self, _judged: &Judged<'_>, _cx: &mut WorkspaceContext<'_>) {}

    /// Looks at what imports what. It is asked again when that changes, or a file in
    /// which it found something.
    fn check_imports(&self, _cx: &mut WorkspaceContext<'_>) {}
}

/// Declares a rule: a unit struct whose doc comment is the rule's page, and its
/// metadata.
#[macro_export]
#[doc(hidden)]
macro_rules! declare_rule {
    (
        $(#[doc = $doc:literal])*
        pub struct $rule:ident {
            name: $name:literal,
            $(aliases: $aliases:expr,)?
            group: $group:ident,
            $(tag: $tag:ident,)?
            $(topic: $topic:ident,)?
            severity: $severity:ident,
            enabled: $enabled:literal,
            since: $since:literal,
            effort: $effort:literal,
            fix: $fix:expr,
            options: $options:ty $(,)?
        }
    ) => {
        $(#[doc = $doc])*
        pub struct $rule;

        impl $rule {
            /// The rule's metadata.
            pub const META: $crate::rule::RuleMeta = $crate::rule::RuleMeta {
                name: $name,
                aliases: { #[allow(unused_mut, unused_assignments)] { let mut a: &[&str] = &[]; $(a = $aliases;)? a } },
                group: $crate::rule::Group::$group,
                tag: { #[allow(unused_mut, unused_assignments)] { let mut t = None; $(t = Some($crate::rule::Tag::$tag);)? t } },
                topic: { #[allow(unused_mut, unused_assignments)] { let mut t = $crate::rule::Topic::Code; $(t = $crate::rule::Topic::$topic;)? t } },
                severity: $crate::diagnostic::Severity::$severity,
                enabled: $enabled,
                since: $since,
                effort: $effort,
                fix: $fix,
                page: if cfg!(feature = "pages") { concat!($($doc, "\n"),*) } else { "" },
                options: $crate::rule::OptionsMeta::of::<$options>(),
            };
        }
    };
}
