// Parts of the page that need no browser.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const load = async (path) => (await runnerImport(fileURLToPath(new URL(`../src/${path}`, import.meta.url)))).module;

describe("links", async () => {
  const { decode, encode } = await load("share.ts");

  test("are read for ever", () => {
    // Made by the first version. Never change these; add to them when there is a new one.
    const old = JSON.parse(readFileSync(new URL("links.json", import.meta.url), "utf8"));
    assert.ok(old.length > 0);
    for (const { hash, holds } of old) assert.deepEqual(decode(hash), { absent: null, ...holds });
  });

  test("hold everything", () => {
    const shared = { files: [{ path: "a.nix", text: '{ a = "ü🙂\r\n"; }' }, { path: "b/c.nix", text: "" }], others: ["x.png"], absent: ["*.gen.nix"], config: "ignore = []\n", selected: "a.nix" };
    assert.deepEqual(decode(encode(shared)), shared);
    const bare = { files: [], others: [], absent: null, config: null, selected: null };
    assert.deepEqual(decode(encode(bare)), bare);
  });

  test("that are broken are refused with a word", () => {
    const good = encode({ files: [{ path: "a.nix", text: "{ }\n".repeat(500) }], others: [], absent: null, config: null, selected: null });
    assert.equal(decode("#rules"), null);
    assert.match(decode("#v2.abc").error, /version 2/);
    for (const bad of ["#v1.", "#v1.!!!", good.slice(0, -8), "#v1.AAAA"]) assert.match(decode(bad).error, /cannot be read/, bad);
  });

  test("do not unpack without end", () => {
    const bomb = encode({ files: [{ path: "a.nix", text: "a".repeat(40 << 20) }], others: [], absent: null, config: null, selected: null });
    assert.match(decode(bomb).error, /too much/);
  });
});

describe("switches", async () => {
  const { apply, isOn, switched } = await load("toml.ts");
  const rule = { name: "mk-force", aliases: ["force"], group: "module", severity: "warning", enabled: true, summary: "", page: "" };
  const off = (toml) => apply(toml, switched(toml, rule, false));
  const on = (toml) => apply(toml, switched(toml, rule, true));

  test("read what a configuration says", () => {
    for (const toml of ["", "select = []", 'ignore = ["long-module"]', '# ignore = ["mk-force"]', 'ignore = ["module"]\nselect = ["mk-force"]', 'ignore = ["mk-force"]\n[severity]\nmk-force = "hint"', '[[overrides]]\nignore = ["mk-force"]', '[rules.x]\nignore = ["mk-force"]']) {
      assert.ok(isOn(toml, rule), toml);
    }
    for (const toml of ['ignore = ["mk-force"]', "ignore = ['force']", 'ignore = [\n  # why\n  "all", # all\n]', 'ignore = ["module"]', 'select = ["long-module"]', '[severity]\nmk-force = "off"', 'severity.mk-force = "off"', 'severity = { mk-force = "off" }', 'select = ["mk-force"]\nignore = ["mk-force"]']) {
      assert.ok(!isOn(toml, rule), toml);
    }
  });

  test("change nothing else", () => {
    assert.equal(off(""), 'ignore = ["mk-force"]\n');
    assert.equal(off("# note\n"), 'ignore = ["mk-force"]\n\n# note\n');
    assert.equal(off("select = [] # none\n\n[severity]\n"), 'select = [] # none\nignore = ["mk-force"]\n\n[severity]\n');
    assert.equal(off('ignore = ["a", "b"] # c\n'), 'ignore = ["a", "b", "mk-force"] # c\n');
    assert.equal(off('ignore = [\n  "a",\n  # last\n]\n'), 'ignore = [\n  "a",\n  "mk-force",\n  # last\n]\n');
    assert.equal(off("ignore = []\n"), 'ignore = ["mk-force"]\n');
    assert.equal(off('[severity]\nmk-force = "error" # bad\n'), '[severity]\nmk-force = "off" # bad\n');
    assert.equal(on('ignore = ["a", "mk-force", "b"]\n'), 'ignore = ["a", "b"]\n');
    assert.equal(on('ignore = ["mk-force"]\n'), "ignore = []\n");
    assert.equal(on('[severity]\nmk-force = "off"\nx = "hint"\n'), '[severity]\nx = "hint"\n');
    assert.equal(on('ignore = ["module"]\n'), 'ignore = ["module"]\n\n[severity]\nmk-force = "warning"\n');
    assert.equal(on('select = ["x"]\n\n[severity]\nx = "hint"\n[rules.y]\n'), 'select = ["x"]\n\n[severity]\nx = "hint"\nmk-force = "warning"\n[rules.y]\n');
  });

  test("do what they say, whatever stands there", () => {
    const parts = ["select = []", 'select = ["all"]', 'select = ["module"]', 'ignore = ["force", "module"]', 'ignore = [ "all" ]', 'severity = { "mk-force" = "off", x = "hint" }', 'severity.mk-force = "off"', '[severity]\n"mk-force" = \'off\'', '[severity] # here\n', '[[overrides]]\npaths = ["a"]\nignore = ["mk-force"]', 'exclude = """\n[severity]\n"""', "# x", "= broken ["];
    for (const first of parts) {
      for (const second of parts) {
        const toml = `${first}\n${second}`;
        assert.ok(!isOn(off(toml), rule), `off: ${toml}`);
        assert.ok(isOn(on(toml), rule), `on: ${toml}`);
      }
    }
  });
});

describe("Markdown", async () => {
  const { inline, parseMarkdown, safeHref } = await load("markdown.ts");

  test("is read", () => {
    const kinds = parseMarkdown("# A `b`\n\ntext\nmore\n\n- one\n  two\n- three\n\n| a | b |\n|---|---|\n| `x` | y |\n\n```nix bad\n# no heading\n```\n").map((block) => block.kind);
    assert.deepEqual(kinds, ["heading", "paragraph", "list", "table", "fence"]);
    assert.deepEqual(inline("a *b* **c** `` ` `` [d](e.md)").map((part) => part.kind), ["text", "em", "text", "strong", "text", "code", "text", "link"]);
    assert.deepEqual(inline("2 * 3 * 4 and a_b_c"), [{ kind: "text", text: "2 * 3 * 4 and a_b_c" }]);
  });

  test("links lead to the web or to this site only", () => {
    for (const good of ["https://a.b/c", "../x.md#y", "#z", "rules/a.html"]) assert.equal(safeHref(good), good);
    for (const bad of ["javascript:alert(1)", " javascript:x", "data:text/html,x", "JaVaScript:x", "//evil.example", "vbscript:x"]) assert.equal(safeHref(bad), null, bad);
  });
});

describe("files", async () => {
  const { checkedPath, entry, exported, textOf } = await load("files.ts");

  test("keep their line ends", () => {
    for (const text of ["", "a\nb\n", "a\r\nb\r\n", "a\r\nb\n", "a\rb", "\r\n", "\ufeffa\n"]) assert.equal(exported(entry("a.nix", text)), text);
    assert.equal(textOf(entry("a.nix", "a\r\nb\r\n")), "a\nb\n");
    assert.equal(textOf(entry("a.nix", "a\r\nb\n")), "a\r\nb\n");
  });

  test("have clean paths", () => {
    assert.deepEqual(checkedPath("./a//b.nix"), { path: "a/b.nix" });
    for (const bad of ["", "/", "../a", "a/../../b", "a\\b", "a\u0000"]) assert.ok("error" in checkedPath(bad), bad);
  });
});

test("the policy of the page and of the server are the same, and what the README says", async () => {
  const { CSP } = await import("../serve.mjs");
  const html = readFileSync(new URL("../index.html", import.meta.url), "utf8");
  assert.ok(html.includes(`content="${CSP}"`));
  assert.ok(!/unsafe-(inline|eval')/.test(CSP.replace("'wasm-unsafe-eval'", "")));
  assert.ok(readFileSync(new URL("../../README.md", import.meta.url), "utf8").includes(CSP));
});
