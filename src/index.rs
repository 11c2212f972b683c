//! `nixamine index`.

use crate::args::IndexArgs;
use crate::run::{self, Failure};
use crate::terminal::count;
use nixamine_project::{ConfigChoice, Project, index, store};
use nixamine_rules::module::Class;
use nixamine_rules::options::IndexedLibrary;
use std::io::Write;

/// Reads libraries and says what was found; the result is the exit code.
pub(crate) fn index(args: &IndexArgs) -> Result<u8, Failure> {
    let cwd = std::env::current_dir().map_err(|error| {
        Failure::new(format_args!(
            "the working directory cannot be used: {error}"
        ))
    })?;
    let project = Project::open(&cwd, &ConfigChoice::Find)
        .map_err(|error| Failure::new(format_args!("{error}")))?;
    let mut out = run::stdout();
    if !args.paths.is_empty() {
        if let Some(missing) = args.paths.iter().find(|path| !path.is_dir()) {
            return Err(Failure::new(format_args!(
                "{}: is no folder",
                missing.display()
            )));
        }
        let read = index::read_all(&args.paths);
        index::keep(&project.root, &read)
            .map_err(|error| Failure::new(format_args!("the index cannot be kept: {error}")))?;
        for library in &read {
            say(&mut out, library)?;
        }
        return Ok(0);
    }
    let sources = store::sources(&project.root, &store::folder())
        .map_err(|error| Failure::new(format_args!("{error}")))?;
    for library in index::known(&project.root, &project.config) {
        say(&mut out, &library)?;
    }
    for source in sources.iter().filter(|source| !source.present) {
        writeln!(out, "{}: not in the store", source.input)?;
    }
    if sources.is_empty() {
        writeln!(
            out,
            "no inputs are locked here; name the folders of libraries to read them"
        )?;
    }
    Ok(0)
}

fn say(out: &mut impl Write, library: &IndexedLibrary) -> std::io::Result<()> {
    let (mut all, mut past) = (0, 0);
    library.options.each(&mut |_, declared| {
        all += 1;
        past += usize::from(declared.renamed.is_some());
    });
    let system = match library.class {
        Class::Unknown => "",
        Class::NixOs => " of NixOS",
        Class::HomeManager => " of Home Manager",
        Class::Darwin => " of nix-darwin",
        Class::Neovim => " of Nixvim",
        Class::FlakeParts => " of flake-parts",
    };
    writeln!(
        out,
        "{}: {}{system}, {} of the past",
        library.name,
        count(all - past, "option"),
        count(past, "name")
    )
}
