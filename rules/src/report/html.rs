//! The report as one page of HTML that needs nothing else.
//!
//! Each number leads to the findings behind it: a link goes to them, and where scripts
//! run it leaves only those.

use super::markdown::{counted_as, gain, hours, is_duplicate};
use super::{Audit, Check, CheckState, Found, Score};
use crate::rules;
use crate::wire::Drawing;
use std::fmt::Write as _;

/// Larger graphs are no drawing that anybody could read.
const MOST_FILES: usize = 300;

/// The report as HTML.
pub fn html(audit: &Audit) -> String {
    let mut page = Page(String::new());
    let name = escaped(&audit.name);
    page.add(&format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <meta name=\"generator\" content=\"Nixamine\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">\
         <title>{name}: {} of 10</title><style>{}</style></head><body>\n",
        audit.score,
        include_str!("page.css")
    ));
    page.head(audit);
    page.add("<main id=\"main\">\n");
    page.areas(audit);
    page.wins(audit);
    page.checklist(audit);
    page.debt(audit);
    page.policies(audit);
    page.trend(audit);
    page.duplicates(audit);
    page.modules(audit);
    page.imports(audit);
    page.findings(audit);
    page.add("</main>\n<footer class=\"dim\">Made by Nixamine, which reads and never evaluates. ");
    page.add("<a href=\"https://nixamine.github.io/guide/report.html\">How the scores come about</a></footer>\n");
    page.add(&format!(
        "<script>{}</script></body></html>\n",
        include_str!("page.js")
    ));
    page.0
}

struct Page(String);

impl Page {
    fn add(&mut self, text: &str) {
        self.0.push_str(text);
    }

    fn section(&mut self, id: &str, title: &str) {
        let _ = writeln!(self.0, "<h2 id=\"{id}\">{title}</h2>");
    }

    fn table(&mut self, label: &str, columns: &[&str]) {
        let _ = write!(
            self.0,
            "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{label}\"><table><thead><tr>"
        );
        for column in columns {
            // A figure stands to the right.
            let (class, name) = match column.strip_prefix('#') {
                Some(name) => (" class=\"n\"", name),
                None => ("", *column),
            };
            let _ = write!(self.0, "<th scope=\"col\"{class}>{name}</th>");
        }
        self.add("</tr></thead><tbody>\n");
    }

    fn end_table(&mut self) {
        self.add("</tbody></table></div>\n");
    }

    fn head(&mut self, audit: &Audit) {
        let date = audit.date.as_deref().map(|it| format!(", {}", escaped(it)));
        let counted = audit.findings.iter().filter(|it| it.counts).count();
        let _ = writeln!(
            self.0,
            "<header><h1>{}<span class=\"dim\">{}</span></h1><div class=\"top\">\
             <div class=\"big {}\">{}<small> of 10</small></div>\
             <div><strong>{}</strong><br>{} to mend in {}<br>after the first steps: <a href=\"#wins\">{}</a></div></div>",
            escaped(&audit.name),
            date.unwrap_or_default(),
            tone(audit.score),
            audit.score,
            audit.band,
            link("counts", &counted_as(counted, "finding")),
            hours(audit.debt.minutes),
            audit.next
        );
        self.add("<nav aria-label=\"Sections\"><ul>");
        for (id, title, is_there) in [
            ("areas", "Areas", true),
            ("wins", "First steps", !audit.wins.is_empty()),
            ("checklist", "Checklist", true),
            ("debt", "Debt", true),
            ("policies", "Policies", !audit.policies.is_empty()),
            ("trend", "Trend", audit.trend.len() > 1),
            ("modules", "Modules", true),
            ("imports", "Imports", true),
            ("found", "Findings", true),
        ] {
            if is_there {
                let _ = write!(self.0, "<li><a href=\"#{id}\">{title}</a></li>");
            }
        }
        self.add("</ul></nav></header>\n");
    }

    fn areas(&mut self, audit: &Audit) {
        self.section("areas", "Areas");
        self.table(
            "Areas",
            &[
                "Area",
                "#Score",
                "#Weight",
                "Because",
                "#Findings",
                "#To mend",
            ],
        );
        for area in &audit.areas {
            let parts: Vec<_> = area
                .parts
                .iter()
                .map(|part| {
                    let title = format!("{} {}", part.title, part.score);
                    let title = match part.title {
                        "Descriptions"
                            if audit.found_by("undocumented-option").next().is_some() =>
                        {
                            "<a href=\"#rule-undocumented-option\">Descriptions</a> ".to_owned()
                                + &part.score.to_string()
                        }
                        "Headers" => {
                            "<a href=\"#modules\">Headers</a> ".to_owned() + &part.score.to_string()
                        }
                        "READMEs" => {
                            "<a href=\"#folders\">READMEs</a> ".to_owned() + &part.score.to_string()
                        }
                        "Tools" => {
                            "<a href=\"#tools\">Tools</a> ".to_owned() + &part.score.to_string()
                        }
                        "Policies" => {
                            "<a href=\"#policies\">Policies</a> ".to_owned()
                                + &part.score.to_string()
                        }
                        _ => title,
                    };
                    format!("{title} <span class=\"dim\">({})</span>", part.because)
                })
                .collect();
            let _ = writeln!(
                self.0,
                "<tr id=\"area-{0}\"><th scope=\"row\">{1}</th><td class=\"n\"><span class=\"{2}\">{3}</span> <meter min=\"0\" max=\"10\" low=\"6\" high=\"8\" optimum=\"10\" value=\"{3}\" aria-label=\"{1}\">{3}</meter></td>\
                 <td class=\"n\">{4} %</td><td>{5}</td><td class=\"n\">{6}</td><td class=\"n\">{7}</td></tr>",
                area.area.name(),
                area.title,
                tone(area.score),
                area.score,
                area.weight,
                parts.join("<br>"),
                link(
                    &format!("@{}; counts", area.area.name()),
                    &area.findings.to_string()
                ),
                hours(area.minutes)
            );
        }
        self.end_table();
    }

    fn wins(&mut self, audit: &Audit) {
        if audit.wins.is_empty() {
            return;
        }
        self.section("wins", "First steps");
        let _ = writeln!(
            self.0,
            "<p>What raises the score most for the time it takes. After those marked → it is {} instead of {}.</p>",
            audit.next, audit.score
        );
        self.chart(audit);
        self.table(
            "First steps",
            &[
                "Step",
                "Rule",
                "#Findings",
                "#Takes",
                "#Brings",
                "#By <code>nixamine fix</code>",
            ],
        );
        for win in &audit.wins {
            let _ = writeln!(
                self.0,
                "<tr><td>{}</td><th scope=\"row\">{}</th><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
                if win.quick {
                    "<span aria-label=\"first step\" role=\"img\">→</span>"
                } else {
                    ""
                },
                rule(win.rule),
                link(&format!("={}; counts", win.rule), &win.findings.to_string()),
                hours(win.minutes),
                gain(win.gain.0),
                win.fixable
            );
        }
        self.end_table();
    }

    /// What each rule brings against what it takes.
    fn chart(&mut self, audit: &Audit) {
        let most = |of: fn(&super::Win) -> u64| audit.wins.iter().map(of).max().unwrap_or(1).max(1);
        let (effort, impact) = (most(|it| it.minutes), most(|it| u64::from(it.gain.0)));
        let _ = write!(
            self.0,
            "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Impact against effort\"><svg viewBox=\"0 0 640 260\" width=\"640\" height=\"260\" role=\"img\" aria-label=\"Impact against effort; the table below has the figures\">\
             <path class=\"grid\" fill=\"none\" d=\"M50 10V220H630\"/>\
             <text x=\"340\" y=\"250\" text-anchor=\"middle\">effort (up to {})</text>\
             <text x=\"54\" y=\"18\">impact (up to {})</text>",
            hours(effort),
            gain(impact as u32)
        );
        let wins = audit.wins.iter().filter(|it| it.gain.0 > 0);
        let points: Vec<_> = wins
            .map(|win| {
                // Roots, or one large pile pushes all others into a corner.
                let x = 50 + 540 * root(win.minutes) / root(effort).max(1);
                let y = 215 - 185 * root(u64::from(win.gain.0)) / root(impact).max(1);
                (x, y, win.rule)
            })
            .collect();
        // Parts of lines that a name must not cross: those of dots, then of other names.
        let mut taken: Vec<_> = points.iter().map(|(x, y, _)| (x - 5, x + 5, *y)).collect();
        for (x, y, rule) in points {
            let _ = write!(
                self.0,
                "<circle class=\"dot\" cx=\"{x}\" cy=\"{y}\" r=\"5\"><title>{rule}</title></circle>"
            );
            let width = 7 * rule.len() as u64;
            let behind = (x + 9, x + 9 + width, "start");
            let before = (x.saturating_sub(9 + width), x - 9, "end");
            let fits = |(from, to, _): &(u64, u64, &str)| {
                let (from, to) = (*from, *to);
                let mut taken = taken.iter();
                from >= 54
                    && to <= 630
                    && taken.all(|(a, b, c)| to <= *a || *b <= from || y.abs_diff(*c) > 12)
            };
            let Some((from, to, anchor)) = [behind, before].into_iter().find(fits) else {
                continue;
            };
            taken.push((from, to, y));
            let at = if anchor == "start" { from } else { to };
            let _ = write!(
                self.0,
                "<text x=\"{at}\" y=\"{}\" text-anchor=\"{anchor}\">{rule}</text>",
                y + 4
            );
        }
        self.add("</svg></div>\n");
    }

    fn checklist(&mut self, audit: &Audit) {
        self.section("checklist", "Checklist");
        for (title, of_each) in [("Each module", true), ("The repository", false)] {
            let _ = writeln!(self.0, "<h3>{title}</h3><ul class=\"list\">");
            for check in audit
                .checklist
                .iter()
                .filter(|it| it.of_each_module == of_each)
            {
                self.check(audit, check);
            }
            self.add("</ul>\n");
        }
        self.add("<h3 id=\"tools\">Tools</h3><ul class=\"list\">");
        for tool in &audit.tools {
            let (mark, tone, place) = match &tool.found {
                Some(path) => (
                    "✓",
                    "good",
                    format!("<span class=\"path dim\">{}</span>", escaped(path)),
                ),
                None => (
                    "✗",
                    "poor",
                    "<span class=\"dim\">not found</span>".to_owned(),
                ),
            };
            let _ = writeln!(
                self.0,
                "<li><span class=\"mark {tone}\" aria-hidden=\"true\">{mark}</span>{} {place}</li>",
                tool.title
            );
        }
        self.add("</ul>\n");
        if !audit.unexplained.is_empty() {
            self.add("<h3 id=\"folders\">Folders of modules without a README</h3><ul>");
            for folder in &audit.unexplained {
                let _ = write!(self.0, "<li class=\"path\">{}</li>", escaped(folder));
            }
            self.add("</ul>\n");
        }
    }

    fn check(&mut self, audit: &Audit, check: &Check) {
        let (mark, tone, word) = match check.state {
            CheckState::Done => ("✓", "good", "done"),
            CheckState::Open => ("✗", "poor", "open"),
            CheckState::Off => ("–", "dim", "not looked for"),
            CheckState::Nothing => ("–", "dim", "nothing of the kind yet"),
            CheckState::Elsewhere => ("?", "fair", "reading cannot tell"),
        };
        let _ = write!(
            self.0,
            "<li><span class=\"mark {tone}\" role=\"img\" aria-label=\"{word}\">{mark}</span>{} ",
            prose(check.question)
        );
        if check.open > 0 && check.rules.is_empty() {
            let _ = write!(self.0, "<strong>{}</strong> ", check.open);
        }
        for name in &check.rules {
            let _ = match audit.found_by(name).count() {
                0 => write!(self.0, "<code class=\"dim\">{name}</code> "),
                open => write!(self.0, "{} {open} ", rule(name)),
            };
        }
        if let Some(note) = &check.note {
            let _ = write!(self.0, "<span class=\"dim\">{}</span>", prose(note));
        }
        self.add("</li>\n");
    }

    fn debt(&mut self, audit: &Audit) {
        self.section("debt", "Debt");
        let _ = writeln!(self.0, "<p>{} in all.</p>", hours(audit.debt.minutes));
        self.table("Debt", &["By", "#Findings", "#To mend"]);
        let all = audit.debt.by_priority.iter().chain(&audit.debt.by_group);
        for part in all {
            let _ = writeln!(
                self.0,
                "<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
                part.name,
                link(
                    &format!("={}; counts", part.name),
                    &part.findings.to_string()
                ),
                hours(part.minutes)
            );
        }
        self.end_table();
    }

    fn policies(&mut self, audit: &Audit) {
        if audit.policies.is_empty() {
            return;
        }
        self.section("policies", "Policies");
        self.table(
            "Policies",
            &["Policy", "Kept", "Broken", "Unsure", "Reason"],
        );
        for policy in &audit.policies {
            let not = if policy.required { "" } else { "not " };
            let _ = writeln!(
                self.0,
                "<tr><th scope=\"row\">{not}<code>{}</code></th><td>{}</td><td class=\"poor\">{}</td><td>{}</td><td>{}</td></tr>",
                escaped(&policy.asks),
                escaped(&policy.kept.join(", ")),
                escaped(&policy.broken.join(", ")),
                escaped(&policy.unsure.join(", ")),
                escaped(policy.reason.as_deref().unwrap_or_default())
            );
        }
        self.end_table();
    }

    fn trend(&mut self, audit: &Audit) {
        let [_, .., _] = audit.trend.as_slice() else {
            return;
        };
        self.section("trend", "Trend");
        let last = audit.trend.len() as u64 - 1;
        self.add("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"The score over time\"><svg viewBox=\"0 0 640 160\" width=\"640\" height=\"160\" role=\"img\" aria-label=\"The score over time; the table below has the figures\"><path class=\"grid\" fill=\"none\" d=\"M40 10V130H630\"/><text x=\"10\" y=\"16\">10</text><text x=\"18\" y=\"134\">0</text><path class=\"run\" d=\"");
        for (index, run) in audit.trend.iter().enumerate() {
            let x = 45 + 575 * index as u64 / last;
            let y = 130 - 120 * u64::from(run.score.0) / 1000;
            let _ = write!(self.0, "{}{x} {y}", if index == 0 { "M" } else { "L" });
        }
        self.add("\"/></svg></div>\n");
        self.table("Trend", &["Day", "#Score", "#Findings", "#To mend"]);
        for run in audit.trend.iter().rev() {
            let _ = writeln!(
                self.0,
                "<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
                escaped(&run.date),
                run.score,
                run.findings,
                hours(run.minutes)
            );
        }
        self.end_table();
    }

    fn duplicates(&mut self, audit: &Audit) {
        let mut found = audit
            .findings
            .iter()
            .filter(|it| is_duplicate(it.rule))
            .peekable();
        if found.peek().is_none() {
            return;
        }
        self.section("duplicates", "Set more than once");
        self.table("Set more than once", &["Where", "What"]);
        for found in found {
            let _ = writeln!(
                self.0,
                "<tr><th scope=\"row\" class=\"path\">{}:{}</th><td>{}</td></tr>",
                escaped(&found.path),
                found.line,
                prose(&found.message)
            );
        }
        self.end_table();
    }

    fn modules(&mut self, audit: &Audit) {
        self.section("modules", "Modules");
        let super::Comments {
            comment_lines,
            code_lines,
        } = audit.comments;
        let density = 100 * comment_lines / (comment_lines + code_lines).max(1);
        let _ = writeln!(
            self.0,
            "<p>{} modules, {code_lines} lines of code, {comment_lines} lines of comments ({density} %).</p>",
            audit.modules.len()
        );
        self.table(
            "Modules",
            &[
                "Module",
                "System",
                "#Lines",
                "#Options",
                "#Settings",
                "Header",
                "#Findings",
            ],
        );
        for module in &audit.modules {
            let _ = writeln!(
                self.0,
                "<tr><th scope=\"row\" class=\"path\">{}</th><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td>{}</td><td class=\"n\">{}</td></tr>",
                escaped(&module.path),
                module.class.unwrap_or("–"),
                module.lines,
                module.options,
                module.settings,
                if module.header { "yes" } else { "no" },
                match module.findings {
                    0 => "0".to_owned(),
                    some => link(&format!("in:{}; counts", module.path), &some.to_string()),
                }
            );
        }
        self.end_table();
    }

    fn imports(&mut self, audit: &Audit) {
        self.section("imports", "Imports");
        let files = audit.imports.files.len();
        if files > MOST_FILES {
            let _ = writeln!(
                self.0,
                "<p>{files} files are too many for one drawing: <code>nixamine graph --host NAME --format svg</code> draws what one host imports.</p>"
            );
            return;
        }
        let _ = writeln!(
            self.0,
            "<details><summary>{files} files, {} imports</summary><div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Who imports whom\">",
            audit.imports.imports.len()
        );
        let svg = Drawing::new(&audit.imports).svg();
        let named = "<svg class=\"graph\" role=\"img\" aria-label=\"Who imports whom\" ";
        self.add(&svg.replacen("<svg ", named, 1));
        self.add("</div></details>\n");
    }

    fn findings(&mut self, audit: &Audit) {
        self.section("found", "Findings");
        self.add("<div class=\"filter\" hidden><label for=\"filter\">Only those with all of these words: a rule, a path, P0 to P5, @ and an area</label><br><input type=\"search\" id=\"filter\"> <span id=\"told\" role=\"status\"></span></div>\n");
        for meta in rules::metas() {
            let mut own = audit.found_by(meta.name).peekable();
            let Some(first) = own.peek() else { continue };
            let _ = writeln!(
                self.0,
                "<details id=\"rule-{0}\" data-g><summary><code>{0}</code> ({1}){2}: {3}</summary><p><a href=\"{4}\">The rule’s page</a></p><ul>",
                meta.name,
                audit.found_by(meta.name).count(),
                if first.counts { "" } else { ", does not count" },
                prose(meta.summary()),
                meta.url()
            );
            for found in own {
                self.found(found);
            }
            self.add("</ul></details>\n");
        }
    }

    fn found(&mut self, found: &Found) {
        let _ = writeln!(
            self.0,
            "<li data-k=\"@{}; ={}; ={}; ={}; in:{}; {}\"><span class=\"tag\">{} {}</span> <span class=\"path\">{}:{}</span> {}</li>",
            found.area.name(),
            found.rule,
            rules::find(found.rule).map_or("", |(_, rule)| rule.meta().group.name()),
            found.priority.name(),
            escaped(&found.path),
            if found.counts { "counts" } else { "extra" },
            found.priority.name(),
            found.severity.name(),
            escaped(&found.path),
            found.line,
            prose(&found.message)
        );
    }
}

fn tone(score: Score) -> &'static str {
    match score.0 {
        795.. => "good",
        595.. => "fair",
        _ => "poor",
    }
}

/// A link to the findings that have some words.
fn link(words: &str, text: &str) -> String {
    format!(
        "<a href=\"#found\" data-f=\"{}\">{text}</a>",
        escaped(words)
    )
}

/// A rule, with a link to what it found.
fn rule(name: &str) -> String {
    format!("<a href=\"#rule-{name}\"><code>{name}</code></a>")
}

/// Text with `code` in it.
fn prose(text: &str) -> String {
    let mut out = String::new();
    for (index, part) in escaped(text).split('`').enumerate() {
        match index % 2 {
            0 => out.push_str(part),
            _ => {
                let _ = write!(out, "<code>{part}</code>");
            }
        }
    }
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// The root of a number, ten times.
fn root(number: u64) -> u64 {
    (number * 100).isqrt()
}
