// The pages beside the playground: one for each rule, their list, and the guide. They
// are made of the rules' own data, which the package has, and of the README.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import type { RuleForm } from "../src/engine/api.ts";
import { inline, parseMarkdown } from "../src/markdown.ts";
import { encode } from "../src/share.ts";
import { escape, html, type HtmlOptions } from "./html.ts";

const REPOSITORY = "https://github.com/nixamine/nixamine";
/** What of the README is the guide. */
const GUIDE = ["Use", "Configure", "Suppress", "In the editor", "pre-commit", "Limits"];
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'";

interface Page {
  path: string;
  title: string;
  body: string;
}

function shell({ path, title, body }: Page, script: string, style: string): string {
  const up = "../".repeat(path.split("/").length - 1);
  const link = (to: string, name: string): string =>
    `<a href="${up}${to}"${to === path ? ' aria-current="page"' : ""}>${name}</a>`;
  return `<!doctype html>
<html lang="en" data-theme="system">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${CSP}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="${up}icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="${up}${style}">
<title>${escape(title)} – Nixamine</title>
<script type="module" src="${up}${script}"></script>
</head>
<body>
<header class="site-top"><strong>Nixamine</strong>
<nav aria-label="Site">${link("index.html", "Playground")} ${link("guide.html", "Guide")} ${link("rules/index.html", "Rules")}</nav></header>
<main>
${body}
</main>
</body>
</html>
`;
}

/** Where a link of the repository leads; `folder` is where it stands there. */
function linker(known: ReadonlySet<string>, folder: string, up: string): HtmlOptions["link"] {
  return (href) => {
    if (/^(https?:|#)/.test(href)) return href;
    const path = new URL(href, `file:///${folder}`).pathname.slice(1);
    const rule = /^rules\/docs\/([\w-]+)\.md$/.exec(path)?.[1];
    if (rule !== undefined) return `${up}rules/${known.has(rule) ? rule : "index"}.html`;
    return `${REPOSITORY}/blob/main/${path}`;
  };
}

function rulePage(rule: RuleForm, known: ReadonlySet<string>): Page {
  let next = 0;
  const body = html(parseMarkdown(rule.page), {
    link: linker(known, "rules/docs/", "../"),
    afterFence(info) {
      if (info.startsWith("nix fixed")) return "<figcaption>after fixing</figcaption>";
      if (!/^nix (bad|good)$/.test(info)) return "";
      const example = rule.examples[next];
      next += 1;
      if (example === undefined) throw new Error(`${rule.name}: the page has more examples than the engine gives`);
      const hash = encode({
        files: example.files,
        others: [],
        absent: example.files.length > 1 ? [] : null,
        config: example.config === "" ? null : example.config,
        selected: example.files[0]?.path ?? null,
      });
      const words = info.endsWith("bad") ? "is found" : "is fine";
      return `<figcaption>${words} <a href="../index.html${hash}">Open in the playground</a></figcaption>`;
    },
  });
  if (next !== rule.examples.length) throw new Error(`${rule.name}: the page has fewer examples than the engine gives`);
  return { path: `rules/${rule.name}.html`, title: rule.name, body };
}

function rulesIndex(all: readonly RuleForm[]): Page {
  const rows = all
    .map(
      (rule) =>
        `<tr><td><a href="${rule.name}.html">${rule.name}</a></td><td><span class="pill ${rule.severity}">${rule.severity}</span></td><td>${summary(rule)}</td><td>${rule.fix ?? "–"}</td></tr>`,
    )
    .join("\n");
  const head = ["Rule", "Severity", "What it finds", "Fix"].map((name) => `<th scope="col">${name}</th>`).join("");
  return {
    path: "rules/index.html",
    title: "Rules",
    body: `<h1>Rules</h1>\n<div class="table" tabindex="0" role="region" aria-label="Rules"><table><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table></div>`,
  };
}

function summary(rule: RuleForm): string {
  return html([{ kind: "paragraph", children: inline(rule.summary) }], { link: (href) => href, afterFence: () => "" }).replace(/^<p>|<\/p>$/g, "");
}

function guide(known: ReadonlySet<string>): Page {
  const read = (path: string): string => readFileSync(fileURLToPath(new URL(`../../../${path}`, import.meta.url)), "utf8");
  const readme = read("README.md");
  const sections = new Map(readme.split(/^## /m).map((part) => [part.slice(0, part.indexOf("\n")).trim(), `## ${part}`]));
  const texts = GUIDE.map((name) => {
    const section = sections.get(name);
    if (section === undefined) throw new Error(`README.md has no section ${name}, which the guide shows`);
    return section;
  });
  const [, lead = ""] = readme.split("\n\n");
  const options = (folder: string): HtmlOptions => ({ link: linker(known, folder, ""), afterFence: () => "" });
  const integrations = read("docs/integrations.md").replace(/^# /m, "## ").replace(/^##(?=# )/gm, "##");
  return {
    path: "guide.html",
    title: "Guide",
    body: [
      "<h1>Guide</h1>",
      html(parseMarkdown([lead, ...texts].join("\n\n")), options("")),
      html(parseMarkdown(integrations), options("docs/")),
    ].join("\n"),
  };
}

/** Writes the pages beside what Vite bundles. */
export function site(): Plugin {
  return {
    name: "nixamine-site",
    apply: "build",
    generateBundle(_options, bundle) {
      const chunks = Object.values(bundle);
      const script = chunks.find((it) => it.type === "chunk" && it.isEntry && it.name === "site");
      if (script?.type !== "chunk") throw new Error("the script of the site was not built");
      const style = [...(script.viteMetadata?.importedCss ?? [])][0];
      if (style === undefined) throw new Error("the style of the site was not built");
      // Only now: the package is linked before a build, and nowhere else.
      const file = new URL("../node_modules/nixamine/rules.json", import.meta.url);
      const all = JSON.parse(readFileSync(file, "utf8")) as RuleForm[];
      const known = new Set(all.map((rule) => rule.name));
      for (const page of [...all.map((rule) => rulePage(rule, known)), rulesIndex(all), guide(known)]) {
        this.emitFile({ type: "asset", fileName: page.path, source: shell(page, script.fileName, style) });
      }
    },
  };
}
