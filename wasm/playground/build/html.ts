// Markup as text, for pages that are made at build time. Everything that is not
// markup is escaped here.

import { highlighted } from "../src/highlight.ts";
import { type Block, type Inline, plain, safeHref } from "../src/markdown.ts";
import { fenceClass } from "../src/markdown-dom.ts";

export function escape(text: string): string {
  const names: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return text.replace(/[&<>"']/g, (character) => names[character] ?? character);
}

export interface HtmlOptions {
  /** Where a link of the source leads in the site. */
  link(href: string): string;
  /** Markup below a fence. */
  afterFence(info: string): string;
}

export function slug(text: string): string {
  return text.toLowerCase().replaceAll(/[^\w]+/g, "-").replaceAll(/^-|-$/g, "");
}

export function html(blocks: readonly Block[], options: HtmlOptions): string {
  return blocks.map((block) => one(block, options)).join("\n");
}

function one(block: Block, options: HtmlOptions): string {
  const words = (parts: readonly Inline[]): string => inlines(parts, options);
  switch (block.kind) {
    case "heading":
      return `<h${block.level} id="${escape(slug(plain(block.children)))}">${words(block.children)}</h${block.level}>`;
    case "paragraph":
      return `<p>${words(block.children)}</p>`;
    case "fence": {
      const code = highlighted(block.code, block.info)
        .map(({ text, classes }) => (classes === "" ? escape(text) : `<span class="${classes}">${escape(text)}</span>`))
        .join("");
      return `<figure class="fence ${fenceClass(block.info)}"><pre tabindex="0"><code>${code}</code></pre>${options.afterFence(block.info)}</figure>`;
    }
    case "list": {
      const tag = block.ordered ? "ol" : "ul";
      return `<${tag}>${block.items.map((item) => `<li>${words(item)}</li>`).join("")}</${tag}>`;
    }
    case "table": {
      const head = block.head.map((cell) => (cell.length === 0 ? "<td></td>" : `<th scope="col">${words(cell)}</th>`)).join("");
      const rows = block.rows.map((row) => `<tr>${row.map((cell) => `<td>${words(cell)}</td>`).join("")}</tr>`).join("");
      return `<div class="table" tabindex="0" role="group" aria-label="Table"><table><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table></div>`;
    }
  }
}

function inlines(parts: readonly Inline[], options: HtmlOptions): string {
  return parts
    .map((part) => {
      switch (part.kind) {
        case "text":
          return escape(part.text);
        case "code":
          return `<code>${escape(part.text)}</code>`;
        case "em":
        case "strong":
          return `<${part.kind}>${inlines(part.children, options)}</${part.kind}>`;
        case "link": {
          const href = safeHref(options.link(part.href));
          const text = inlines(part.children, options);
          return href === null ? text : `<a href="${escape(href)}">${text}</a>`;
        }
        case "image":
          return `<img src="${escape(part.href)}" alt="${escape(part.text)}" loading="lazy">`;
      }
    })
    .join("");
}
