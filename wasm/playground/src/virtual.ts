// A list of which only the rows on the screen exist, so that a tree of a hundred
// thousand nodes costs what a screen costs. One element has the focus; it names the
// active row, as `aria-activedescendant` wants it.

import { h } from "./dom.ts";

export interface TreePosition {
  level: number;
  /** `null` for a leaf. */
  expanded: boolean | null;
}

export interface VirtualOptions<T> {
  label: string;
  role: "listbox" | "tree";
  rowHeight: number;
  id: string;
  /** Fills a row, which is empty. */
  render(item: T, row: HTMLElement): void;
  /** All that `render` shows of an item, so that a row that shows it already stays. */
  key?(item: T): string;
  position?(item: T): TreePosition;
  /** The active row is another. */
  onActive?(item: T, index: number): void;
  /** Enter, or a click. */
  onOpen(item: T, index: number): void;
  /** The triangle, or the arrow keys. */
  onExpand?(item: T, expanded: boolean): void;
  /** Any other key; `true` when it meant something. */
  onKey?(event: KeyboardEvent, item: T): boolean;
}

export class VirtualList<T> {
  readonly element: HTMLDivElement;
  #space: HTMLDivElement;
  #options: VirtualOptions<T>;
  #items: readonly T[] = [];
  #active = -1;
  #rows = new Map<number, HTMLElement>();
  #keys = new Map<number, string>();
  #due = false;
  #unique = 0;

  constructor(options: VirtualOptions<T>) {
    this.#options = options;
    this.#space = h("div", { class: "rows", role: "presentation" });
    this.element = h(
      "div",
      {
        class: "virtual",
        role: options.role,
        "aria-label": options.label,
        tabindex: 0,
        onscroll: () => this.#draw(false),
        onkeydown: (event) => this.#press(event as KeyboardEvent),
        onclick: (event) => this.#click(event as MouseEvent),
        onfocus: () => {
          if (this.#active < 0 && this.#items.length > 0) this.activate(0, false);
        },
      },
      this.#space,
    );
    new ResizeObserver(() => this.#draw(false)).observe(this.element);
  }

  get items(): readonly T[] {
    return this.#items;
  }

  get active(): T | undefined {
    return this.#items[this.#active];
  }

  get activeIndex(): number {
    return this.#active;
  }

  /** Shows other items; `active` is the one to be active now. */
  set(items: readonly T[], active = -1): void {
    this.#items = items;
    this.#active = Math.min(active, items.length - 1);
    this.#space.style.height = `${items.length * this.#options.rowHeight}px`;
    if (!this.#due) {
      this.#due = true;
      requestAnimationFrame(() => {
        this.#due = false;
        this.#draw(true);
      });
    }
  }

  /** Makes a row the active one and brings it into view. */
  activate(index: number, tell = true): void {
    const item = this.#items[index];
    if (item === undefined) return;
    this.#active = index;
    this.reveal(index);
    this.#draw(false);
    if (tell) this.#options.onActive?.(item, index);
  }

  reveal(index: number): void {
    const top = index * this.#options.rowHeight;
    const { scrollTop, clientHeight } = this.element;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + this.#options.rowHeight > scrollTop + clientHeight) {
      this.element.scrollTop = top + this.#options.rowHeight - clientHeight;
    }
  }

  #draw(anew: boolean): void {
    const { rowHeight, id } = this.#options;
    const { scrollTop, clientHeight } = this.element;
    const first = Math.max(0, Math.floor(scrollTop / rowHeight) - 5);
    const last = Math.min(this.#items.length, Math.ceil((scrollTop + clientHeight) / rowHeight) + 5);
    const wanted = new Set<number>();
    for (let at = first; at < last; at += 1) wanted.add(at);
    // The active row exists even when it is out of sight, for those who hear the page.
    if (this.#active >= 0 && this.#active < this.#items.length) wanted.add(this.#active);
    for (const [at, row] of this.#rows) {
      if (!wanted.has(at) || (anew && this.#key(at) !== this.#keys.get(at))) {
        row.remove();
        this.#rows.delete(at);
      }
    }
    for (const at of wanted) {
      if (!this.#rows.has(at)) {
        this.#rows.set(at, this.#row(at));
        this.#keys.set(at, this.#key(at));
      }
    }
    for (const [at, row] of this.#rows) {
      row.classList.toggle("active", at === this.#active);
      row.setAttribute("aria-selected", String(at === this.#active));
    }
    if (this.#active >= 0 && this.#rows.has(this.#active)) {
      this.element.setAttribute("aria-activedescendant", `${id}-${this.#active}`);
    } else this.element.removeAttribute("aria-activedescendant");
  }

  #key(at: number): string {
    const item = this.#items[at];
    const key = this.#options.key;
    // Without a key every row is another.
    this.#unique += 1;
    return item === undefined || key === undefined ? String(this.#unique) : `${this.#items.length} ${key(item)}`;
  }

  #row(at: number): HTMLElement {
    const { rowHeight, id, role, render, position } = this.#options;
    const item = this.#items[at] as T;
    const row = h("div", {
      class: "row",
      id: `${id}-${at}`,
      role: role === "tree" ? "treeitem" : "option",
      "aria-setsize": this.#items.length,
      "aria-posinset": at + 1,
    });
    row.style.height = `${rowHeight}px`;
    row.style.transform = `translateY(${at * rowHeight}px)`;
    const place = position?.(item);
    if (place !== undefined) {
      row.setAttribute("aria-level", String(place.level + 1));
      row.style.paddingInlineStart = `${6 + Math.min(place.level, 40) * 12}px`;
      row.append(h("span", { class: place.expanded === null ? "twist leaf" : place.expanded ? "twist open" : "twist" }));
      if (place.expanded !== null) row.setAttribute("aria-expanded", String(place.expanded));
    }
    render(item, row);
    this.#space.append(row);
    return row;
  }

  #click(event: MouseEvent): void {
    // By position: the row may have been drawn anew while the button was down.
    const at = Math.floor((event.clientY - this.#space.getBoundingClientRect().top) / this.#options.rowHeight);
    const item = this.#items[at];
    if (item === undefined) return;
    const place = this.#options.position?.(item);
    if (event.target instanceof Element && event.target.classList.contains("twist") && place?.expanded != null) {
      this.#options.onExpand?.(item, !place.expanded);
      return;
    }
    this.activate(at);
    this.#options.onOpen(item, at);
  }

  #press(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const item = this.active;
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.#options.rowHeight) - 1);
    const last = this.#items.length - 1;
    const go = (to: number): void => this.activate(Math.max(0, Math.min(last, to)));
    const place = item === undefined ? undefined : this.#options.position?.(item);
    switch (event.key) {
      case "ArrowDown":
        go(this.#active + 1);
        break;
      case "ArrowUp":
        go(this.#active - 1);
        break;
      case "PageDown":
        go(this.#active + page);
        break;
      case "PageUp":
        go(this.#active - page);
        break;
      case "Home":
        go(0);
        break;
      case "End":
        go(last);
        break;
      case "Enter":
      case " ":
        if (item !== undefined) this.#options.onOpen(item, this.#active);
        break;
      case "ArrowRight":
        if (item === undefined || place === undefined) return;
        if (place.expanded === false) this.#options.onExpand?.(item, true);
        else if (place.expanded === true) go(this.#active + 1);
        break;
      case "ArrowLeft":
        if (item === undefined || place === undefined) return;
        if (place.expanded === true) this.#options.onExpand?.(item, false);
        else go(this.#parent(place.level));
        break;
      default:
        if (item === undefined || this.#options.onKey?.(event, item) !== true) return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  #parent(level: number): number {
    for (let at = this.#active - 1; at >= 0; at -= 1) {
      const place = this.#options.position?.(this.#items[at] as T);
      if (place !== undefined && place.level < level) return at;
    }
    return this.#active;
  }
}
