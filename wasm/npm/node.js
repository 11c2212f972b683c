// The engine for Node, which reads it from the disk at once: the whole one, with reports.
import { readFileSync } from "node:fs";
import { initSync } from "./nixamine.js";

const exports = initSync({ module: readFileSync(new URL("nixamine_report_bg.wasm", import.meta.url)) });

export * from "./nixamine.js";
/** Every rule, with its page and the examples on it. */
export function rules() {
  return JSON.parse(readFileSync(new URL("rules.json", import.meta.url), "utf8"));
}

/** As in browsers, where the engine has to be fetched. */
export default async function init() {
  return exports;
}
