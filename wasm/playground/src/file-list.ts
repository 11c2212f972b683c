// The tree of files.

import { add, h } from "./dom.ts";
import type { Files } from "./files.ts";
import type { Findings } from "./findings.ts";
import { VirtualList } from "./virtual.ts";

interface Row {
  path: string;
  name: string;
  level: number;
  folder: boolean;
}

export interface FileListEvents {
  open(path: string): void;
  rename(path: string): void;
  remove(path: string): void;
}

/** With more files than this, folders are closed at first. */
const MANY = 300;

export class FileList {
  readonly element: HTMLElement;
  #files: Files;
  #list: VirtualList<Row>;
  #closed = new Set<string>();
  #seen: string | null = null;

  constructor(files: Files, findings: Findings, events: FileListEvents) {
    this.#files = files;
    this.#list = new VirtualList<Row>({
      id: "file",
      label: "Files",
      role: "tree",
      rowHeight: matchMedia("(pointer: coarse)").matches ? 38 : 27,
      key: (row) => `${row.path} ${row.folder ? this.#closed.has(row.path) : [row.path === files.selected, findings.worst(row.path), findings.of(row.path).length].join()}`,
      position: (row) => ({ level: row.level, expanded: row.folder ? !this.#closed.has(row.path) : null }),
      render: (row, element) => {
        const worst = row.folder ? null : findings.worst(row.path);
        add(element, h("span", { class: "ellipsis name" }, row.name));
        if (row.path === files.selected) element.classList.add("shown");
        if (worst !== null) {
          const found = findings.of(row.path).length;
          element.append(h("span", { class: `badge ${worst}` }, String(found), h("span", { class: "hear" }, " found")));
        }
      },
      onOpen: (row) => {
        if (row.folder) this.#fold(row.path, !this.#closed.has(row.path));
        else events.open(row.path);
      },
      onExpand: (row, expanded) => this.#fold(row.path, !expanded),
      onKey: (event, row) => {
        if (row.folder) return false;
        if (event.key === "F2") events.rename(row.path);
        else if (event.key === "Delete") events.remove(row.path);
        else return false;
        return true;
      },
    });
    this.element = this.#list.element;
    files.onChange(() => this.update());
    findings.onChange(() => this.update());
  }

  #fold(path: string, close: boolean): void {
    if (close) this.#closed.add(path);
    else this.#closed.delete(path);
    this.update();
  }

  /** Closes all folders of a workspace with many files. */
  reset(): void {
    this.#closed.clear();
    if (this.#files.size <= MANY) return;
    for (const { path } of this.#files.all()) {
      for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) this.#closed.add(path.slice(0, at));
    }
  }

  update(): void {
    const { selected } = this.#files;
    // What is selected anew is to be seen.
    if (selected !== this.#seen && selected !== null) {
      this.#seen = selected;
      for (let at = selected.indexOf("/"); at >= 0; at = selected.indexOf("/", at + 1)) this.#closed.delete(selected.slice(0, at));
      const rows = this.#rows();
      const at = rows.findIndex((row) => row.path === selected);
      this.#list.set(rows, at);
      this.#list.reveal(at);
      return;
    }
    const rows = this.#rows();
    const active = this.#list.active?.path;
    this.#list.set(rows, active === undefined ? -1 : rows.findIndex((row) => row.path === active));
  }

  /** Folders before files, each by name. */
  #rows(): Row[] {
    interface Folder {
      folders: Map<string, Folder>;
      files: string[];
    }
    const root: Folder = { folders: new Map(), files: [] };
    for (const { path } of this.#files.all()) {
      const parts = path.split("/");
      const name = parts.pop() ?? "";
      let folder = root;
      for (const part of parts) {
        let next = folder.folders.get(part);
        if (next === undefined) {
          next = { folders: new Map(), files: [] };
          folder.folders.set(part, next);
        }
        folder = next;
      }
      folder.files.push(name);
    }
    const rows: Row[] = [];
    const walk = (folder: Folder, prefix: string, level: number): void => {
      for (const name of [...folder.folders.keys()].sort()) {
        const path = prefix + name;
        rows.push({ path, name, level, folder: true });
        const inner = folder.folders.get(name);
        if (inner !== undefined && !this.#closed.has(path)) walk(inner, `${path}/`, level + 1);
      }
      for (const name of folder.files) rows.push({ path: prefix + name, name, level, folder: false });
    };
    walk(root, "", 0);
    return rows;
  }

  get active(): string | null {
    const row = this.#list.active;
    return row === undefined || row.folder ? null : row.path;
  }

  focus(): void {
    this.element.focus();
  }
}
