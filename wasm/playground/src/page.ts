// The page's furniture: notes that go away, dialogs, tabs, the parts on a phone.

import { byId, type Child, fill, h } from "./dom.ts";

const toast = byId("toast", HTMLDivElement);
let toastTimer: number | undefined;

/** Says something for a while, with a button perhaps. */
export function say(text: string, action?: { label: string; run(): void }): void {
  clearTimeout(toastTimer);
  const gone = (): void => toast.replaceChildren();
  const parts: Child[] = [h("span", {}, text)];
  if (action !== undefined) {
    parts.push(
      h(
        "button",
        {
          type: "button",
          onclick: () => {
            gone();
            action.run();
          },
        },
        action.label,
      ),
    );
  }
  parts.push(h("button", { type: "button", class: "quiet", "aria-label": "Close", onclick: gone }, "×"));
  fill(toast, ...parts);
  const wait = (): void => {
    // Whoever is about to press the button may take their time.
    toastTimer = window.setTimeout(() => (toast.matches(":hover, :focus-within") ? wait() : gone()), action === undefined ? 5000 : 15_000);
  };
  wait();
}

/** Something that stays until it is over; `null` takes it away. */
export function banner(text: string | null, action?: { label: string; run(): void }): void {
  const element = byId("banner", HTMLDivElement);
  element.hidden = text === null;
  fill(element, text ?? "");
  if (action !== undefined) element.append(h("button", { type: "button", onclick: action.run }, action.label));
}

export function progress(done: number, total: number, what: string): void {
  const element = byId("progress", HTMLDivElement);
  const bar = byId("progress-bar", HTMLProgressElement);
  element.hidden = done >= total;
  bar.max = Math.max(total, 1);
  bar.value = done;
  fill(byId("progress-text", HTMLLabelElement), `${what} ${Math.floor(done).toLocaleString("en")} of ${total.toLocaleString("en")} files`);
}

/** A dialog with content; it goes when it is closed. */
export function dialog(title: string, build: (close: () => void) => Child[]): HTMLDialogElement {
  const element = h("dialog", { "aria-label": title });
  const close = (): void => element.close();
  element.append(
    h("div", { class: "bar" }, h("h2", {}, title), h("button", { type: "button", class: "quiet", "aria-label": "Close", onclick: close }, "×")),
    h("div", { class: "body" }, ...build(close)),
  );
  element.addEventListener("close", () => element.remove());
  element.addEventListener("click", (event) => {
    if (event.target === element) close();
  });
  document.body.append(element);
  element.showModal();
  return element;
}

/** Asks for a line of text; `accept` tells what is wrong with it, or null. */
export function ask(title: string, label: string, value: string, accept: (text: string) => string | null): void {
  dialog(title, (close) => {
    const input = h("input", { type: "text", value, id: "ask-input", autocomplete: "off", spellcheck: "false", "aria-describedby": "ask-error" });
    const error = h("p", { id: "ask-error", class: "error", role: "alert" });
    const form = h(
      "form",
      {
        onsubmit: (event) => {
          event.preventDefault();
          const wrong = accept(input.value);
          if (wrong === null) close();
          else fill(error, wrong);
        },
      },
      h("label", { for: "ask-input" }, label),
      input,
      error,
      h("button", { type: "submit", class: "primary" }, "OK"),
    );
    queueMicrotask(() => {
      input.focus();
      input.select();
    });
    return [form];
  });
}

export type Tab = "problems" | "rules" | "options" | "imports" | "tree" | "facts";
const TABS: readonly Tab[] = ["problems", "rules", "options", "imports", "tree", "facts"];

export class Tabs {
  #buttons = TABS.map((tab) => byId(`tab-${tab}`, HTMLButtonElement));
  #onChange: (tab: Tab) => void;
  current: Tab = "problems";

  constructor(onChange: (tab: Tab) => void) {
    this.#onChange = onChange;
    for (const [at, button] of this.#buttons.entries()) {
      button.addEventListener("click", () => this.show(TABS[at] ?? "problems"));
      button.addEventListener("keydown", (event) => {
        const last = TABS.length - 1;
        const to = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last }[event.key];
        if (to === undefined) return;
        event.preventDefault();
        this.show(TABS[to] ?? "problems");
        this.#buttons[to]?.focus();
      });
    }
    this.show("problems");
  }

  show(tab: Tab): void {
    this.current = tab;
    for (const [at, button] of this.#buttons.entries()) {
      const chosen = TABS[at] === tab;
      button.setAttribute("aria-selected", String(chosen));
      button.tabIndex = chosen ? 0 : -1;
      byId(`panel-${TABS[at] ?? tab}`, HTMLDivElement).hidden = !chosen;
    }
    this.#onChange(tab);
  }
}

export type View = "files" | "editor" | "panel";

/** On a phone, brings a part of the page to the screen. */
export function showView(view: View): void {
  document.body.dataset["view"] = view;
  for (const button of document.querySelectorAll<HTMLElement>("nav.views button")) {
    if (button.dataset["to"] === view) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
}

for (const button of document.querySelectorAll<HTMLElement>("nav.views button")) {
  button.addEventListener("click", () => showView((button.dataset["to"] ?? "editor") as View));
}

const menu = byId("menu", HTMLButtonElement);
const actions = byId("actions", HTMLDivElement);

function setMenu(open: boolean): void {
  menu.setAttribute("aria-expanded", String(open));
  actions.classList.toggle("open", open);
}

menu.addEventListener("click", () => setMenu(menu.getAttribute("aria-expanded") !== "true"));
actions.addEventListener("click", (event) => {
  if (event.target instanceof HTMLButtonElement && event.target.id !== "theme") setMenu(false);
});
actions.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || menu.getAttribute("aria-expanded") !== "true") return;
  setMenu(false);
  menu.focus();
});
