// Attacks a running center with scripts in every text it keeps or echoes, opens every page in a real browser
// and counts what ran. Started by the test `xss` of the server, which makes the center.
//
//   BASE=http://localhost:8600 COOKIE="pendopo=…" HALF="pendopo=…" ROUTES='["/papan/{code}"]' node xss.mjs
//
// 1. A page of this script's own, with the payloads unescaped, shows that what runs is noticed.
// 2. Accounts, devices, tokens, incidents, runs and failed sign-ins are made with payloads as their texts
//    (xss_seed.mjs).
// 3. All routes are opened and all links followed, as administrator, visitor, wall and who has given the
//    password alone, in both languages; addresses with payloads are asked for, forms with payloads sent: once
//    under the policy that the center sends and once without any.
// 4. Somebody signs in at a provider of identities that knows them by a payload.
// 5. The files that pages link to are taken and read (xss_files.mjs).
// 6. Open pages follow a change of the figures: what they put in place is looked at like any page (xss_live.mjs).
// 7. One page of each route is opened again with the center's escaping undone on the way: there scripts must run.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { chromium } from "playwright-core";
import { DOWNLOAD, files, NO_PAGE, some } from "./xss_files.mjs";
import { followed } from "./xss_live.mjs";
import { seeding } from "./xss_seed.mjs";

/** COOKIE is an administrator's, HALF that of somebody whose second factor is awaited; ROUTES all that are read. */
const { BASE: base, COOKIE: cookie, HALF: half } = process.env;
const PASSWORD = process.env.PASSWORD ?? "";
const routes = JSON.parse(process.env.ROUTES ?? "[]");
/**
 * Pages of one kind – a kind of thing, whose pages differ in their payload – per reader, language and policy.
 * Pages that list things show all payloads at once and are always opened.
 */
const OF_A_KIND = Number(process.env.OF_A_KIND ?? 1);
/** Addresses with a payload, per reader and policy. */
const ECHOED = OF_A_KIND * 20;
/** Milliseconds that anything may take: a machine may have other work, but nothing hangs. */
const PATIENCE = 300_000;
/** Pages open at a time. */
const AT_ONCE = 4;
/** With EVERY=5 of every five payloads one, and Indonesian pages alone: the small pass. */
const EVERY = Number(process.env.EVERY ?? 1);
const small = EVERY > 1;
const payloads = JSON.parse(readFileSync(new URL("payloads.json", import.meta.url), "utf8"))
  .filter((_, nth) => nth % EVERY === EVERY >> 1)
  .map((text, nth) => text.replaceAll("N", String(nth)));
/** The payload of a number, and a thing called by one, whatever their count. */
const at = (nth) => nth % payloads.length;

// ---- what a browser notices ----

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
});

/** A reader whose pages report scripts that run and violations of the policy. */
async function reader({ bypassCSP, cookies = "", language = "id", home = base, live = false, tabs = AT_ONCE }) {
  const context = await browser.newContext({ bypassCSP, locale: "id-ID", timezoneId: "Asia/Jakarta", viewport: { width: 640, height: 480 }, serviceWorkers: "block" });
  const pairs = [...cookies.split("; "), `bahasa=${language}`].filter(Boolean);
  context.setDefaultTimeout(PATIENCE);
  await context.addCookies(
    pairs.map((pair) => {
      const at = pair.indexOf("=");
      return { name: pair.slice(0, at), value: pair.slice(at + 1), url: base };
    }),
  );
  const seen = { ran: [], violations: [], followed: [] };
  await context.exposeBinding("__note", (_source, kind, what) => seen[kind].push(what));
  await context.addInitScript((live) => {
    // Pages that wait for news keep a connection each, of which a browser has six.
    if (!live) {
      window.EventSource = class extends EventTarget {
        close() {}
      };
    }
    // Counted now: what was put in place is marked for a moment only.
    let version = 0;
    document.addEventListener("pendopo:following", (event) => (version = Number(event.detail.ownerDocument.body.dataset.version)));
    document.addEventListener("pendopo:followed", () =>
      window.__note("followed", { address: location.href, version, swapped: document.querySelectorAll(".changed").length }),
    );
    window.__xss = (n) => window.__note("ran", `${n} at ${location.href}`);
    for (const name of ["alert", "confirm", "prompt", "print"]) window[name] = (n) => window.__xss(n);
    document.addEventListener("securitypolicyviolation", (event) =>
      window.__note("violations", `${event.violatedDirective} ${event.blockedURI} at ${location.href}`),
    );
  }, live);
  const pages = await Promise.all(Array.from({ length: tabs }, () => context.newPage()));
  for (const page of pages) {
    page.on("dialog", (dialog) => {
      seen.ran.push(`dialog at ${page.url()}`);
      dialog.dismiss().catch(() => {});
    });
  }
  return { context, pages, seen, home };
}

/** What stands in a loaded page: foreign elements and attributes, numbers of payloads, links. Waits for a frame. */
const look = async () => {
  const found = [];
  const harmful = /^(script|iframe|object|embed|base|video|audio|marquee|math|animate|set|style|template|noscript)$/i;
  for (const element of document.querySelectorAll("*")) {
    // The center's own scripts are files of its own.
    const own = element.localName === "script" && element.text === "" && /^[/]aset[/][\w-]+[/][\w.-]+$/.test(element.getAttribute("src"));
    if (harmful.test(element.localName) && !own) found.push(`<${element.localName}>`);
    for (const { name, value } of element.attributes) {
      if (/^on/i.test(name) || name === "srcdoc" || name === "style") found.push(`${element.localName} ${name}`);
      const address = /^(href|xlink:href|src|action|formaction|data|background|content)$/i.test(name);
      // As a browser reads addresses: without control characters in front and line breaks inside.
      const read = value.replace(/[\t\n\r]/g, "").replace(/^[\u0000-\u0020]+/, "");
      if (address && /^(javascript|data|vbscript):/i.test(read)) found.push(`${element.localName} ${name}=${value}`);
    }
  }
  // What waits for somebody to come by.
  for (const element of document.querySelectorAll("[autofocus], [tabindex]")) element.focus();
  await new Promise((frame) => {
    requestAnimationFrame(() => setTimeout(frame));
    setTimeout(frame, 200);
  });
  // The call of a payload, as it is or as HTML and addresses write it; one payload encodes the first letter.
  const marker = /_xss(?:%28|%60|&#40;|&#96;|&#x28;|&#x60;|\(|`)(\d+)/gi;
  const shown = [...document.documentElement.outerHTML.matchAll(marker)].map((match) => Number(match[1]));
  return { found, shown, live: Boolean(document.body?.dataset.live), links: [...document.querySelectorAll("a[href]")].map((link) => link.getAttribute("href")) };
};

/** Asks again while the center says that it has too much to do: 503 with `Retry-After`. */
async function admitted(ask) {
  for (let tries = 0; ; tries += 1) {
    const answer = await ask();
    const status = typeof answer.status === "function" ? answer.status() : answer.status;
    if (status !== 503 || tries === 20) return answer;
    await new Promise((later) => setTimeout(later, 500));
  }
}

/** Does `work` on all of `jobs`, as many at a time as there are `pages`. What is added meanwhile is done too. */
async function share(pages, jobs, work) {
  let busy = 0;
  await Promise.all(
    pages.map(async (page) => {
      while (jobs.length > 0 || busy > 0) {
        const job = jobs.shift();
        if (job === undefined) {
          await new Promise((turn) => setTimeout(turn, 5));
          continue;
        }
        busy += 1;
        await work(page, job).finally(() => (busy -= 1));
      }
    }),
  );
}

/** The route of `access.toml` that answers a path; of several that fit, the one with fewest blanks. */
const patterns = routes
  .map((route) => {
    const steps = route.split("/").map((step) => {
      if (step.startsWith("{*")) return ".+";
      return step.startsWith("{") ? "[^/]+" : step.replace(/[.]/g, "\\.");
    });
    return { route, blanks: route.split("{").length, pattern: new RegExp(`^${steps.join("/")}$`) };
  })
  .sort((one, other) => one.blanks - other.blanks);
const routeOf = (path) => patterns.find(({ pattern }) => pattern.test(path.split("?")[0]))?.route ?? "none";

const newCount = () => ({ views: 0, occurrences: 0, payloads: new Set(), strangers: [], routes: {}, asked: new Set(), data: {}, samples: {}, live: {}, files: {} });

/** Adds up what a page shows, under the route that answered. */
function add(count, path, { found, shown, live }) {
  const route = path ? routeOf(path) : "error or answer to a form";
  count.views += 1;
  count.routes[route] = (count.routes[route] ?? 0) + 1;
  count.samples[route] ??= path;
  if (live) count.live[route] ??= path;
  count.occurrences += shown.length;
  for (const nth of shown) count.payloads.add(nth);
  if (found.length > 0) count.strangers.push(`${path}: ${found.slice(0, 5).join(", ")}`);
}

/** Opens an address and adds up what it shows; gives its links. */
async function open(page, home, path, count) {
  const answer = await admitted(() => page.goto(home + path, { waitUntil: "load" }));
  count.asked.add(routeOf(path.split("#")[0]));
  const place = new URL(page.url());
  if (place.origin !== new URL(home).origin) {
    // To the provider of identities, whose pages are its own.
    count.routes[routeOf(path)] ??= 0;
    return [];
  }
  const view = await page.evaluate(look);
  const here = place.pathname + place.search;
  if (!(answer.headers()["content-type"] ?? "").startsWith("text/html")) {
    // Data are shown as text in elements of the browser, and nothing in them may run either. Drawings are shown as
    // they are.
    const drawing = (answer.headers()["content-type"] ?? "").startsWith("image/svg");
    if (drawing && view.found.length > 0) count.strangers.push(`${path}: ${view.found.slice(0, 5).join(", ")}`);
    count.data[routeOf(here)] = (count.data[routeOf(here)] ?? 0) + 1;
    return [];
  }
  if (answer.status() >= 500) throw new Error(`${path}: ${answer.status()}`);
  // An error page is one of no route.
  add(count, answer.status() < 400 ? here : "", view);
  // A route that sends its readers on was opened too, unless they were sent to sign in.
  if (answer.status() < 400 && routeOf(here) !== "/masuk") count.routes[routeOf(path)] ??= 0;
  return view.links;
}

/** Fills a form in the page and sends it, as a reader would; shows what comes back. */
async function send(page, home, [from, to, fields], count) {
  await admitted(() => page.goto(home + from, { waitUntil: "load" }));
  const token = await page.evaluate(() => document.querySelector("[name=_token]")?.value ?? "");
  const come = page.waitForNavigation({ waitUntil: "load" });
  await page.evaluate(
    ([action, all]) => {
      const form = Object.assign(document.createElement("form"), { method: "post", action });
      for (const [name, value] of Object.entries(all)) form.append(Object.assign(document.createElement("textarea"), { name, value }));
      document.body.append(form);
      form.submit();
    },
    [to, { _token: token, ...fields }],
  );
  await come;
  add(count, "", await page.evaluate(look));
}

/** Opens `starts`, follows all links, so many of each kind, asks for `more` and sends `forms`. */
async function crawl({ pages, seen, home }, nth, { starts, follow, more, forms }) {
  const count = newCount();
  const waiting = [...starts];
  const known = new Set(waiting);
  const kinds = new Map();
  const note = (from, links) => {
    for (const link of follow ? links : []) {
      const place = new URL(link, home + from);
      const next = place.pathname + place.search;
      const kind = routeOf(place.pathname) + [...place.searchParams.keys()].join();
      if (place.origin !== new URL(home).origin || known.has(next) || place.searchParams.has("bahasa")) continue;
      known.add(next);
      if (DOWNLOAD.test(place.pathname)) {
        (count.files[routeOf(next)] ??= []).push(next);
        continue;
      }
      if (place.pathname.startsWith("/aset/")) continue;
      const before = kinds.get(kind) ?? 0;
      kinds.set(kind, before + 1);
      // Every reader gets others of a kind, so that together they see more of them.
      if (before === 0 || (before >= OF_A_KIND * nth && before < OF_A_KIND * (nth + 1))) waiting.push(next);
    }
  };
  await share(pages, waiting, async (page, path) => note(path, await open(page, home, path, count)));
  await share(pages, [...more], (page, path) => open(page, home, path, count));
  await share(pages, [...forms], (page, form) => send(page, home, form, count));
  return { ...count, ...seen, kinds: [...kinds.keys()].sort() };
}

// ---- 1. that what runs is noticed ----

/** Serves while `work` goes on; gives its answer. */
async function serving(answer, work) {
  const server = createServer((request, response) => answer(request, response).catch(() => response.destroy()));
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  try {
    // Under the center's own name, so that the browser sends its cookies there.
    return await work(`http://${new URL(base).hostname}:${server.address().port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function control() {
  const places = [
    (text) => `<p>${text}</p>`,
    (text) => `<input value="${text}">`,
    (text) => `<input value='${text}'>`,
    (text) => `<input value=${text}>`,
    (text) => `<title>${text}</title>`,
    (text) => `<textarea>${text}</textarea>`,
  ];
  const page = (body) => `<!doctype html><meta charset=utf-8><body>${body}`;
  const answer = async (request, response) => {
    const [, place, payload] = request.url.split("/");
    const text = payloads[Number(payload)];
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.end(text === undefined ? page("") : page(places[Number(place)]?.(text) ?? ""));
  };
  return serving(answer, async (home) => {
    const { context, pages, seen } = await reader({ bypassCSP: true });
    const jobs = places.flatMap((_, place) => payloads.map((_, payload) => [place, payload]));
    // Each in running text, and every other one in one other place; twenty at a time, each in a frame of its own.
    const all = jobs.filter(([place, payload]) => place === 0 || (payload % 2 === 0 && payload % places.length === place));
    const frames = Array.from({ length: Math.ceil(all.length / 20) }, (_, nth) =>
      all.slice(nth * 20, nth * 20 + 20).map(([place, payload]) => `<iframe src="${home}/${place}/${payload}"></iframe>`),
    );
    let noticed = 0;
    await share(pages, frames, async (page, some) => {
      await page.goto(`${home}/`);
      await page.setContent(some.join(""), { waitUntil: "load" });
      for (const frame of page.mainFrame().childFrames()) {
        const { found } = await frame.evaluate(look);
        if (found.length > 0) noticed += 1;
      }
    });
    await context.close();
    return { ran: new Set(seen.ran.map((text) => Number.parseInt(text, 10))).size, noticed };
  });
}

// ---- 3. what is opened ----

/** Addresses that carry a payload, which the page may say again. */
const ECHOES = [
  (text) => `/${text}`,
  (text) => `/indikator/${text}`,
  (text) => `/indikator/i0?wilayah=${text}`,
  (text) => `/indikator/i0?periode=${text}`,
  (text) => `/indikator/i0?per=${text}`,
  (text) => `/angka/i0/33.16/${text}`,
  (text) => `/wilayah/${text}`,
  (text) => `/sumber/${text}`,
  (text) => `/papan/${text}`,
  (text) => `/penarikan?sumber=${text}&status=${text}`,
  (text) => `/audit?pelaku=${text}&tindakan=${text}&teks=${text}&hasil=${text}&dari=${text}&sampai=${text}`,
  (text) => `/masuk?lanjut=${text}`,
  (text) => `/?bahasa=${text}`,
  (text) => `/undangan/${text}`,
  (text) => `/undangan/${text}/sso`,
  (text) => `/masuk/sso?lanjut=${text}`,
  (text) => `/masuk/sso/kembali?state=${text}&code=${text}&error=${text}&error_description=${text}`,
  (text) => `/dinding?kunci=${text}#${text}`,
  (text) => `/dinding/pasang?kode=${text}`,
];
function echoes(reader) {
  // Every address for every reader, each time with payloads of their own.
  const asked = (nth) => ECHOES[nth % ECHOES.length](encodeURIComponent(payloads[(nth + reader * ECHOED) % payloads.length]));
  return Array.from({ length: ECHOED }, (_, nth) => asked(nth));
}

/** Forms that say again what was typed: those that are refused, and those that show a secret once. */
function forms(reader, signedIn) {
  const text = (more) => payloads[(reader * 7 + more * 13 + 11) % payloads.length];
  const visitors = [
    ["/masuk", "/masuk", { nama: text(0), sandi: "bukan sandi", lanjut: text(1) }],
    ["/masuk", "/undangan/tidak-ada", { nama: text(2), login: text(3), sandi: "a", ulang: "b" }],
  ];
  const administrators = [
    ["/pengguna/baru", "/pengguna", { login: text(0), nama: text(1), peran: text(2) }],
    ["/pengguna/baru", "/pengguna", { login: `lagi.${reader}.${Date.now()}`, nama: text(3), peran: "auditor" }],
    ["/perangkat", "/perangkat", { jenis: "display", nama: text(4), untuk: "p0" }],
    ["/perangkat", "/perangkat", { jenis: "push", nama: text(5), untuk: "s1" }],
    ["/perangkat", "/perangkat", { jenis: text(6), nama: text(6), untuk: text(6) }],
    ["/data-pribadi/insiden", "/data-pribadi/insiden", { title: "", what: text(7), data: text(7), sources: text(7), subjects: text(7), cause: text(7), measures: text(7), noticed: text(7) }],
    ["/profil", "/profil/token", { nama: text(8), hari: "30", kini: PASSWORD }],
  ];
  return signedIn ? administrators : visitors;
}

/**
 * A payload that runs wherever it is put, also into an open page; its figures come from the file that is read anew
 * (`pack_texts.rs`: not the first, and not those that are computed).
 */
const picture = payloads.findIndex((text, nth) => nth > 0 && nth % 10 !== 9 && /^<img src=\S+ onerror=/i.test(text));
if (picture < 0) throw new Error("no payload is a picture");

/** Addresses to begin with for routes that no link leads to, or whose links lead past what shows most. */
const SAMPLES = {
  // Whose figures change while pages are open.
  "/indikator/{code}": [`/indikator/i${picture}`],
  "/angka/{indicator}/{region}/{period}": [`/angka/i${picture}/33.16.01/2026-01`],
  "/wilayah/{code}": ["/wilayah/33.16.01"],
  // Beneath the map; other tiles are as this one.
  "/peta/dasar/{z}/{x}/{y}": ["/peta/dasar/12/3313/2130"],
  "/peta": ["/peta?indikator=i1&wilayah=33.16.01", "/peta"],
  // All payloads at once.
  "/papan/{code}": ["/papan/p0"],
  "/api/v1/regions/{code}": ["/api/v1/regions/33.16"],
  "/api/v1/indicators/{code}/outlook": ["/api/v1/indicators/i1/outlook"],
  "/api/v1/indicators/{code}": ["/api/v1/indicators/i0", `/api/v1/indicators/i${at(41)}`],
  "/api/v1/observations": ["/api/v1/observations?indicator=i0", `/api/v1/observations?indicator=i${at(41)}`],
  "/api/v1/revisions": ["/api/v1/revisions?indicator=i0&region=33.16.01.2001"],
  "/api/v1/sources/{code}": ["/api/v1/sources/s0", `/api/v1/sources/s${at(41)}`],
  "/api/v1/runs/{id}": ["/api/v1/runs/1", "/api/v1/runs/4"],
  "/api/v1/runs/{id}/refused-rows": ["/api/v1/runs/1/refused-rows?limit=1000"],
};

/** Where texts stand that no column of the database holds as such: each must show some. */
const SPOTS = [
  ["/peta?indikator=i1&wilayah=33.16.01", ".points title"],
  ["/peta?indikator=i1&wilayah=33.16.01", ".legend .key"],
  ["/peta?indikator=i1&wilayah=33.16.01", ".twin summary"],
  ["/peta?indikator=i1&wilayah=33.16.01", ".twin li"],
  ["/peta?indikator=i1&wilayah=33.16.01", ".attribution"],
  ["/cetak", "td p"],
];
async function spots() {
  const { context, pages } = await reader({ cookies: cookie });
  const counts = {};
  for (const [path, place] of SPOTS) {
    await admitted(() => pages[0].goto(base + path, { waitUntil: "load" }));
    counts[`${place} of ${path}`] = await pages[0].evaluate(
      (place) => [...document.querySelectorAll(place)].filter((element) => element.textContent.includes("_xss")).length,
      place,
    );
  }
  await context.close();
  return counts;
}

/** Files of one route for each reader at most. */
const FILES = small ? 12 : 60;

/** Whose files are taken: those that each reader's pages linked to, and what stands at addresses without blanks. */
async function filesOf(linked, screen) {
  const style = (await (await fetch(`${base}/masuk`)).text()).match(/\/aset\/[^"]+/g) ?? [];
  const fixed = routes.filter((route) => NO_PAGE.test(route) && !route.includes("{"));
  // The stream of screens is for screens alone.
  const forScreens = (path) => path.startsWith("/dinding/");
  const more = [...style, "/papan/p0/sunting/paket.toml", "/papan/p0/papan.pdf?lampiran=ya"];
  const each = [...linked].map(([cookies, byRoute]) => [cookies, Object.values(byRoute).flatMap((paths) => some(paths, FILES))]);
  return [[screen, fixed.filter(forScreens)], [cookie, [...fixed.filter((path) => !forScreens(path)), ...more]], ...each];
}

// ---- 4. the provider of identities ----

/** Signs in at the provider as who a payload calls, and comes back with errors that are payloads. */
async function provider(bypassCSP) {
  const { context, pages, seen } = await reader({ bypassCSP, tabs: 1 });
  const [page] = pages;
  const count = newCount();
  const states = [];
  page.on("request", (request) => states.push(new URL(request.url()).searchParams.get("state")));
  const leave = () => page.goto(`${base}/masuk/sso?lanjut=/profil`, { waitUntil: "load" });
  for (const text of payloads.filter((_, nth) => nth % (small ? 4 : 8) === 1)) {
    await leave();
    const query = new URLSearchParams({ state: states.findLast(Boolean), error: "access_denied", error_description: text, error_uri: text });
    await open(page, base, `/masuk/sso/kembali?${query}`, count);
  }
  await leave();
  await page.fill("[name=login]", process.env.SUBJECT);
  await page.fill("[name=password]", "x");
  for (let turn = 0; new URL(page.url()).origin !== base && turn < 5; turn += 1) {
    await Promise.all([page.waitForNavigation({ waitUntil: "load" }), page.click("[type=submit]")]);
  }
  if (new URL(page.url()).pathname !== "/profil") throw new Error(`the provider does not let in: ${page.url()}`);
  count.routes["/masuk/sso/kembali"] ??= 0;
  add(count, "/profil", await page.evaluate(look));
  await context.close();
  // What the provider's own pages do is not the center's.
  const own = (list) => list.filter((text) => text.includes(` at ${base}/`));
  return { ...count, ran: own(seen.ran), violations: own(seen.violations), kinds: [] };
}

// ---- 7. that a page which does not escape would be noticed ----

/** The center with the escaping of its pages undone on the way. */
async function unescaped(request, response) {
  // Pictures, frames and films of the payloads, which are nowhere.
  if (!["document", "style", "font", "script"].includes(request.headers["sec-fetch-dest"])) {
    response.statusCode = 404;
    return response.end();
  }
  const answer = await admitted(() => fetch(base + request.url, { headers: { cookie: request.headers.cookie ?? "" }, redirect: "manual" }));
  for (const name of ["content-type", "content-security-policy", "location"]) {
    if (answer.headers.has(name)) response.setHeader(name, answer.headers.get(name));
  }
  response.statusCode = answer.status;
  if (!(answer.headers.get("content-type") ?? "").startsWith("text/html")) return response.end(Buffer.from(await answer.arrayBuffer()));
  return response.end(raw(await answer.text()));
}

/** HTML with its escaping undone. */
function raw(html) {
  const signs = { "#60": "<", lt: "<", "#62": ">", gt: ">", "#34": '"', quot: '"', "#39": "'", "#38": "&", amp: "&" };
  return html.replace(/&(#60|lt|#62|gt|#34|quot|#39|#38|amp);/g, (_, sign) => signs[sign]);
}

/** Opens one page of each route so; tells what ran on it, and what the policy held and reported. */
async function canaries(samples) {
  return serving(unescaped, async (home) => {
    const ran = {};
    const held = { ran: 0, violations: 0, pages: 0 };
    for (const bypassCSP of [true, false]) {
      // Under the policy a few say enough.
      for (const [cookies, all] of samples) {
        const paths = Object.values(all).filter((_, nth) => bypassCSP || nth % 5 === 0);
        const { context, pages, seen } = await reader({ bypassCSP, cookies });
        const noticed = bypassCSP ? seen.ran : seen.violations;
        held.pages += bypassCSP ? 0 : paths.length;
        await share(pages, paths, async (page, path) => {
          // Such a page may do anything, among it never be done.
          await page.goto(home + path, { waitUntil: "commit", timeout: 60_000 }).catch(() => {});
          const here = (text) => text.endsWith(` at ${home}${path}`);
          for (const until = Date.now() + 20_000; Date.now() < until && !noticed.some(here); ) await new Promise((later) => setTimeout(later, 20));
        });
        await context.close();
        for (const text of bypassCSP ? seen.ran : []) {
          const route = routeOf(new URL(text.split(" at ")[1], home).pathname);
          ran[route] = (ran[route] ?? 0) + 1;
        }
        if (bypassCSP) continue;
        held.ran += seen.ran.length;
        held.violations += seen.violations.length;
      }
    }
    return { ran, held };
  });
}

// ---- all of it ----

const started = Date.now();
const secs = () => Math.round((Date.now() - started) / 100) / 10;
const report = { payloads: payloads.length, control: await control() };
console.error(`control: ${secs()} s`);
const { formToken, seed } = seeding({ base, cookie, password: PASSWORD, payloads, at, small, admitted });
const seeded = await seed();
report.places = seeded.places;
console.error(`seeded: ${secs()} s`);
report.spots = await spots();
report.crawls = [];
const openable = routes.filter((route) => !NO_PAGE.test(route));
const starts = openable.flatMap((route) => SAMPLES[route] ?? (route.includes("{") ? [] : [route]));
const samples = new Map();
const linked = new Map();
const live = {};
const note = (result, who, language, bypassCSP) => {
  for (const name of ["samples", "live", "files"]) delete result[name];
  report.crawls.push({ who, language, policy: bypassCSP ? "off" : "as sent", ...result, payloads: [...result.payloads], asked: [...result.asked] });
  console.error(`${who} ${language} ${bypassCSP}: ${result.views} views, ${secs()} s`);
};
const readers = [
  ["administrator", cookie, "id", [...starts, seeded.invitation]],
  ["administrator", cookie, "en", starts],
  ["visitor", "", "id", ["/", "/indikator", "/wilayah", "/pola", "/masuk", seeded.invitation]],
  ["visitor", "", "en", ["/", "/indikator", "/wilayah", "/masuk"]],
  ["wall", `pendopo-dinding=${seeded.wall}`, "id", ["/papan/p0"]],
  ["screen", seeded.screen, "id", ["/dinding/layar"]],
  ["half signed in", half, "id", ["/masuk/kode"]],
];
for (const bypassCSP of [false, true]) {
  for (const [nth, [who, cookies, language, paths]] of readers.entries()) {
    // The policy is the same in every language.
    if ((!bypassCSP || small) && language !== "id") continue;
    const one = await reader({ bypassCSP, cookies, language });
    const whole = who === "administrator" || who === "visitor";
    const work = { starts: paths, follow: who !== "half signed in", more: whole ? echoes(nth) : [], forms: whole ? forms(nth, who === "administrator") : [] };
    const result = await crawl(one, nth, work);
    await one.context.close();
    if (bypassCSP && language === "id") samples.set(cookies, result.samples);
    // Files are the same whatever the policy of the page that links to them.
    if (!bypassCSP) linked.set([cookies, `bahasa=${language}`].filter(Boolean).join("; "), result.files);
    if (who === "administrator") Object.assign(live, result.live);
    for (const route of Object.keys(live)) live[route] = SAMPLES[route]?.[0] ?? live[route];
    note(result, who, language, bypassCSP);
  }
  note(await provider(bypassCSP), "whom a provider lets in", "id", bypassCSP);
}
const blank = await reader({ bypassCSP: false, tabs: 1 });
const wanted = await filesOf(linked, seeded.screen);
report.files = await files({ base, routeOf, admitted, share, wanted, blank: blank.pages[0], payloads });
await blank.context.close();
console.error(`files: ${secs()} s`);
report.live = await followed({ base, cookie, reader, look, raw, routeOf, paths: Object.values(live), formToken, admitted });
console.error(`followed: ${secs()} s`);
report.canaries = await canaries(samples);
console.error(`canaries: ${secs()} s`);
report.secs = secs();
await browser.close();
console.log(JSON.stringify(report));
