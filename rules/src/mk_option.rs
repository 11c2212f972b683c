//! Declarations of options as they are written: `mkOption { … }`.

use crate::diagnostic::Edit;
use crate::local::LocalContext;
use crate::path;
use crate::semantics::{Origin, application, attr_name, without_parens};
use crate::syntax::{AstNode, HasEntry, SyntaxKind, SyntaxNode, TextRange, ast};
use smol_str::SmolStr;

/// A call of `mkOption` whose argument is written down as a set.
pub(crate) struct MkOption {
    /// The function, as it is written.
    pub(crate) function: SyntaxNode,
    /// What it says, in order.
    pub(crate) attributes: Vec<Attribute>,
    call: SyntaxNode,
}

/// Something that a declaration says.
pub(crate) struct Attribute {
    pub(crate) name: SmolStr,
    pub(crate) key: TextRange,
    /// `None` when it is inherited.
    pub(crate) value: Option<SyntaxNode>,
    pub(crate) entry: TextRange,
    /// The white space before the entry.
    gap: Option<String>,
}

/// An option that has nothing but these extends one that has the rest elsewhere.
const EXTENDING: &[&str] = &[
    "apply",
    "defaultText",
    "internal",
    "visible",
    "readOnly",
    "relatedPackages",
];

impl MkOption {
    /// The declaration that `node`, an application, is; `None` when not all that it
    /// says is written down there.
    pub(crate) fn of(node: &SyntaxNode, cx: &mut LocalContext<'_>) -> Option<Self> {
        let (function, arguments) = application(node)?;
        let [argument] = arguments.as_slice() else {
            return None;
        };
        // Names are dear to look up.
        if function.last_token()?.text() != "mkOption"
            || cx.lib_function(&function).as_deref() != Some("mkOption")
        {
            return None;
        }
        // `mkEnableOption "…" // mkOption { default = true; }` has the rest in its
        // other operand.
        let outer = node
            .ancestors()
            .skip(1)
            .find(|n| n.kind() != SyntaxKind::NODE_PAREN);
        if outer.is_some_and(|outer| outer.kind() == SyntaxKind::NODE_BIN_OP) {
            return None;
        }
        let mut attributes = Vec::new();
        if !collect(&without_parens(argument), &mut attributes) {
            return None;
        }
        Some(Self {
            function,
            attributes,
            call: node.clone(),
        })
    }

    /// The path of the option, below `options`; empty where a name is computed.
    pub(crate) fn path(&self, cx: &LocalContext<'_>) -> Vec<SmolStr> {
        let path = cx.attr_path(&self.call);
        let start = path
            .iter()
            .rposition(|name| name.as_deref() == Some("options"))
            .map_or(0, |i| i + 1);
        let names: Option<_> = path.into_iter().skip(start).collect();
        names.unwrap_or_default()
    }

    /// What it says under a name.
    pub(crate) fn find(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|it| it.name == name)
    }

    /// The value under a name, if it is written down.
    pub(crate) fn value(&self, name: &str) -> Option<&SyntaxNode> {
        self.find(name)?.value.as_ref()
    }

    /// Does it say nothing but what one adds to an option that is declared elsewhere?
    pub(crate) fn only_extends(&self) -> bool {
        let mut all = self.attributes.iter();
        all.all(|it| EXTENDING.contains(&it.name.as_str()))
    }

    /// Is it, perhaps, left out of manuals?
    pub(crate) fn is_hidden(&self) -> bool {
        self.find("internal").is_some() || self.find("visible").is_some()
    }

    /// Does a manual show it, or would it if there was one? What lies below a hidden
    /// option does not stand there, nor does what a leading `_` keeps for the modules
    /// themselves, and nobody reads manuals of tests and samples.
    pub(crate) fn is_for_manuals(&self, cx: &mut LocalContext<'_>) -> bool {
        if self.is_hidden() || path::is_sample(cx.path()) || path::is_test(cx.path()) {
            return false;
        }
        if self.path(cx).iter().any(|name| name.starts_with('_')) {
            return false;
        }
        for around in self.call.ancestors().skip(1) {
            let Some((function, _)) = application(&around) else {
                continue;
            };
            cx.saw(&function);
            if let Some(outer) = Self::of(&around, cx) {
                cx.saw(&around);
                if outer.is_hidden() {
                    return false;
                }
            }
        }
        true
    }

    /// The option, for a message.
    pub(crate) fn named(&self, cx: &LocalContext<'_>) -> String {
        match self.path(cx).as_slice() {
            [] => "this option".to_owned(),
            path => format!("the option `{}`", path.join(".")),
        }
    }

    /// How `types` is spelled where it stands, with the dot.
    pub(crate) fn types(&self, cx: &mut LocalContext<'_>) -> Option<&'static str> {
        let env = cx.env(&self.function);
        let lib = |name: &str, path: &[&str]| {
            env.lookup(name)
                .is_some_and(|meaning| meaning.origin == Origin::Lib && meaning.path == path)
        };
        if lib("types", &["types"]) {
            Some("types.")
        } else if lib("lib", &[]) {
            Some("lib.types.")
        } else {
            None
        }
    }

    /// Writes something more, before all that it says.
    pub(crate) fn add(&self, name: &str, value: &str) -> Option<Edit> {
        let first = self.attributes.first()?;
        Some(first.put_before(name, value))
    }
}

impl Attribute {
    /// Writes something more behind this.
    pub(crate) fn put_behind(&self, name: &str, value: &str) -> Edit {
        let gap = self.gap.as_deref().unwrap_or(" ");
        // Without the blank line that may stand before it.
        let gap = gap.rfind('\n').map_or(gap, |at| &gap[at..]);
        Edit::insert(self.entry.end(), format!("{gap}{name} = {value};"))
    }

    /// Writes something more before this.
    fn put_before(&self, name: &str, value: &str) -> Edit {
        let gap = self.gap.as_deref().unwrap_or(" ");
        Edit::insert(self.entry.start(), format!("{name} = {value};{gap}"))
    }
}

/// The attributes of a set that is written down. False when some of it is not.
fn collect(set: &SyntaxNode, out: &mut Vec<Attribute>) -> bool {
    if let Some(operation) = ast::BinOp::cast(set.clone()) {
        return operation.operator() == Some(ast::BinOpKind::Update)
            && set
                .children()
                .all(|operand| collect(&without_parens(&operand), out));
    }
    let Some(set) = ast::AttrSet::cast(set.clone()) else {
        return false;
    };
    for entry in set.entries() {
        let node = entry.syntax();
        let gap = node
            .prev_sibling_or_token()
            .filter(|element| element.kind() == SyntaxKind::TOKEN_WHITESPACE)
            .map(|element| element.to_string());
        let mut add = |attr: &ast::Attr, value: Option<SyntaxNode>| -> bool {
            let Some(name) = attr_name(attr) else {
                return false;
            };
            out.push(Attribute {
                name,
                key: attr.syntax().text_range(),
                value,
                entry: node.text_range(),
                gap: gap.clone(),
            });
            true
        };
        let known = match &entry {
            ast::Entry::AttrpathValue(binding) => {
                let value = binding.value().map(|value| value.syntax().clone());
                let first = binding.attrpath().and_then(|path| path.attrs().next());
                first.is_some_and(|attr| add(&attr, value))
            }
            ast::Entry::Inherit(inherit) => inherit.attrs().all(|attr| add(&attr, None)),
        };
        if !known {
            return false;
        }
    }
    true
}
