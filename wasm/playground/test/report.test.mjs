// The page that `nixamine report` writes, in a real Chromium.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { launch, ROOT } from "./browser.mjs";

const NIXAMINE = process.env.NIXAMINE ?? join(ROOT, "target/release/nixamine");
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let browser;
let folder;
let page;
let data;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "nixamine-report-"));
  const report = (...words) => execFileSync(NIXAMINE, ["report", ...words], { cwd: join(ROOT, "examples/nixos-config"), maxBuffer: 1 << 26 });
  const history = join(folder, "history");
  report("--history", history, "--date", "2026-01-01");
  page = join(folder, "report.html");
  writeFileSync(page, report("--history", history, "--date", "2026-02-01", "--format", "html"));
  data = JSON.parse(report("--format", "json").toString());
  browser = await launch();
});
after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Opens the page, and sees that it asks for nothing and that nothing goes wrong. */
async function opened(options, action) {
  const context = await browser.newContext({ viewport: { width: 1100, height: 800 }, ...options });
  const tab = await context.newPage();
  const faults = [];
  tab.on("pageerror", (error) => faults.push(error.message));
  tab.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  tab.on("request", (request) => request.url() === pathToFileURL(page).href || faults.push(request.url()));
  try {
    await tab.goto(pathToFileURL(page).href);
    await action(tab);
    assert.deepEqual(faults, []);
  } finally {
    await context.close();
  }
}

const shown = (tab) => tab.locator("[data-k]:not([hidden])").count();

describe("the page of a report", () => {
  for (const [name, options] of [
    ["light", { colorScheme: "light" }],
    ["dark", { colorScheme: "dark" }],
    ["on a phone", { viewport: { width: 390, height: 844 } }],
  ]) {
    test(`has no violation that axe finds, ${name}`, async () => {
      await opened({ ...options, bypassCSP: true }, async (tab) => {
        await tab.evaluate(() => document.querySelectorAll("details").forEach((it) => (it.open = true)));
        await tab.evaluate(AXE);
        const { violations } = await tab.evaluate(() => globalThis.axe.run());
        assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`), []);
        const { wide, room } = await tab.evaluate(() => ({ wide: document.documentElement.scrollWidth, room: innerWidth }));
        assert.ok(wide <= room, `${wide} pixels do not fit ${room}`);
      });
    });
  }

  test("shows each finding once", async () => {
    await opened({}, async (tab) => {
      assert.equal(await tab.locator("[data-k]").count(), data.findings.length);
    });
  });

  test("has links that lead somewhere", async () => {
    await opened({}, async (tab) => {
      const broken = await tab.evaluate(() =>
        [...document.querySelectorAll('a[href^="#"]')].map((it) => it.getAttribute("href")).filter((it) => !document.getElementById(it.slice(1))),
      );
      assert.deepEqual(broken, []);
    });
  });

  test("leads from each number to the findings behind it", async () => {
    await opened({}, async (tab) => {
      const links = tab.locator("a[data-f]");
      assert.ok((await links.count()) > 40);
      for (const link of await links.all()) {
        const number = Number.parseInt(await link.textContent(), 10);
        const words = await link.getAttribute("data-f");
        await link.evaluate((it) => it.click());
        assert.equal(await shown(tab), number, `${words}: ${number}`);
      }
    });
  });

  test("filters as one types, and opens a rule that is linked", async () => {
    await opened({}, async (tab) => {
      await tab.fill("#filter", "MkForce hosts");
      const text = ({ message, path, rule }) => `${path} ${rule} ${message}`.toLowerCase();
      const expected = data.findings.filter((it) => text(it).includes("mkforce") && it.path.includes("hosts")).length;
      assert.ok(expected > 0);
      assert.equal(await shown(tab), expected);
      assert.match(await tab.textContent("#told"), new RegExp(`^${expected} of ${data.findings.length}`));
      await tab.fill("#filter", "");
      await tab.click('a[href="#rule-long-module"] >> nth=0');
      assert.ok(await tab.locator("#rule-long-module").evaluate((it) => it.open));
    });
  });

  test("can be read without scripts, and printed", async () => {
    await opened({ javaScriptEnabled: false }, async (tab) => {
      assert.ok(await tab.locator("#found").isVisible());
      assert.ok(!(await tab.locator("#filter").isVisible()), "what cannot work is not there");
    });
    await opened({}, async (tab) => {
      await tab.emulateMedia({ media: "print" });
      assert.ok(!(await tab.locator("nav").isVisible()));
      assert.ok((await tab.pdf()).length > 10_000);
    });
  });

  test("shows the trend of earlier reports", async () => {
    await opened({}, async (tab) => {
      assert.equal(await tab.locator("#trend").count(), 1);
      const days = await tab.locator('[aria-label="Trend"] tbody th').allTextContents();
      assert.deepEqual(days, ["2026-02-01", "2026-01-01"]);
    });
  });
});
