//! `nixamine explain` and `nixamine rules`: what the rules say about themselves.

use crate::args::ListFormat;
use crate::render::{self, json};
use crate::run::{self, Failure};
use crate::terminal::{self, BOLD, CODE, DIM, paint};
use anstyle::Style;
use nixamine_rules::{Applicability, RuleMeta, docs, rules};
use serde_json::json;
use std::io::{self, IsTerminal, Write};
use unicode_width::UnicodeWidthStr;

/// Shows the page of a rule: laid out for somebody who looks, as Markdown for
/// a program.
pub(crate) fn explain(name: &str) -> Result<u8, Failure> {
    let Some((_, rule)) = rules::find(name) else {
        let names = rules::metas().map(|meta| meta.name);
        let hint = match rules::did_you_mean(name, names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`nixamine rules` lists them all".to_owned(),
        };
        return Err(Failure::new(format_args!(
            "there is no rule `{name}`; {hint}"
        )));
    };
    let page = docs::page(rule.meta());
    let mut out = run::stdout();
    match terminal::is_watched(&io::stdout()) {
        true => out.write_all(layout(&page, terminal::width()).as_bytes())?,
        false => out.write_all(page.as_bytes())?,
    }
    out.flush()?;
    Ok(0)
}

/// Lists the rules.
pub(crate) fn list(format: ListFormat) -> Result<u8, Failure> {
    let mut out = run::stdout();
    match format {
        ListFormat::Json => {
            let list: Vec<_> = rules::metas().map(describe).collect();
            json::write_value(&mut out, &list)?;
        }
        ListFormat::Text => out.write_all(table().as_bytes())?,
    }
    out.flush()?;
    Ok(0)
}

fn describe(meta: &RuleMeta) -> serde_json::Value {
    json!({
        "name": meta.name,
        "aliases": meta.aliases,
        "group": meta.group,
        "severity": meta.severity,
        "enabled": meta.enabled,
        "since": meta.since,
        "effort": meta.effort,
        "fix": meta.fix,
        "summary": one_line(meta.summary()),
        "url": meta.url(),
    })
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn table() -> String {
    let widest = |text: fn(&RuleMeta) -> &str| rules::metas().map(|m| text(m).len()).max();
    let name = widest(|meta| meta.name).unwrap_or(0);
    let group = widest(|meta| meta.group.name()).unwrap_or(0);
    let header = format!(
        "{:name$}  {:group$}  {:8}  {:7}  {:7}  SUMMARY",
        "NAME", "GROUP", "SEVERITY", "DEFAULT", "FIX"
    );
    let mut table = format!("{}\n", paint(BOLD, &header));
    // Only a terminal has an edge to stop at.
    let room = io::stdout()
        .is_terminal()
        .then(terminal::terminal_width)
        .flatten()
        .map(|width| width.saturating_sub(name + group + 30).max(20));
    for meta in rules::metas() {
        let mut summary = one_line(meta.summary());
        if let Some(room) = room
            && summary.chars().count() > room
        {
            summary = summary.chars().take(room - 1).chain(['…']).collect();
        }
        table.push_str(&format!(
            "{:name$}  {:group$}  {}  {:7}  {:7}  {summary}\n",
            meta.name,
            meta.group.name(),
            paint(
                render::style(meta.severity),
                &format!("{:8}", meta.severity.name())
            ),
            if meta.enabled { "on" } else { "off" },
            match meta.fix {
                Some(Applicability::Safe) => "safe",
                Some(Applicability::Unsafe) => "unsafe",
                Some(Applicability::Manual) => "by hand",
                None => "-",
            },
        ));
    }
    table
}

/// Lays a page of Markdown out for a terminal. Knows what the pages use:
/// headings, paragraphs, lists, tables, fences, code, emphasis and links.
fn layout(page: &str, width: usize) -> String {
    let mut out = String::new();
    let mut paragraph: Option<Paragraph> = None;
    let mut fence = false;
    for line in page.lines() {
        let text = line.trim_start();
        if let Some(info) = text.strip_prefix("```") {
            flush(&mut out, &mut paragraph, width);
            fence = !fence;
            // The words behind the language say what the code shows.
            if let Some((_, words)) = info.split_once(' ') {
                out.push_str(&paint(DIM, &format!("  {words}:")));
                out.push('\n');
            }
            continue;
        }
        if fence {
            let style = if text.starts_with('#') { DIM } else { CODE };
            out.push_str("    ");
            out.push_str(&paint(style, &terminal::clean_lines(line)));
            out.push('\n');
            continue;
        }
        let heading = text.trim_start_matches('#');
        if heading.len() < text.len() && heading.starts_with(' ') {
            flush(&mut out, &mut paragraph, width);
            out.push_str(&paint(BOLD.underline(), heading.trim()));
            out.push('\n');
        } else if text.is_empty() || text.starts_with('|') {
            flush(&mut out, &mut paragraph, width);
            if !(text.is_empty() && (out.is_empty() || out.ends_with("\n\n"))) {
                out.push_str(text);
                out.push('\n');
            }
        } else {
            let marker = ["- ", "* "]
                .iter()
                .find(|marker| text.starts_with(**marker));
            if paragraph.is_none() || marker.is_some() {
                flush(&mut out, &mut paragraph, width);
                let indent = line.len() - text.len();
                paragraph = Some(Paragraph {
                    indent,
                    item: marker.is_some(),
                    text: String::new(),
                });
            }
            if let Some(paragraph) = &mut paragraph {
                let words = marker.map_or(text, |marker| &text[marker.len()..]);
                paragraph.text.push_str(words);
                paragraph.text.push(' ');
            }
        }
    }
    flush(&mut out, &mut paragraph, width);
    out
}

struct Paragraph {
    indent: usize,
    item: bool,
    text: String,
}

fn flush(out: &mut String, paragraph: &mut Option<Paragraph>, width: usize) {
    let Some(Paragraph { indent, item, text }) = paragraph.take() else {
        return;
    };
    let first = " ".repeat(indent) + if item { "• " } else { "" };
    let rest = " ".repeat(indent + if item { 2 } else { 0 });
    let mut line = first;
    let mut used = line.width();
    let mut empty = true;
    for word in styled_words(&text) {
        let length = word.iter().map(|(_, piece)| piece.width()).sum::<usize>();
        if !empty && used + 1 + length > width {
            out.push_str(&line);
            out.push('\n');
            line.clone_from(&rest);
            used = rest.width();
            empty = true;
        }
        if !empty {
            line.push(' ');
            used += 1;
        }
        for (style, piece) in word {
            match style {
                Some(style) => line.push_str(&paint(style, &piece)),
                None => line.push_str(&piece),
            }
        }
        used += length;
        empty = false;
    }
    out.push_str(&line);
    out.push('\n');
}

/// A word: pieces, each with its style.
type Word = Vec<(Option<Style>, String)>;

/// The words of a paragraph with code, emphasis and links resolved.
fn styled_words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = vec![Vec::new()];
    let mut push = |style: Option<Style>, text: &str| {
        for (at, part) in text.split(char::is_whitespace).enumerate() {
            if at > 0 && words.last().is_some_and(|word| !word.is_empty()) {
                words.push(Vec::new());
            }
            if !part.is_empty()
                && let Some(word) = words.last_mut()
            {
                word.push((style, part.to_owned()));
            }
        }
    };
    let mut rest = text;
    while let Some(at) = rest.find(['`', '*', '[', '<']) {
        push(None, &rest[..at]);
        rest = &rest[at..];
        let between = |open: &str, close: &str| {
            let inner = rest.strip_prefix(open)?;
            let end = inner.find(close).filter(|end| *end > 0)?;
            Some((&inner[..end], &inner[end + close.len()..]))
        };
        if let Some((code, after)) = between("`` ", " ``").or_else(|| between("`", "`")) {
            push(Some(CODE), code);
            rest = after;
        } else if let Some((strong, after)) = between("**", "**") {
            push(Some(BOLD), strong);
            rest = after;
        } else if let Some((emphasis, after)) =
            between("*", "*").filter(|(inner, _)| !inner.starts_with(' '))
        {
            push(Some(Style::new().italic()), emphasis);
            rest = after;
        } else if let Some((url, after)) =
            between("<", ">").filter(|(url, _)| url.starts_with("http"))
        {
            push(Some(Style::new().underline()), url);
            rest = after;
        } else if let Some((label, after)) = between("[", "](")
            && let Some(end) = after.find(')')
        {
            push(None, label);
            if after[..end].starts_with("http") && label != &after[..end] {
                push(None, " (");
                push(Some(Style::new().underline()), &after[..end]);
                push(None, ")");
            }
            rest = &after[end + 1..];
        } else {
            push(None, &rest[..1]);
            rest = &rest[1..];
        }
    }
    push(None, rest);
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_laid_out() {
        let page = "# name\n\nA `first` **word** and [a link](https://x.y),\nthen more text.\n\n\
                    - item one that is long\n- two\n\n```nix bad\n{ a = 1; }\n# why\n```\n";
        let text = anstream::adapter::strip_str(&layout(page, 24)).to_string();
        assert_eq!(
            text,
            "name\n\nA first word and a link\n(https://x.y), then more\ntext.\n\n\
             • item one that is long\n• two\n\n  bad:\n    { a = 1; }\n    # why\n"
        );
    }

    #[test]
    fn lonely_markup_is_text() {
        let words = styled_words("a * b ` c [d] 2 < 3 ** é");
        let text: Vec<String> = words
            .iter()
            .map(|word| word.iter().map(|piece| piece.1.as_str()).collect())
            .collect();
        assert_eq!(text.join(" "), "a * b ` c [d] 2 < 3 ** é");
    }
}
