//! The report as Markdown: for a comment, a wiki, a file in the repository.

use super::{Audit, Check, CheckState};
use std::fmt::Write as _;

/// More rows than this are counted and not listed.
const MOST: usize = 20;

/// The report as Markdown. A short one has the scores and the first steps only.
pub fn markdown(audit: &Audit, short: bool) -> String {
    let mut text = String::new();
    let Audit {
        name,
        score,
        band,
        next,
        ..
    } = audit;
    let date = audit.date.as_deref().map(|it| format!(", {it}"));
    let _ = writeln!(
        text,
        "# {}: {score} of 10 ({band}){}\n",
        escaped(name),
        date.unwrap_or_default()
    );
    let counted = audit.findings.iter().filter(|it| it.counts).count();
    let _ = writeln!(
        text,
        "{}, {} to mend. After the first steps below: {next}.\n",
        counted_as(counted, "finding"),
        hours(audit.debt.minutes)
    );
    if let [.., before, now] = audit.trend.as_slice() {
        let _ = writeln!(
            text,
            "On {}: {}, {} findings; now {}, {}.\n",
            before.date, before.score, before.findings, now.score, now.findings
        );
    }
    text.push_str("| area | score | weight | because |\n|---|---|---|---|\n");
    for area in &audit.areas {
        let because: Vec<_> = area.parts.iter().map(|it| it.because.as_str()).collect();
        let _ = writeln!(
            text,
            "| {} | {} | {} % | {} |",
            area.title,
            area.score,
            area.weight,
            because.join("; ")
        );
    }
    wins(&mut text, audit, short);
    if short {
        return text;
    }
    text.push_str("\n## Checklist\n");
    for (title, of_each) in [("Each module", true), ("The repository", false)] {
        let _ = writeln!(text, "\n### {title}\n");
        let own = audit
            .checklist
            .iter()
            .filter(|it| it.of_each_module == of_each);
        own.for_each(|check| line(&mut text, check));
    }
    debt(&mut text, audit);
    if !audit.policies.is_empty() {
        text.push_str("\n## Policies\n\n| policy | kept | broken | unsure |\n|---|---|---|---|\n");
        for policy in &audit.policies {
            let not = if policy.required { "" } else { "not " };
            let (kept, broken) = (policy.kept.join(", "), policy.broken.join(", "));
            let unsure = policy.unsure.join(", ");
            let _ = writeln!(
                text,
                "| {not}`{}` | {kept} | {broken} | {unsure} |",
                cell(&policy.asks)
            );
        }
    }
    let duplicates = || audit.findings.iter().filter(|it| is_duplicate(it.rule));
    if duplicates().next().is_some() {
        text.push_str("\n## Set more than once\n\n| where | what |\n|---|---|\n");
        for found in duplicates().take(MOST) {
            let _ = writeln!(
                text,
                "| {}:{} | {} |",
                cell(&found.path),
                found.line,
                cell(&found.message)
            );
        }
        more(&mut text, duplicates().count());
    }
    if !audit.unexplained.is_empty() {
        text.push_str("\n## Folders without a README\n\n");
        for folder in audit.unexplained.iter().take(MOST) {
            let _ = writeln!(text, "- `{folder}`");
        }
        more(&mut text, audit.unexplained.len());
    }
    let super::Comments {
        comment_lines,
        code_lines,
    } = audit.comments;
    let _ = writeln!(
        text,
        "\n## Modules\n\n{} modules, {code_lines} lines of code, {comment_lines} lines of comments.\n\n\
         | module | system | lines | options | settings | header | findings |\n|---|---|---|---|---|---|---|",
        audit.modules.len()
    );
    let mut modules: Vec<_> = audit.modules.iter().collect();
    crate::sorted::sort_by_key(&mut modules, |it| std::cmp::Reverse(it.findings));
    for module in modules.iter().take(MOST) {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} |",
            cell(&module.path),
            module.class.unwrap_or("–"),
            module.lines,
            module.options,
            module.settings,
            if module.header { "yes" } else { "no" },
            module.findings
        );
    }
    more(&mut text, modules.len());
    text
}

/// Is it about something that is written twice?
pub(super) fn is_duplicate(rule: &str) -> bool {
    matches!(
        rule,
        "duplicate-sysctl" | "duplicate-setting" | "duplicate-code" | "option-conflict"
    )
}

fn wins(text: &mut String, audit: &Audit, short: bool) {
    if audit.wins.is_empty() {
        return;
    }
    text.push_str("\n## First steps\n\n| rule | findings | takes | brings | by `nixamine fix` |\n|---|---|---|---|---|\n");
    for win in audit.wins.iter().filter(|it| it.quick || !short) {
        let _ = writeln!(
            text,
            "| {}`{}` | {} | {} | {} | {} |",
            if win.quick && !short { "**→** " } else { "" },
            win.rule,
            win.findings,
            hours(win.minutes),
            gain(win.gain.0),
            win.fixable
        );
    }
}

fn line(text: &mut String, check: &Check) {
    let mark = if check.state == CheckState::Done {
        "x"
    } else {
        " "
    };
    let answer = match check.state {
        CheckState::Done => String::new(),
        CheckState::Open => format!(": **{} open**", check.open),
        CheckState::Off => ": not looked for".to_owned(),
        CheckState::Nothing => ": nothing of the kind yet".to_owned(),
        CheckState::Elsewhere => ": reading cannot tell".to_owned(),
    };
    let rules: Vec<_> = check.rules.iter().map(|it| format!("`{it}`")).collect();
    let mut behind = rules.join(", ");
    if let Some(note) = &check.note {
        let between = if behind.is_empty() { "" } else { "; " };
        let _ = write!(behind, "{between}{note}");
    }
    let behind = if behind.is_empty() {
        behind
    } else {
        format!(" ({behind})")
    };
    let _ = writeln!(text, "- [{mark}] {}{answer}{behind}", check.question);
}

fn debt(text: &mut String, audit: &Audit) {
    text.push_str("\n## Debt\n\n| by | findings | takes |\n|---|---|---|\n");
    let all = audit.debt.by_priority.iter().chain(&audit.debt.by_group);
    for part in all {
        let _ = writeln!(
            text,
            "| {} | {} | {} |",
            part.name,
            part.findings,
            hours(part.minutes)
        );
    }
}

fn more(text: &mut String, all: usize) {
    if all > MOST {
        let _ = writeln!(text, "\nAnd {} more.", all - MOST);
    }
}

/// "1 finding", "2 findings".
pub fn counted_as(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

/// Minutes as people say them.
pub fn hours(minutes: u64) -> String {
    match minutes {
        0..60 => format!("{minutes} min"),
        60..600 => format!("{}.{} h", minutes / 60, minutes % 60 / 6),
        _ => format!("{} h", (minutes + 30) / 60),
    }
}

/// What is gained, in hundredths.
pub fn gain(hundredths: u32) -> String {
    match hundredths {
        0 => "under 0.01".to_owned(),
        _ => format!("+{}.{:02}", hundredths / 100, hundredths % 100),
    }
}

fn escaped(text: &str) -> String {
    text.replace(['\n', '\r'], " ").replace('<', "&lt;")
}

fn cell(text: &str) -> String {
    escaped(text).replace('|', "\\|")
}
