// How fast the playground is: node bench.mjs [--native FILE]. FILE is what
// `cargo run --release -p nixamine-wasm --example replay` prints for the edits that
// `node bench.mjs --replay` prints. Nothing here is a test: it prints a table.

import { readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { performance } from "node:perf_hooks";
import { call, open, ready, start } from "./test/browser.mjs";

const LINES = 1000;
const KEYS = 300;

/** A module of so many lines, in which something is found now and then. */
function moduleText() {
  const lines = ["# A long module, to measure with.", "{ config, lib, pkgs, ... }:", "{"];
  for (let at = 0; lines.length < LINES - 1; at += 1) {
    lines.push(
      `  services.example${at} = {`,
      `    enable = ${at % 10 === 0 ? "lib.mkForce true" : "true"};`,
      `    settings = { port = ${8000 + at}; host = "0.0.0.0"; extra = [ "a" config.networking.domain ]; };`,
      `    path = "/var/lib/example${at}";`,
      "  };",
    );
  }
  lines.length = LINES - 1;
  while (lines.at(-1) !== "  };") lines.pop();
  while (lines.length < LINES - 1) lines.push(`  # ${lines.length}`);
  lines.push("}", "");
  return lines.join("\n");
}

/** The keystrokes: a setting is written in the middle, and the text is not Nix meanwhile. */
function edits(text) {
  const word = "  services.more.enable = lib.mkForce true;\n";
  let at = text.indexOf("  services.example100");
  return Array.from({ length: KEYS }, (_, key) => {
    const insert = word[key % word.length];
    const edit = { from: at, to: at, insert };
    at += 1;
    return edit;
  });
}

const percentile = (times, percent) => {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length * percent) / 100)] ?? Number.NaN;
};
const ms = (time) => `${time.toFixed(2)} ms`;

const text = moduleText();
const keys = edits(text);

if (process.argv.includes("--replay")) {
  console.log(JSON.stringify({ text, edits: keys }));
  process.exit();
}

const rows = [];

// The engine by itself, in Node.
const wasm = createRequire(import.meta.url).resolve("nixamine/nixamine_bg.wasm");
const nixamine = await import("nixamine");
const engine = [];
// Once to warm up: a browser compiles while one reads.
for (const times of [[], engine]) {
  const workspace = new nixamine.Workspace();
  workspace.add("module.nix", text);
  workspace.touched();
  for (const { from, to, insert } of keys) {
    const start = performance.now();
    workspace.edit("module.nix", from, to, insert);
    workspace.touched();
    workspace.findings("module.nix");
    times.push(performance.now() - start);
  }
  workspace.free();
}
rows.push(["engine in WASM, an edit of 1,000 lines", ms(percentile(engine, 50)), ms(percentile(engine, 95))]);
const native = process.argv.indexOf("--native");
if (native > 0) {
  const { p50, p95 } = JSON.parse(readFileSync(process.argv[native + 1], "utf8"));
  rows.push(["engine native, the same", ms(p50), ms(p95)]);
  rows.push(["ratio", (percentile(engine, 50) / p50).toFixed(2), (percentile(engine, 95) / p95).toFixed(2)]);
}

const site = await start();
try {
  // From a keystroke to its squiggles, in the page.
  const { page, context } = await open(site);
  await page.setInputFiles("#zip-input", { name: "one.zip", mimeType: "application/zip", buffer: await zip() });
  await page.waitForFunction(() => globalThis.nixamine.paths().includes("module.nix"));
  await call(page, "settled");
  await call(page, "cursor", keys[0].from);
  await page.evaluate(() => {
    globalThis.nixamine.latencies.length = 0;
  });
  for (const { insert } of keys) {
    await page.keyboard.insertText(insert);
    // A fast typist; nobody asks the page anything meanwhile.
    await page.waitForTimeout(40);
  }
  await call(page, "settled");
  const times = await page.evaluate(() => globalThis.nixamine.latencies);
  rows.push(["keystroke to squiggle, 1,000 lines", ms(percentile(times, 50)), ms(percentile(times, 95))]);
  await context.close();

  // From an address to findings, each time in a new profile.
  const starts = [];
  for (let round = 0; round < 5; round += 1) {
    const context = await site.browser.newContext();
    const page = await context.newPage();
    const begin = performance.now();
    await page.goto(`${site.url}?debug`);
    await ready(page);
    starts.push(performance.now() - begin);
    await context.close();
  }
  rows.push(["cold start to all findings of the example", ms(percentile(starts, 50)), ms(Math.max(...starts))]);
} finally {
  await site.close();
}

async function zip() {
  const { strToU8, zipSync } = await import("fflate");
  return Buffer.from(zipSync({ "module.nix": strToU8(text), "other.nix": strToU8("{ }\n") }));
}

console.log(`| what | p50 | p95 |\n|---|---|---|\n${rows.map((row) => `| ${row.join(" | ")} |`).join("\n")}`);
console.log(`\n${LINES} lines, ${KEYS} keystrokes; wasm of ${statSync(wasm).size.toLocaleString("en")} bytes. Of cold starts the second number is the slowest.`);
