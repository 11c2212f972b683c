//! Pages of rules where their names stand, and the names where they belong.

use crate::session::Session;
use nixamine_rules::syntax::{TextRange, TextSize};
use nixamine_rules::{Group, RuleMeta, docs, rules};
use tower_lsp::lsp_types::{
    CompletionItem, CompletionItemKind, CompletionResponse, Documentation, Hover, HoverContents,
    MarkupContent, MarkupKind, TextDocumentPositionParams,
};

/// What is known of an option, and the page of a rule, on a finding or on the rule's
/// name.
pub(crate) fn hover(session: &Session, at: &TextDocumentPositionParams) -> Option<Hover> {
    let uri = &at.text_document.uri;
    let open = session.open(uri)?;
    let measured = open.measured(session.encoding);
    let offset = measured.offset(at.position);
    let kind = match session.client.markdown {
        true => MarkupKind::Markdown,
        false => MarkupKind::PlainText,
    };
    let said = |range: TextRange, value: String| Hover {
        contents: HoverContents::Markup(MarkupContent {
            kind: kind.clone(),
            value,
        }),
        range: Some(measured.to_range(range)),
    };
    if session.is_config(uri) {
        let word = word_at(&open.text, offset)?;
        let (_, rule) = rules::find(&open.text[std::ops::Range::<usize>::from(word)])?;
        return Some(said(word, docs::page(rule.meta())));
    }
    let home = session.home(uri)?;
    let space = session.spaces.get(&home.space)?;
    let (file, document) = space.document(&home.path)?;
    let names = document
        .suppressions()
        .iter()
        .flat_map(|suppression| &suppression.allowed);
    if let Some(name) = names
        .into_iter()
        .find(|name| name.range.contains_inclusive(offset))
    {
        let (_, rule) = rules::find(&name.name)?;
        return Some(said(name.range, docs::page(rule.meta())));
    }
    let option = session.option_page(at);
    let findings = space.workspace.findings(file);
    let here = findings
        .into_iter()
        .filter(|found| found.range.contains_inclusive(offset));
    let here: Vec<_> = here.map(|found| found.into_diagnostic()).collect();
    let range = here
        .iter()
        .map(|found| found.range)
        .reduce(|a, b| a.cover(b));
    let mut seen: Vec<&RuleMeta> = Vec::new();
    let range = option
        .as_ref()
        .map(|(range, _)| *range)
        .or_else(|| Some(measured.to_range(range?)))?;
    let mut value = option.map(|(_, page)| page).unwrap_or_default();
    for found in &here {
        if seen.iter().any(|meta| meta.name == found.rule.name) {
            continue;
        }
        seen.push(found.rule);
        if !value.is_empty() {
            value.push_str("\n\n---\n\n");
        }
        value.push_str(&docs::page(found.rule));
    }
    Some(Hover {
        contents: HoverContents::Markup(MarkupContent { kind, value }),
        range: Some(range),
    })
}

/// The part of a text around a place that could be the name of a rule.
fn word_at(text: &str, at: TextSize) -> Option<TextRange> {
    let at = usize::from(at);
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let start = at - text[..at].chars().rev().take_while(|c| is_part(*c)).count();
    let end = at + text[at..].chars().take_while(|c| is_part(*c)).count();
    (start < end).then(|| TextRange::new((start as u32).into(), (end as u32).into()))
}

/// The names of rules and groups, where one can stand; elsewhere the names and values
/// of options.
pub(crate) fn completion(
    session: &Session,
    at: &TextDocumentPositionParams,
) -> Option<CompletionResponse> {
    let uri = &at.text_document.uri;
    let open = session.open(uri)?;
    let offset = usize::from(open.measured(session.encoding).offset(at.position));
    let before = &open.text[..offset];
    let line = before.rsplit(['\n', '\r']).next().unwrap_or_default();
    let fits = match session.is_config(uri) {
        true => !line.trim_start().starts_with('#'),
        false => is_in_suppression(line),
    };
    if !fits {
        let is_module = !session.is_config(uri);
        let offer = is_module.then(|| session.offer(at)).flatten();
        return offer.map(CompletionResponse::Array);
    }
    let item = |name: &str, detail: &str, kind, page: Option<String>| CompletionItem {
        label: name.to_owned(),
        kind: Some(kind),
        detail: Some(detail.to_owned()),
        documentation: page.map(|value| {
            Documentation::MarkupContent(MarkupContent {
                kind: MarkupKind::Markdown,
                value,
            })
        }),
        ..CompletionItem::default()
    };
    let all = rules::metas().map(|meta| {
        let page = session.client.markdown.then(|| docs::page(meta));
        item(meta.name, meta.summary(), CompletionItemKind::VALUE, page)
    });
    let groups = Group::ALL.iter().map(|group| {
        item(
            group.name(),
            "a group of rules",
            CompletionItemKind::ENUM,
            None,
        )
    });
    Some(CompletionResponse::Array(all.chain(groups).collect()))
}

/// Is the end of a line inside of the brackets of a suppression?
fn is_in_suppression(line: &str) -> bool {
    let Some((_, directive)) = line.rsplit_once("nixamine:") else {
        return false;
    };
    let directive = directive.trim_start();
    let list = directive
        .strip_prefix("allow-file")
        .or_else(|| directive.strip_prefix("allow"));
    list.is_some_and(|list| list.trim_start().starts_with('(') && !list.contains(')'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_suppressions_are_seen() {
        let text = "select = [\"mk-force\"]";
        let word = word_at(text, 14.into()).unwrap();
        assert_eq!(&text[std::ops::Range::<usize>::from(word)], "mk-force");
        assert!(word_at("a = 1", 2.into()).is_none());
        assert!(is_in_suppression("  x; # nixamine: allow(mk-force, "));
        assert!(is_in_suppression("# nixamine: allow-file("));
        assert!(!is_in_suppression("# nixamine: allow(x) "));
        assert!(!is_in_suppression("allow("));
    }
}
