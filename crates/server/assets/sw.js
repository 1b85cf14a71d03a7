// Keeps the last good state of pages that were opened, for when there is no network. Always asks the center
// first; what is shown from here says on its face since when it has had no connection (live.js).
//
// Each answer says whose it is (x-reader): a tag, and for how many seconds more its session can last. Pages lie in
// a store of that reader's own; an answer for another reader, a way to sign in or out, or the end of the time
// throws it away. So nobody is shown what was kept for somebody else.
"use strict";
const ASSETS = "pendopo-2-aset";
const PAGES = "pendopo-2-halaman-";
const TODAY = "/hari-ini";
// Where screens on a wall show their playlist.
const SCREEN = "/dinding/layar";
// On a copy: when it may be shown no more, by the clock of this device. Without it, public and for ever.
const UNTIL = "x-shown-until";
// Pages and files kept at most. The oldest goes first.
const MOST = 40;
// The center is given so long before a kept page is shown, milliseconds.
const PATIENCE = 8000;
// Here one reader becomes another. A screen on a wall becomes one at /dinding, or while it waits to be paired; what it
// asks for afterwards is asked by the same.
const DOORS = /^\/(masuk|keluar|undangan)(\/|$)|^\/dinding(\/menunggu)?$/;

// Counts how often everything was forgotten: what was asked for before is not kept after.
let era = 0;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) if (name !== ASSETS && !name.startsWith(PAGES)) await caches.delete(name);
      await self.clients.claim();
    })(),
  );
});

const put = async (name, address, answer) => {
  const store = await caches.open(name);
  await store.delete(address);
  await store.put(address, answer);
  const kept = await store.keys();
  for (const old of kept.slice(0, Math.max(0, kept.length - MOST))) await store.delete(old);
};

/** Throws away the pages of all readers but one. */
const forgetBut = async (reader) => {
  for (const name of await caches.keys()) if (name.startsWith(PAGES) && name !== PAGES + reader) await caches.delete(name);
};

const forget = async () => {
  era += 1;
  await forgetBut("");
};

/** Whose an answer is, and the seconds for which a copy may be shown: none for those of visitors. */
const readerOf = (answer) => {
  const [tag, secs] = (answer.headers.get("x-reader") ?? "").split(" ");
  return { tag, secs: secs === undefined ? null : Number(secs) };
};

const mayKeep = (answer) =>
  answer.ok && !answer.redirected && !(answer.headers.get("cache-control") ?? "no-store").includes("no-store");

const keep = async (address, answer, reader, asked) => {
  const headers = new Headers(answer.headers);
  if (reader.secs !== null) headers.set(UNTIL, String(Date.now() + reader.secs * 1000));
  await put(PAGES + reader.tag, address, new Response(answer.body, { status: answer.status, headers }));
  // Everything was forgotten while the body came, and this with it.
  if (asked !== era) await caches.delete(PAGES + reader.tag);
};

/** What was kept for an address, while it may be shown. */
const kept = async (address) => {
  for (const name of await caches.keys()) {
    if (!name.startsWith(PAGES)) continue;
    const answer = await (await caches.open(name)).match(address);
    if (!answer) continue;
    const until = answer.headers.get(UNTIL);
    if (until === null || Date.now() < Number(until)) return answer;
    // The session is over: its other pages with it.
    await caches.delete(name);
  }
  return undefined;
};

/** The leader's page may hold what no browser may keep; there is an edition without it. */
const keepEdition = async (reader, asked) => {
  const headers = { "x-keeps": "1", "x-follows": "1" };
  const answer = await fetch(TODAY, { headers, cache: "no-store" }).catch(() => null);
  if (answer && mayKeep(answer) && readerOf(answer).tag === reader.tag && asked === era) {
    await keep(new URL(TODAY, location.origin).href, answer, readerOf(answer), asked);
  }
};

// Assets never change under their address.
const asset = async (request) => {
  const found = await (await caches.open(ASSETS)).match(request);
  if (found) return found;
  const answer = await fetch(request);
  if (answer.ok) await put(ASSETS, request, answer.clone());
  return answer;
};

const page = async (event) => {
  const { request } = event;
  const asked = era;
  const isScreen = new URL(request.url).pathname === SCREEN;
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), PATIENCE);
  try {
    const answer = await fetch(request, { signal: limit.signal });
    const reader = readerOf(answer);
    if (reader.tag && asked === era) {
      await forgetBut(reader.tag);
      if (mayKeep(answer)) event.waitUntil(keep(request.url, answer.clone(), reader, asked));
      else if (answer.ok && new URL(answer.url).pathname === TODAY) event.waitUntil(keepEdition(reader, asked));
    }
    // Over a screen on a wall that can still be read, no error is put.
    if (answer.status >= 500 && isScreen) return (await kept(request.url)) ?? answer;
    return answer;
  } catch (error) {
    const others = isScreen ? [] : [new URL(TODAY, location.origin).href];
    for (const address of [request.url, ...others]) {
      const found = asked === era && (await kept(address));
      if (found) return found;
    }
    throw error;
  } finally {
    clearTimeout(timer);
  }
};

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (DOORS.test(url.pathname)) {
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
