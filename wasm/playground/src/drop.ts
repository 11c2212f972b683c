// Folders and archives: their Nix files are read, other files are only mentioned.

import { unzipSync } from "fflate";
import { CONFIG_PATH, checkedPath } from "./files.ts";

export interface Gathered {
  name: string;
  files: { path: string; text: string }[];
  others: string[];
  /** What git ignores and submodules, as globs; `null` unless this is a whole project. */
  absent: string[] | null;
  /** What was left out, and why. */
  left: { path: string; reason: string }[];
}

export type Progress = (done: number, total: number, what: string) => void;

/** A file larger than this is not read; the largest of nixpkgs has a tenth of it. */
const MOST_BYTES = 4 << 20;
const MOST_FILES = 50_000;
/** Folders that hold no source of the configuration. */
const IGNORED = new Set([".git", ".direnv", "node_modules", ".jj", ".hg"]);

interface Found {
  path: string;
  size: number;
  read(): Promise<Uint8Array> | Uint8Array;
}

/** A turn of the event loop, so that the page can draw. */
const breath = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

function isIgnored(path: string): boolean {
  return path.split("/").some((part) => IGNORED.has(part));
}

/** The folder that everything is in, with its slash. */
function commonFolder(paths: readonly string[]): string {
  const first = paths[0] ?? "";
  const folder = first.slice(0, first.indexOf("/") + 1);
  return folder !== "" && paths.every((path) => path.startsWith(folder)) ? folder : "";
}

async function gather(name: string, found: readonly Found[], whole: boolean, progress: Progress): Promise<Gathered> {
  const strip = commonFolder(found.map(({ path }) => path)).length;
  const result: Gathered = { name, files: [], others: [], absent: whole ? [] : null, left: [] };
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let last = performance.now();
  for (const [at, file] of found.entries()) {
    if (performance.now() - last > 40) {
      progress(at, found.length, "Reading");
      await breath();
      last = performance.now();
    }
    const checked = checkedPath(file.path.slice(strip));
    if ("error" in checked) {
      result.left.push({ path: file.path, reason: checked.error });
      continue;
    }
    const { path } = checked;
    if (!path.endsWith(".nix") && path !== CONFIG_PATH) {
      result.others.push(path);
      if (isList(path) && file.size <= MOST_BYTES) {
        try {
          result.absent?.push(...absentBy(path, decoder.decode(await file.read())));
        } catch {
          // Nobody is told that something is missing, then.
          result.absent = null;
        }
      }
    } else if (file.size > MOST_BYTES) {
      result.others.push(path);
      result.left.push({ path, reason: `larger than ${MOST_BYTES >> 20} MiB` });
    } else if (result.files.length >= MOST_FILES) {
      result.others.push(path);
      result.absent = null;
      result.left.push({ path, reason: `more than ${MOST_FILES.toLocaleString("en")} files` });
    } else {
      try {
        result.files.push({ path, text: decoder.decode(await file.read()) });
      } catch {
        result.others.push(path);
        result.left.push({ path, reason: "cannot be read, or is not UTF-8" });
      }
    }
  }
  progress(found.length, found.length, "Reading");
  return result;
}

/** Does a file tell what need not be here? */
function isList(path: string): boolean {
  return /(^|\/)\.gitignore$/.test(path) || path === ".gitmodules";
}

/** The globs of what such a file names, relative to the root. */
export function absentBy(list: string, text: string): string[] {
  const lines = text.split("\n").map((line) => line.trim());
  if (list === ".gitmodules") {
    return lines.flatMap((line) => /^path\s*=\s*(.+)$/.exec(line)?.[1] ?? []).map((path) => `/${path}`);
  }
  const folder = list.slice(0, list.lastIndexOf("/") + 1);
  return lines
    .filter((line) => line !== "" && !line.startsWith("#") && !line.startsWith("!"))
    .map((line) => {
      if (folder === "") return line;
      const anchored = line.replace(/\/$/, "").includes("/");
      return `${folder}${anchored ? line.replace(/^\//, "") : `**/${line}`}`;
    });
}

/** What an <input> chose: a folder. */
export function fromInput(list: FileList, progress: Progress): Promise<Gathered> {
  const found = [...list]
    .map((file): Found => ({ path: file.webkitRelativePath || file.name, size: file.size, read: () => bytes(file) }))
    .filter(({ path }) => !isIgnored(path));
  const name = found[0]?.path.split("/")[0] ?? "folder";
  return gather(name, found, found.length <= MOST_FILES, progress);
}

async function bytes(file: Blob): Promise<Uint8Array> {
  return new Uint8Array(await file.arrayBuffer());
}

/** A .zip. What it says about sizes is not believed. */
export async function fromZip(file: File, progress: Progress): Promise<Gathered> {
  const data = await bytes(file);
  const found: Found[] = [];
  try {
    unzipSync(data, {
      filter: (entry) => {
        const path = entry.name;
        if (!path.endsWith("/") && !isIgnored(path)) {
          found.push({ path, size: entry.originalSize, read: () => one(data, path) });
        }
        return false;
      },
    });
  } catch {
    throw new Error(`${file.name} is no .zip that can be read.`);
  }
  if (found.length > MOST_FILES) throw new Error(`${file.name} holds more than ${MOST_FILES.toLocaleString("en")} files.`);
  // All that is wanted in one go: to look each up by itself would be quadratic.
  const wanted = new Set(found.filter(({ path, size }) => size <= MOST_BYTES && (path.endsWith(".nix") || path.endsWith(CONFIG_PATH) || /\.git(ignore|modules)$/.test(path))).map(({ path }) => path));
  const texts: Record<string, Uint8Array> = Object.create(null) as Record<string, Uint8Array>;
  const names = [...wanted];
  for (let at = 0; at < names.length; at += 500) {
    progress(at, names.length, "Unpacking");
    await breath();
    const slice = new Set(names.slice(at, at + 500));
    try {
      Object.assign(texts, unzipSync(data, { filter: (entry) => slice.has(entry.name) && entry.originalSize <= MOST_BYTES }));
    } catch {
      // One broken file; each is tried by itself when it is read.
    }
  }
  for (const file of found) {
    const text = texts[file.path];
    if (text !== undefined) file.read = () => text;
  }
  return gather(file.name, found, true, progress);
}

function one(data: Uint8Array, path: string): Uint8Array {
  const text = unzipSync(data, { filter: (entry) => entry.name === path && entry.originalSize <= MOST_BYTES })[path];
  if (text === undefined) throw new Error("no such file");
  return text;
}

/** What was dropped: folders, a .zip, or single files; `null` when it is nothing of these. */
export async function fromDrop(transfer: DataTransfer, progress: Progress): Promise<Gathered | null> {
  // Both lists are emptied after the first wait.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const files = [...transfer.files];
  const [only] = files;
  if (files.length === 1 && only !== undefined && /\.zip$/i.test(only.name)) return fromZip(only, progress);
  if (entries.length === 0) return null;
  const found: Found[] = [];
  for (const entry of entries) await walk(entry, found, progress);
  const name = entries[0]?.name ?? "files";
  const whole = entries.length === 1 && entries[0]?.isDirectory === true && found.length < MOST_FILES;
  return gather(name, found, whole, progress);
}

async function walk(entry: FileSystemEntry, found: Found[], progress: Progress): Promise<void> {
  const path = entry.fullPath.replace(/^\//, "");
  if (isIgnored(path) || found.length >= MOST_FILES) return;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    found.push({ path, size: file.size, read: () => bytes(file) });
    if (found.length % 200 === 0) progress(found.length, found.length, "Looking");
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  // A folder is given in parts, until one is empty.
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (part.length === 0) return;
    for (const child of part) await walk(child, found, progress);
  }
}
