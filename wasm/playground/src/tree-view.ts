// The syntax tree of the file on the screen. The cursor chooses a node here, and a
// node chosen here is marked in the text.

import type { App } from "./app.ts";
import { add, fill, h } from "./dom.ts";
import type { TreeForm } from "./engine/api.ts";
import { VirtualList } from "./virtual.ts";

interface Node {
  /** Its place in the tree. */
  at: number;
  kind: string;
  depth: number;
  from: number;
  to: number;
  leaf: boolean;
}

export class TreeView {
  readonly element: HTMLElement;
  #app: App;
  #list: VirtualList<Node>;
  #nodes: Node[] = [];
  #closed = new Set<number>();
  #tokens = h("input", { type: "checkbox", id: "tree-tokens", onchange: () => this.#show(null) });
  #note = h("p", { class: "empty" });
  #visible = false;
  #asked = 0;
  /** Is the tree the one that moves the mark? */
  #leading = false;

  constructor(app: App) {
    this.#app = app;
    this.#list = new VirtualList<Node>({
      id: "node",
      label: "Syntax tree",
      role: "tree",
      rowHeight: 24,
      position: (node) => ({ level: node.depth, expanded: this.#isLeaf(node) ? null : !this.#closed.has(node.at) }),
      render: (node, row) => {
        const text = app.editor.view.state.sliceDoc(node.from, Math.min(node.to, node.from + 60)).replaceAll(/\s+/g, " ");
        add(row, h("span", { class: node.kind.startsWith("TOKEN") ? "kind token" : "kind" }, node.kind.replace(/^NODE_/, "")));
        add(row, h("span", { class: "ellipsis snippet" }, text));
      },
      onActive: (node) => this.#lead(() => app.editor.mark(node, true)),
      onOpen: (node) => this.#lead(() => app.editor.select(node.from, node.to, false)),
      onExpand: (node, expanded) => {
        if (expanded) this.#closed.delete(node.at);
        else this.#closed.add(node.at);
        this.#show(node.at);
      },
      onKey: (event) => {
        if (event.key !== "Escape") return false;
        app.editor.mark(null);
        app.editor.view.focus();
        return true;
      },
    });
    this.element = h(
      "div",
      { class: "tree-view" },
      h("div", { class: "filters" }, h("label", { for: "tree-tokens" }, this.#tokens, " Show tokens and white space")),
      this.#list.element,
      this.#note,
    );
  }

  /** Does something with the editor that shall not come back here. */
  #lead(action: () => void): void {
    this.#leading = true;
    action();
    this.#leading = false;
  }

  /** The panel was opened or closed. */
  visible(visible: boolean): void {
    this.#visible = visible;
    if (visible) void this.refresh();
    else this.#app.editor.mark(null);
  }

  /** The text is another: asks for its tree, if somebody looks. */
  async refresh(): Promise<void> {
    const path = this.#app.files.selected;
    if (!this.#visible) return;
    this.#asked += 1;
    const asked = this.#asked;
    if (path === null || !path.endsWith(".nix")) {
      this.#read({ kinds: [], elements: [] });
      fill(this.#note, "Only Nix files have a tree.");
      return;
    }
    try {
      const tree = await this.#app.engine.ask("tree", { path });
      if (asked !== this.#asked || path !== this.#app.files.selected) return;
      fill(this.#note);
      this.#read(tree);
    } catch {
      // An edit came in between, which asks again.
    }
  }

  #read({ kinds, elements }: TreeForm): void {
    const nodes: Node[] = [];
    for (let at = 0; at < elements.length; at += 4) {
      const [kind = 0, depth = 0, from = 0, to = 0] = elements.slice(at, at + 4);
      nodes.push({ at: at / 4, kind: kinds[kind] ?? "?", depth, from, to, leaf: (elements[at + 5] ?? -1) <= depth });
    }
    this.#nodes = nodes;
    this.#closed.clear();
    this.#show(null);
    const { from, to } = this.#app.editor.view.state.selection.main;
    this.follow(from, to);
  }

  #hasNodes = new Set<number>();

  #isLeaf(node: Node): boolean {
    return this.#tokens.checked ? node.leaf : !this.#hasNodes.has(node.at);
  }

  #show(active: number | null): void {
    const tokens = this.#tokens.checked;
    const rows: Node[] = [];
    let skip = Infinity;
    const open: Node[] = [];
    this.#hasNodes.clear();
    for (const node of this.#nodes) {
      while ((open.at(-1)?.depth ?? -1) >= node.depth) open.pop();
      if (!node.kind.startsWith("TOKEN")) {
        const parent = open.at(-1);
        if (parent !== undefined) this.#hasNodes.add(parent.at);
        open.push(node);
      }
      if (node.depth > skip) continue;
      skip = this.#closed.has(node.at) ? node.depth : Infinity;
      if (tokens || !node.kind.startsWith("TOKEN")) rows.push(node);
    }
    this.#list.set(rows, active === null ? -1 : rows.findIndex((node) => node.at === active));
  }

  /** The cursor moved: its innermost node is chosen. */
  follow(from: number, to: number): void {
    if (!this.#visible || this.#leading) return;
    let best = -1;
    const rows = this.#list.items;
    for (let at = 0; at < rows.length; at += 1) {
      const node = rows[at] as Node;
      if (node.from <= from && to <= node.to && (best < 0 || node.depth > (rows[best] as Node).depth)) best = at;
      if (node.from > to) break;
    }
    if (best >= 0) this.#list.activate(best, false);
  }
}
