// What the README of the package shows, and the limits of the engine.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import init, { Workspace, rules, version } from "nixamine";

await init();
const { version: published } = JSON.parse(readFileSync(new URL("node_modules/nixamine/package.json", import.meta.url)));
assert.equal(version(), published);
assert.ok(rules().some((rule) => rule.name === "mk-force" && rule.examples.length > 1));

const workspace = new Workspace();
workspace.add("host.nix", "{ imports = [ ./a.nix ]; }");
workspace.add("a.nix", "{ lib, ... }: { services.x.enable = lib.mkForce true; }");
assert.deepEqual(workspace.touched(), ["a.nix", "host.nix"]);
assert.deepEqual(workspace.findings("a.nix").map((finding) => finding.rule), ["mk-force"]);
workspace.edit("a.nix", 0, 0, "# 🐧\n");
assert.equal(workspace.findings("a.nix")[0].range.start.line, 2);
workspace.edit("a.nix", 2, 4, "");
assert.equal(workspace.text("a.nix").slice(0, 4), "# \n{");
assert.throws(() => workspace.edit("b.nix", 0, 0, ""), /b\.nix/);
assert.throws(() => workspace.edit("a.nix", 0, 10_000, ""), /range/);

const [problem] = workspace.configure("selct = []");
assert.equal(problem.severity, "error");
assert.deepEqual(workspace.configure('[severity]\nmk-force = "error"\n'), []);
assert.equal(workspace.check().summary.errors, 1);

// Scores, from the whole engine.
workspace.mention("README.md");
const page = workspace.report("demo & co", "2026-01-02");
assert.match(page, /<title>demo &amp; co: \d+\.\d of 10<\/title>/);
assert.match(page, /README\.md<\/span>/);
assert.equal(workspace.check().summary.errors, 1, "the files are as they were");

// The stack: as deep as the engine goes, and much deeper.
workspace.configure("");
workspace.add("deep.nix", `${"[".repeat(490)}${"]".repeat(490)}`);
assert.deepEqual(workspace.findings("deep.nix"), []);
assert.ok(workspace.tree("deep.nix").elements.length > 4 * 490);
workspace.add("deeper.nix", `${"[".repeat(100_000)}${"]".repeat(100_000)}`);
assert.deepEqual(workspace.findings("deeper.nix").map((finding) => finding.rule), ["too-complex"]);
workspace.edit("deeper.nix", 0, 0, "{");
assert.equal(workspace.findings("deeper.nix").length, 1);
workspace.free();

// A trap says why.
const said = [];
const { error } = console;
console.error = (text) => said.push(text);
assert.throws(() => new Workspace().trap(), WebAssembly.RuntimeError);
console.error = error;
assert.match(said.join(""), /a trap was asked for/);
