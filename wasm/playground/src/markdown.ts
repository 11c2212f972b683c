// The Markdown of rule pages and guides: headings, paragraphs, lists, tables, fences;
// in lines `code`, *emphasis*, **strong**, links and pictures. It becomes data first, so that
// the page can build elements from it and the site markup, both from the same reading.

export type Inline =
  | { kind: "text" | "code"; text: string }
  | { kind: "em" | "strong"; children: Inline[] }
  | { kind: "link"; href: string; children: Inline[] }
  | { kind: "image"; href: string; text: string };

export type Block =
  | { kind: "heading"; level: number; children: Inline[] }
  | { kind: "paragraph"; children: Inline[] }
  | { kind: "fence"; info: string; code: string }
  | { kind: "list"; ordered: boolean; items: Inline[][] }
  | { kind: "table"; head: Inline[][]; rows: Inline[][][] };

export function parseMarkdown(text: string): Block[] {
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  const blocks: Block[] = [];
  let at = 0;
  const line = (): string => lines[at] ?? "";
  while (at < lines.length) {
    const fence = /^(`{3,})(.*)$/.exec(line());
    const heading = /^(#{1,6})\s+(.*)$/.exec(line());
    if (line().trim() === "" || /^<!--.*-->$/.test(line())) {
      at += 1;
    } else if (fence !== null) {
      const code: string[] = [];
      at += 1;
      while (at < lines.length && !line().startsWith(fence[1] ?? "```")) {
        code.push(line());
        at += 1;
      }
      at += 1;
      blocks.push({ kind: "fence", info: (fence[2] ?? "").trim(), code: code.join("\n") });
    } else if (heading !== null) {
      blocks.push({ kind: "heading", level: (heading[1] ?? "").length, children: inline(heading[2] ?? "") });
      at += 1;
    } else if (line().startsWith("|") && /^\|[\s:|-]+\|$/.test(lines[at + 1] ?? "")) {
      const head = cells(line());
      const rows: Inline[][][] = [];
      at += 2;
      while (line().startsWith("|")) {
        rows.push(cells(line()));
        at += 1;
      }
      blocks.push({ kind: "table", head, rows });
    } else if (isItem(line())) {
      const ordered = /^\d/.test(line());
      const items: string[] = [];
      while (at < lines.length && line().trim() !== "") {
        if (isItem(line())) items.push(line().replace(/^(?:[-*]|\d+\.)\s+/, ""));
        else items.push(`${items.pop() ?? ""} ${line().trim()}`);
        at += 1;
      }
      blocks.push({ kind: "list", ordered, items: items.map(inline) });
    } else {
      const paragraph: string[] = [];
      while (at < lines.length && line().trim() !== "" && !/^(```|#{1,6}\s)/.test(line()) && !(paragraph.length > 0 && isItem(line()))) {
        paragraph.push(line().trim());
        at += 1;
      }
      blocks.push({ kind: "paragraph", children: inline(paragraph.join(" ")) });
    }
  }
  return blocks;
}

function isItem(line: string): boolean {
  return /^(?:[-*]|\d+\.)\s+\S/.test(line);
}

function cells(line: string): Inline[][] {
  // A bar inside code is escaped.
  const parts = line.slice(1, line.lastIndexOf("|")).split(/(?<!\\)\|/);
  return parts.map((part) => inline(part.trim().replaceAll("\\|", "|")));
}

const INLINE = /(`+)([\s\S]*?[^`])\1(?!`)|\*\*([^*]+)\*\*|\*([^*\s][^*]*)\*|(!?)\[((?:`[^`]*`|[^\]])*)\]\(([^)\s]+)\)|<(https?:[^>\s]+)>/g;

export function inline(text: string): Inline[] {
  const parts: Inline[] = [];
  let end = 0;
  for (const match of text.matchAll(INLINE)) {
    if (match.index > end) parts.push({ kind: "text", text: text.slice(end, match.index) });
    end = match.index + match[0].length;
    const [, , code, strong, em, mark, label = "", href, bare] = match;
    if (code !== undefined) parts.push({ kind: "code", text: code.replace(/^ (.*) $/, "$1") });
    else if (strong !== undefined) parts.push({ kind: "strong", children: inline(strong) });
    else if (em !== undefined) parts.push({ kind: "em", children: inline(em) });
    else if (href !== undefined) parts.push(mark === "!" ? { kind: "image", href, text: label } : { kind: "link", href, children: inline(label) });
    else if (bare !== undefined) parts.push({ kind: "link", href: bare, children: [{ kind: "text", text: bare }] });
  }
  if (end < text.length) parts.push({ kind: "text", text: text.slice(end) });
  return parts;
}

/** The words alone. */
export function plain(parts: readonly Inline[]): string {
  return parts.map((part) => ("text" in part ? part.text : plain(part.children))).join("");
}

/** A link that may be followed: to the web, or to a place of this site. */
export function safeHref(href: string): string | null {
  if (/^https?:\/\//.test(href) || /^(?!\/\/)[#./\w-][^:]*$/.test(href)) return href;
  return null;
}
