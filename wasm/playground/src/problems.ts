// The list of problems: counts, filters, a line for each, and one in full.

import type { App } from "./app.ts";
import { count, fill, h } from "./dom.ts";
import { SEVERITIES, type Severity } from "./engine/api.ts";
import { findingView, prose } from "./finding-view.ts";
import { counts, type Found } from "./findings.ts";
import { VirtualList } from "./virtual.ts";

const MANY: Record<Severity, string> = { error: "errors", warning: "warnings", info: "infos", hint: "hints" };

export class Problems {
  readonly element: HTMLElement;
  #app: App;
  #list: VirtualList<Found>;
  #hidden = new Set<Severity>();
  #chips = new Map<Severity, HTMLButtonElement>();
  #rule = h("select", { "aria-label": "Rule" });
  #scope = h("select", { "aria-label": "Files" }, h("option", { value: "all" }, "All files"), h("option", { value: "one" }, "This file"));
  #detail = h("section", { class: "detail", "aria-label": "The chosen problem", tabindex: 0 });
  #empty = h("p", { class: "empty" });
  #summary = h("details", { class: "summary" });
  #chosen: { path: string; fingerprint: string; at: number } | null = null;

  constructor(app: App) {
    this.#app = app;
    this.#list = new VirtualList<Found>({
      id: "problem",
      label: "Problems",
      role: "listbox",
      rowHeight: 46,
      key: ({ finding }) => `${finding.fingerprint} ${finding.path}:${finding.range.start.line} ${finding.severity} ${finding.message}`,
      render: ({ finding }, row) => {
        row.append(
          h("span", { class: `dot ${finding.severity}`, "aria-hidden": "true" }),
          h(
            "span",
            { class: "two" },
            h("span", { class: "ellipsis" }, h("span", { class: "hear" }, `${finding.severity}: `), ...prose(finding.message)),
            h("span", { class: "ellipsis where" }, `${finding.path}:${finding.range.start.line} · ${finding.rule}`),
          ),
        );
      },
      onActive: (found) => this.#choose(found),
      onOpen: (found) => {
        this.#choose(found);
        app.open(found.finding.path, found.finding.range);
      },
    });
    this.#rule.addEventListener("change", () => this.update());
    this.#scope.addEventListener("change", () => this.update());
    for (const severity of SEVERITIES) {
      const chip = h("button", { type: "button", class: `chip ${severity}`, "aria-pressed": "true", onclick: () => this.#toggle(severity) });
      this.#chips.set(severity, chip);
    }
    this.element = h(
      "div",
      { class: "problems" },
      h("div", { class: "filters", role: "group", "aria-label": "Filters" }, ...this.#chips.values(), this.#rule, this.#scope),
      this.#summary,
      this.#list.element,
      this.#empty,
      this.#detail,
    );
    app.findings.onChange(() => this.update());
    app.files.onChange(() => {
      if (this.#scope.value === "one") this.update();
    });
    this.update();
  }

  /** Shows the problems of one rule. */
  only(rule: string): void {
    this.#scope.value = "all";
    this.#hidden.clear();
    for (const chip of this.#chips.values()) chip.setAttribute("aria-pressed", "true");
    this.#rules(rule);
    this.#rule.value = rule;
    this.update();
  }

  #toggle(severity: Severity): void {
    const hide = !this.#hidden.has(severity);
    if (hide) this.#hidden.add(severity);
    else this.#hidden.delete(severity);
    this.#chips.get(severity)?.setAttribute("aria-pressed", String(!hide));
    this.update();
  }

  #rules(keep: string): void {
    const rules = this.#app.findings.byRule();
    const names = new Set([...rules.map(({ rule }) => rule), ...(keep === "" ? [] : [keep])]);
    const options = [h("option", { value: "" }, "All rules"), ...[...names].sort().map((name) => h("option", { value: name }, name))];
    const same =
      options.length === this.#rule.options.length && options.every((option, at) => option.value === this.#rule.options[at]?.value);
    if (same) return;
    this.#rule.replaceChildren(...options);
    this.#rule.value = keep;
  }

  update(): void {
    const all = this.#app.findings.all();
    const totals = counts(all.map(({ finding }) => finding));
    for (const [severity, chip] of this.#chips) {
      const text = count(totals[severity], severity, MANY[severity]);
      if (chip.textContent !== text) fill(chip, text);
    }
    this.#rules(this.#rule.value);
    const path = this.#scope.value === "one" ? this.#app.files.selected : null;
    const rule = this.#rule.value;
    const shown = all.filter(
      ({ finding }) =>
        !this.#hidden.has(finding.severity) && (rule === "" || finding.rule === rule) && (path === null || finding.path === path),
    );
    this.#list.set(shown, this.#place(shown));
    this.#list.element.hidden = shown.length === 0;
    this.#empty.hidden = shown.length > 0;
    fill(this.#empty, all.length === 0 ? "Nothing is found." : "Nothing is found that these filters let through.");
    this.#detailOf(this.#list.active);
    this.#summarise();
  }

  /** Where the chosen problem is now: the same finding, or what is in its place. */
  #place(shown: readonly Found[]): number {
    const chosen = this.#chosen;
    if (chosen === null) return -1;
    return shown.findIndex(({ finding }) => finding.path === chosen.path && finding.fingerprint === chosen.fingerprint);
  }

  #choose(found: Found): void {
    this.#chosen = { path: found.finding.path, fingerprint: found.finding.fingerprint, at: this.#list.activeIndex };
    this.#detailOf(found);
  }

  #shown: Found["finding"] | null = null;

  #detailOf(found: Found | undefined): void {
    this.#detail.hidden = found === undefined;
    if (found === undefined) {
      this.#shown = null;
      this.#detail.replaceChildren();
    } else if (found.finding !== this.#shown) {
      this.#shown = found.finding;
      this.#detail.replaceChildren(findingView(this.#app, found));
    }
  }

  #summarised = "";

  #summarise(): void {
    const rules = this.#app.findings.byRule();
    this.#summary.hidden = rules.length === 0;
    const files = this.#app.files.all().filter(({ path }) => path.endsWith(".nix")).length;
    const shown = JSON.stringify([rules, files]);
    if (shown === this.#summarised) return;
    this.#summarised = shown;
    const open = this.#summary.open;
    fill(
      this.#summary,
      h("summary", {}, `Summary by rule: ${count(rules.length, "rule")}, ${count(files, "file")}`),
      h(
        "table",
        {},
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Rule"), h("th", { scope: "col" }, "Found"), h("th", { scope: "col" }, "Files"))),
        h(
          "tbody",
          {},
          ...rules.map(({ rule, found, files: inFiles, severity }) =>
            h(
              "tr",
              {},
              h(
                "td",
                {},
                h("span", { class: `dot ${severity}`, "aria-hidden": "true" }),
                h("button", { type: "button", class: "link", onclick: () => this.only(rule) }, rule),
              ),
              h("td", { class: "number" }, String(found)),
              h("td", { class: "number" }, String(inFiles)),
            ),
          ),
        ),
      ),
    );
    this.#summary.open = open;
  }

  openSummary(): void {
    this.#summary.open = true;
  }

  /** Goes to the next problem of the list from where the cursor is, round the end. */
  jump(direction: 1 | -1): void {
    const items = this.#list.items;
    if (items.length === 0) {
      this.#app.say("There is no problem to go to.");
      return;
    }
    const path = this.#app.files.selected ?? "";
    const head = this.#app.editor.view.state.selection.main.from;
    const behind = ({ finding }: Found): boolean =>
      finding.path > path || (finding.path === path && finding.range.start.offset > head);
    const before = ({ finding }: Found): boolean =>
      finding.path < path || (finding.path === path && finding.range.start.offset < head);
    let at = direction === 1 ? items.findIndex(behind) : items.findLastIndex(before);
    if (at < 0) at = direction === 1 ? 0 : items.length - 1;
    const found = items[at];
    if (found === undefined) return;
    this.#list.activate(at);
    this.#app.open(found.finding.path, found.finding.range);
  }
}
