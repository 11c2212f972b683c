// Makes the site work offline after the first load. Everything is put into a cache of
// this version at once; a page always gets all its files from one version. A new
// version waits until no page of the old one is open, then the old cache goes.

const VERSION = "@VERSION@";
const FILES = ["@FILES@"];
const PREFIX = "nixamine-";
const CACHE = PREFIX + VERSION;
const addresses = new Set(FILES.map((file) => new URL(file, self.registration.scope).href));

self.addEventListener("install", (event) => {
  event.waitUntil(
    // Not from the browser's own cache, which may hold another version.
    caches.open(CACHE).then((cache) => cache.addAll(FILES.map((file) => new Request(file, { cache: "reload" })))),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) {
        if (name.startsWith(PREFIX) && name !== CACHE) await caches.delete(name);
      }
      await self.clients.claim();
    })(),
  );
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  url.hash = "";
  url.search = "";
  if (url.pathname.endsWith("/")) url.pathname += "index.html";
  if (event.request.method !== "GET" || !addresses.has(url.href)) return;
  event.respondWith(caches.open(CACHE).then(async (cache) => (await cache.match(url.href)) ?? fetch(event.request)));
});
