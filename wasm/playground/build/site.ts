// The pages beside the playground: one for each rule, their list, and the guide. They
// are made of the rules' own data, which the package has, and of docs/.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import type { RuleForm } from "../src/engine/api.ts";
import { inline, parseMarkdown } from "../src/markdown.ts";
import { encode } from "../src/share.ts";
import { escape, html, type HtmlOptions } from "./html.ts";

const REPOSITORY = "https://github.com/nixamine/nixamine";
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'";

interface Page {
  path: string;
  title: string;
  body: string;
  /** Pages of the same kind, to go on to. */
  more?: string;
}

const fromRoot = (path: string): URL => new URL(`../../../${path}`, import.meta.url);
const read = (path: string): string => readFileSync(fileURLToPath(fromRoot(path)), "utf8");

function shell({ path, title, body, more = "" }: Page, script: string, style: string): string {
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
<nav aria-label="Site">${link("index.html", "Playground")} ${link("guide/index.html", "Guide")} ${link("rules/index.html", "Rules")}</nav></header>
${more}<main>
${body}
</main>
</body>
</html>
`;
}

/** Where a link of the repository leads; `folder` is where it stands there. */
function linker(known: ReadonlySet<string>, folder: string): HtmlOptions["link"] {
  return (href) => {
    if (/^(https?:|#)/.test(href)) return href;
    const { pathname, hash } = new URL(href, `file:///${folder}`);
    const path = pathname.slice(1);
    const rule = /^rules\/docs\/([\w-]+)\.md$/.exec(path)?.[1];
    if (rule !== undefined) return `../rules/${known.has(rule) ? rule : "index"}.html`;
    const guide = /^docs\/(?:guide\/)?([\w-]+)\.md$/.exec(path)?.[1];
    if (guide !== undefined) return `../guide/${guide}.html${hash}`;
    return `${REPOSITORY}/blob/main/${path}${hash}`;
  };
}

function rulePage(rule: RuleForm, known: ReadonlySet<string>): Page {
  let next = 0;
  const body = html(parseMarkdown(rule.page), {
    link: linker(known, "rules/docs/"),
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

/** The pages of the guide, in the order of its summary. */
function guide(known: ReadonlySet<string>): Page[] {
  const listed = [...read("docs/guide/SUMMARY.md").matchAll(/^- \[(.+)\]\((.+)\.md\)$/gm)].map(([, title = "", name = ""]) => ({ title, name }));
  if (listed.length === 0) throw new Error("docs/guide/SUMMARY.md lists no page");
  const [lead = ""] = read("README.md").split("\n## ");
  const chapters = [
    { title: "Nixamine", name: "index", folder: "", text: lead },
    ...listed.map((it) => ({ ...it, folder: "docs/guide/", text: read(`docs/guide/${it.name}.md`) })),
    { title: "Editors and hooks", name: "integrations", folder: "docs/", text: read("docs/integrations.md") },
  ];
  return chapters.map(({ title, name, folder, text }) => {
    const links = chapters.map((it) => `<li><a href="${it.name}.html"${it.name === name ? ' aria-current="page"' : ""}>${escape(it.title)}</a></li>`);
    return {
      path: `guide/${name}.html`,
      title,
      body: html(parseMarkdown(text), { link: linker(known, folder), afterFence: () => "" }),
      more: `<nav class="more" aria-label="Guide"><ul>${links.join("")}</ul></nav>\n`,
    };
  });
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
      for (const page of [...all.map((rule) => rulePage(rule, known)), rulesIndex(all), ...guide(known)]) {
        this.emitFile({ type: "asset", fileName: page.path, source: shell(page, script.fileName, style) });
      }
      const images = "docs/guide/images";
      for (const name of readdirSync(fileURLToPath(fromRoot(images)))) {
        this.emitFile({ type: "asset", fileName: `guide/images/${name}`, source: readFileSync(fileURLToPath(fromRoot(`${images}/${name}`))) });
      }
    },
  };
}
