// The engine in WASM finds in every example of every rule what it finds natively.
//
// NIXAMINE_FENCES names the JSON of `cargo run -p nixamine-wasm --features pages --example fences`;
// without it the program is run from here.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as nixamine from "nixamine";
import { ROOT } from "./browser.mjs";

test("every example of every rule gives the same as natively", () => {
  const file = process.env.NIXAMINE_FENCES;
  const json =
    file === undefined
      ? execFileSync("cargo", ["run", "--quiet", "-p", "nixamine-wasm", "--features", "pages", "--example", "fences"], { cwd: ROOT, encoding: "utf8", maxBuffer: 1 << 28 })
      : readFileSync(file, "utf8");
  const native = JSON.parse(json);
  const here = nixamine.rules().flatMap((rule) =>
    rule.examples.map((example) => {
      const workspace = new nixamine.Workspace();
      const problems = workspace.configure(example.config);
      workspace.isWhole([]);
      for (const { path, text } of example.files) workspace.add(path, text);
      const report = workspace.check();
      // What an editor is given one by one is the same as well.
      const paths = workspace.paths();
      const found = paths.flatMap((path) => workspace.findings(path).map((finding) => finding.fingerprint));
      assert.deepEqual(found.sort(), report.diagnostics.map((finding) => finding.fingerprint).sort(), rule.name);
      workspace.free();
      return { rule: rule.name, problems, report };
    }),
  );
  assert.ok(here.some(({ report }) => report.diagnostics.length > 0));
  assert.equal(here.length, native.length);
  for (const [at, example] of here.entries()) assert.deepEqual(example, native[at], `${example.rule}, example ${at}`);
});
