// Attacks a running center with scripts in every text it keeps or echoes, opens every page in a real browser
// and counts what ran. Started by the test `xss` of the server, which makes the center.
//
//   BASE=http://127.0.0.1:8600 COOKIE="pendopo=…" node xss.mjs
//
// 1. A page of this script's own, with the payloads unescaped, shows that what runs is noticed.
// 2. Accounts, devices, tokens, incidents, runs and failed sign-ins are made with payloads as their texts.
// 3. All links are followed as administrator and as visitor, in both languages, and addresses with payloads
//    are asked for: once under the policy that the center sends and once without any.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { chromium } from "playwright-core";

const { BASE: base, COOKIE: cookie } = process.env;
const PASSWORD = process.env.PASSWORD ?? "";
/**
 * Pages of one kind – a kind of thing, whose pages differ in their payload – per reader, language and policy.
 * Pages that list things show all payloads at once and are always opened.
 */
const OF_A_KIND = Number(process.env.OF_A_KIND ?? 1);
/** Addresses with a payload, per reader and policy. */
const ECHOED = OF_A_KIND * 15;
const payloads = JSON.parse(readFileSync(new URL("payloads.json", import.meta.url), "utf8")).map((text, nth) =>
  text.replaceAll("N", String(nth)),
);
/** The call of a payload, as it is or as HTML and addresses write it; one payload encodes the first letter. */
const MARKER = /_xss(?:%28|%60|&#40;|&#96;|&#x28;|&#x60;|\(|`)(\d+)/gi;
const POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'none'; base-uri 'none'; form-action 'self'";

// ---- what a browser notices ----

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
});

/** A reader whose pages report scripts that run and violations of the policy. */
async function reader({ bypassCSP, cookies = "", language = "" }) {
  const context = await browser.newContext({ bypassCSP, locale: "id-ID", timezoneId: "Asia/Jakarta" });
  const pairs = [cookies, language && `bahasa=${language}`].filter(Boolean).join("; ").split("; ").filter(Boolean);
  await context.addCookies(
    pairs.map((pair) => {
      const at = pair.indexOf("=");
      return { name: pair.slice(0, at), value: pair.slice(at + 1), url: base };
    }),
  );
  const seen = { ran: [], violations: [] };
  await context.exposeBinding("__note", (_source, kind, what) => seen[kind].push(what));
  await context.addInitScript(() => {
    window.__xss = (n) => window.__note("ran", `${n} at ${location.href}`);
    for (const name of ["alert", "confirm", "prompt", "print"]) window[name] = (n) => window.__xss(n);
    document.addEventListener("securitypolicyviolation", (event) =>
      window.__note("violations", `${event.violatedDirective} ${event.blockedURI} at ${location.href}`),
    );
  });
  const pages = await Promise.all([1, 2, 3, 4].map(() => context.newPage()));
  for (const page of pages) {
    page.on("dialog", (dialog) => {
      seen.ran.push(`dialog at ${page.url()}`);
      dialog.dismiss().catch(() => {});
    });
  }
  return { context, pages, seen };
}

/** Elements and attributes in the page that no template of the center has. */
const strangers = () => {
  const found = [];
  const harmful = /^(script|iframe|object|embed|base|video|audio|marquee|math|animate|set|style|template|noscript)$/i;
  for (const element of document.querySelectorAll("*")) {
    if (harmful.test(element.localName)) found.push(`<${element.localName}>`);
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
  return found;
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

/** Opens an address and adds up what it shows. */
async function open(page, path, count) {
  const answer = await admitted(() => page.goto(base + path, { waitUntil: "load", timeout: 30000 }));
  const kind = answer.headers()["content-type"] ?? "";
  if (!kind.startsWith("text/html")) return [];
  const body = await answer.text();
  count.views += 1;
  for (const match of body.matchAll(MARKER)) {
    count.occurrences += 1;
    count.payloads.add(Number(match[1]));
  }
  const found = await page.evaluate(strangers);
  if (found.length > 0) count.strangers.push(`${path}: ${found.slice(0, 5).join(", ")}`);
  return page.evaluate(() => [...document.querySelectorAll("a[href]")].map((link) => link.getAttribute("href")));
}

const newCount = () => ({ views: 0, occurrences: 0, payloads: new Set(), strangers: [] });

/** Follows all links from `/`, so many of each kind, then opens `more`. */
async function crawl({ pages, seen }, nth, starts, more) {
  const count = newCount();
  const waiting = [...starts];
  const known = new Set(waiting);
  const kinds = new Map();
  const note = (from, links) => {
    for (const link of links) {
      const place = new URL(link, base + from);
      const next = place.pathname + place.search;
      const kind = place.pathname.replace(/(?<=^\/[^/]+\/).*?(?=\/ditolak|$)/, "…") + [...place.searchParams.keys()].join();
      const file = /\.(csv|md|jsonl)$/.test(place.pathname) || place.pathname.startsWith("/aset/");
      if (place.origin !== new URL(base).origin || known.has(next) || file) continue;
      known.add(next);
      const before = kinds.get(kind) ?? 0;
      kinds.set(kind, before + 1);
      // Every reader gets others of a kind, so that together they see more of them.
      if (before === 0 || (before >= OF_A_KIND * nth && before < OF_A_KIND * (nth + 1))) waiting.push(next);
    }
  };
  const work = async (page) => {
    for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) note(path, await open(page, path, count));
  };
  // The pages that list things come first and give the others their work.
  const lists = waiting.splice(0);
  const gather = async (page) => {
    for (let path = lists.shift(); path !== undefined; path = lists.shift()) note(path, await open(page, path, count));
  };
  await Promise.all(pages.map(gather));
  await Promise.all(pages.map(work));
  waiting.push(...more);
  const echo = async (page) => {
    for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) await open(page, path, count);
  };
  await Promise.all(pages.map(echo));
  return { ...count, ...seen, kinds: [...kinds.keys()].sort() };
}

// ---- 1. that what runs is noticed ----

async function control() {
  const places = [
    (text) => `<p>${text}</p>`,
    (text) => `<input value="${text}">`,
    (text) => `<input value='${text}'>`,
    (text) => `<input value=${text}>`,
    (text) => `<title>${text}</title>`,
    (text) => `<textarea>${text}</textarea>`,
  ];
  const server = createServer((request, response) => {
    const [, mode, place, payload] = request.url.split("/");
    response.setHeader("content-type", "text/html; charset=utf-8");
    if (mode === "policy") response.setHeader("content-security-policy", POLICY);
    const text = payloads[Number(payload)];
    response.end(text === undefined ? "" : `<!doctype html><body>${places[Number(place)](text)}`);
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const home = `http://127.0.0.1:${server.address().port}`;
  const run = async (mode, bypassCSP) => {
    // Under a policy a few say enough.
    const some = (job) => mode === "plain" || job[1] % 5 === 0;
    const { context, pages, seen } = await reader({ bypassCSP });
    const jobs = payloads.map((_, payload) => [payload % places.length === 0 ? 0 : payload % places.length, payload]);
    // Each in running text, and each in one other place.
    const all = [...payloads.map((_, payload) => [0, payload]), ...jobs.filter(([place, payload]) => place > 0 && payload % 2 === 0)].filter(some);
    let noticed = 0;
    await Promise.all(
      pages.map(async (page) => {
        for (let job = all.shift(); job !== undefined; job = all.shift()) {
          await page.goto(`${home}/${mode}/${job[0]}/${job[1]}`, { waitUntil: "domcontentloaded" });
          if ((await page.evaluate(strangers)).length > 0) noticed += 1;
        }
      }),
    );
    await pages[0].waitForTimeout(100);
    const ran = new Set(seen.ran.map((text) => Number.parseInt(text, 10)));
    await context.close();
    return { ran: ran.size, noticed, violations: seen.violations.length };
  };
  const open = await run("plain", true);
  const held = await run("policy", false);
  server.close();
  return { open, held };
}

// ---- 2. payloads in everything that is kept ----

const headers = { cookie, "content-type": "application/x-www-form-urlencoded" };

async function formToken(path) {
  const body = await (await admitted(() => fetch(base + path, { headers }))).text();
  return body.split('name="_token" value="')[1]?.split('"')[0] ?? "";
}

async function seed() {
  const places = {};
  const token = await formToken("/pengguna/baru");
  const post = async (place, path, fields) => {
    const body = new URLSearchParams({ _token: token, ...fields });
    const answer = await admitted(() => fetch(base + path, { method: "POST", headers, body, redirect: "manual" }));
    places[place] ??= { made: 0, refused: 0 };
    places[place][answer.status < 400 ? "made" : "refused"] += 1;
    if (answer.status >= 500) throw new Error(`${path}: ${answer.status}`);
    return answer;
  };
  // The center takes several at a time; the order does not matter.
  const each = async (work) => {
    const rest = [...payloads.entries()];
    const one = async () => {
      for (let next = rest.shift(); next !== undefined; next = rest.shift()) await work(...next);
    };
    await Promise.all([one(), one(), one()]);
  };
  await each(async (nth, text) => {
    await post("account name", "/pengguna", { login: `uji.${nth}`, nama: text, peran: "auditor" });
    await post("device name", "/perangkat", { jenis: nth % 2 ? "display" : "push", nama: text, untuk: nth % 2 ? "p0" : `s${nth}` });
    const texts = { title: text, what: text, data: text, sources: text, subjects: "3", cause: text, measures: text, noticed: "" };
    const made = await post("incident", "/data-pribadi/insiden", texts);
    const place = made.headers.get("location");
    if (place) {
      await post("incident's cause and measures", place, texts);
      await post("incident's step", `${place}/langkah`, { step: "contain", done: "1", note: text });
    }
    await post("run of a file of that name", `/sumber/s${nth}/tarik`, {});
  });
  // A password costs much by intent, so these are few.
  for (const [nth, text] of payloads.entries()) {
    if (nth % 10 === 0) await post("token name", "/profil/token", { nama: text, hari: "30", tulis: "1", kini: PASSWORD });
    if (nth % 10 === 5) await post("login of a failed sign-in", "/masuk", { nama: text, sandi: "bukan sandi", lanjut: text });
  }
  // The reason of a run and an agent's name in the list of sessions come from programs.
  for (const [nth, text] of payloads.entries()) {
    if (nth % 4 !== 0) continue;
    const request = {
      method: "POST",
      headers: { cookie, "content-type": "application/json", "x-form-token": token },
      body: JSON.stringify({ reason: text }),
    };
    const answer = await admitted(() => fetch(`${base}/api/v1/sources/s${nth}/runs`, request));
    places["reason of a run"] ??= { made: 0, refused: 0 };
    places["reason of a run"][answer.ok ? "made" : "refused"] += 1;
    if (answer.status >= 500 && answer.status !== 503) throw new Error(`run: ${answer.status}`);
  }
  return places;
}

/** Addresses that carry a payload, which the page may say again. Each payload in three of them. */
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
  (text) => `/dinding?kunci=${text}`,
];
function echoes(reader) {
  const all = payloads.flatMap((text, nth) => [0, 5, 10].map((more) => ECHOES[(nth + more) % ECHOES.length](encodeURIComponent(text))));
  const step = Math.max(1, Math.floor(all.length / ECHOED));
  return all.filter((_, nth) => nth % step === reader % step);
}

/** Names under which a browser would keep the files of the center. */
async function fileNames(paths) {
  const wrong = [];
  let files = 0;
  for (const path of paths) {
    const answer = await admitted(() => fetch(base + path, { headers: { cookie } }));
    const name = answer.headers.get("content-disposition") ?? "";
    await answer.arrayBuffer();
    if (answer.status !== 200) continue;
    files += 1;
    if (!/^attachment; filename="[A-Za-z0-9._-]+"$/.test(name)) wrong.push(`${path}: ${name}`);
    if (!answer.headers.get("content-security-policy")?.endsWith("sandbox")) wrong.push(`${path}: no sandbox`);
  }
  return { files, wrong };
}

// ---- all of it ----

const started = Date.now();
const secs = () => Math.round((Date.now() - started) / 100) / 10;
const report = { payloads: payloads.length, control: await control() };
console.error(`control: ${secs()} s`);
report.places = await seed();
console.error(`seeded: ${secs()} s`);
report.crawls = [];
const starts = ["/", "/indikator", "/sumber", "/penarikan", "/pola"];
const inside = ["/audit", "/pengguna", "/perangkat", "/profil", "/data-pribadi", "/data-pribadi/insiden"];
for (const bypassCSP of [false, true]) {
  const readers = [["administrator", cookie, "id"], ["administrator", cookie, "en"], ["visitor", "", "id"], ["visitor", "", "en"]];
  for (const [nth, [who, cookies, language]] of readers.entries()) {
    const one = await reader({ bypassCSP, cookies });
    const query = language === "en" ? "?bahasa=en" : "";
    const paths = [...starts, ...(cookies ? inside : [])].map((path) => path + query);
    const result = await crawl(one, nth, paths, echoes(nth));
    await one.pages[0].waitForTimeout(50);
    await one.context.close();
    report.crawls.push({ who, language, policy: bypassCSP ? "off" : "as sent", ...result, payloads: [...result.payloads] });
    console.error(`${who} ${language} ${bypassCSP}: ${result.views} views, ${secs()} s`);
  }
}
const runs = Array.from({ length: 5 }, (_, nth) => `/penarikan/${nth + 1}/ditolak.csv`);
report.files = await fileNames([...runs, "/audit.csv", "/audit.jsonl", "/data-pribadi/catatan.csv", "/data-pribadi/catatan.md"]);
report.secs = secs();
await browser.close();
console.log(JSON.stringify(report));
