//! `nixamine completions` and `nixamine man`.

use crate::args::Cli;
use crate::run::{self, Failure};
use clap::CommandFactory;
use clap_complete::Shell;
use std::io::Write;
use std::path::Path;

/// Prints completions for a shell.
pub(crate) fn completions(shell: Shell) -> Result<u8, Failure> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "nixamine", &mut text);
    let mut out = run::stdout();
    out.write_all(&text)?;
    out.flush()?;
    Ok(0)
}

/// Writes a manual page for the program and one for each of its commands.
pub(crate) fn man(folder: &Path) -> Result<u8, Failure> {
    let cannot = |error: std::io::Error| {
        let folder = folder.display();
        Failure::new(format_args!("{folder}: cannot be written: {error}"))
    };
    std::fs::create_dir_all(folder).map_err(cannot)?;
    clap_mangen::generate_to(Cli::command(), folder).map_err(cannot)?;
    Ok(0)
}
