// What the playground must show, in a real Chromium: one test for each line.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { zipSync, strToU8 } from "fflate";
import { call, DIST, open, ready, ROOT, start, typeAt } from "./browser.mjs";

const NIXAMINE = process.env.NIXAMINE ?? join(ROOT, "target/release/nixamine");
const EXAMPLE = join(ROOT, "examples/nixos-config");
const SYSCTL = '{ lib, ... }:\n{ boot.kernel.sysctl."net.ipv4.ip_forward" = 1; }\n';

let site;
before(async () => {
  site = await start();
});
after(() => site.close());

/** Opens the page for a test, and sees that nothing went wrong in the end. */
async function using(path, options, action) {
  const opened = await open(site, path, options);
  try {
    await action(opened.page, opened);
    assert.deepEqual(await opened.page.evaluate(() => globalThis.violations), [], "the policy reports nothing");
    assert.deepEqual(opened.faults, []);
  } finally {
    await opened.context.close();
  }
}

/** Puts files in place of those that are there, through the input for archives. */
async function drop(page, files, input = "#zip-input") {
  const zip = zipSync(Object.fromEntries(Object.entries(files).map(([path, text]) => [path, typeof text === "string" ? strToU8(text) : text])));
  await page.setInputFiles(input, { name: "repository.zip", mimeType: "application/zip", buffer: Buffer.from(zip) });
  await page.waitForFunction((path) => globalThis.nixamine.paths().includes(path), Object.keys(files).find((path) => path.endsWith(".nix")));
  await call(page, "settled");
}

const rulesOf = async (page, path) => (await call(page, "findings", path)).map(({ rule }) => rule);
const toast = (page) => page.locator("#toast");

/** The same value with byte offsets as offsets of UTF-16. */
function toUtf16(value, path) {
  if (Array.isArray(value)) return value.map((it) => toUtf16(it, path));
  if (typeof value !== "object" || value === null) return value;
  const here = typeof value.path === "string" ? value.path : path;
  if (typeof value.offset === "number" && typeof value.line === "number") {
    const bytes = readFileSync(join(EXAMPLE, here)).subarray(0, value.offset);
    return { ...value, offset: bytes.toString("utf8").length };
  }
  return Object.fromEntries(Object.entries(value).map(([key, it]) => [key, toUtf16(it, here)]));
}

describe("findings", () => {
  test("of the example are those of the command line, entry by entry", async () => {
    let json;
    try {
      json = execFileSync(NIXAMINE, ["check", ".", "--format", "json"], { cwd: EXAMPLE, encoding: "utf8" });
    } catch (error) {
      // There are findings, so that it exits with 1.
      assert.equal(error.status, 1, String(error.stderr));
      json = error.stdout;
    }
    const native = JSON.parse(json);
    assert.ok(native.diagnostics.length > 15, "the example has findings");
    await using("?debug", {}, async (page) => {
      const report = await call(page, "report");
      const expected = native.diagnostics.map((it) => toUtf16(it, it.path));
      assert.equal(report.diagnostics.length, expected.length);
      for (const [at, finding] of report.diagnostics.entries()) assert.deepEqual(finding, expected[at], `entry ${at}`);
      assert.deepEqual(report.summary, native.summary);
      // And on the screen: as many in the counts, and the same ones file by file.
      const counts = await page.locator(".chip").allInnerTexts();
      const { errors, warnings, infos, hints } = native.summary;
      assert.deepEqual(counts.map((text) => Number.parseInt(text, 10)), [errors, warnings, infos, hints]);
      for (const path of new Set(expected.map((it) => it.path))) {
        const shown = await call(page, "findings", path);
        assert.deepEqual(shown.map((it) => it.fingerprint), expected.filter((it) => it.path === path).map((it) => it.fingerprint), path);
      }
    });
  });

  test("change while one types", () =>
    using("?debug", {}, async (page) => {
      const path = "hosts/desktop/default.nix";
      const before = await rulesOf(page, path);
      const text = await call(page, "text", path);
      const at = text.indexOf("  networking.networkmanager");
      await typeAt(page, at, "  # the installer needs it");
      await page.keyboard.press("Enter");
      await call(page, "settled");
      const after = await rulesOf(page, path);
      assert.equal(after.filter((rule) => rule === "mk-force").length, before.filter((rule) => rule === "mk-force").length - 1);
      await typeAt(page, 0, "{");
      assert.ok((await rulesOf(page, path)).includes("syntax-error"));
      const squiggles = (await call(page, "marked")).map(({ source }) => source);
      assert.ok(squiggles.includes("syntax-error"), "the squiggles are the findings");
    }));

  test("of one key in two files come and go in both", () =>
    using("?debug", {}, async (page) => {
      await drop(page, { "host.nix": "{ imports = [ ./a.nix ./b.nix ]; }\n", "a.nix": SYSCTL, "b.nix": SYSCTL });
      assert.deepEqual(await rulesOf(page, "a.nix"), ["duplicate-sysctl"]);
      assert.deepEqual(await rulesOf(page, "b.nix"), ["duplicate-sysctl"]);
      await page.locator('#files [role="treeitem"]', { hasText: "a.nix" }).click();
      const text = await call(page, "text", "a.nix");
      await call(page, "cursor", text.indexOf("1;"), text.indexOf("1;") + 1);
      await page.keyboard.type("lib.mkDefault 1");
      await call(page, "settled");
      assert.deepEqual(await rulesOf(page, "a.nix"), []);
      assert.deepEqual(await rulesOf(page, "b.nix"), []);
      // And back again.
      await page.keyboard.press("Control+z");
      await call(page, "settled");
      assert.deepEqual(await rulesOf(page, "b.nix"), ["duplicate-sysctl"]);
    }));

  test("stand at the right place in files with CRLF and wide characters", () =>
    using("?debug", {}, async (page) => {
      const text = '# 🙂 ünï\r\n{ lib, ... }:\r\n{\r\n  a = "🙂"; b = lib.mkForce 1;\r\n}\r\n';
      await drop(page, { "a.nix": text, "mixed.nix": "{ lib, ... }:\r\n{\n  b = lib.mkForce 1;\n}\n" });
      for (const path of ["a.nix", "mixed.nix"]) {
        const [finding] = await call(page, "findings", path);
        const shown = await call(page, "text", path);
        assert.match(shown.slice(finding.range.start.offset, finding.range.end.offset), /mkForce/);
        await page.locator('#files [role="treeitem"]', { hasText: path }).click();
        const [mark] = await call(page, "marked");
        assert.match(shown.slice(mark.from, mark.to), /mkForce/);
      }
      await page.locator('#files [role="treeitem"]', { hasText: "a.nix" }).click();
      await typeAt(page, 0, "#\n");
      assert.equal(await call(page, "exported", "a.nix"), `#\r\n${text}`, "line ends are kept");
      assert.equal(await call(page, "exported", "mixed.nix"), "{ lib, ... }:\r\n{\n  b = lib.mkForce 1;\n}\n");
      const [finding] = await call(page, "findings", "a.nix");
      assert.equal(finding.range.start.line, 5, "edits go to the right place");
    }));

  test("of a whole repository name files that are missing, but none that git ignores", () =>
    using("?debug", {}, async (page) => {
      const flake = "{ outputs = { nixpkgs, ... }: { nixosConfigurations.a = nixpkgs.lib.nixosSystem { modules = [ ./a.nix ./gone.nix ./hosts/local.nix ./vendored/x.nix ]; }; }; }\n";
      const files = {
        "flake.nix": flake,
        "a.nix": "{ }\n",
        ".gitmodules": '[submodule "v"]\n\tpath = vendored\n',
        "hosts/.gitignore": "# mine\n/local.nix\n",
      };
      await drop(page, files);
      const missing = async () => (await call(page, "findings", "flake.nix")).filter(({ rule }) => rule === "missing-import").map(({ message }) => message);
      assert.equal((await missing()).length, 1);
      assert.match((await missing())[0], /gone\.nix/);
      // A link keeps it.
      await page.locator("#share").click();
      await page.reload();
      await ready(page);
      assert.equal((await missing()).length, 1);
    }));

  test("follow the configuration, whose problems are shown", () =>
    using("?debug", {}, async (page) => {
      await page.getByRole("tab", { name: "Rules" }).click();
      const rule = page.getByRole("switch", { name: "mk-force", exact: true });
      assert.equal(await rule.getAttribute("aria-checked"), "true");
      await rule.click();
      await page.waitForFunction(() => globalThis.nixamine.findings("hosts/desktop/default.nix").every((it) => it.rule !== "mk-force"));
      assert.match(await call(page, "text", "nixamine.toml"), /ignore = \["mk-force"\]/);
      assert.equal(await rule.getAttribute("aria-checked"), "false");
      await rule.click();
      await page.waitForFunction(() => globalThis.nixamine.findings("hosts/desktop/default.nix").some((it) => it.rule === "mk-force"));
      await page.getByRole("button", { name: "Show nixamine.toml" }).click();
      await typeAt(page, 0, 'slect = ["all"]\n');
      const problem = page.locator(".config-problems");
      await problem.getByText("did you mean").waitFor();
      // One with an error changes nothing.
      assert.ok((await rulesOf(page, "hosts/desktop/default.nix")).includes("mk-force"));
    }));
});

describe("fixes", () => {
  test("change the text, and can be undone", () =>
    using("?debug", {}, async (page) => {
      const path = "modules/nixos/monitoring.nix";
      await page.locator('#files [role="treeitem"]', { hasText: "monitoring.nix" }).click();
      const before = await call(page, "text", path);
      await page.getByRole("button", { name: "Fix file" }).click();
      await toast(page).getByText("is fixed").waitFor();
      await call(page, "settled");
      const after = await call(page, "text", path);
      assert.match(after, /"vm\.max_map_count"/);
      assert.ok(!(await rulesOf(page, path)).includes("unquoted-sysctl-key"));
      await page.locator(".cm-content").focus();
      await page.keyboard.press("Control+z");
      await call(page, "settled");
      assert.equal(await call(page, "text", path), before);
      assert.ok((await rulesOf(page, path)).includes("unquoted-sysctl-key"));
    }));

  test("in several places of a file reach the engine as they reach the page", () =>
    using("?debug", {}, async (page) => {
      await drop(page, { "a.nix": "{ lib, ... }:\n{\n  boot.kernel.sysctl.vm.swappiness = 1;\n  boot.kernel.sysctl.net.ipv4.ip_forward = 1;\n  boot.kernel.sysctl.kernel.sysrq = 1;\n  a = lib.mkForce 1;\n}\n" });
      assert.equal((await rulesOf(page, "a.nix")).filter((rule) => rule === "unquoted-sysctl-key").length, 3);
      await page.getByRole("button", { name: "Fix file" }).click();
      await toast(page).getByText("is fixed").waitFor();
      await call(page, "settled");
      const [finding, ...others] = await call(page, "findings", "a.nix");
      assert.deepEqual([finding.rule, others], ["mk-force", []]);
      const text = await call(page, "text", "a.nix");
      assert.match(text.slice(finding.range.start.offset, finding.range.end.offset), /mkForce$/);
    }));

  test("of the list apply with their button", () =>
    using("?debug", {}, async (page) => {
      await page.locator('[role="option"]', { hasText: "default.nix:15" }).click();
      await page.locator(".detail .fix", { hasText: "use the plain value" }).click();
      await toast(page).getByText("use the plain value").waitFor();
      await call(page, "settled");
      assert.match(await call(page, "text", "hosts/desktop/default.nix"), /networkmanager\.enable = true;/);
    }));

  test("of all files at once, and back", () =>
    using("?debug", {}, async (page) => {
      const paths = await call(page, "paths");
      const texts = async () => Promise.all(paths.map((path) => call(page, "text", path)));
      const before = await texts();
      await page.getByRole("button", { name: "Fix all" }).click();
      await toast(page).getByText(/\d+ fix/).waitFor();
      await call(page, "settled");
      assert.ok((await texts()).filter((text, at) => text !== before[at]).length >= 2);
      const found = (await call(page, "report")).diagnostics.length;
      await toast(page).getByRole("button", { name: "Undo" }).click();
      await call(page, "settled");
      assert.deepEqual(await texts(), before);
      assert.ok((await call(page, "report")).diagnostics.length > found);
    }));

  test("that allow a finding write a comment and leave the cursor in it", () =>
    using("?debug", {}, async (page) => {
      await page.locator('[role="option"]', { hasText: "default.nix:15" }).click();
      await page.locator(".detail").getByRole("button", { name: "Allow here" }).click();
      await toast(page).getByText("is allowed here").waitFor();
      await page.keyboard.type(" no wires here");
      await call(page, "settled");
      assert.match(await call(page, "text", "hosts/desktop/default.nix"), /# nixamine: allow\(mk-force\) no wires here\n/);
      assert.ok((await call(page, "findings", "hosts/desktop/default.nix")).every((it) => it.rule !== "mk-force"));
    }));
});

describe("links", () => {
  test("restore files and settings in a new profile", async () => {
    let address;
    await using("?debug", { permissions: ["clipboard-read", "clipboard-write"] }, async (page) => {
      await drop(page, { "a.nix": "{ lib, ... }:\r\n{ b = lib.mkForce \"ü🙂\"; }\r\n", "nixamine.toml": '[severity]\nmk-force = "error"\n', "README.md": "" });
      await page.getByRole("button", { name: "Share link" }).click();
      await toast(page).getByText("The link is").waitFor();
      address = page.url();
      assert.equal(await page.evaluate(() => navigator.clipboard.readText()), address);
    });
    await using(address.slice(site.url.length), {}, async (page) => {
      assert.deepEqual(await call(page, "paths"), ["a.nix", "nixamine.toml"]);
      assert.equal(await call(page, "exported", "a.nix"), '{ lib, ... }:\r\n{ b = lib.mkForce "ü🙂"; }\r\n');
      assert.equal(await call(page, "text", "nixamine.toml"), '[severity]\nmk-force = "error"\n');
      assert.deepEqual((await call(page, "findings", "a.nix")).map((it) => it.severity), ["error"]);
    });
  });

  test("that are broken or too new say so and leave the page alone", async () => {
    for (const [hash, words] of [["#v1.AAAA", "cannot be read"], ["#v7.AAAA", "version 7"]]) {
      await using(`?debug${hash}`, {}, async (page) => {
        await toast(page).getByText(words).waitFor();
        assert.ok((await call(page, "paths")).includes("flake.nix"));
      });
    }
  });

  test("of rule pages open the example", () =>
    using("rules/duplicate-sysctl.html", {}, async (page) => {
      await page.getByRole("link", { name: "Open in the playground" }).first().click();
      await page.locator('[role="option"]', { hasText: "duplicate-sysctl" }).first().waitFor();
      assert.equal(await page.locator('[role="option"]', { hasText: "duplicate-sysctl" }).count(), 2);
    }));

  test("a reload keeps the work", () =>
    using("?debug", {}, async (page) => {
      await typeAt(page, 0, "# mine\n");
      await page.reload();
      await ready(page);
      assert.match(await call(page, "text", "hosts/desktop/default.nix"), /^# mine\n/);
    }));
});

describe("options", () => {
  test("are listed, with who wins on which host as the command line says it", async () => {
    const why = (option) => JSON.parse(execFileSync(NIXAMINE, ["why", option, ".", "--format", "json"], { cwd: EXAMPLE, encoding: "utf8" }));
    await using("?debug", {}, async (page) => {
      await page.getByRole("tab", { name: "Options" }).click();
      await page.getByRole("searchbox", { name: "Search options" }).fill("backup start");
      const row = page.locator('#panel-options [role="option"]');
      await page.waitForFunction(() => document.querySelectorAll('#panel-options [role="option"]').length === 1);
      assert.match(await row.innerText(), /site\.backup\.start[\s\S]*declared here[\s\S]*set 3×/);
      await row.click();
      await page.getByRole("heading", { name: "site.backup.start" }).waitFor();
      const [form] = why("site.backup.start");
      assert.deepEqual(
        await page.locator(".option-page h3").allInnerTexts(),
        form.outcomes.map(({ hosts }) => hosts.join(", ")),
      );
      const words = { wins: "wins", merges: "is part of the value" };
      assert.deepEqual(
        await page.locator(".standings strong").allInnerTexts(),
        form.outcomes.flatMap(({ standings }) => standings.map(({ result }) => words[result])),
      );
      assert.deepEqual(
        await page.locator(".standings li > div").allInnerTexts(),
        form.outcomes.flatMap(({ standings }) => standings.map(({ setting }) => `${form.settings[setting].place.path}:${form.settings[setting].place.range.start.line}`)),
      );
      // A place leads to the text.
      await page.locator(".standings li > div .link").first().click();
      const { place } = form.settings[form.outcomes[0].standings[0].setting];
      assert.equal(await page.locator("#path").innerText(), place.path);
    });
  });

  test("change what becomes of them while one types", () =>
    using("?debug", {}, async (page) => {
      await drop(page, {
        "host.nix": "{ imports = [ ./a.nix ./b.nix ]; }\n",
        "a.nix": "{ lib, ... }: { x.y = lib.mkForce 1; }\n",
        "b.nix": "{ x.y = 2; }\n",
      });
      await page.locator("#files").getByText("a.nix", { exact: true }).click();
      const text = await call(page, "text", "a.nix");
      await call(page, "cursor", text.indexOf("y ="));
      await page.getByRole("tab", { name: "Options" }).click();
      await page.locator(".here .link", { hasText: "x.y" }).click();
      await page.locator(".standings li").first().waitFor();
      const said = () => page.locator(".standings li").evaluateAll((all) => all.map((it) => `${it.querySelector("strong").innerText} ${it.querySelector(".value").innerText}`));
      assert.deepEqual(await said(), ["wins mkForce 1", "loses 2"]);
      const at = text.indexOf("lib.mkForce");
      await call(page, "cursor", at, at + "lib.mkForce ".length);
      await page.keyboard.press("Delete");
      await page.waitForFunction(() => document.querySelector(".standings strong")?.innerText === "ties");
      assert.deepEqual(await said(), ["ties 1", "ties 2"]);
    }));
});

describe("imports", () => {
  test("are drawn, of all files and of one host", async () => {
    const graph = (...args) => JSON.parse(execFileSync(NIXAMINE, ["graph", ".", "--format", "json", ...args], { cwd: EXAMPLE, encoding: "utf8" }));
    await using("?debug", {}, async (page) => {
      await page.getByRole("tab", { name: "Imports" }).click();
      const boxes = (count) => page.waitForFunction((count) => document.querySelectorAll(".drawing .file").length === count, count);
      const all = graph();
      await boxes(all.files.length);
      assert.equal(await page.locator(".drawing .edge.conditional").count(), all.imports.filter(({ conditional }) => conditional).length);
      await page.getByRole("combobox", { name: "Host" }).selectOption("server");
      const part = graph("--host", "server");
      await boxes(part.files.length);
      assert.deepEqual((await page.locator(".drawing .file").allTextContents()).sort(), part.files);
      // Boxes do not lie upon each other.
      const places = await page.locator(".drawing rect").evaluateAll((all) => all.map((it) => `${it.getAttribute("x")} ${it.getAttribute("y")}`));
      assert.equal(new Set(places).size, places.length);
      await page.locator(".drawing .file", { hasText: "hosts/server" }).first().focus();
      await page.keyboard.press("Enter");
      assert.match(await page.locator("#path").innerText(), /^hosts\/server/);
      assert.equal(await page.locator(".drawing .shown").count(), 1);
    });
  });
});

describe("the engine", () => {
  test("recovers from a trap with the text kept", () =>
    using("?debug", {}, async (page, { faults }) => {
      await typeAt(page, 0, "# kept\n");
      const before = await call(page, "report");
      await call(page, "trap");
      await page.keyboard.type("# typed meanwhile\n");
      await toast(page).getByText("Nothing is lost").waitFor();
      await call(page, "settled");
      assert.match(await call(page, "text", "hosts/desktop/default.nix"), /^# kept\n# typed meanwhile\n/);
      const after = await call(page, "report");
      assert.equal(after.diagnostics.length, before.diagnostics.length);
      const line = (report) => report.diagnostics.find((it) => it.path === "hosts/desktop/default.nix").range.start.line;
      assert.equal(line(after), line(before) + 1, "the new engine has the latest text");
      // The trap itself is told to the console by the engine.
      assert.ok(faults.length > 0 && faults.every((fault) => fault.includes("a trap was asked for")), faults.join());
      faults.length = 0;
    }));

  test("that hangs is replaced", () =>
    using("?debug&patience=1500", {}, async (page) => {
      await call(page, "hang");
      await page.locator(".cm-content").focus();
      await page.keyboard.type("# still here\n");
      await toast(page).getByText("did not answer in time").waitFor();
      assert.ok((await call(page, "report")).diagnostics.length > 15);
      assert.ok(await page.locator("#banner").isHidden());
    }));

  test("gives the findings of the latest text only", () =>
    using("?debug", {}, async (page) => {
      // Many edits without a pause; every other one breaks the text.
      await call(page, "cursor", 0);
      for (let round = 0; round < 30; round += 1) {
        await page.keyboard.type("{");
        await page.keyboard.press("Backspace");
      }
      await call(page, "settled");
      assert.ok(!(await rulesOf(page, "hosts/desktop/default.nix")).includes("syntax-error"));
      const fresh = await call(page, "report");
      const shown = await call(page, "findings", "hosts/desktop/default.nix");
      assert.deepEqual(shown.map((it) => it.fingerprint), fresh.diagnostics.filter((it) => it.path === "hosts/desktop/default.nix").map((it) => it.fingerprint));
    }));
});

test("works offline after the first load, and leaves no old version behind", () =>
  using("rules/index.html", {}, async (page, { context }) => {
    await page.evaluate(() => caches.open("nixamine-old"));
    await page.goto(`${site.url}?debug`);
    await ready(page);
    await page.evaluate(async () => {
      await navigator.serviceWorker.ready;
      if (navigator.serviceWorker.controller === null) {
        await new Promise((resolve) => navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true }));
      }
    });
    assert.equal(await page.evaluate(async () => (await caches.keys()).filter((name) => name === "nixamine-old").length), 0);
    await context.setOffline(true);
    await page.reload();
    await ready(page);
    assert.ok((await call(page, "report")).diagnostics.length > 15);
    await typeAt(page, 0, "{");
    assert.ok((await rulesOf(page, "hosts/desktop/default.nix")).includes("syntax-error"));
    await page.goto(`${site.url}rules/mk-force.html`);
    await page.getByRole("heading", { name: "mk-force" }).waitFor();
    await context.setOffline(false);
  }));

test("an archive that is dropped is taken, one that is broken or empty is refused with a word", () =>
  using("?debug", {}, async (page) => {
    const drop = (name, data) =>
      page.evaluate(
        ([name, data]) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([new Uint8Array(data)], name));
          document.querySelector(".cm-content").dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
        },
        [name, [...data]],
      );
    await drop("broken.zip", strToU8("PK no zip"));
    await toast(page).getByText("no .zip that can be read").waitFor();
    await drop("empty.zip", zipSync({ "README.md": strToU8("nothing") }));
    await toast(page).getByText("There is no Nix file").waitFor();
    assert.ok((await call(page, "paths")).includes("flake.nix"), "what was there stays");
    const files = { "repo/a.nix": "{ lib, ... }:\n{ a = lib.mkForce 1; }\n", "repo/.git/x.nix": "{", "repo/b.png": "x", "repo/latin1.nix": "x" };
    const zip = zipSync(Object.fromEntries(Object.entries(files).map(([path, text]) => [path, path.includes("latin1") ? new Uint8Array([0xe4]) : strToU8(text)])));
    await drop("repo.zip", zip);
    await toast(page).getByText("1 file checked, 1 finding. 1 file left out.").waitFor();
    assert.deepEqual(await call(page, "paths"), ["a.nix"]);
    await toast(page).getByRole("button", { name: "Which" }).click();
    await page.locator("dialog", { hasText: "latin1.nix: cannot be read, or is not UTF-8" }).waitFor();
    await page.keyboard.press("Escape");
  }));

test("a folder of 5,000 modules is checked, and shows how far it is", async () => {
  const folder = mkdtempSync(join(tmpdir(), "nixamine-"));
  try {
    const imports = [];
    for (let part = 0; part < 50; part += 1) {
      mkdirSync(join(folder, `part${part}`));
      for (let module = 0; module < 100; module += 1) {
        const path = `part${part}/module${module}.nix`;
        imports.push(`./${path}`);
        writeFileSync(join(folder, path), `{ lib, ... }:\n{\n  services.s${part}-${module}.enable = lib.mkForce true;\n}\n`);
      }
    }
    writeFileSync(join(folder, "default.nix"), `{ imports = [ ${imports.join(" ")} ]; }\n`);
    mkdirSync(join(folder, ".git"));
    writeFileSync(join(folder, ".git/hidden.nix"), "{");
    writeFileSync(join(folder, "notes.txt"), "no Nix");
    await using("?debug", {}, async (page) => {
      await page.evaluate(() => {
        globalThis.steps = [];
        const bar = document.getElementById("progress");
        new MutationObserver(() => {
          if (!bar.hidden) globalThis.steps.push(document.getElementById("progress-text").textContent);
        }).observe(bar, { subtree: true, childList: true, attributes: true });
      });
      await page.setInputFiles("#folder-input", folder);
      await toast(page).getByText("5,001 files checked").waitFor({ timeout: 120_000 });
      const steps = await page.evaluate(() => [...new Set(globalThis.steps)]);
      assert.ok(steps.filter((step) => step.startsWith("Checking")).length > 10, steps.join("\n"));
      assert.ok(await page.locator("#progress").isHidden());
      assert.equal((await call(page, "paths")).length, 5001);
      assert.match(await page.locator(".chip.warning").innerText(), /^5,000 /);
      const row = page.locator(".summary tr", { hasText: "mk-force" });
      assert.match(await row.innerText(), /mk-force\s+5000\s+5000/);
      // Only what is on the screen is in the page.
      assert.ok((await page.locator('[role="option"]').count()) < 60);
      // And an edit in the middle of it is judged.
      await page.keyboard.press("F8");
      await call(page, "settled");
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a file meant to do harm does none", () =>
  using("?debug", {}, async (page) => {
    const markup = '<img src=x onerror="globalThis.harmed=1"><script>globalThis.harmed=1</script>';
    await drop(page, {
      "a.nix": `{ lib, ... }:\n{\n  "${markup.replaceAll('"', "'")}" = lib.mkForce 1;\n  # \u202e\u2066 \u0007 \u200b ${markup}\n}\n${markup}`,
      [`${markup.replaceAll(/["/]/g, "'")}.nix`]: "{",
      "brackets.nix": "[".repeat(100_000),
      "pairs.nix": `${"{ a = ".repeat(100_000)}1${"; }".repeat(100_000)}`,
      "__proto__.nix": "{ lib, ... }: { a = lib.mkForce 1; }",
      "nixamine.toml": `ignore = ["${markup.replaceAll('"', "'")}"]`,
    });
    for (const path of ["a.nix", "brackets.nix", "pairs.nix"]) {
      await page.locator('#files [role="treeitem"]', { hasText: path }).click();
      for (const tab of ["Tree", "Facts", "Rules", "Problems"]) {
        await page.getByRole("tab", { name: tab, exact: true }).click();
        await call(page, "settled");
        await page.waitForTimeout(50);
      }
      await page.locator(".cm-content").focus();
      await page.keyboard.press("Control+End");
      await page.keyboard.type("]");
      await call(page, "settled");
    }
    assert.equal(await page.evaluate(() => globalThis.harmed), undefined);
    assert.equal(await page.locator("main img:not(.cm-widgetBuffer), main script").count(), 0);
    assert.ok((await rulesOf(page, "brackets.nix")).length > 0);
    await page.locator('#files [role="treeitem"]', { hasText: "a.nix" }).first().click();
    const shown = await page.locator(".cm-content").evaluate((element) => element.querySelectorAll(".cm-specialChar").length);
    assert.ok(shown >= 4, `${shown} characters are made visible`);
    const text = await page.locator("#files").innerText();
    assert.ok(text.includes("<img"), "the name is text");
  }));

test("the pages beside it lead to pages and pictures that are there", () => {
  const pages = readdirSync(DIST, { recursive: true }).map(String).filter((path) => path.endsWith(".html"));
  assert.ok(pages.some((path) => path.startsWith("guide")) && pages.some((path) => path.startsWith("rules")));
  const texts = new Map(pages.map((path) => [path, readFileSync(join(DIST, path), "utf8")]));
  let links = 0;
  for (const [path, text] of texts) {
    for (const [, target] of text.matchAll(/(?:href|src)="(?!https?:)([^"]*)"/g)) {
      const [file, anchor] = target.split("#");
      const to = file === "" ? path : join(dirname(path), file);
      assert.ok(existsSync(join(DIST, to)), `${path}: ${target}`);
      // What follows a link to the playground are its files.
      if (anchor !== undefined && to !== "index.html") assert.ok(texts.get(to)?.includes(`id="${anchor}"`), `${path}: ${target}`);
      links += 1;
    }
  }
  assert.ok(links > 500, `${links} links`);
});

describe("a report", () => {
  const today = () => new Date().toISOString().slice(0, 10);
  const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

  /** Presses the button, and has the tab with the report. */
  async function asked(page, { context, faults }) {
    const [tab] = await Promise.all([context.waitForEvent("page"), page.evaluate(() => document.getElementById("report").click())]);
    tab.on("pageerror", (error) => faults.push(`report: ${error.message}`));
    tab.on("console", (message) => message.type() === "error" && faults.push(`report: ${message.text()}`));
    await tab.locator("#found").waitFor();
    return tab;
  }

  async function downloaded(tab) {
    const [download] = await Promise.all([tab.waitForEvent("download"), tab.getByRole("link", { name: "Download" }).click()]);
    return { name: download.suggestedFilename(), text: readFileSync(await download.path(), "utf8") };
  }

  test("of the example is the page that the command line writes", () =>
    using("?debug", {}, async (page, opened) => {
      const before = today();
      const tab = await asked(page, opened);
      const { name, text } = await downloaded(tab);
      assert.equal(name, "nixos-config-report.html");
      // Midnight may come in between.
      const pages = [before, today()].map((date) => execFileSync(NIXAMINE, ["report", "--format", "html", "--date", date], { cwd: EXAMPLE, maxBuffer: 1 << 26 }).toString());
      assert.ok(pages.includes(text), "the two are the same, byte for byte");
      assert.equal(await tab.title(), /<title>(.*?)<\/title>/.exec(text)[1]);
      const link = tab.locator("a[data-f]").first();
      const number = Number.parseInt(await link.textContent(), 10);
      await link.click();
      assert.equal(await tab.locator("[data-k]:not([hidden])").count(), number, "its script runs");
      assert.notEqual(await tab.evaluate(() => getComputedStyle(document.querySelector("header")).padding), "0px", "its style holds");
    }));

  test("of what was dropped and edited knows all of it", () =>
    using("?debug", {}, async (page, opened) => {
      await drop(page, { "flake.nix": "{ }", "modules/a.nix": "{ lib, ... }:\n{\n  services.x.y = lib.mkForce 1;\n}\n", "README.md": "", ".github/workflows/check.yml": "" });
      let tab = await asked(page, opened);
      assert.equal(await tab.locator("h1").innerText(), `repository, ${today()}`);
      assert.equal(await tab.locator("[data-k]", { hasText: "mkForce" }).count(), 1);
      const tools = (await tab.locator("#tools + ul").innerText()).replaceAll(/\s+/g, " ");
      assert.match(tools, /Something runs with each push .github\/workflows\/check.yml/);
      assert.match(tools, /A README tells what this is README.md/);
      await tab.close();
      await page.locator("#files").getByText("a.nix", { exact: true }).click();
      const text = await call(page, "text", "modules/a.nix");
      await call(page, "cursor", text.indexOf("lib.mkForce"), text.indexOf("1;"));
      await page.keyboard.press("Delete");
      await call(page, "settled");
      tab = await asked(page, opened);
      assert.equal(await tab.locator("[data-k]", { hasText: "mkForce" }).count(), 0);
      // The tab asks again, and for what is there then.
      await drop(page, { "other.nix": "{" });
      await tab.reload();
      await tab.locator("#found").waitFor();
      assert.equal(await tab.locator("[data-k]", { hasText: "other.nix" }).count(), 1);
    }));

  test("says so when there is nobody to ask", () =>
    using("report.html", {}, async (page) => {
      assert.match(await page.locator("#state").innerText(), /playground that asked for this report is closed/);
    }));

  test("shows what is meant to do harm as text, in the room there is", () =>
    using("?debug", { viewport: { width: 360, height: 740 } }, async (page, opened) => {
      const markup = '<img src=x onerror="globalThis.harmed=1"><script>globalThis.harmed=1</script>';
      await drop(page, {
        "a.nix": `{ lib, ... }:\n{\n  "${markup.replaceAll('"', "'")}" = lib.mkForce 1;\n  boot.kernel.sysctl.a.b = 1;\n}\n# TODO https://${"long".repeat(100)}\n${markup}`,
        [`${markup.replaceAll(/["/]/g, "'")}.nix`]: "{",
        "nixamine.toml": `[[require]]\noption = "a.b"\nvalue = true\nreason = ${JSON.stringify(markup)}`,
      });
      const tab = await asked(page, opened);
      assert.equal(await tab.evaluate(() => globalThis.harmed), undefined);
      assert.equal(await tab.locator("img").count(), 0);
      assert.ok((await tab.locator("body").innerText()).includes("<img"), "it is text");
      await tab.evaluate(() => document.querySelectorAll("details").forEach((it) => (it.open = true)));
      assert.equal(await tab.locator("[data-k]", { hasText: "longlong" }).count(), 1);
      const width = await tab.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(width <= 360, `nothing is wider than the screen: ${width}`);
    }));

  for (const [name, options] of [
    ["light", { colorScheme: "light" }],
    ["dark", { colorScheme: "dark" }],
    ["at 360 px", { viewport: { width: 360, height: 740 } }],
  ]) {
    test(`has no violation that axe finds, ${name}`, () =>
      using("?debug", { ...options, bypassCSP: true }, async (page, opened) => {
        const tab = await asked(page, opened);
        await tab.evaluate(() => document.querySelectorAll("details").forEach((it) => (it.open = true)));
        await tab.evaluate(AXE);
        const { violations } = await tab.evaluate(() => globalThis.axe.run());
        assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`), []);
        const width = await tab.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(width <= (options.viewport?.width ?? 1280), `nothing is wider than the screen: ${width}`);
      }));
  }
});

describe("axe finds no violation", () => {
  const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  const check = async (page, where) => {
    // Not as a script element, which the policy would keep out.
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => globalThis.axe.run());
    const told = violations.map((it) => `${it.id}: ${it.nodes.map((node) => `${node.html} ${node.failureSummary}`).join("\n")}`);
    assert.deepEqual(told, [], where);
  };
  for (const [name, options] of [
    ["light", { colorScheme: "light" }],
    ["dark", { colorScheme: "dark" }],
    ["at 360 px", { viewport: { width: 360, height: 740 } }],
  ]) {
    test(name, async () => {
      await using("?debug", options, async (page) => {
        const phone = name === "at 360 px";
        for (const tab of ["Problems", "Rules", "Options", "Imports", "Tree", "Facts"]) {
          if (phone) await page.locator('nav.views [data-to="panel"]').click();
          await page.getByRole("tab", { name: tab, exact: true }).click();
          await page.waitForTimeout(100);
          await check(page, tab);
        }
        await page.getByRole("tab", { name: "Rules", exact: true }).click();
        await page.locator(".rule-list .name").first().click();
        await check(page, "a rule");
        await page.getByRole("tab", { name: "Options", exact: true }).click();
        await page.locator('#panel-options [role="option"]').last().click();
        await page.locator(".standings").first().waitFor();
        await check(page, "an option");
        await page.getByRole("tab", { name: "Problems", exact: true }).click();
        await page.locator('[role="option"]').nth(1).click();
        if (phone) await page.locator('nav.views [data-to="panel"]').click();
        await page.locator(".summary summary").click();
        await check(page, "a problem and the summary");
        if (phone) {
          await page.locator('nav.views [data-to="files"]').click();
          await check(page, "files");
          await page.locator("#menu").click();
          await check(page, "menu");
          const width = await page.evaluate(() => document.documentElement.scrollWidth);
          assert.ok(width <= 360, `nothing is wider than the screen: ${width}`);
        }
        if (phone) await page.locator('nav.views [data-to="editor"]').click();
        await page.keyboard.press("Control+.");
        await page.locator("dialog .fix").first().waitFor();
        await check(page, "fixes on a line");
        await page.keyboard.press("Escape");
        await page.locator("#help").click();
        await page.locator("dialog kbd").first().waitFor();
        await check(page, "keys");
      });
      for (const path of ["rules/index.html", "rules/duplicate-sysctl.html", "guide/index.html", "guide/report.html", "guide/commands.html"]) {
        await using(path, options, async (page) => {
          await check(page, path);
          const width = await page.evaluate(() => document.documentElement.scrollWidth);
          assert.ok(width <= (options.viewport?.width ?? 1280), `${path} is not wider than the screen: ${width}`);
        });
      }
    });
  }
});

describe("by keyboard alone", () => {
  /** Presses Tab until something has the focus. */
  async function tabTo(page, selector) {
    for (let round = 0; round < 120; round += 1) {
      if (await page.evaluate((it) => document.activeElement?.matches(it), selector)) return;
      await page.keyboard.press("Tab");
    }
    assert.fail(`Tab never reaches ${selector}`);
  }

  test("everything that can be pressed can be reached, and shows the focus", () =>
    using("?debug", {}, async (page) => {
      await page.keyboard.press("F8");
      for (const tab of ["Problems", "Rules", "Options", "Imports", "Tree", "Facts"]) {
        await page.getByRole("tab", { name: tab, exact: true }).click();
        await call(page, "settled");
        await page.waitForTimeout(100);
        await page.evaluate(() => {
          document.activeElement.blur();
          globalThis.reached = new Set();
        });
        // Until it goes round: what is not reached then never is.
        for (let round = 0; round < 1000; round += 1) {
          await page.keyboard.press("Tab");
          const bare = await page.evaluate(() => {
            const element = document.activeElement;
            if (element === document.body) return "body";
            if (globalThis.reached.has(element)) return "again";
            globalThis.reached.add(element);
            const style = getComputedStyle(element);
            const seen = style.outlineStyle !== "none" || element.classList.contains("cm-content");
            return seen ? null : element.outerHTML;
          });
          if (bare === "again") break;
          if (bare === "body") continue;
          assert.equal(bare, null, "the focus can be seen");
        }
        const missed = await page.evaluate(() =>
          [...document.querySelectorAll("button, a[href], input, select, summary, [tabindex='0']")]
            // Tabs that are not chosen are reached with arrow keys, those of CodeMirror's gutter are no part of the page's keys.
            .filter((it) => it.checkVisibility() && !it.disabled && it.getAttribute("role") !== "tab" && !globalThis.reached.has(it))
            .map((it) => it.outerHTML.slice(0, 120)),
        );
        assert.deepEqual(missed, [], tab);
      }
    }));

  test("files are made, opened, renamed and deleted", () =>
    using("?debug", {}, async (page) => {
      await tabTo(page, "#new-file");
      await page.keyboard.press("Enter");
      await page.keyboard.press("Control+a");
      await page.keyboard.type("aa/new.nix");
      await page.keyboard.press("Enter");
      await page.waitForFunction(() => globalThis.nixamine.paths().includes("aa/new.nix"));
      await page.keyboard.press("F6");
      await page.keyboard.press("F6");
      await page.keyboard.press("F6");
      await tabTo(page, '#files [role="tree"]');
      await page.keyboard.press("F2");
      await page.keyboard.press("Control+a");
      await page.keyboard.type("aa/other.nix");
      await page.keyboard.press("Enter");
      await page.waitForFunction(() => globalThis.nixamine.paths().includes("aa/other.nix"));
      await tabTo(page, '#files [role="tree"]');
      await page.keyboard.press("Home");
      await page.keyboard.press("ArrowLeft");
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("Delete");
      await page.waitForFunction(() => !globalThis.nixamine.paths().includes("aa/other.nix"));
      await page.keyboard.press("End");
      await page.keyboard.press("Enter");
      assert.equal(await page.locator("#path").innerText(), "nixamine.toml");
    }));

  test("problems are gone through, fixed and undone", () =>
    using("?debug", {}, async (page) => {
      const path = async () => page.locator("#path").innerText();
      const first = await path();
      const seen = new Set();
      for (let round = 0; round < 6; round += 1) {
        await page.keyboard.press("F8");
        seen.add(await path());
      }
      assert.ok(seen.size > 1, "F8 goes from file to file");
      for (let round = 0; round < 6; round += 1) await page.keyboard.press("Shift+F8");
      await page.keyboard.press("F8");
      assert.equal(await path(), first);
      const before = await call(page, "text", first);
      await page.keyboard.press("Control+.");
      await page.locator("dialog .fix").first().waitFor();
      await page.keyboard.press("Enter");
      await page.waitForFunction(([path, text]) => globalThis.nixamine.text(path) !== text, [first, before]);
      await page.locator(".cm-content").focus();
      await page.keyboard.press("Control+z");
      await page.waitForFunction(([path, text]) => globalThis.nixamine.text(path) === text, [first, before]);
    }));

  test("views, rules, tree and facts are used", () =>
    using("?debug", {}, async (page) => {
      await tabTo(page, "#tab-problems");
      await page.keyboard.press("ArrowRight");
      await tabTo(page, '[role="switch"][aria-label="mk-force"]');
      await page.keyboard.press("Space");
      await page.waitForFunction(() => globalThis.nixamine.findings("hosts/desktop/default.nix").every((it) => it.rule !== "mk-force"));
      await tabTo(page, '[data-rule="page:hardcoded-home"]');
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { name: "hardcoded-home" }).waitFor();
      await tabTo(page, ".rule-page .back");
      await page.keyboard.press("Enter");
      assert.equal(await page.evaluate(() => document.activeElement.textContent), "hardcoded-home", "the focus is where it was");
      await page.getByRole("tab", { name: "Rules" }).focus();
      await page.keyboard.press("ArrowRight");
      await tabTo(page, '#panel-options [role="listbox"]');
      await page.keyboard.press("Home");
      await page.keyboard.press("Enter");
      await page.locator(".option-page .back").waitFor();
      await tabTo(page, ".option-page .back");
      await page.keyboard.press("Enter");
      await page.getByRole("tab", { name: "Options" }).focus();
      await page.keyboard.press("ArrowRight");
      await page.locator(".drawing .file").first().waitFor();
      await page.getByRole("tab", { name: "Imports" }).focus();
      await page.keyboard.press("ArrowRight");
      await call(page, "settled");
      await page.locator('#panel-tree [role="treeitem"]').first().waitFor();
      await tabTo(page, '#panel-tree [role="tree"]');
      await page.keyboard.press("Home");
      for (let round = 0; round < 5; round += 1) await page.keyboard.press("ArrowDown");
      await page.locator(".cm-linked").first().waitFor();
      // And the other way round: the cursor chooses the node.
      const text = await call(page, "text", "hosts/desktop/default.nix");
      await call(page, "cursor", text.indexOf('"desktop"') + 3);
      await page.waitForTimeout(100);
      assert.match(await page.locator('#panel-tree [aria-selected="true"]').innerText(), /STRING[\s\S]*desktop/);
      await page.getByRole("tab", { name: "Tree" }).focus();
      await page.keyboard.press("ArrowRight");
      await page.locator("#panel-facts .link", { hasText: "./disks.nix" }).focus();
      await page.keyboard.press("Enter");
      const selected = await page.evaluate(() => globalThis.getSelection().toString());
      assert.equal(selected, "./disks.nix");
    }));

  test("a link, a download and the theme are had", () =>
    using("?debug", {}, async (page) => {
      await tabTo(page, "#share");
      await page.keyboard.press("Enter");
      await toast(page).getByText("The link is").waitFor();
      assert.match(page.url(), /#v1\./);
      await tabTo(page, "#download");
      const [download] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("Enter")]);
      assert.equal(download.suggestedFilename(), "nixamine.zip");
      await tabTo(page, "#theme");
      await page.keyboard.press("Enter");
      await page.keyboard.press("Enter");
      assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
      await page.reload();
      assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark", "it is remembered");
    }));
});
