// Keeps the last good state of pages that were opened, for when there is no network. Always asks the center
// first; what is shown from here says on its face since when it has had no connection (live.js).
"use strict";
const STORE = "pendopo-1";
// Where screens on a wall show their playlist.
const SCREEN = "/dinding/layar";
// Pages kept at most. The oldest goes first.
const MOST = 40;
// The center is given so long before a kept page is shown, milliseconds.
const PATIENCE = 8000;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) if (name !== STORE) await caches.delete(name);
      await self.clients.claim();
    })(),
  );
});

const keep = async (request, answer) => {
  const store = await caches.open(STORE);
  await store.delete(request);
  await store.put(request, answer);
  const kept = await store.keys();
  for (const old of kept.slice(0, Math.max(0, kept.length - MOST))) await store.delete(old);
};

const forget = async () => {
  await caches.delete(STORE);
};

// Assets never change under their address.
const asset = async (request) => {
  const kept = await caches.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) await keep(request, answer.clone());
  return answer;
};

const page = async (event) => {
  const { request } = event;
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), PATIENCE);
  try {
    const answer = await fetch(request, { signal: limit.signal });
    // Pages for one reader alone say that nobody keeps them.
    const mayKeep = !(answer.headers.get("cache-control") ?? "").includes("no-store");
    if (answer.ok && !answer.redirected && mayKeep) event.waitUntil(keep(request.url, answer.clone()));
    // Over a screen on a wall that can still be read, no error is put.
    if (answer.status >= 500 && new URL(request.url).pathname === SCREEN) return (await caches.match(request.url)) ?? answer;
    return answer;
  } catch (error) {
    const kept = await caches.match(request.url);
    if (kept) return kept;
    if (new URL(request.url).pathname === SCREEN) throw error;
    const first = await caches.match(new URL("/hari-ini", location.origin));
    if (first) return first;
    throw error;
  } finally {
    clearTimeout(timer);
  }
};

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  // Whoever signs out takes with them what was kept.
  if (request.method === "POST" && url.pathname === "/keluar") {
    event.waitUntil(forget());
    return;
  }
  if (request.method !== "GET") return;
  if (url.pathname.startsWith("/aset/")) {
    event.respondWith(asset(request));
    return;
  }
  // A screen asks the center itself and wants nothing that was kept.
  if (request.headers.get("x-follows") === "pass") return;
  const isPage = request.mode === "navigate" || request.headers.has("x-follows");
  if (isPage) event.respondWith(page(event));
});
