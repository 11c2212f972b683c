//! `nixamine report`: where a repository stands.

use crate::args::{ReportArgs, ReportFormat};
use crate::render::json;
use crate::run::{self, Failure, Run};
use crate::terminal::{BAD, BOLD, CODE, DIM, GOOD, WARNING, clean, paint};
use nixamine_project::{all_below, catch, write};
use nixamine_rules::report::{
    self, Audit, Check, CheckState, Earlier, Kept, Score, Surroundings, hours,
};
use std::fmt::Write as _;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// More files than this are not looked at for READMEs and tools.
const MOST_FILES: usize = 200_000;

/// Reports; the result is the exit code.
pub(crate) fn report(args: &ReportArgs) -> Result<u8, Failure> {
    let date = match &args.date {
        Some(date) if is_day(date) => date.clone(),
        Some(date) => {
            return Err(Failure::new(format_args!(
                "`{date}` is no day; write it as in 2026-11-24"
            )));
        }
        None => today(),
    };
    let joined = Run::reported(&args.project)?;
    let run = &joined.run;
    let root = run.root();
    let earlier = match &args.history {
        Some(folder) => read_history(folder)?,
        None => Vec::new(),
    };
    let name = root.file_name().map(|it| it.to_string_lossy().into_owned());
    let around = Surroundings {
        name: name.unwrap_or_else(|| "/".to_owned()),
        date: Some(date.clone()),
        files: all_below(root, MOST_FILES),
        earlier,
    };
    let is_wanted = |path: &str| run.loaded.is_reported(path);
    let audit = catch(|| joined.audit(around, &is_wanted)).map_err(Failure::new)?;
    if let Some(folder) = &args.history {
        keep(folder, &date, &audit)?;
    }
    let bytes = match args.format {
        ReportFormat::Text => text(&audit).into_bytes(),
        ReportFormat::Json => {
            let mut bytes = Vec::new();
            json::write_value(&mut bytes, &audit)?;
            bytes
        }
        ReportFormat::Markdown => report::markdown(&audit, false).into_bytes(),
        ReportFormat::Summary => report::markdown(&audit, true).into_bytes(),
        ReportFormat::Html => report::html(&audit).into_bytes(),
        ReportFormat::Badge => report::badge(&audit).into_bytes(),
    };
    match &args.output {
        Some(file) => {
            let mut plain = anstream::AutoStream::never(Vec::new());
            plain.write_all(&bytes)?;
            write::output(file, &plain.into_inner()).map_err(|error| {
                let file = file.display();
                Failure::new(format_args!("{file}: cannot be written: {error}"))
            })?;
        }
        None => {
            let mut out = run::stdout();
            out.write_all(&bytes)?;
            out.flush()?;
        }
    }
    let is_under = |least: f64| f64::from(audit.score.0) < least * 100.0;
    Ok(u8::from(args.fail_under.is_some_and(is_under)))
}

/// The report for a terminal.
fn text(audit: &Audit) -> String {
    let mut out = String::new();
    let name = clean(&audit.name);
    let _ = writeln!(
        out,
        "{} {} of 10, {}",
        paint(BOLD, &name),
        score(audit.score),
        audit.band
    );
    let counted = audit.findings.iter().filter(|it| it.counts).count();
    let _ = writeln!(
        out,
        "{}, {} to mend; after the first steps {}",
        report::counted_as(counted, "finding"),
        hours(audit.debt.minutes),
        score(audit.next)
    );
    if let [.., before, _] = audit.trend.as_slice() {
        let _ = writeln!(
            out,
            "{}",
            paint(
                DIM,
                &format!(
                    "{}: {}, {} findings",
                    clean(&before.date),
                    before.score,
                    before.findings
                )
            )
        );
    }
    out.push('\n');
    for area in &audit.areas {
        let because: Vec<_> = area.parts.iter().map(|it| it.because.as_str()).collect();
        let _ = writeln!(
            out,
            "{:>4}  {:22} {:>3} %  {}",
            score(area.score),
            area.title,
            area.weight,
            paint(DIM, &because.join("; "))
        );
    }
    if !audit.wins.is_empty() {
        let _ = writeln!(
            out,
            "\n{}  {}",
            paint(BOLD, "First steps"),
            paint(DIM, "(findings, time, gain, rule)")
        );
        for win in audit.wins.iter().filter(|it| it.quick) {
            let _ = writeln!(
                out,
                "  {:>5}  {:>7}  {}  {}",
                win.findings,
                hours(win.minutes),
                report::gain(win.gain.0),
                paint(CODE, win.rule)
            );
        }
    }
    for (title, of_each) in [("Each module", true), ("The repository", false)] {
        let _ = writeln!(out, "\n{}", paint(BOLD, title));
        let own = audit.checklist.iter();
        for check in own.filter(|it| it.of_each_module == of_each) {
            line(&mut out, audit, check);
        }
    }
    out
}

fn line(out: &mut String, audit: &Audit, check: &Check) {
    let mark = match check.state {
        CheckState::Done => paint(GOOD, "✓"),
        CheckState::Open => paint(BAD, "✗"),
        CheckState::Off | CheckState::Nothing => paint(DIM, "–"),
        CheckState::Elsewhere => paint(WARNING, "?"),
    };
    let _ = write!(out, "{mark} {}", check.question);
    let mut behind: Vec<String> = Vec::new();
    for rule in &check.rules {
        match audit.found_by(rule).count() {
            0 => {}
            open => behind.push(format!("{} {open}", paint(CODE, rule))),
        }
    }
    if check.rules.is_empty() && check.open > 0 {
        behind.push(check.open.to_string());
    }
    if check.state != CheckState::Done
        && let Some(note) = &check.note
    {
        behind.push(paint(DIM, &clean(note)));
    }
    if !behind.is_empty() {
        let _ = write!(out, "  {}", behind.join(", "));
    }
    out.push('\n');
}

fn score(score: Score) -> String {
    let style = match score.0 {
        795.. => GOOD,
        595.. => WARNING,
        _ => BAD,
    };
    paint(style, &score.to_string())
}

/// The reports that were kept in a folder, oldest first.
fn read_history(folder: &Path) -> Result<Vec<Earlier>, Failure> {
    let unreadable = |path: &Path, error: &dyn std::fmt::Display| {
        let path = path.display();
        Failure::new(format_args!("{path}: {error}"))
    };
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(folder).map_err(|error| unreadable(folder, &error))?;
    let mut all: Vec<Earlier> = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| unreadable(folder, &error))?.path();
        if path.extension().is_none_or(|it| it != "json") {
            continue;
        }
        let text = fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))?;
        let kept: Kept = serde_json::from_str(&text).map_err(|error| {
            unreadable(&path, &format_args!("is no report of nixamine: {error}"))
        })?;
        if kept.version != report::VERSION {
            let message = format_args!(
                "is a report of version {}, which this nixamine does not know",
                kept.version
            );
            return Err(unreadable(&path, &message));
        }
        all.extend(kept.trend.into_iter().next_back());
    }
    all.sort_by(|a, b| a.date.cmp(&b.date));
    Ok(all)
}

/// Keeps a report with the earlier ones: one for each day.
fn keep(folder: &Path, date: &str, audit: &Audit) -> Result<(), Failure> {
    let cannot = |error: std::io::Error| {
        let folder = folder.display();
        Failure::new(format_args!("{folder}: cannot be written: {error}"))
    };
    fs::create_dir_all(folder).map_err(cannot)?;
    let mut bytes = Vec::new();
    json::write_value(&mut bytes, &Last::of(audit))?;
    write::output(&folder.join(format!("{date}.json")), &bytes).map_err(cannot)
}

/// What is kept of a report.
#[derive(serde::Serialize)]
struct Last<'a> {
    version: u32,
    name: &'a str,
    trend: &'a [Earlier],
}

impl<'a> Last<'a> {
    fn of(audit: &'a Audit) -> Self {
        let last = audit.trend.len().saturating_sub(1);
        Self {
            version: audit.version,
            name: &audit.name,
            trend: &audit.trend[last..],
        }
    }
}

/// Is it a day, as in `2026-11-24`? It becomes the name of a file.
fn is_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let number = |part: &str, len: usize| {
        let is_number = part.len() == len && part.bytes().all(|it| it.is_ascii_digit());
        is_number.then(|| part.parse::<u32>().ok()).flatten()
    };
    matches!(
        parts.as_slice(),
        [year, month, day]
            if number(year, 4).is_some()
                && number(month, 2).is_some_and(|it| (1..=12).contains(&it))
                && number(day, 2).is_some_and(|it| (1..=31).contains(&it))
    )
}

/// The day in UTC; that of `SOURCE_DATE_EPOCH` where somebody builds reproducibly.
fn today() -> String {
    let given = std::env::var("SOURCE_DATE_EPOCH").ok();
    let given = given.and_then(|it| it.parse::<u64>().ok());
    let seconds = given.unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        now.map_or(0, |it| it.as_secs())
    });
    day_of(seconds / 86_400)
}

/// The day that many days after 1970-01-01. Years are counted from March, so that the
/// leap day is the last of one.
fn day_of(days: u64) -> String {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    format!("{:04}-{month:02}-{day:02}", era * 400 + year + next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_days() {
        for (days, day) in [
            (0, "1970-01-01"),
            (58, "1970-02-28"),
            (59, "1970-03-01"),
            (11_016, "2000-02-29"),
            (20_781, "2026-11-24"),
        ] {
            assert_eq!(day_of(days), day);
            assert!(is_day(day));
        }
        for text in ["2026-13-01", "26-01-01", "2026-01-0x", "../../01-01", ""] {
            assert!(!is_day(text), "{text}");
        }
    }
}
