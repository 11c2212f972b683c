// The rules: search, switches that write into `nixamine.toml`, and pages.

import type { App } from "./app.ts";
import { count, fill, h } from "./dom.ts";
import type { ConfigProblem, Example, RuleForm } from "./engine/api.ts";
import { CONFIG_PATH } from "./files.ts";
import { prose } from "./finding-view.ts";
import { markdown } from "./markdown-dom.ts";
import { isOn, switched } from "./toml.ts";

export interface RulesEvents {
  /** Puts changes into the configuration, which comes into being for it. */
  configure(change: (toml: string) => ReturnType<typeof switched>): void;
  tryExample(rule: RuleForm, example: Example): void;
}

export class Rules {
  readonly element: HTMLElement;
  #app: App;
  #events: RulesEvents;
  #rules: readonly RuleForm[] = [];
  #search = h("input", { type: "search", placeholder: "Search rules", "aria-label": "Search rules", oninput: () => this.update() });
  #list = h("ul", { class: "rule-list" });
  #page = h("article", { class: "rule-page", tabindex: -1, "aria-label": "Page of the rule" });
  #overview: HTMLElement;
  #problems = h("div", { class: "config-problems", role: "status" });
  #shown: string | null = null;
  #from: HTMLElement | null = null;

  constructor(app: App, events: RulesEvents) {
    this.#app = app;
    this.#events = events;
    this.#overview = h(
      "div",
      { class: "rule-overview" },
      h(
        "div",
        { class: "filters" },
        this.#search,
        h("button", { type: "button", onclick: () => events.configure(() => []) }, "Show nixamine.toml"),
      ),
      this.#problems,
      this.#list,
    );
    this.#page.hidden = true;
    this.element = h("div", { class: "rules" }, this.#overview, this.#page);
    app.findings.onChange(() => this.#count());
  }

  set(rules: readonly RuleForm[]): void {
    this.#rules = rules;
    this.update();
  }

  get(name: string): RuleForm | undefined {
    return this.#rules.find((rule) => rule.name === name);
  }

  /** What is wrong with the configuration. */
  problems(problems: readonly ConfigProblem[]): void {
    fill(
      this.#problems,
      ...problems.map((problem) =>
        h(
          "p",
          {},
          h("span", { class: `pill ${problem.severity}` }, problem.severity),
          " ",
          h(
            "button",
            { type: "button", class: "link", onclick: () => this.#app.open(CONFIG_PATH, problem.range ?? null) },
            `nixamine.toml${problem.range == null ? "" : `:${problem.range.start.line}`}`,
          ),
          " ",
          ...prose(problem.message),
        ),
      ),
    );
  }

  update(): void {
    const words = this.#search.value.toLowerCase().split(/\s+/);
    const toml = this.#app.files.config() ?? "";
    const matching = this.#rules.filter((rule) => {
      const text = `${rule.name} ${rule.aliases.join(" ")} ${rule.group} ${rule.severity} ${rule.summary} ${rule.page}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
    // Who just pressed a switch keeps it under the finger.
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset["rule"] : undefined;
    fill(this.#list, ...matching.map((rule) => this.#item(rule, isOn(toml, rule))));
    if (matching.length === 0) fill(this.#list, h("li", { class: "empty" }, "No rule has these words."));
    if (focused !== undefined) this.#list.querySelector<HTMLElement>(`[data-rule="${CSS.escape(focused)}"]`)?.focus();
    this.#count();
  }

  #item(rule: RuleForm, on: boolean): HTMLElement {
    return h(
      "li",
      {},
      h("button", {
        type: "button",
        class: "switch",
        role: "switch",
        "aria-checked": String(on),
        "aria-label": rule.name,
        "data-rule": rule.name,
        onclick: () => this.#events.configure((toml) => switched(toml, rule, !on)),
      }),
      h(
        "div",
        {},
        h("button", { type: "button", class: "link name", "data-rule": `page:${rule.name}`, onclick: () => this.show(rule.name) }, rule.name),
        h("span", { class: `pill ${rule.severity}` }, rule.severity),
        h("span", { class: "found", "data-found": rule.name }),
        h("p", {}, ...prose(rule.summary)),
      ),
    );
  }

  #count(): void {
    const found = new Map(this.#app.findings.byRule().map((row) => [row.rule, row.found]));
    for (const element of this.#list.querySelectorAll<HTMLElement>("[data-found]")) {
      const number = found.get(element.dataset["found"] ?? "") ?? 0;
      fill(element, number === 0 ? "" : `${number} found`);
    }
  }

  /** Shows the page of a rule; the focus goes there. */
  show(name: string): void {
    const rule = this.get(name);
    if (rule === undefined) return;
    this.#shown = name;
    this.#from = document.activeElement instanceof HTMLElement ? document.activeElement : null;
    // Examples stand in the page in the order in which they are given.
    let next = 0;
    const page = markdown(rule.page, {
      topLevel: 2,
      afterFence: (info) => {
        if (!/^nix (bad|good)$/.test(info)) return info.startsWith("nix fixed") ? [h("figcaption", {}, "after fixing")] : [];
        const example = rule.examples[next];
        next += 1;
        if (example === undefined) return [];
        return [
          h(
            "figcaption",
            {},
            info.endsWith("bad") ? "is found" : "is fine",
            h("button", { type: "button", onclick: () => this.#events.tryExample(rule, example) }, "Open in the playground"),
          ),
        ];
      },
    });
    const found = this.#app.findings.byRule().find((row) => row.rule === name)?.found ?? 0;
    this.#page.replaceChildren(
      h("button", { type: "button", class: "back", onclick: () => this.#back() }, "← All rules"),
      ...page,
      h("p", {}, `${count(found, "finding")} of it here. `, h("a", { href: `rules/${name}.html` }, "This page by itself")),
    );
    this.#overview.hidden = true;
    this.#page.hidden = false;
    this.#page.scrollTop = 0;
    this.#page.focus();
  }

  #back(): void {
    this.#overview.hidden = false;
    this.#page.hidden = true;
    const from = this.#from;
    if (from !== null && this.#list.contains(from)) from.focus();
    else this.#list.querySelector<HTMLElement>(`[data-rule="page:${CSS.escape(this.#shown ?? "")}"]`)?.focus();
  }
}
