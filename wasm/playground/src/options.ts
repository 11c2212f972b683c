// The options that the files declare or set: a list with a search, and for one of
// them who sets it and who wins.

import type { App } from "./app.ts";
import { add, type Child, count, fill, h } from "./dom.ts";
import type { ListedForm, Location, OptionForm } from "./engine/api.ts";
import { markdown } from "./markdown-dom.ts";
import { VirtualList } from "./virtual.ts";

const RESULTS: Record<string, string> = {
  wins: "wins",
  merges: "is part of the value",
  ties: "ties",
  conflicts: "conflicts",
  may: "may hold",
  loses: "loses",
};

const PRIORITIES: Record<number, string> = { 10: "mkVMOverride", 50: "mkForce", 1000: "mkDefault", 1500: "mkOptionDefault" };

export class Options {
  readonly element: HTMLElement;
  #app: App;
  #search = h("input", { type: "search", placeholder: "Search options", "aria-label": "Search options", oninput: () => this.#filter() });
  #several = h("input", { type: "checkbox", id: "options-several", onchange: () => this.#filter() });
  #here = h("div", { class: "note here" });
  #note = h("p", { class: "empty" });
  #list: VirtualList<ListedForm>;
  #overview: HTMLElement;
  #page = h("article", { class: "option-page", tabindex: -1, "aria-label": "The option" });
  #all: readonly ListedForm[] = [];
  #visible = false;
  /** The name of the option that is shown. */
  #shown: string | null = null;
  #asked = 0;
  #moved = 0;

  constructor(app: App) {
    this.#app = app;
    this.#list = new VirtualList<ListedForm>({
      id: "option",
      label: "Options",
      role: "listbox",
      rowHeight: 26,
      key: (option) => JSON.stringify(option),
      render: (option, row) => {
        add(row, h("span", { class: "ellipsis name" }, option.name));
        if (option.class != null) add(row, h("span", { class: "tag" }, option.class));
        if (option.declared) add(row, h("span", { class: "tag" }, "declared here"));
        add(row, h("span", { class: "soft" }, `set ${option.settings.toLocaleString("en")}×`));
      },
      onOpen: (option) => void this.show(option.name, true),
    });
    this.#overview = h(
      "div",
      { class: "option-overview" },
      h(
        "div",
        { class: "filters" },
        this.#search,
        h("label", { for: "options-several" }, this.#several, " Set more than once"),
      ),
      this.#here,
      this.#list.element,
      this.#note,
    );
    this.#page.hidden = true;
    this.element = h("div", { class: "options" }, this.#overview, this.#page);
  }

  visible(visible: boolean): void {
    this.#visible = visible;
    if (visible) void this.refresh();
  }

  /** The files are other ones. */
  async refresh(): Promise<void> {
    if (!this.#visible) return;
    this.#asked += 1;
    const asked = this.#asked;
    try {
      const all = await this.#app.engine.ask("options", {});
      if (asked !== this.#asked) return;
      this.#all = all;
      this.#filter();
      if (this.#shown !== null) await this.show(this.#shown, false);
      else this.follow();
    } catch {
      // An edit came in between, which asks again.
    }
  }

  #filter(): void {
    const words = this.#search.value.trim().toLowerCase().split(/\s+/).filter((word) => word !== "");
    const several = this.#several.checked;
    const found = this.#all.filter(({ name, settings }) => {
      const lower = name.toLowerCase();
      return (!several || settings > 1) && words.every((word) => lower.includes(word));
    });
    this.#list.set(found);
    fill(this.#note, found.length > 0 ? count(found.length, "option") : this.#all.length === 0 ? "No file declares or sets an option." : "None is called so.");
  }

  /** The cursor moved: the option under it is offered. */
  follow(): void {
    if (!this.#visible || this.#shown !== null) return;
    const path = this.#app.files.selected;
    this.#moved += 1;
    const moved = this.#moved;
    if (path === null || !path.endsWith(".nix")) return fill(this.#here);
    const at = this.#app.editor.view.state.selection.main.head;
    this.#app.engine.ask("optionAt", { path, at }).then(
      (found) => {
        if (moved !== this.#moved) return;
        if (found === null) return fill(this.#here);
        fill(
          this.#here,
          "At the cursor: ",
          h("button", { type: "button", class: "link", onclick: () => void this.show(found.name, true) }, found.name),
        );
      },
      () => undefined,
    );
  }

  /** Shows an option, and what becomes of it. */
  async show(name: string, focus: boolean): Promise<void> {
    let forms: readonly OptionForm[];
    try {
      forms = await this.#app.engine.ask("why", { option: name });
    } catch {
      return;
    }
    this.#shown = name;
    this.#overview.hidden = true;
    this.#page.hidden = false;
    const { scrollTop } = this.#page;
    fill(
      this.#page,
      h("button", { type: "button", class: "back", onclick: () => this.#back() }, "← All options"),
      ...(forms.length === 0 ? [h("p", { class: "empty" }, `Nothing is known of ${name} any more.`)] : forms.flatMap((form) => this.#form(form))),
    );
    this.#page.scrollTop = focus ? 0 : scrollTop;
    if (focus) this.#page.focus();
  }

  #back(): void {
    this.#shown = null;
    this.#page.hidden = true;
    this.#overview.hidden = false;
    this.follow();
    this.#list.element.focus();
  }

  #form(form: OptionForm): Child[] {
    const facts: [string, Child][] = [];
    if (form.class != null) facts.push(["Module system", form.class]);
    if (form.type != null) facts.push(["Type", h("code", {}, form.type)]);
    if (form.default != null) facts.push(["Default", h("pre", {}, form.default)]);
    if (form.gone != null) facts.push(["Gone", form.gone]);
    if (form.read_only) facts.push(["Read-only", "yes"]);
    if (form.declarations.length > 0) {
      facts.push(["Declared", h("span", {}, ...form.declarations.flatMap((place, at) => [...(at > 0 ? [", "] : []), this.#place(place)]))]);
    } else {
      facts.push(["Declared", form.declared ? "in a library" : "nobody here declares it"]);
    }
    return [
      h("h2", {}, form.name),
      ...(form.description == null ? [] : [h("div", { class: "prose" }, ...markdown(form.description, { topLevel: 4 }))]),
      h("dl", {}, ...facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
      ...(form.outcomes.length === 0 ? [h("p", { class: "note" }, form.settings.length === 0 ? "Nothing sets it." : "No host has what sets it.")] : []),
      ...form.outcomes.flatMap((outcome) => [
        h("h3", {}, outcome.hosts.join(", ")),
        h(
          "ul",
          { class: "standings" },
          ...outcome.standings.flatMap(({ setting: at, to, result, conditions }) => {
            const setting = form.settings[at];
            if (setting === undefined) return [];
            const winner = to == null ? undefined : form.settings[to];
            const wrappers = setting.priorities.map((it) => PRIORITIES[it] ?? `mkOverride ${it}`);
            return h(
              "li",
              { class: result },
              h("strong", {}, RESULTS[result] ?? result),
              ...(winner === undefined ? [] : [" to ", this.#place(winner.place)]),
              h("code", { class: "value" }, ...(setting.name == null ? [] : [`${setting.name} = `]), [...wrappers, setting.value].join(" ")),
              ...(conditions.length === 0 ? [] : ["when ", ...conditions.map((it) => h("code", { class: "guard" }, it))]),
              h("div", {}, this.#place(setting.place)),
            );
          }),
        ),
      ]),
    ];
  }

  #place({ path, range }: Location): HTMLElement {
    return h(
      "button",
      { type: "button", class: "link", onclick: () => this.#app.open(path, range, !matchMedia("(max-width: 700px)").matches) },
      `${path}:${range.start.line}`,
    );
  }
}
