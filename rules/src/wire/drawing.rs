//! A drawing of imports: files in columns, each right of all that import it.

use super::{HostForm, ImportGraph};
use crate::sorted;
use rustc_hash::FxHashSet;
use serde::Serialize;
use std::fmt::Write as _;

/// Sizes, in pixels.
const ROW: usize = 26;
const CHARACTER: usize = 7;
const GAP: usize = 90;
const MARGIN: usize = 20;

/// Files and hosts at their places, in pixels.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Drawing {
    /// How wide it is.
    pub width: usize,
    /// How high it is.
    pub height: usize,
    /// The files, in the order of the graph, and behind them the hosts that have a
    /// name.
    pub nodes: Vec<DrawnNode>,
    /// What imports what, and which host starts where.
    pub edges: Vec<DrawnEdge>,
}

/// A box of a drawing. It is 18 pixels high.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DrawnNode {
    /// The path of a file, or the name of a host.
    pub label: String,
    /// Is it a host?
    pub host: bool,
    /// Its left side.
    pub x: usize,
    /// Its upper side.
    pub y: usize,
    /// How wide it is.
    pub width: usize,
}

/// A line of a drawing, by the positions of its boxes.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DrawnEdge {
    /// What imports.
    pub from: usize,
    /// What is imported.
    pub to: usize,
    /// Only under a condition?
    pub conditional: bool,
    /// The line, as the data of a path of SVG.
    pub line: String,
}

/// Lines between boxes, by their positions.
struct Edges(Vec<(usize, usize, bool)>);

impl Drawing {
    /// Gives everything in a graph its place.
    pub fn new(graph: &ImportGraph) -> Self {
        let mut labels: Vec<(&str, bool)> = Vec::new();
        labels.extend(graph.files.iter().map(|file| (file.as_str(), false)));
        let imports = graph.imports.iter();
        let mut edges: Vec<_> = imports
            .map(|edge| (edge.from, edge.to, edge.conditional))
            .collect();
        for host in graph.named() {
            let starts = graph.starts(host).into_iter();
            edges.extend(starts.map(|file| (labels.len(), file, false)));
            labels.push((&host.name, true));
        }
        let edges = Edges(edges);
        let places = edges.lay_out(&labels);
        let nodes: Vec<DrawnNode> = labels
            .iter()
            .zip(places)
            .map(|((label, host), (x, y))| DrawnNode {
                label: (*label).to_owned(),
                host: *host,
                x,
                y,
                width: width(label),
            })
            .collect();
        let line = |(from, to, conditional): &(usize, usize, bool)| {
            let (source, target) = (&nodes[*from], &nodes[*to]);
            let (x1, y1) = (source.x + source.width, source.y + 9);
            let (x2, y2) = (target.x, target.y + 9);
            let (a, b) = (x1 + GAP / 2, x2.saturating_sub(GAP / 2));
            DrawnEdge {
                from: *from,
                to: *to,
                conditional: *conditional,
                line: format!("M{x1} {y1}C{a} {y1} {b} {y2} {x2} {y2}"),
            }
        };
        let end = |side: &dyn Fn(&DrawnNode) -> usize| {
            nodes.iter().map(side).max().unwrap_or_default() + MARGIN
        };
        Self {
            width: end(&|node| node.x + node.width),
            height: end(&|node| node.y + ROW),
            edges: edges.0.iter().map(line).collect(),
            nodes,
        }
    }

    /// The drawing as a file of its own.
    pub fn svg(&self) -> String {
        let Self { width, height, .. } = self;
        let mut text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             width=\"{width}\" height=\"{height}\" font-family=\"monospace\" font-size=\"12\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
        );
        for DrawnEdge {
            line, conditional, ..
        } in &self.edges
        {
            let dash = match conditional {
                true => " stroke-dasharray=\"4 3\"",
                false => "",
            };
            let _ = writeln!(
                text,
                "<path d=\"{line}\" fill=\"none\" stroke=\"#7a8ba8\"{dash}/>"
            );
        }
        for node in &self.nodes {
            let DrawnNode { x, y, width, .. } = node;
            let (fill, radius) = match node.host {
                true => ("#dbe9ff", 9),
                false => ("#f4f5f7", 2),
            };
            let _ = writeln!(
                text,
                "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"18\" rx=\"{radius}\" fill=\"{fill}\" stroke=\"#9aa5b8\"/>\
                 <text x=\"{}\" y=\"{}\" fill=\"#1c2430\">{}</text>",
                x + 6,
                y + 13,
                escaped(&node.label)
            );
        }
        text.push_str("</svg>\n");
        text
    }
}

fn width(label: &str) -> usize {
    label.chars().count() * CHARACTER + 14
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

impl Edges {
    /// For each node the length of the longest way to it; what closes a cycle does
    /// not count.
    fn columns(&self, nodes: usize) -> Vec<usize> {
        let mut out = vec![Vec::new(); nodes];
        let mut left = vec![0_usize; nodes];
        for (from, to, _) in &self.0 {
            out[*from].push(*to);
            left[*to] += 1;
        }
        let mut columns = vec![0; nodes];
        let mut done = vec![false; nodes];
        let mut ready: Vec<usize> = (0..nodes).filter(|node| left[*node] == 0).collect();
        let mut oldest = 0;
        loop {
            let next = ready.pop().or_else(|| {
                // All that are left wait for each other: one of them begins.
                oldest += done[oldest..].iter().position(|done| !done)?;
                Some(oldest)
            });
            let Some(next) = next else { return columns };
            if std::mem::replace(&mut done[next], true) {
                continue;
            }
            for to in &out[next] {
                left[*to] -= 1;
                if !done[*to] {
                    columns[*to] = columns[*to].max(columns[next] + 1);
                    if left[*to] == 0 {
                        ready.push(*to);
                    }
                }
            }
        }
    }

    /// The place of each node.
    fn lay_out(&self, labels: &[(&str, bool)]) -> Vec<(usize, usize)> {
        let columns = self.columns(labels.len());
        let mut importers = vec![Vec::new(); labels.len()];
        for (from, to, _) in &self.0 {
            if columns[*from] < columns[*to] {
                importers[*to].push(*from);
            }
        }
        let count = columns.iter().max().map_or(0, |last| last + 1);
        let mut rows = vec![Vec::new(); count];
        for (node, column) in columns.iter().enumerate() {
            rows[*column].push(node);
        }
        let mut places = vec![(0, 0); labels.len()];
        let mut x = MARGIN;
        for own in rows {
            // Near what imports it.
            let wish = |node: usize| {
                let heights = importers[node].iter().map(|from| places[*from].1);
                heights.sum::<usize>() / importers[node].len().max(1)
            };
            let mut own: Vec<_> = own
                .into_iter()
                .map(|node| (wish(node), labels[node].0, node))
                .collect();
            sorted::sort(&mut own);
            let widest = own.iter().map(|(_, label, _)| width(label)).max();
            for (row, (.., node)) in own.into_iter().enumerate() {
                places[node] = (x, MARGIN + row * ROW);
            }
            x += widest.unwrap_or_default() + GAP;
        }
        places
    }
}

impl ImportGraph {
    /// The part that one host holds; `None` when no host has this name.
    #[must_use]
    pub fn of_host(&self, name: &str) -> Option<Self> {
        let mut host = self.hosts.iter().find(|it| it.name == name)?.clone();
        let position = |file: usize| host.files.binary_search(&file).ok();
        let imports = self.imports.iter().filter_map(|edge| {
            Some(super::ImportLine {
                from: position(edge.from)?,
                to: position(edge.to)?,
                conditional: edge.conditional,
            })
        });
        let imports = imports.collect();
        let files = host.files.iter().map(|file| self.files[*file].clone());
        let files: Vec<_> = files.collect();
        host.files = (0..files.len()).collect();
        Some(Self {
            files,
            hosts: vec![host],
            imports,
        })
    }

    /// The files of a host that none of its files imports: where it starts.
    pub fn starts(&self, host: &HostForm) -> Vec<usize> {
        let own: FxHashSet<usize> = host.files.iter().copied().collect();
        let imports = self.imports.iter();
        let imported: FxHashSet<usize> = imports
            .filter(|edge| own.contains(&edge.from))
            .map(|edge| edge.to)
            .collect();
        let files = host.files.iter().copied();
        files.filter(|file| !imported.contains(file)).collect()
    }

    /// The hosts that are not just called after the file that they start from.
    pub fn named(&self) -> impl Iterator<Item = &HostForm> {
        let hosts = self.hosts.iter();
        hosts.filter(|host| !self.files.contains(&host.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::ImportLine;

    fn graph(files: &[&str], imports: &[(usize, usize)]) -> ImportGraph {
        let line = |&(from, to): &(usize, usize)| ImportLine {
            from,
            to,
            conditional: false,
        };
        ImportGraph {
            files: files.iter().map(|file| (*file).to_owned()).collect(),
            hosts: Vec::new(),
            imports: imports.iter().map(line).collect(),
        }
    }

    #[test]
    fn each_file_stands_right_of_all_that_import_it() {
        let drawing = Drawing::new(&graph(
            &["a", "b", "c", "d"],
            &[(0, 1), (1, 2), (0, 2), (2, 3)],
        ));
        for edge in &drawing.edges {
            let (from, to) = (&drawing.nodes[edge.from], &drawing.nodes[edge.to]);
            assert!(from.x + from.width < to.x, "{} {}", from.label, to.label);
        }
        let last = &drawing.nodes[3];
        assert!(last.x + last.width <= drawing.width && last.y < drawing.height);
    }

    #[test]
    fn a_cycle_and_a_thousand_files_have_places_of_their_own() {
        let names: Vec<String> = (0..1000).map(|at| format!("{at:04}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut imports: Vec<_> = (0..999).map(|at| (at / 7, at + 1)).collect();
        imports.extend([(999, 0), (5, 2), (3, 3)]);
        let drawing = Drawing::new(&graph(&names, &imports));
        let places: FxHashSet<_> = drawing.nodes.iter().map(|it| (it.x, it.y)).collect();
        assert_eq!(places.len(), 1000);
    }

    #[test]
    fn names_are_text_in_the_file() {
        let svg = Drawing::new(&graph(&["a<b>&.nix"], &[])).svg();
        assert!(svg.contains(">a&lt;b&gt;&amp;.nix</text>"), "{svg}");
    }
}
