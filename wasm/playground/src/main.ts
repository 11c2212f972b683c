// Puts the page together.

import "./theme.ts";
import "./style.css";
import { redo, undo } from "@codemirror/commands";
import type { App } from "./app.ts";
import { byId, count, fill, h } from "./dom.ts";
import { fromDrop, fromInput, fromZip, type Gathered } from "./drop.ts";
import { Editor, keys } from "./editor.ts";
import type { ConfigProblem } from "./engine/api.ts";
import { Engine } from "./engine/client.ts";
import { example } from "./example.ts";
import { Facts } from "./facts.ts";
import { FileList as FileTree } from "./file-list.ts";
import { checkedPath, CONFIG_PATH, entry, type Entry, exported, Files, textOf } from "./files.ts";
import { Imports } from "./imports.ts";
import { Findings } from "./findings.ts";
import { findingView } from "./finding-view.ts";
import { Fixing } from "./fixing.ts";
import { Options } from "./options.ts";
import { ask, banner, dialog, progress, say, showView, Tabs } from "./page.ts";
import { Problems } from "./problems.ts";
import { ASKING, type Project } from "./report/project.ts";
import { Rules } from "./rules.ts";
import { decode, encode } from "./share.ts";
import { themeButton } from "./theme.ts";
import { TreeView } from "./tree-view.ts";
import type { DebugHandle } from "./debug.ts";

/** As in the Content-Security-Policy of index.html. */
const NONCE = "nixamine";
/** A link longer than this is refused by too many programs. */
const LONGEST_LINK = 200_000;
const WORK_KEY = "nixamine-work";

const query = new URLSearchParams(location.search);
const debug = query.has("debug");

const files = new Files();
const findings = new Findings();
let configProblems: readonly ConfigProblem[] = [];
/** The last configuration without an error: it holds as long as the present one has one. */
let goodConfig = "";
let sentConfig = "";
let version = "";
/** What the files are called together. */
let name = "";

/** What the engine has to know of the files. */
function project(): Project {
  const config = files.config() ?? "";
  return {
    name,
    files: files
      .all()
      .filter(({ path }) => path.endsWith(".nix"))
      .map((file) => ({ path: file.path, text: textOf(file) })),
    absent: files.absent,
    others: [...files.others, ...(files.config() === null ? [] : [CONFIG_PATH])],
    config: goodConfig === config ? [config] : [goodConfig, config],
  };
}

const engine = new Engine(
  () => {
    sentConfig = files.config() ?? "";
    return { ...project(), shown: files.selected };
  },
  {
    ready(newVersion, newRules) {
      version = newVersion;
      rules.set(newRules);
      status();
    },
    findings(path, found) {
      if (files.get(path) === undefined) return;
      findings.set(path, found);
      if (path === files.selected) {
        editor.findings(found);
        debugging?.shown();
      }
    },
    progress: (done, total) => {
      // For few files it would only flicker.
      if (total > 100) progress(done, total, "Checking");
    },
    problems(problems) {
      configProblems = problems;
      if (!problems.some(({ severity }) => severity === "error")) goodConfig = sentConfig;
      rules.problems(problems);
      status();
    },
    trouble(message, final) {
      banner(message, final ? { label: "Try again", run: () => engine.retry() } : undefined);
      progress(1, 1, "");
    },
    recovered(reason) {
      banner(null);
      say(`The engine stopped (${reason}) and was started again. Nothing is lost.`);
    },
    settled() {
      progress(1, 1, "");
      status();
      for (const done of onceSettled.splice(0)) done();
      void tree.refresh();
      void facts.refresh();
      void options.refresh();
      void imports.refresh();
    },
  },
  debug && query.has("patience") ? Number(query.get("patience")) : undefined,
);
const onceSettled: (() => void)[] = [];

const app: App = {
  files,
  findings,
  engine,
  get editor() {
    return editor;
  },
  open,
  applyFix: (finding, fix) => void fixing.one(finding, fix),
  allow: (finding, reach) => fixing.allow(finding, reach),
  showRule(name) {
    tabs.show("rules");
    showView("panel");
    rules.show(name);
  },
  say,
};

const editor = new Editor(
  byId("editor", HTMLDivElement),
  files,
  NONCE,
  keys([
    { key: "F8", run: () => problems.jump(1) },
    { key: "Shift-F8", run: () => problems.jump(-1) },
    { key: "Mod-.", run: quickFix },
  ]),
  {
    changed(file, changes) {
      debugging?.typed();
      if (file.path.endsWith(".nix")) engine.edit(file.path, changes, () => textOf(file));
      if (file.path === CONFIG_PATH) configure();
      keep();
    },
    moved(from, to) {
      tree.follow(from, to);
      options.follow();
    },
    explain: (finding, index) => findingView(app, { finding, index }),
  },
);
const fixing = new Fixing(app, create, remove);
const fileTree = new FileTree(files, findings, { open: (path) => open(path, null), rename, remove: removed });
const problems = new Problems(app);
const tree = new TreeView(app);
const facts = new Facts(app);
const options = new Options(app);
const imports = new Imports(app);
const rules = new Rules(app, {
  configure(change) {
    let file = files.get(CONFIG_PATH);
    const changes = change(file === undefined ? "" : textOf(file));
    if (file === undefined) {
      file = entry(CONFIG_PATH, "");
      files.add(file);
    }
    if (changes.length > 0) editor.change(file, changes, "input.switch");
    else open(CONFIG_PATH, null);
  },
  tryExample(rule, { files: texts, config }) {
    const all = config === "" ? texts : [...texts, { path: CONFIG_PATH, text: config }];
    load({ name: rule.name, files: all, others: [], absent: texts.length > 1 ? [] : null }, texts[0]?.path ?? null, `the example of ${rule.name}`);
  },
});
const tabs = new Tabs((tab) => {
  options.visible(tab === "options");
  imports.visible(tab === "imports");
  tree.visible(tab === "tree");
  facts.visible(tab === "facts");
});

byId("files", HTMLElement).append(fileTree.element);
byId("panel-problems", HTMLDivElement).append(problems.element);
byId("panel-rules", HTMLDivElement).append(rules.element);
byId("panel-tree", HTMLDivElement).append(tree.element);
byId("panel-facts", HTMLDivElement).append(facts.element);
byId("panel-options", HTMLDivElement).append(options.element);
byId("panel-imports", HTMLDivElement).append(imports.element);

// What is on the screen

let shownPath: string | null = null;

files.onChange(() => {
  const path = files.selected;
  const file = path === null ? undefined : files.get(path);
  fill(byId("path", HTMLHeadingElement), path ?? "No file");
  for (const id of ["rename-file", "delete-file", "fix-file"]) byId(id, HTMLButtonElement).disabled = file === undefined;
  editor.show();
  if (path !== shownPath) {
    shownPath = path;
    if (path !== null) {
      engine.show(path);
      editor.findings(findings.of(path));
    }
    editor.mark(null);
    void tree.refresh();
    void facts.refresh();
    options.follow();
    imports.follow();
  }
  status();
  keep();
});

function status(): void {
  const path = files.selected;
  const file = path === null ? undefined : files.get(path);
  const parts = [`Nixamine ${version}`];
  if (engine.micros > 0) parts.push(`checked in ${(engine.micros / 1000).toFixed(1)} ms`);
  if (file !== undefined && file.lineEnd !== "\n") parts.push(file.lineEnd === "\r\n" ? "CRLF" : "mixed line ends");
  const wrong = configProblems.filter(({ severity }) => severity === "error").length;
  if (wrong > 0) parts.push("nixamine.toml has an error, so that the settings before it hold");
  fill(byId("status", HTMLParagraphElement), parts.join(" · "));
}

function open(path: string, range: { start: { offset: number }; end: { offset: number } } | null, focus = true): void {
  if (files.get(path) === undefined) {
    say(`There is no file ${path}.`);
    return;
  }
  files.select(path);
  if (focus) showView("editor");
  if (range !== null) editor.select(range.start.offset, range.end.offset, focus);
  else if (focus) editor.view.focus();
}

function quickFix(): void {
  const { state } = editor.view;
  const path = files.selected;
  if (path === null) return;
  const { from, to } = state.selection.main;
  const first = state.doc.lineAt(from).from;
  const last = state.doc.lineAt(to).to;
  void engine.whenSettled().then(() => {
    const here = findings
      .of(path)
      .map((finding, index) => ({ finding, index }))
      .filter(({ finding }) => finding.range.start.offset <= last && finding.range.end.offset >= first);
    if (here.length === 0) {
      say("Nothing is found on this line.");
      return;
    }
    const element = dialog("Fixes on this line", (close) => here.map((found) => findingView(app, found, close)));
    element.querySelector<HTMLElement>(".fix")?.focus();
  });
}

// Files

function create(file: Entry): void {
  files.add(file);
  if (file.path.endsWith(".nix")) engine.add(file.path, textOf(file));
  if (file.path === CONFIG_PATH) configure();
}

function remove(path: string): void {
  files.remove(path);
  findings.set(path, []);
  if (path.endsWith(".nix")) engine.remove(path);
  if (path === CONFIG_PATH) configure();
}

function removed(path: string): void {
  const file = files.get(path);
  if (file === undefined) return;
  remove(path);
  say(`${path} is deleted.`, {
    label: "Undo",
    run: () => {
      create(file);
      open(path, null);
    },
  });
}

/** What is wrong with the name of a new file, or the path. */
function named(text: string): { path: string } | { error: string } {
  const checked = checkedPath(text);
  if ("error" in checked) return checked;
  const { path } = checked;
  if (!path.endsWith(".nix") && path !== CONFIG_PATH) return { error: "A file ends in .nix, or is called nixamine.toml." };
  if (files.get(path) !== undefined) return { error: "There is such a file already." };
  return { path };
}

function rename(path: string): void {
  const file = files.get(path);
  if (file === undefined) return;
  ask("Rename", "New path", path, (text) => {
    if (text === path) return null;
    const name = named(text);
    if ("error" in name) return name.error;
    const copy = entry(name.path, exported(file));
    remove(path);
    create(copy);
    open(name.path, null);
    return null;
  });
}

/** Texts, files that only exist, and what need not (as in `Files`). */
interface Loaded {
  name: string;
  files: readonly { path: string; text: string }[];
  others: readonly string[];
  absent: readonly string[] | null;
}

/** Replaces everything; what was there can be had back. */
function load({ name: called, files: texts, others, absent }: Loaded, selected: string | null, what: string): void {
  const before = files.snapshot();
  const calledBefore = name;
  const had = files.size > 0;
  name = called;
  replace(() => files.replaceAll(texts.map(({ path, text }) => entry(path, text)), others, absent, selected));
  if (had) {
    const back = (): void => {
      name = calledBefore;
      replace(() => files.restore(before));
    };
    say(`This is ${what} now.`, { label: "Back", run: back });
  }
}

function replace(action: () => void): void {
  findings.clear();
  shownPath = null;
  action();
  fileTree.reset();
  fileTree.update();
  goodConfig = "";
  engine.load();
  rules.update();
}

let configTimer: number | undefined;

function configure(): void {
  rules.update();
  clearTimeout(configTimer);
  // All files are read again, so not for every letter.
  configTimer = window.setTimeout(() => {
    sentConfig = files.config() ?? "";
    engine.configure(sentConfig);
  }, 200);
}

// Folders and archives

async function take(gathering: Promise<Gathered | null>): Promise<void> {
  let gathered: Gathered | null;
  try {
    gathered = await gathering;
  } catch (error) {
    progress(1, 1, "");
    say(error instanceof Error ? error.message : String(error));
    return;
  }
  if (gathered === null) return;
  progress(1, 1, "");
  const { name, files: texts, left } = gathered;
  const nix = texts.filter(({ path }) => path.endsWith(".nix"));
  if (nix.length === 0) {
    say(`There is no Nix file in ${name}.`);
    return;
  }
  const first = nix.some(({ path }) => path === "flake.nix") ? "flake.nix" : null;
  load({ ...gathered, name: name.replace(/\.zip$/i, "") }, first, name);
  onceSettled.push(() => {
    tabs.show("problems");
    problems.openSummary();
    showView("panel");
    const found = findings.all().length;
    const without = left.length === 0 ? "" : ` ${count(left.length, "file")} left out.`;
    say(
      `${name}: ${count(nix.length, "file")} checked, ${count(found, "finding")}.${without}`,
      left.length === 0
        ? undefined
        : {
            label: "Which",
            run: () => void dialog("Left out", () => [h("ul", {}, ...left.slice(0, 500).map((it) => h("li", {}, `${it.path}: ${it.reason}`)))]),
          },
    );
  });
}

const folderInput = byId("folder-input", HTMLInputElement);
const zipInput = byId("zip-input", HTMLInputElement);
byId("open-folder", HTMLButtonElement).addEventListener("click", () => folderInput.click());
byId("open-zip", HTMLButtonElement).addEventListener("click", () => zipInput.click());
folderInput.addEventListener("change", () => {
  if (folderInput.files !== null && folderInput.files.length > 0) void take(fromInput(folderInput.files, progress));
  folderInput.value = "";
});
zipInput.addEventListener("change", () => {
  const [file] = zipInput.files ?? [];
  if (file !== undefined) void take(fromZip(file, progress));
  zipInput.value = "";
});
document.addEventListener("dragover", (event) => {
  if (event.dataTransfer?.types.includes("Files") !== true) return;
  event.preventDefault();
  document.body.classList.add("dropping");
});
document.addEventListener("dragleave", (event) => {
  if (event.relatedTarget === null) document.body.classList.remove("dropping");
});
// Before the editor, which would put the text of a file where it is dropped.
document.addEventListener(
  "drop",
  (event) => {
    document.body.classList.remove("dropping");
    if (event.dataTransfer?.types.includes("Files") !== true) return;
    event.preventDefault();
    event.stopPropagation();
    void take(fromDrop(event.dataTransfer, progress));
  },
  true,
);

// Links and downloads

function shared(): string {
  return encode({
    files: files
      .all()
      .filter(({ path }) => path !== CONFIG_PATH)
      .map((file) => ({ path: file.path, text: exported(file) })),
    others: [...files.others],
    absent: files.absent,
    config: configFile(),
    selected: files.selected,
  });
}

function configFile(): string | null {
  const file = files.get(CONFIG_PATH);
  return file === undefined ? null : exported(file);
}

/** Loads what the hash of the address holds; `false` when it holds nothing. */
function loadLink(hash: string): boolean {
  const link = decode(hash);
  if (link === null) return false;
  if ("error" in link) {
    say(link.error);
    return false;
  }
  const texts = [...link.files, ...(link.config === null ? [] : [{ path: CONFIG_PATH, text: link.config }])];
  const good = texts.filter(({ path }) => {
    const checked = checkedPath(path);
    return "path" in checked && checked.path === path;
  });
  load({ ...link, name: "shared-files", files: good }, link.selected, "what the link holds");
  return true;
}

byId("share", HTMLButtonElement).addEventListener("click", () => {
  const hash = shared();
  if (hash.length > LONGEST_LINK) {
    say(`These files make a link of ${count(Math.ceil(hash.length / 1000), "kilobyte")}, which is too long. Download them instead.`);
    return;
  }
  history.replaceState(null, "", hash);
  keepNow();
  const copied = navigator.clipboard?.writeText(location.href) ?? Promise.reject(new Error("no clipboard"));
  copied.then(
    () => say("The link is copied. It holds all files and settings."),
    () => say("The link is in the address bar. It holds all files and settings."),
  );
});
window.addEventListener("hashchange", () => void loadLink(location.hash));

// The report is a page of its own, which asks for the files when it is there.
byId("report", HTMLButtonElement).addEventListener("click", () => {
  if (window.open("./report.html") === null) say("The browser did not let the report have a tab. Allow it, and try again.");
});
window.addEventListener("message", ({ origin, source, data }: MessageEvent<unknown>) => {
  if (origin === location.origin && data === ASKING) source?.postMessage(project(), { targetOrigin: origin });
});

byId("download", HTMLButtonElement).addEventListener("click", () => {
  void import("./download.ts").then(({ download }) => download(files));
});
byId("example", HTMLButtonElement).addEventListener("click", () => {
  history.replaceState(null, "", location.pathname + location.search);
  load(example, example.selected, "the example configuration");
});

// A reload keeps the work of this tab.

let keepTimer: number | undefined;

function keep(): void {
  clearTimeout(keepTimer);
  keepTimer = window.setTimeout(keepNow, 1000);
}

function keepNow(): void {
  clearTimeout(keepTimer);
  try {
    const size = files.all().reduce((sum, file) => sum + file.source.length, 0);
    if (size > 1 << 20) sessionStorage.removeItem(WORK_KEY);
    else sessionStorage.setItem(WORK_KEY, JSON.stringify({ hash: location.hash, work: shared() }));
  } catch {
    // No storage, or it is full.
  }
}

function kept(): string | null {
  try {
    const { hash, work } = JSON.parse(sessionStorage.getItem(WORK_KEY) ?? "{}") as { hash?: string; work?: string };
    return hash === location.hash && work !== undefined ? work : null;
  } catch {
    return null;
  }
}

window.addEventListener("pagehide", keepNow);

// Buttons and keys

byId("new-file", HTMLButtonElement).addEventListener("click", () => {
  const folder = files.selected?.replace(/[^/]*$/, "") ?? "";
  ask("New file", "Path", `${folder}new.nix`, (text) => {
    const name = named(text);
    if ("error" in name) return name.error;
    create(entry(name.path, name.path === CONFIG_PATH ? "" : "{ config, lib, pkgs, ... }:\n{\n}\n"));
    open(name.path, null);
    return null;
  });
});
const onSelected = (action: (path: string) => void) => () => {
  if (files.selected !== null) action(files.selected);
};
byId("rename-file", HTMLButtonElement).addEventListener("click", onSelected(rename));
byId("delete-file", HTMLButtonElement).addEventListener("click", onSelected(removed));
byId("fix-file", HTMLButtonElement).addEventListener("click", onSelected((path) => void fixing.file(path)));
byId("fix-all", HTMLButtonElement).addEventListener("click", () => void fixing.all());
themeButton(byId("theme", HTMLButtonElement));

const KEYS: readonly [string, string][] = [
  ["F8, Shift+F8", "next and previous problem"],
  ["Ctrl+.", "fixes on this line"],
  ["F6, Shift+F6", "next and previous part of the page"],
  ["Ctrl+Z, Ctrl+Y", "undo and redo, fixes too"],
  ["Ctrl+F", "search in the file"],
  ["Ctrl+Enter", "new line below (Tab moves on, it does not indent)"],
  ["Ctrl+], Ctrl+[", "indent more and less"],
  ["F2, Delete", "rename and delete a file, in the tree of files"],
  ["Arrows, Enter", "move in a list or tree, and open"],
];
byId("help", HTMLButtonElement).addEventListener("click", () => {
  dialog("Keys", () => [
    h("table", {}, h("tbody", {}, ...KEYS.map(([key, what]) => h("tr", {}, h("th", { scope: "row" }, h("kbd", {}, key)), h("td", {}, what))))),
  ]);
});

/** The parts that F6 goes through: where in them the focus goes. */
function stops(): HTMLElement[] {
  const tab = byId(`tab-${tabs.current}`, HTMLButtonElement);
  return [fileTree.element, editor.view.contentDOM, tab, byId("open-folder", HTMLButtonElement)];
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || document.querySelector("dialog[open]") !== null) return;
  if (event.key === "F8") problems.jump(event.shiftKey ? -1 : 1);
  else if (event.key === "." && (event.ctrlKey || event.metaKey)) quickFix();
  else if (event.key === "F6") {
    const all = stops();
    const views = ["files", "editor", "panel", "editor"] as const;
    const sections = ["files", "text", "panel"].map((id) => document.getElementById(id));
    const at = sections.findIndex((section) => section?.contains(document.activeElement));
    const here = at < 0 ? 3 : at;
    const to = (here + (event.shiftKey ? all.length - 1 : 1)) % all.length;
    showView(views[to] ?? "editor");
    all[to]?.focus();
  } else if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key === "z" && !isTyping(event.target)) undo(editor.view);
  else if ((event.ctrlKey || event.metaKey) && (event.key === "y" || (event.shiftKey && event.key === "Z")) && !isTyping(event.target)) redo(editor.view);
  else return;
  event.preventDefault();
});

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement || (target instanceof HTMLElement && target.isContentEditable);
}

// Start

let debugging: DebugHandle | null = null;

const before = kept();
if (!(before !== null && loadLink(before)) && !loadLink(location.hash)) {
  load(example, example.selected, "the example configuration");
}
engine.start();
if (debug) {
  debugging = (await import("./debug.ts")).install({ engine, files, editor, findings });
}
if ("serviceWorker" in navigator && import.meta.env.PROD) {
  // It makes the page work offline. Without it the page works online.
  navigator.serviceWorker.register(new URL("./sw.js", document.baseURI)).catch((error: unknown) => console.info(error));
}
