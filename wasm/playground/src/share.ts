// A whole workspace in the hash of a link: `#v1.` and the deflated JSON in base64url.
// What one version wrote every later one reads; test/share.mjs keeps links to see to it.

import { deflateSync, Inflate, strFromU8, strToU8 } from "fflate";

export interface Shared {
  files: { path: string; text: string }[];
  /** Files that exist without being shown. */
  others: string[];
  /** As in `Files`: `null` unless these are all files of a project. */
  absent: readonly string[] | null;
  /** The text of `nixamine.toml`, if there is one. */
  config: string | null;
  selected: string | null;
}

/** What a link may unpack to, in bytes: it comes from strangers. */
const LIMIT = 16 << 20;

export function encode(shared: Shared): string {
  const form = {
    f: shared.files.map(({ path, text }) => [path, text]),
    ...(shared.others.length > 0 && { o: shared.others }),
    ...(shared.absent !== null && { a: shared.absent }),
    ...(shared.config !== null && { c: shared.config }),
    ...(shared.selected !== null && { s: shared.selected }),
  };
  return `#v1.${toBase64(deflateSync(strToU8(JSON.stringify(form)), { level: 9 }))}`;
}

/** What a hash holds: `null` when it is no link of ours. */
export function decode(hash: string): Shared | { error: string } | null {
  const match = /^#v(\d+)\.(.*)$/s.exec(hash);
  if (match === null) return null;
  if (match[1] !== "1") {
    return { error: `This link is of version ${match[1]}, which this page does not know. Reload it to get the newest one.` };
  }
  try {
    return read(JSON.parse(strFromU8(inflate(fromBase64(match[2] ?? "")))));
  } catch (error) {
    const reason = error instanceof TooLarge ? "it unpacks to too much" : "a part of it is missing or changed";
    return { error: `This link cannot be read: ${reason}.` };
  }
}

class TooLarge extends Error {}

function read(form: unknown): Shared {
  if (typeof form !== "object" || form === null) throw new Error("no object");
  const { f, o, a, c, s } = form as Record<string, unknown>;
  if (!Array.isArray(f)) throw new Error("no files");
  const files = f.map((file: unknown) => {
    const [path, text] = Array.isArray(file) ? (file as unknown[]) : [];
    return { path: asText(path), text: asText(text) };
  });
  const texts = (list: unknown): string[] => (Array.isArray(list) ? (list as unknown[]) : [null]).map(asText);
  const others = o === undefined ? [] : texts(o);
  return { files, others, absent: a === undefined ? null : texts(a), config: c === undefined ? null : asText(c), selected: s === undefined ? null : asText(s) };
}

function asText(value: unknown): string {
  if (typeof value !== "string") throw new Error("no text");
  return value;
}

function inflate(data: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  let size = 0;
  let ended = false;
  const stream = new Inflate((part, final) => {
    size += part.length;
    ended ||= final;
    if (size > LIMIT) throw new TooLarge();
    parts.push(part);
  });
  // Little by little, so that a bomb is noticed before it has gone off.
  for (let at = 0; at < data.length; at += 1024) {
    stream.push(data.subarray(at, at + 1024), at + 1024 >= data.length);
  }
  if (!ended) throw new Error("it ends early");
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function toBase64(data: Uint8Array): string {
  let binary = "";
  for (const byte of data) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

function fromBase64(text: string): Uint8Array {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
