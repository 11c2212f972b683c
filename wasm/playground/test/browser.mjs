// A real Chromium and the built site, for the tests.

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { serve } from "../serve.mjs";

export const DIST = fileURLToPath(new URL("../dist/", import.meta.url));
export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

function chromiumPath() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    try {
      return execFileSync("which", [name], { encoding: "utf8" }).trim();
    } catch {
      // The next name.
    }
  }
  throw new Error("there is no chromium in PATH; install it, or name one with CHROMIUM");
}

/** A browser that asks nobody for anything. */
export function launch() {
  return chromium.launch({
    executablePath: chromiumPath(),
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
  });
}

/** A browser and a server; `close` ends both. */
export async function start() {
  if (!existsSync(DIST)) throw new Error("dist/ is missing: npm run build makes it");
  const { server, url } = await serve();
  const browser = await launch();
  return {
    url,
    browser,
    server,
    async close() {
      await browser.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/**
 * A page of a new profile, opened at `path` and ready. `faults` gets what must not
 * happen: errors, violations of the policy, requests to elsewhere.
 */
export async function open({ browser, url }, path = "?debug", options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  const faults = [];
  page.on("pageerror", (error) => faults.push(`error: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" || /Content.Security.Policy|Refused to/i.test(message.text())) faults.push(`console: ${message.text()}`);
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(url) && !/^(data|blob):/.test(request.url())) faults.push(`request: ${request.url()}`);
  });
  await page.addInitScript(() => {
    globalThis.violations = [];
    document.addEventListener("securitypolicyviolation", (event) => globalThis.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
  });
  await page.goto(url + path);
  if (path.includes("debug")) await ready(page);
  return { page, context, faults };
}

/** The engine runs and all findings are known. */
export async function ready(page) {
  await page.waitForFunction(() => globalThis.nixamine !== undefined);
  await page.evaluate(() => globalThis.nixamine.settled());
}

/** Calls one of the functions of `?debug`. */
export function call(page, name, ...args) {
  return page.evaluate(([name, args]) => globalThis.nixamine[name](...args), [name, args]);
}

/** Puts the cursor to an offset of the file on the screen, and types. */
export async function typeAt(page, offset, text) {
  await call(page, "cursor", offset);
  await page.keyboard.type(text);
  await call(page, "settled");
}
