// Which file imports which: the drawing that the engine makes, of all files or of one
// host.

import type { App } from "./app.ts";
import { count, fill, h } from "./dom.ts";
import type { Drawing, ImportGraph } from "./engine/api.ts";

const SVG = "http://www.w3.org/2000/svg";
/** More boxes than these are not drawn at once. */
const MANY = 1500;

export class Imports {
  readonly element: HTMLElement;
  #app: App;
  #host = h("select", { "aria-label": "Host", onchange: () => void this.refresh() });
  #note = h("p", { class: "note", role: "status" });
  #canvas = h("div", { class: "drawing", tabindex: 0, role: "region", "aria-label": "Imports" });
  #boxes = new Map<string, SVGElement>();
  #visible = false;
  #asked = 0;
  #drawn = "";

  constructor(app: App) {
    this.#app = app;
    this.element = h("div", { class: "imports" }, h("div", { class: "filters" }, this.#host), this.#note, this.#canvas);
  }

  visible(visible: boolean): void {
    this.#visible = visible;
    if (visible) void this.refresh();
  }

  /** The files are other ones, or another host was chosen. */
  async refresh(): Promise<void> {
    if (!this.#visible) return;
    this.#asked += 1;
    const asked = this.#asked;
    const { engine } = this.#app;
    try {
      const graph = await engine.ask("imports", {});
      if (asked !== this.#asked) return;
      this.#hosts(graph);
      const host = this.#host.value === "" ? null : this.#host.value;
      const drawing = await engine.ask("drawing", { host });
      if (asked === this.#asked && drawing !== null) this.#show(graph, drawing);
    } catch {
      // An edit came in between, which asks again.
    }
  }

  #hosts({ hosts, files }: ImportGraph): void {
    const chosen = this.#host.value;
    const names = [...new Set(hosts.map(({ name }) => name))].sort();
    fill(
      this.#host,
      h("option", { value: "" }, `All files (${files.length.toLocaleString("en")})`),
      ...names.map((name) => h("option", { value: name }, name)),
    );
    this.#host.value = names.includes(chosen) ? chosen : "";
  }

  #show(graph: ImportGraph, drawing: Drawing): void {
    const drawn = JSON.stringify(drawing);
    if (drawn === this.#drawn) return this.#mark();
    this.#drawn = drawn;
    this.#boxes.clear();
    const boxes = drawing.nodes.length;
    if (boxes === 0) {
      fill(this.#note, "No file imports another one.");
      return fill(this.#canvas);
    }
    if (boxes > MANY) {
      fill(this.#note, `${count(boxes, "file")} are too many to be drawn at once. ${graph.hosts.length > 0 ? "Choose a host." : ""}`);
      return fill(this.#canvas);
    }
    fill(this.#note, `${count(drawing.edges.length, "import")}; dashed ones only under a condition.`);
    const image = svg("svg", { viewBox: `0 0 ${drawing.width} ${drawing.height}`, width: drawing.width, height: drawing.height });
    for (const { line, conditional } of drawing.edges) {
      image.append(svg("path", { d: line, class: conditional ? "edge conditional" : "edge" }));
    }
    for (const { label, host, x, y, width } of drawing.nodes) {
      const text = svg("text", { x: x + 6, y: y + 13 });
      text.append(label);
      const box = svg("g", { class: host ? "host" : "file" }, svg("rect", { x, y, width, height: 18, rx: host ? 9 : 2 }), text);
      if (!host) {
        const open = (): void => this.#app.open(label, null, !matchMedia("(max-width: 700px)").matches);
        box.setAttribute("role", "link");
        box.setAttribute("tabindex", "0");
        box.setAttribute("aria-label", label);
        box.addEventListener("click", open);
        box.addEventListener("keydown", (event) => {
          if (event.key === "Enter") open();
        });
        this.#boxes.set(label, box);
      }
      image.append(box);
    }
    fill(this.#canvas, image);
    this.#mark();
  }

  /** The file on the screen stands out. */
  #mark(): void {
    for (const [path, box] of this.#boxes) box.classList.toggle("shown", path === this.#app.files.selected);
  }

  /** Another file is shown. */
  follow(): void {
    if (!this.#visible) return;
    this.#mark();
    this.#boxes.get(this.#app.files.selected ?? "")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}

function svg(tag: string, attributes: Record<string, string | number>, ...children: Element[]): SVGElement {
  const element = document.createElementNS(SVG, tag) as SVGElement;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}
