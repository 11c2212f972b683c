import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { serviceWorker } from "./build/service-worker.ts";
import { site } from "./build/site.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  // Relative, so that the site works in any folder of any server.
  base: "./",
  resolve: {
    alias: { "@codemirror/autocomplete": here("src/shims/autocomplete.ts") },
  },
  // The style elements of the development server need the nonce of the page.
  html: { cspNonce: "nixamine" },
  build: {
    target: "es2022",
    // Later than what knows light-dark(), which is else turned into something longer.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    // Nothing as a data: address, which the policy would keep out.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { index: here("index.html"), report: here("report.html"), site: here("src/site/site.ts") },
    },
  },
  worker: { format: "es" },
  plugins: [site(), serviceWorker()],
});
