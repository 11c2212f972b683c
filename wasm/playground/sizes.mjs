// What the page weighs, compressed; exits with 1 above what is allowed.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const dist = fileURLToPath(new URL("./dist/", import.meta.url));
const files = readdirSync(dist, { recursive: true }).map(String);
const LIMITS = [
  [".wasm", 600],
  [".js", 180],
];

let ok = true;
for (const [ending, limit] of LIMITS) {
  const matching = files.filter((file) => file.endsWith(ending));
  const size = matching.reduce((sum, file) => sum + gzipSync(readFileSync(join(dist, file)), { level: 9 }).length, 0) / 1000;
  if (matching.length === 0) throw new Error(`dist/ has no ${ending}`);
  console.log(`${ending} ${size.toFixed(1)} kB of ${limit} kB, ${matching.length} file(s), gzip`);
  ok &&= size <= limit;
}
process.exitCode = ok ? 0 : 1;
