// What the page weighs, compressed; exits with 1 above what is allowed.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const dist = fileURLToPath(new URL("./dist/", import.meta.url));
const files = readdirSync(dist, { recursive: true }).map(String);
const isReport = /nixamine_report.*\.wasm$/;
const LIMITS = [
  // What a first load waits for.
  ["WebAssembly", 600, (file) => file.endsWith(".wasm") && !isReport.test(file)],
  ["JavaScript", 180, (file) => file.endsWith(".js")],
  // What only a report waits for.
  ["WebAssembly with reports", 660, (file) => isReport.test(file)],
];

let ok = true;
for (const [name, limit, isIt] of LIMITS) {
  const matching = files.filter(isIt);
  const size = matching.reduce((sum, file) => sum + gzipSync(readFileSync(join(dist, file)), { level: 9 }).length, 0) / 1000;
  if (matching.length === 0) throw new Error(`dist/ has no ${name}`);
  console.log(`${name}: ${size.toFixed(1)} kB of ${limit} kB, ${matching.length} file(s), gzip`);
  ok &&= size <= limit;
}
process.exitCode = ok ? 0 : 1;
