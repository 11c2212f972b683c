//! `nixamine graph`: which file imports which, as a drawing or as data.

use crate::args::{GraphArgs, GraphFormat};
use crate::render::json;
use crate::run::{self, Failure, Run};
use nixamine_rules::wire::{HostForm, ImportGraph};
use std::fmt::Write as _;
use std::io::Write;

/// Writes the graph of imports; the result is the exit code.
pub(crate) fn graph(args: &GraphArgs) -> Result<u8, Failure> {
    let run = Run::joined(&args.project)?;
    let mut graph = ImportGraph::new(&run.knowledge(), &|path| path.to_owned());
    if let Some(host) = &args.host {
        let found = graph.hosts.iter().position(|it| it.name == *host);
        let Some(found) = found else {
            let names: Vec<&str> = graph.hosts.iter().map(|it| it.name.as_str()).collect();
            let names = names.join(", ");
            let message = format!("there is no host `{host}`; there are {names}");
            return Err(Failure::new(message));
        };
        let host = graph.hosts.swap_remove(found);
        graph = only(graph, host);
    }
    let mut out = run::stdout();
    match args.format {
        GraphFormat::Json => json::write_value(&mut out, &graph)?,
        GraphFormat::Dot => out.write_all(dot(&graph).as_bytes())?,
        GraphFormat::Mermaid => out.write_all(mermaid(&graph).as_bytes())?,
        GraphFormat::Svg => out.write_all(svg::draw(&graph).as_bytes())?,
    }
    out.flush()?;
    Ok(0)
}

/// The part of a graph that one host holds.
fn only(graph: ImportGraph, mut host: HostForm) -> ImportGraph {
    let position = |file: usize| host.files.binary_search(&file).ok();
    let imports = graph.imports.iter().filter_map(|edge| {
        Some(nixamine_rules::wire::ImportLine {
            from: position(edge.from)?,
            to: position(edge.to)?,
            conditional: edge.conditional,
        })
    });
    let imports = imports.collect();
    let files = host.files.iter().map(|file| graph.files[*file].clone());
    let files: Vec<_> = files.collect();
    host.files = (0..files.len()).collect();
    ImportGraph {
        files,
        hosts: vec![host],
        imports,
    }
}

/// The files of a host that none of its files imports: where it starts.
fn starts<'g>(graph: &'g ImportGraph, host: &'g HostForm) -> impl Iterator<Item = usize> + 'g {
    let imported = |file: usize| {
        let mut imports = graph.imports.iter();
        imports.any(|edge| edge.to == file && host.files.contains(&edge.from))
    };
    let files = host.files.iter().copied();
    files.filter(move |file| !imported(*file))
}

/// A host that is not just called after the file that it starts from.
fn is_named(graph: &ImportGraph, host: &HostForm) -> bool {
    !graph.files.contains(&host.name)
}

fn dot(graph: &ImportGraph) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let mut text = "digraph imports {\n  rankdir=LR;\n  node [shape=box];\n".to_owned();
    for (index, file) in graph.files.iter().enumerate() {
        let _ = writeln!(text, "  f{index} [label={}];", quoted(file));
    }
    for edge in &graph.imports {
        let style = if edge.conditional {
            " [style=dashed]"
        } else {
            ""
        };
        let _ = writeln!(text, "  f{} -> f{}{style};", edge.from, edge.to);
    }
    for (index, host) in graph.hosts.iter().enumerate() {
        if !is_named(graph, host) {
            continue;
        }
        let _ = writeln!(
            text,
            "  h{index} [label={}, shape=ellipse];",
            quoted(&host.name)
        );
        for file in starts(graph, host) {
            let _ = writeln!(text, "  h{index} -> f{file};");
        }
    }
    text.push_str("}\n");
    text
}

fn mermaid(graph: &ImportGraph) -> String {
    let escaped = |text: &str| text.replace('"', "#quot;");
    let mut text = "flowchart LR\n".to_owned();
    for (index, file) in graph.files.iter().enumerate() {
        let _ = writeln!(text, "  f{index}[\"{}\"]", escaped(file));
    }
    for edge in &graph.imports {
        let arrow = if edge.conditional { "-.->" } else { "-->" };
        let _ = writeln!(text, "  f{} {arrow} f{}", edge.from, edge.to);
    }
    for (index, host) in graph.hosts.iter().enumerate() {
        if !is_named(graph, host) {
            continue;
        }
        let _ = writeln!(text, "  h{index}([\"{}\"])", escaped(&host.name));
        for file in starts(graph, host) {
            let _ = writeln!(text, "  h{index} --> f{file}");
        }
    }
    text
}

/// The drawing: files in columns, each right of all that import it.
mod svg {
    use super::{is_named, starts};
    use nixamine_rules::wire::ImportGraph;
    use std::fmt::Write as _;

    /// Sizes in pixels.
    const LINE: usize = 26;
    const CHARACTER: usize = 7;
    const GAP: usize = 90;
    const MARGIN: usize = 20;

    /// A box of the drawing.
    struct Node {
        label: String,
        column: usize,
        is_host: bool,
        x: usize,
        y: usize,
    }

    pub(super) fn draw(graph: &ImportGraph) -> String {
        let files = graph.files.len();
        let mut edges: Vec<(usize, usize, bool)> = graph
            .imports
            .iter()
            .map(|edge| (edge.from, edge.to, edge.conditional))
            .collect();
        let mut labels: Vec<(String, bool)> = graph
            .files
            .iter()
            .map(|file| (file.clone(), false))
            .collect();
        for host in graph.hosts.iter().filter(|host| is_named(graph, host)) {
            edges.extend(starts(graph, host).map(|file| (labels.len(), file, false)));
            labels.push((host.name.clone(), true));
        }
        let columns = columns(labels.len(), &edges);
        let mut nodes: Vec<Node> = labels
            .into_iter()
            .zip(columns)
            .map(|((label, is_host), column)| Node {
                label,
                column,
                is_host,
                x: 0,
                y: 0,
            })
            .collect();
        let (width, height) = lay_out(&mut nodes, &edges);
        let mut text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             width=\"{width}\" height=\"{height}\" font-family=\"monospace\" font-size=\"12\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
        );
        for (from, to, conditional) in &edges {
            let (from, to) = (&nodes[*from], &nodes[*to]);
            let (x1, y1) = (from.x + length(&from.label), from.y + LINE / 3);
            let (x2, y2) = (to.x, to.y + LINE / 3);
            let (a, b) = (x1 + GAP / 2, x2.saturating_sub(GAP / 2));
            let dash = if *conditional {
                " stroke-dasharray=\"4 3\""
            } else {
                ""
            };
            let _ = writeln!(
                text,
                "<path d=\"M{x1} {y1} C{a} {y1} {b} {y2} {x2} {y2}\" fill=\"none\" stroke=\"#7a8ba8\"{dash}/>"
            );
        }
        for node in &nodes {
            let (x, y, width) = (node.x, node.y, length(&node.label));
            let (fill, radius) = if node.is_host {
                ("#dbe9ff", 9)
            } else {
                ("#f4f5f7", 2)
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
        debug_assert!(nodes.len() >= files);
        text.push_str("</svg>\n");
        text
    }

    fn length(label: &str) -> usize {
        label.chars().count() * CHARACTER + 14
    }

    fn escaped(text: &str) -> String {
        text.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
    }

    /// The length of the longest way to each node; what closes a cycle does not count.
    fn columns(nodes: usize, edges: &[(usize, usize, bool)]) -> Vec<usize> {
        let mut out = vec![Vec::new(); nodes];
        let mut left = vec![0_usize; nodes];
        for (from, to, _) in edges {
            out[*from].push(*to);
            left[*to] += 1;
        }
        let mut columns = vec![0; nodes];
        let mut done = vec![false; nodes];
        for _ in 0..nodes {
            // In a cycle, the one that waits for the fewest comes first.
            let waiting = (0..nodes).filter(|node| !done[*node]);
            let Some(next) = waiting.min_by_key(|node| left[*node]) else {
                break;
            };
            done[next] = true;
            for to in &out[next] {
                left[*to] = left[*to].saturating_sub(1);
                if !done[*to] {
                    columns[*to] = columns[*to].max(columns[next] + 1);
                }
            }
        }
        columns
    }

    /// Gives each node its place. Returns the size of the whole.
    fn lay_out(nodes: &mut [Node], edges: &[(usize, usize, bool)]) -> (usize, usize) {
        let count = nodes.iter().map(|node| node.column + 1).max().unwrap_or(0);
        let (mut x, mut height) = (MARGIN, 0);
        for column in 0..count {
            let mut own: Vec<usize> = (0..nodes.len())
                .filter(|node| nodes[*node].column == column)
                .collect();
            // Near what imports it.
            let wish = |node: usize| {
                let importers = edges.iter().filter(|(_, to, _)| *to == node);
                let heights: Vec<usize> = importers
                    .filter(|(from, ..)| nodes[*from].column < column)
                    .map(|(from, ..)| nodes[*from].y)
                    .collect();
                heights.iter().sum::<usize>() / heights.len().max(1)
            };
            let wishes: Vec<usize> = (0..nodes.len()).map(wish).collect();
            own.sort_by(|a, b| {
                let key = |node: usize| (wishes[node], &nodes[node].label);
                key(*a).cmp(&key(*b))
            });
            let widest = own.iter().map(|node| length(&nodes[*node].label)).max();
            for (row, node) in own.into_iter().enumerate() {
                nodes[node].x = x;
                nodes[node].y = MARGIN + row * LINE;
                height = height.max(nodes[node].y + LINE);
            }
            x += widest.unwrap_or(0) + GAP;
        }
        (
            x - if count > 0 { GAP } else { 0 } + MARGIN,
            height + MARGIN,
        )
    }
}
