//! `nixamine check`.

use crate::args::{CheckArgs, Format};
use crate::baseline::Baseline;
use crate::render::text::TextRenderer;
use crate::render::{self, concise, errfmt, github, gitlab, json, junit, rdjson, sarif};
use crate::run::{self, Failure, Run};
use crate::terminal::{self, clean, count, paint};
use nixamine_project::{catch, git, write};
use nixamine_rules::wire::{Report, Summary, Unreadable};
use nixamine_rules::{Applicability, Diagnostic, Findings, Severity};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

/// Checks and reports; the result is the exit code.
pub(crate) fn check(args: &CheckArgs) -> Result<u8, Failure> {
    let (run, workspace) = Run::start(&args.common)?;
    let mut findings = catch(|| workspace.check(&run.settings)).map_err(Failure::new)?;
    findings.retain(|path| run.loaded.is_reported(path));
    if let Some(revision) = &args.changed_since {
        let paths = findings.files.iter().map(|file| &*file.path);
        let changed = git::changed_since(run.root(), revision, paths).map_err(Failure::new)?;
        findings.retain(|path| changed.contains(path));
    }
    let mut known = 0;
    if let Some(path) = &args.baseline {
        if args.write_baseline {
            let baseline = Baseline::of(&findings);
            baseline.write(path)?;
            let number = count(baseline.len(), "finding");
            writeln!(run::stderr(), "{}: {number} written", path.display())?;
            list_unreadable(&mut run::stderr(), &run.unreadable())?;
            return Ok(if run.unreadable().is_empty() { 0 } else { 2 });
        }
        known = Baseline::read(path)?.apply(&mut findings);
    }
    let unreadable = run.unreadable();
    let fail_on = args.fail_on.severity();
    let found = diagnostics(&findings).any(|d| fail_on.is_some_and(|least| d.severity >= least));
    let code = match (unreadable.is_empty(), found) {
        (false, _) => 2,
        (true, true) => 1,
        (true, false) => 0,
    };
    match &args.output {
        Some(file) => {
            let mut bytes = anstream::AutoStream::never(Vec::new());
            report(&mut bytes, args, &run, &findings, &unreadable)?;
            write::output(file, &bytes.into_inner()).map_err(|error| {
                Failure::new(format_args!(
                    "{}: cannot be written: {error}",
                    file.display()
                ))
            })?;
        }
        None if matches!(args.format, Format::Text | Format::Concise) => {
            let mut out = run::stdout();
            report(&mut out, args, &run, &findings, &unreadable)?;
            out.flush()?;
        }
        None => {
            let mut out = io::BufWriter::with_capacity(1 << 16, io::stdout().lock());
            report(&mut out, args, &run, &findings, &unreadable)?;
            out.flush()?;
        }
    }
    let mut stderr = run::stderr();
    if args.statistics && args.format != Format::Text {
        stderr.write_all(statistics(&findings).as_bytes())?;
    }
    if !is_data(args.format) || args.output.is_some() {
        list_unreadable(&mut stderr, &unreadable)?;
    }
    let summary = Summary::new(&findings, unreadable);
    let line = summary_line(args, &findings, &summary, known);
    match (args.format, &args.output) {
        (Format::Text, None) => {
            let mut out = run::stdout();
            out.write_all(line.as_bytes())?;
            out.flush()?;
        }
        (format, None) if is_data(format) => {}
        _ => stderr.write_all(line.as_bytes())?,
    }
    // The system frees the memory faster than the allocator could.
    std::mem::forget((findings, workspace, run));
    Ok(code)
}

fn diagnostics(findings: &Findings) -> impl Iterator<Item = &Diagnostic> {
    findings.files.iter().flat_map(|file| &file.diagnostics)
}

/// The lowest severity that text shows. What decides the exit code is shown.
fn least_shown(args: &CheckArgs) -> Severity {
    match (args.show, args.fail_on.severity()) {
        (Some(show), _) => show.severity(),
        (None, Some(fail_on)) => fail_on.min(Severity::Warning),
        (None, None) => Severity::Warning,
    }
}

fn report(
    out: &mut dyn Write,
    args: &CheckArgs,
    run: &Run,
    findings: &Findings,
    unreadable: &[Unreadable],
) -> io::Result<()> {
    let show = |path: &str| run.show(path);
    if args.format == Format::Text {
        if args.statistics {
            return out.write_all(statistics(findings).as_bytes());
        }
        let least = least_shown(args);
        let mut renderer = TextRenderer::new(findings, &show);
        for file in &findings.files {
            for diagnostic in file.diagnostics.iter().filter(|d| d.severity >= least) {
                out.write_all(renderer.render(file, diagnostic).as_bytes())?;
            }
        }
        return Ok(());
    }
    let report = Report::new(findings, &show, unreadable.to_vec());
    match args.format {
        Format::Text => Ok(()),
        Format::Concise => concise::write(out, &report),
        Format::Json => json::write(out, &report),
        Format::Sarif => sarif::write(out, &report),
        Format::Github => github::write(out, &report),
        Format::Gitlab => gitlab::write(out, &report),
        Format::Junit => junit::write(out, &report),
        Format::Rdjson => rdjson::write(out, findings, &report),
        Format::Errfmt => errfmt::write(out, &report),
    }
}

/// Names what could not be read.
pub(crate) fn list_unreadable(out: &mut dyn Write, unreadable: &[Unreadable]) -> io::Result<()> {
    for Unreadable { path, reason } in unreadable {
        let error = paint(terminal::ERROR, "error");
        writeln!(out, "{error}: {}: {}", clean(path), clean(reason))?;
    }
    Ok(())
}

/// "1 error, 2 warnings", of those severities that `wanted` lets through.
pub(crate) fn counts(summary: &Summary, wanted: impl Fn(Severity) -> bool) -> Option<String> {
    let parts: Vec<_> = [
        (Severity::Error, summary.errors),
        (Severity::Warning, summary.warnings),
        (Severity::Info, summary.infos),
        (Severity::Hint, summary.hints),
    ]
    .into_iter()
    .filter(|(severity, number)| *number > 0 && wanted(*severity))
    .map(|(severity, number)| paint(render::style(severity), &count(number, severity.name())))
    .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Is it read by a program that finds in it what could not be read, too?
fn is_data(format: Format) -> bool {
    matches!(
        format,
        Format::Json | Format::Sarif | Format::Gitlab | Format::Junit | Format::Rdjson
    )
}

fn summary_line(args: &CheckArgs, findings: &Findings, summary: &Summary, known: usize) -> String {
    // The other formats than text carry everything.
    let least = match args.format {
        Format::Text => least_shown(args),
        _ => Severity::Hint,
    };
    let files = count(summary.files, "file");
    let mut line = match counts(summary, |severity| severity >= least) {
        Some(counts) => format!("Found {counts} in {files}"),
        None => format!("Found nothing in {files}"),
    };
    if let Some(hidden) = counts(summary, |severity| severity < least) {
        let _ = write!(line, "; hidden: {hidden} (--show hint)");
    }
    if summary.suppressed > 0 {
        let _ = write!(line, "; {} suppressed", summary.suppressed);
    }
    if known > 0 {
        let _ = write!(line, "; {known} in the baseline");
    }
    if !summary.unreadable.is_empty() {
        let _ = write!(
            line,
            "; {} not read",
            count(summary.unreadable.len(), "path")
        );
    }
    line.push('\n');
    let fixable = |applicability: Applicability| {
        diagnostics(findings)
            .filter(|d| d.severity >= least)
            .filter(|d| d.fixes.iter().any(|fix| fix.applicability >= applicability))
            .count()
    };
    let (safe, unsafe_too) = (fixable(Applicability::Safe), fixable(Applicability::Unsafe));
    if safe > 0 {
        let _ = writeln!(line, "{safe} fixable with `nixamine fix`");
    }
    if unsafe_too > safe {
        let more = if safe > 0 { "more " } else { "" };
        let number = unsafe_too - safe;
        let _ = writeln!(
            line,
            "{number} {more}fixable with `nixamine fix --unsafe-fixes`"
        );
    }
    line
}

/// How often each rule found something, the most frequent first.
fn statistics(findings: &Findings) -> String {
    let mut rules: BTreeMap<&str, (usize, usize, Severity)> = BTreeMap::new();
    for diagnostic in diagnostics(findings) {
        let entry = rules
            .entry(diagnostic.rule.name)
            .or_insert((0, 0, diagnostic.severity));
        let safe = |fix: &nixamine_rules::Fix| fix.applicability == Applicability::Safe;
        entry.0 += 1;
        entry.1 += usize::from(diagnostic.fixes.iter().any(safe));
        entry.2 = entry.2.max(diagnostic.severity);
    }
    let mut rows: Vec<_> = rules.into_iter().collect();
    rows.sort_by_key(|(name, (number, ..))| (std::cmp::Reverse(*number), *name));
    let width = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0);
    let number_width = width(&mut rows.iter().map(|row| row.1.0.to_string().len()));
    let name_width = width(&mut rows.iter().map(|row| row.0.len()));
    let mut table = String::new();
    for (name, (number, fixable, severity)) in rows {
        let severity = paint(render::style(severity), &format!("{:7}", severity.name()));
        let _ = write!(
            table,
            "{number:number_width$}  {severity}  {name:name_width$}"
        );
        if fixable > 0 {
            let _ = write!(table, "  {fixable} fixable");
        }
        table.truncate(table.trim_end().len());
        table.push('\n');
    }
    table
}
