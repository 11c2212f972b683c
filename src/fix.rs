//! `nixamine fix`.

use crate::args::FixArgs;
use crate::check::{counts, list_unreadable};
use crate::patch;
use crate::run::{self, Failure, Run};
use crate::terminal::{self, clean, count, paint};
use nixamine_project::catch;
use nixamine_project::write::{self, WriteError};
use nixamine_rules::Applicability;
use nixamine_rules::fixer::{self, FixOutcome};
use nixamine_rules::wire::Summary;
use std::io::{self, Write};

/// Fixes and says what it did; the result is the exit code.
pub(crate) fn fix(args: &FixArgs) -> Result<u8, Failure> {
    let (run, workspace) = Run::start(&args.common)?;
    let unreadable = run.unreadable();
    list_unreadable(&mut run::stderr(), &unreadable)?;
    let allow = match args.unsafe_fixes {
        true => Applicability::Unsafe,
        false => Applicability::Safe,
    };
    let only = |path: &str| run.loaded.is_reported(path);
    let mut outcome =
        catch(|| fixer::fix(workspace, &run.settings, allow, &only)).map_err(Failure::new)?;
    outcome.remaining.retain(only);

    let mut failed = !unreadable.is_empty();
    let mut changes = !outcome.changed.is_empty() || !outcome.created.is_empty();
    if args.diff {
        show_patch(&run, &outcome)?;
    } else if let Some(bytes) = &run.stdin {
        failed |= !answer(bytes, &outcome)?;
    } else {
        let written = write_files(&run, &outcome)?;
        failed |= !written.complete;
        changes = written.any;
    }
    summarise(args, &outcome)?;
    Ok(match failed {
        true => 2,
        false => u8::from(changes && (args.diff || args.exit_nonzero_on_fix)),
    })
}

/// Prints what would change.
fn show_patch(run: &Run, outcome: &FixOutcome) -> Result<(), Failure> {
    let created = outcome.created.iter().map(|f| (&f.path, None, &*f.text));
    let changed = outcome
        .changed
        .iter()
        .map(|f| (&f.path, Some(&*f.before), &*f.after));
    let patches = created
        .chain(changed)
        .map(|(path, before, after)| patch::unified(&run.show(path), before, after));
    write_text(patches, patch::for_terminal)
}

/// Writes texts byte for byte; for somebody's eyes in a form that is safe there.
fn write_text(
    texts: impl Iterator<Item = String>,
    for_terminal: impl Fn(&str) -> String,
) -> Result<(), Failure> {
    if terminal::is_watched(&io::stdout()) {
        let mut out = run::stdout();
        for text in texts {
            out.write_all(for_terminal(&text).as_bytes())?;
        }
        out.flush()?;
    } else {
        let mut out = io::BufWriter::new(io::stdout().lock());
        for text in texts {
            out.write_all(text.as_bytes())?;
        }
        out.flush()?;
    }
    Ok(())
}

/// Writes the fixed text of standard input to standard output; what cannot be
/// fixed comes back as it was. Says whether it could be fixed.
fn answer(bytes: &[u8], outcome: &FixOutcome) -> Result<bool, Failure> {
    if !outcome.created.is_empty() {
        io::stdout().lock().write_all(bytes)?;
        let mut stderr = run::stderr();
        let error = paint(terminal::ERROR, "error");
        writeln!(
            stderr,
            "{error}: the fixes create files; run `nixamine fix` on the file itself"
        )?;
        return Ok(false);
    }
    match outcome.changed.first() {
        Some(file) => {
            write_text(
                std::iter::once(file.after.to_string()),
                terminal::clean_lines,
            )?;
        }
        None => io::stdout().lock().write_all(bytes)?,
    }
    Ok(true)
}

/// What became of the files.
struct Written {
    /// Was any written?
    any: bool,
    /// Were all of them?
    complete: bool,
}

fn write_files(run: &Run, outcome: &FixOutcome) -> Result<Written, Failure> {
    let mut out = run::stdout();
    let mut written = Written {
        any: false,
        complete: true,
    };
    let fail = |path: &str, error: &WriteError| {
        let label = paint(terminal::ERROR, "error");
        writeln!(
            run::stderr(),
            "{label}: {}: {error}",
            clean(&run.show(path))
        )
    };
    // New files first: what is changed afterwards may refer to them.
    for file in &outcome.created {
        let disk = run.root().join(&*file.path);
        if let Err(error) = write::create(run.root(), &disk, &file.text) {
            fail(&file.path, &error)?;
            written.complete = false;
            return Ok(written);
        }
        written.any = true;
        let done = paint(terminal::GOOD, "created");
        writeln!(out, "{done} {}", clean(&run.show(&file.path)))?;
    }
    for file in &outcome.changed {
        let Some(disk) = run.loaded.disk_path(&file.path) else {
            continue;
        };
        if let Err(error) = write::replace(disk, &file.before, &file.after) {
            fail(&file.path, &error)?;
            written.complete = false;
            continue;
        }
        written.any = true;
        let (done, path) = (paint(terminal::GOOD, "fixed"), run.show(&file.path));
        writeln!(out, "{done} {} ({})", clean(&path), fixes(file.applied))?;
    }
    out.flush()?;
    Ok(written)
}

fn fixes(number: usize) -> String {
    if number == 1 {
        "1 fix".to_owned()
    } else {
        format!("{number} fixes")
    }
}

/// How much was done and how much is left.
fn summarise(args: &FixArgs, outcome: &FixOutcome) -> Result<(), Failure> {
    let files = outcome.changed.len() + outcome.created.len();
    let mut line = match files {
        0 => "Nothing to fix".to_owned(),
        files => {
            let verb = if args.diff { "Would apply" } else { "Applied" };
            format!(
                "{verb} {} in {}",
                fixes(outcome.applied),
                count(files, "file")
            )
        }
    };
    if outcome.refused > 0 {
        let refused = fixes(outcome.refused);
        line.push_str(&format!(
            "; {refused} left out, as they would break or lose something"
        ));
    }
    let remaining = Summary::new(&outcome.remaining, Vec::new());
    if let Some(counts) = counts(&remaining, |_| true) {
        line.push_str(&format!("; remaining: {counts} (see `nixamine check`)"));
    }
    writeln!(run::stderr(), "{line}")?;
    Ok(())
}
