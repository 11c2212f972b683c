// The engine for Node, which reads it from the disk at once.
import { readFileSync } from "node:fs";
import { initSync } from "./nixamine.js";

const exports = initSync({ module: readFileSync(new URL("nixamine_bg.wasm", import.meta.url)) });

export * from "./nixamine.js";
/** As in browsers, where the engine has to be fetched. */
export default async function init() {
  return exports;
}
