// What a file says: options, settings with priorities and guards, imports.

import type { App } from "./app.ts";
import { type Child, count, fill, h } from "./dom.ts";
import type { FileForm, ImportForm, ModuleForm, Range } from "./engine/api.ts";

/** More rows than these are shown on demand. */
const MANY = 200;

const PRIORITIES: Record<number, string> = {
  10: "mkVMOverride",
  50: "mkForce",
  60: "mkImageMediaOverride",
  100: "–",
  1000: "mkDefault",
  1500: "mkOptionDefault",
};

export class Facts {
  readonly element = h("div", { class: "facts", tabindex: 0, role: "region", "aria-label": "Facts of the file" });
  #app: App;
  #visible = false;
  #asked = 0;

  constructor(app: App) {
    this.#app = app;
  }

  visible(visible: boolean): void {
    this.#visible = visible;
    if (visible) void this.refresh();
  }

  async refresh(): Promise<void> {
    if (!this.#visible) return;
    this.#asked += 1;
    const asked = this.#asked;
    const path = this.#app.files.selected;
    if (path === null || !path.endsWith(".nix")) {
      fill(this.element, h("p", { class: "empty" }, "Only Nix files have facts."));
      return;
    }
    try {
      const facts = await this.#app.engine.ask("facts", { path });
      if (asked === this.#asked) this.#show(facts);
    } catch (error) {
      if (asked !== this.#asked || !(error instanceof Error) || error.name !== "Error") return;
      // Outdated answers are asked for again by what made them so.
      if (/there is no file/.test(error.message)) {
        fill(this.element, h("p", { class: "empty" }, "nixamine.toml leaves this file out."));
      }
    }
  }

  #show(facts: FileForm): void {
    const header = facts.header.generated ? "generated" : facts.header.present ? "a header" : "no header";
    fill(
      this.element,
      h("p", { class: "note" }, `${count(facts.lines, "line")}, ${facts.code_lines.toLocaleString("en")} of them code; ${header}.`),
      ...(facts.modules.length === 0 ? [h("p", { class: "note" }, "No module.")] : facts.modules.map((it) => this.#module(it))),
      ...facts.configurations.flatMap((imports, at) => [
        h("h2", {}, `Configuration ${at + 1}`),
        this.#imports("Modules", imports),
      ]),
    );
  }

  #module(module: ModuleForm): HTMLElement {
    const kind = module.class == null ? "A module" : `A module for ${module.class}`;
    const guards = (list: readonly string[]): Child[] => (list.length === 0 ? ["–"] : list.map((guard) => h("code", { class: "guard" }, guard)));
    return h(
      "section",
      {},
      h("h2", {}, this.#link(`${kind}, ${module.origin}`, module.range)),
      this.#imports("Imports", module.imports),
      this.#table(
        "Options",
        ["Option"],
        module.options.map((option) => [this.#link(option.path, option.range)]),
      ),
      this.#table(
        "Settings",
        ["Setting", "Value", "Priority", "When"],
        module.settings.map((setting) => [
          this.#link(setting.path, setting.range),
          setting.value == null ? "…" : h("code", {}, setting.value.length > 60 ? `${setting.value.slice(0, 60)}…` : setting.value),
          PRIORITIES[setting.priority] ?? String(setting.priority),
          ...[h("span", {}, ...guards(setting.guards))],
        ]),
      ),
      this.#table(
        "Sections",
        ["Section", "Lines"],
        module.sections.map((section) => [this.#link(section.name, section.range), String(section.lines)]),
      ),
    );
  }

  #imports(title: string, imports: readonly ImportForm[]): HTMLElement {
    return this.#table(
      title,
      ["What", "Kind", "When"],
      imports.map((it) => [
        this.#link(it.target ?? "?", it.range),
        it.kind,
        h("span", {}, ...(it.guards.length === 0 ? ["–"] : it.guards.map((guard) => h("code", { class: "guard" }, guard)))),
      ]),
    );
  }

  #table(title: string, heads: readonly string[], rows: readonly Child[][]): HTMLElement {
    if (rows.length === 0) return h("div");
    const body = h("tbody");
    const grow = (to: number): void => {
      for (const cells of rows.slice(body.rows.length, to)) body.append(h("tr", {}, ...cells.map((cell) => h("td", {}, cell))));
    };
    grow(MANY);
    const more = h(
      "button",
      {
        type: "button",
        onclick: () => {
          grow(rows.length);
          more.remove();
        },
      },
      `Show all ${rows.length.toLocaleString("en")}`,
    );
    return h(
      "details",
      { open: true },
      h("summary", {}, `${title} (${rows.length.toLocaleString("en")})`),
      h("table", {}, h("thead", {}, h("tr", {}, ...heads.map((head) => h("th", { scope: "col" }, head)))), body),
      ...(rows.length > MANY ? [more] : []),
    );
  }

  #link(text: string, range: Range): HTMLElement {
    return h(
      "button",
      { type: "button", class: "link", onclick: () => this.#app.open(this.#app.files.selected ?? "", range, !matchMedia("(max-width: 700px)").matches) },
      text,
    );
  }
}
