//! `nixamine graph`: which file imports which, as a drawing or as data.

use crate::args::{GraphArgs, GraphFormat};
use crate::render::json;
use crate::run::{self, Failure, Run};
use nixamine_rules::wire::{Drawing, ImportGraph};
use std::fmt::Write as _;
use std::io::Write;

/// Writes the graph of imports; the result is the exit code.
pub(crate) fn graph(args: &GraphArgs) -> Result<u8, Failure> {
    let run = Run::joined(&args.project)?;
    let mut graph = ImportGraph::new(&run.knowledge(), &|path| path.to_owned());
    if let Some(host) = &args.host {
        let Some(part) = graph.of_host(host) else {
            let names: Vec<&str> = graph.hosts.iter().map(|it| it.name.as_str()).collect();
            let names = names.join(", ");
            let message = format!("there is no host `{host}`; there are {names}");
            return Err(Failure::new(message));
        };
        graph = part;
    }
    let mut out = run::stdout();
    match args.format {
        GraphFormat::Json => json::write_value(&mut out, &graph)?,
        GraphFormat::Dot => out.write_all(dot(&graph).as_bytes())?,
        GraphFormat::Mermaid => out.write_all(mermaid(&graph).as_bytes())?,
        GraphFormat::Svg => out.write_all(Drawing::new(&graph).svg().as_bytes())?,
    }
    out.flush()?;
    Ok(0)
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
    for (index, host) in graph.named().enumerate() {
        let _ = writeln!(
            text,
            "  h{index} [label={}, shape=ellipse];",
            quoted(&host.name)
        );
        for file in graph.starts(host) {
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
    for (index, host) in graph.named().enumerate() {
        let _ = writeln!(text, "  h{index}([\"{}\"])", escaped(&host.name));
        for file in graph.starts(host) {
            let _ = writeln!(text, "  h{index} --> f{file}");
        }
    }
    text
}
