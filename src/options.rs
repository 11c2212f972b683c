//! `nixamine options`: what the modules of a project let one set.

use crate::args::{OptionsArgs, OptionsFormat};
use crate::render::json;
use crate::run::{self, Failure, Run};
use nixamine_rules::wire::{Former, Offsets, OptionForm};
use std::fmt::Write as _;
use std::io::Write;

/// Writes the options that a project declares; the result is the exit code.
pub(crate) fn options(args: &OptionsArgs) -> Result<u8, Failure> {
    let run = Run::joined(&args.project)?;
    let knowledge = run.knowledge();
    let show = |path: &str| path.to_owned();
    let mut former = Former::new(&knowledge, &show, Offsets::Bytes);
    let facts = knowledge.declared_here();
    let forms: Vec<_> = facts.iter().map(|facts| former.option(facts)).collect();
    let mut out = run::stdout();
    match args.format {
        OptionsFormat::Json => json::write_value(&mut out, &forms)?,
        OptionsFormat::Markdown => out.write_all(markdown(&forms).as_bytes())?,
    }
    out.flush()?;
    Ok(0)
}

fn markdown(forms: &[OptionForm]) -> String {
    let mut text = "# Options\n".to_owned();
    let mut last = None;
    for form in forms {
        if last != Some(form.class) {
            last = Some(form.class);
            let title = match form.class {
                Some("nixos") => "NixOS",
                Some("home-manager") => "Home Manager",
                Some("darwin") => "nix-darwin",
                Some("neovim") => "Neovim",
                Some("flake-parts") => "flake-parts",
                _ => "Any module system",
            };
            let _ = write!(text, "\n## {title}\n");
        }
        let _ = write!(text, "\n### `{}`\n", form.name);
        if let Some(gone) = &form.gone {
            let _ = write!(text, "\n**Gone:** {gone}\n");
        }
        if let Some(description) = &form.description {
            let _ = write!(text, "\n{description}\n");
        }
        text.push('\n');
        if let Some(ty) = &form.r#type {
            let _ = writeln!(text, "- Type: {ty}");
        }
        if form.read_only {
            text.push_str("- Read-only\n");
        }
        if let Some(default) = &form.default {
            match default.contains('\n') {
                true => {
                    let _ = writeln!(text, "- Default:\n\n  ```nix");
                    for line in default.lines() {
                        let _ = writeln!(text, "  {line}");
                    }
                    text.push_str("  ```\n\n");
                }
                false => {
                    let _ = writeln!(text, "- Default: `{default}`");
                }
            }
        }
        for place in &form.declarations {
            let _ = writeln!(text, "- Declared in [{0}]({0})", place.path);
        }
    }
    text
}
