// Markdown as elements of the page.

import { type Child, h } from "./dom.ts";
import { highlighted } from "./highlight.ts";
import { type Block, type Inline, parseMarkdown, safeHref } from "./markdown.ts";

export interface MarkdownOptions {
  /** What stands for a heading of the first level. */
  topLevel: number;
  /** What follows a fence, such as a button. */
  afterFence?(info: string, index: number): Child[];
}

export function markdown(text: string, options: MarkdownOptions): HTMLElement[] {
  let fences = 0;
  return parseMarkdown(text).map((block) => {
    const element = build(block, options);
    if (block.kind !== "fence") return element;
    const after = options.afterFence?.(block.info, fences) ?? [];
    fences += 1;
    return h("figure", { class: `fence ${fenceClass(block.info)}` }, element, ...after);
  });
}

export function fenceClass(info: string): string {
  return /\bbad\b/.test(info) ? "bad" : /\b(good|fixed)\b/.test(info) ? "good" : "plain";
}

function build(block: Block, { topLevel }: MarkdownOptions): HTMLElement {
  switch (block.kind) {
    case "heading": {
      const level = Math.min(6, block.level - 1 + topLevel) as 1 | 2 | 3 | 4 | 5 | 6;
      return h(`h${level}`, {}, ...inlines(block.children));
    }
    case "paragraph":
      return h("p", {}, ...inlines(block.children));
    case "fence":
      return h("pre", { tabindex: 0 }, h("code", {}, ...code(block.code, block.info)));
    case "list":
      return h(block.ordered ? "ol" : "ul", {}, ...block.items.map((item) => h("li", {}, ...inlines(item))));
    case "table":
      return h(
        "table",
        {},
        h("thead", {}, h("tr", {}, ...block.head.map((cell) => h("th", { scope: "col" }, ...inlines(cell))))),
        h("tbody", {}, ...block.rows.map((row) => h("tr", {}, ...row.map((cell) => h("td", {}, ...inlines(cell)))))),
      );
  }
}

function code(text: string, info: string): Child[] {
  return highlighted(text, info).map(({ text: part, classes }) => (classes === "" ? part : h("span", { class: classes }, part)));
}

function inlines(parts: readonly Inline[]): Child[] {
  return parts.map((part) => {
    switch (part.kind) {
      case "text":
      // The pages of rules have none.
      case "image":
        return part.text;
      case "code":
        return h("code", {}, part.text);
      case "em":
      case "strong":
        return h(part.kind, {}, ...inlines(part.children));
      case "link": {
        const href = safeHref(part.href);
        if (href === null) return h("span", {}, ...inlines(part.children));
        return h("a", { href, rel: "noreferrer" }, ...inlines(part.children));
      }
    }
  });
}
