//! What one file says about options, settings and imports, for people to look at.

use super::{Measured, Offsets, Range};
use crate::linter::Document;
use crate::module::{self, Definition, Guard, Literal, Origin, Target};
use crate::workspace::dotted;
use serde::Serialize;

/// The facts of one file.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FileForm {
    /// Its module expressions. The first is the file's own, if it is one.
    pub modules: Vec<ModuleForm>,
    /// What the module lists that it evaluates name, a list for each.
    pub configurations: Vec<Vec<ImportForm>>,
    /// How many lines it has.
    pub lines: u32,
    /// How many of them hold more than white space and comments.
    pub code_lines: u32,
    /// The comment at the top.
    pub header: Header,
}

/// What is known of the top of a file.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Header {
    /// Does a comment say what the file is for?
    pub present: bool,
    /// Does a comment say that the file is generated?
    pub generated: bool,
}

/// What one module expression contributes.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ModuleForm {
    /// How it comes into being: `file`, `inline`, `variant`, `root`, or the name
    /// under which the flake gives it out.
    pub origin: String,
    /// The module system that its text tells: `nixos`, `home-manager`, `darwin`,
    /// `neovim`, `flake-parts`.
    pub class: Option<&'static str>,
    /// Its text.
    pub range: Range,
    /// What it imports.
    pub imports: Vec<ImportForm>,
    /// The options it declares.
    pub options: Vec<Declaration>,
    /// What it sets.
    pub settings: Vec<Setting>,
    /// Its top-level entries.
    pub sections: Vec<Section>,
}

/// A module that is imported.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ImportForm {
    /// What is imported: `path`, `pattern`, `tree`, `module`, `named`, `foreign` or
    /// `unknown`.
    pub kind: &'static str,
    /// The path, pattern, folder or name, if there is one; `{flake}/` stands before
    /// what is relative to the flake.
    pub target: Option<String>,
    /// Where it is named.
    pub range: Range,
    /// The conditions under which it is imported.
    pub guards: Vec<String>,
}

/// An option that is declared.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Declaration {
    /// The full path.
    pub path: String,
    /// The text of the key.
    pub range: Range,
}

/// An option that is set.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Setting {
    /// The full path; a computed key is `*`.
    pub path: String,
    /// The binding that ends in the value.
    pub range: Range,
    /// The value, if it is a literal, as Nix.
    pub value: Option<String>,
    /// The priority, the smallest of which wins: 50 is `mkForce`, 100 none, 1000
    /// `mkDefault`.
    pub priority: u32,
    /// The conditions under which it holds.
    pub guards: Vec<String>,
}

/// A top-level entry of a module.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Section {
    /// The first attributes of its path.
    pub name: String,
    /// Its text.
    pub range: Range,
    /// How many lines that touches.
    pub lines: u32,
}

impl FileForm {
    /// The facts of a file.
    pub fn new(document: &Document, offsets: Offsets) -> Self {
        let facts = document.facts();
        let places = Measured::new(document.text().clone(), offsets);
        let lists = facts.configurations.iter();
        Self {
            modules: facts.modules.iter().map(|it| module(it, &places)).collect(),
            configurations: lists
                .map(|list| list.modules.iter().map(|it| import(it, &places)).collect())
                .collect(),
            lines: facts.lines,
            code_lines: document.code_lines(),
            header: Header {
                present: facts.header.present,
                generated: facts.header.generated,
            },
        }
    }
}

fn module(module: &module::ModuleFacts, places: &Measured) -> ModuleForm {
    ModuleForm {
        origin: match &module.origin {
            Origin::File => "file".to_owned(),
            Origin::Inline => "inline".to_owned(),
            Origin::Variant => "variant".to_owned(),
            Origin::Root => "root".to_owned(),
            Origin::Named(name) => name.to_string(),
        },
        class: super::options::class_name(module.class),
        range: places.range(module.range),
        imports: module.imports.iter().map(|it| import(it, places)).collect(),
        options: module
            .options
            .iter()
            .map(|option| Declaration {
                path: option.path.join("."),
                range: places.range(option.range),
            })
            .collect(),
        settings: module
            .definitions
            .iter()
            .map(|definition| setting(definition, places))
            .collect(),
        sections: module
            .sections
            .iter()
            .map(|section| Section {
                name: section.name.to_string(),
                range: places.range(section.range),
                lines: section.lines,
            })
            .collect(),
    }
}

fn import(import: &module::Import, places: &Measured) -> ImportForm {
    let (kind, target) = match &import.target {
        Target::Path(path) => ("path", Some(path.clone())),
        Target::FromFlake(path) => ("path", Some(format!("{{flake}}/{path}"))),
        Target::Pattern { before, after, .. } => ("pattern", Some(format!("{before}*{after}"))),
        Target::Tree { folder, .. } => ("tree", Some(folder.clone())),
        Target::Folder(listing) => {
            let read = &listing.read;
            let base = if read.from_flake { "{flake}/" } else { "" };
            ("folder", Some(format!("{base}{}", read.before)))
        }
        Target::Module(_) => ("module", None),
        Target::Named(name) => ("named", Some(name.to_string())),
        Target::Foreign => ("foreign", None),
        Target::Unknown => ("unknown", None),
    };
    ImportForm {
        kind,
        target,
        range: places.range(import.range),
        guards: import.guards.iter().map(Guard::to_string).collect(),
    }
}

fn setting(definition: &Definition, places: &Measured) -> Setting {
    let keys = definition.path.iter();
    let keys: Vec<_> = keys.map(|key| key.name.as_deref().unwrap_or("*")).collect();
    Setting {
        path: dotted(&keys),
        range: places.range(definition.binding),
        value: definition.literal().map(|literal| match literal {
            Literal::Bool(value) => value.to_string(),
            Literal::Integer(value) => value.to_string(),
            Literal::Float(value) => value.to_string(),
            Literal::String(value) => format!("{value:?}"),
            Literal::Null => "null".to_owned(),
        }),
        priority: definition.option_priority(definition.path.len()),
        guards: definition.guards.iter().map(Guard::to_string).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Settings, Source, analyze};

    #[test]
    fn the_facts_of_a_module() {
        let text = r#"# What it is for.
{ config, lib, ... }:
{
  imports = [ ./a.nix ];
  options.my.port = lib.mkOption { };
  config = lib.mkIf (!config.my.off) {
    boot.kernel.sysctl."a.b" = lib.mkForce 1;
    networking.hostName = "x";
  };
}"#;
        let document = analyze(Source::new("m.nix", text), &Settings::default());
        let facts = FileForm::new(&document, Offsets::Bytes);
        assert!(facts.header.present && !facts.header.generated);
        assert_eq!((facts.lines, facts.code_lines), (10, 9));
        let [module] = facts.modules.as_slice() else {
            panic!("{:?}", facts.modules)
        };
        assert_eq!(
            (module.origin.as_str(), module.class),
            ("file", Some("nixos"))
        );
        assert_eq!(module.imports[0].target.as_deref(), Some("./a.nix"));
        assert_eq!(module.options[0].path, "my.port");
        let settings: Vec<_> = module
            .settings
            .iter()
            .map(|it| (it.path.as_str(), it.value.as_deref(), it.priority))
            .collect();
        let expected = [
            ("boot.kernel.sysctl.\"a.b\"", Some("1"), 50),
            ("networking.hostName", Some("\"x\""), 100),
        ];
        assert_eq!(settings, expected);
        assert_eq!(module.settings[0].guards, ["!config.my.off"]);
    }
}
