// Looks at one page of each route as those do who see, hear or move otherwise: WCAG 2.2 AA as far as a program
// can tell, 320 px and 200 % without scrolling sideways, visible focus, a skip link, stillness where asked for;
// in both languages, light and dark.
//
//   COOKIE="pendopo=…" node axe.mjs PROGRAM DATA-FOLDER ADDRESS
//
// COOKIE is an administrator's. Starts and stops the program itself, unless a center answers at the address.
// Ends with an error and a list – page, rule, element, what is wrong – when anything is not as it should be.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";
import { checker, contrast, fits, focus, narrow, skips, still, whole } from "./axe_checks.mjs";
import { codeOf } from "./staged.mjs";

const [program, data, address] = process.argv.slice(2);
const cookie = process.env.COOKIE ?? "";
const base = `http://${address}`;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const answers = () => fetch(`${base}/healthz`).then((answer) => answer.ok, () => false);

let server;
if (!(await answers())) {
  server = spawn(program, ["--data", data, "serve", "--no-schedule", "--listen", address], { stdio: "ignore" });
  for (let tries = 0; !(await answers()); tries += 1) {
    assert.ok(tries < 600, "the center does not answer");
    await pause(100);
  }
}
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
});

/** A reader with these cookies; `settings` are the browser's. */
async function reader(cookies, language, settings = {}) {
  const context = await browser.newContext({ locale: "id-ID", timezoneId: "Asia/Jakarta", viewport: { width: 1440, height: 900 }, reducedMotion: "reduce", serviceWorkers: "block", ...settings });
  const pairs = [...cookies.split("; "), `bahasa=${language}`].filter(Boolean).map((pair) => pair.split(/=(.*)/s));
  await context.addCookies(pairs.map(([name, value]) => ({ name, value, url: base })));
  return context;
}

// ---- the pages ----

/** Routes that answer with data, files or another page: there is nothing to look at. */
const NO_PAGE = /^\/api\/|\.(csv|jsonl|md|pdf|toml|txt|xlsx|js|ico|webmanifest)$|^\/(healthz|readyz|metrics|langsung|aset\/.*)$|^\/dinding\/(langsung|menunggu)$|\/widget\/\{file\}$|\/sso(\/kembali)?$/;
const routes = readFileSync(new URL("../crates/server/access.toml", import.meta.url), "utf8")
  .split("[[route]]")
  .slice(1)
  .filter((row) => /^get = /m.test(row))
  .map((row) => row.match(/^path = "(.*)"$/m)[1])
  .filter((route) => !NO_PAGE.test(route));

const administrator = await reader(cookie, "id");
const api = async (path) => (await administrator.request.get(`${base}/api/v1${path}`)).json();
const html = async (path, context = administrator) => (await context.request.get(base + path)).text();
const match = (text, pattern, what) => text.match(pattern)?.[1] ?? assert.fail(`no ${what}`);
const token = match(await html("/pengguna/baru"), /name="_token" value="([^"]+)/, "token of a form: is COOKIE an administrator's?");
const post = (path, form) => administrator.request.post(base + path, { form: { _token: token, ...form }, maxRedirects: 0 });
const kept = async (context) => (await context.cookies(base)).map(({ name, value }) => `${name}=${value}`).join("; ");

/** An account that is still to be taken; gives the way to it. */
async function invite(nth) {
  const made = await post("/pengguna", { login: `uji.${nth}.${Date.now()}`, nama: "Pegawai Uji", peran: "auditor" });
  return match(await made.text(), /(\/undangan\/[\w-]+)/, "invitation");
}

/** The cookies of somebody who has given the password and is asked for a code. */
async function halfSignedIn() {
  const page = await (await browser.newContext()).newPage();
  const sandi = "jati randu kapas sawo";
  await page.goto(base + (await invite(2)));
  const login = await page.inputValue("[name=username]");
  await page.fill("[name=sandi]", sandi);
  await page.fill("[name=ulang]", sandi);
  await Promise.all([page.waitForURL((url) => !url.pathname.startsWith("/undangan")), page.click("main form button[type=submit]")]);
  await page.goto(`${base}/profil/kode`);
  const form = "form[action='/profil/kode']";
  await page.fill(`${form} [name=kode]`, codeOf(await page.textContent("code.letters")));
  if (await page.locator(`${form} [name=kini]`).count()) await page.fill(`${form} [name=kini]`, sandi);
  await Promise.all([page.waitForResponse((answer) => answer.request().method() === "POST"), page.click(`${form} button[type=submit]`)]);
  const asked = await (await browser.newContext()).newPage();
  await asked.goto(`${base}/masuk`);
  await asked.fill("[name=nama]", login);
  await asked.fill("[name=sandi]", sandi);
  await Promise.all([asked.waitForURL(/\/masuk\/kode/), asked.click("form[action='/masuk'] button[type=submit]")]);
  return kept(asked.context());
}

/** Pairs a screen; gives its cookies and its page of steering. */
async function screen() {
  const waiting = await browser.newContext();
  const kode = match(await html("/dinding", waiting), /data-part="code">([^<]+)/, "code of a screen");
  const form = await html(`/dinding/pasang?kode=${kode}`);
  const daftar = match(form, /name="daftar"><option value="([^"]+)/, "playlist");
  const paired = await post("/dinding/pasang", { kode, nama: "Layar uji", daftar, bagian: "1/1", internal: "1" });
  await html("/dinding/menunggu", waiting);
  return { cookies: await kept(waiting), steering: paired.headers().location };
}

const runs = (await api("/runs?limit=200")).items;
const refusing = runs.find(({ refused }) => refused > 0) ?? assert.fail("no run refused a row");
const [figure] = (await api("/latest?limit=1")).items;
const board = match(await html("/papan"), /href="\/papan\/([\w-]+)/, "board");
const incident = (await post("/data-pribadi/insiden", { title: "Berkas terkirim keliru", what: "Surel", data: "Nama", sources: "", subjects: "3", noticed: "" })).headers().location;
const { cookies: wall, steering } = await screen();
const account = match(await html("/pengguna"), /href="(\/pengguna\/\d+)"/, "account");
/** For routes that name a thing: one that is there. */
const SAMPLES = {
  "/papan/{code}": `/papan/${board}`,
  "/papan/{code}/sunting": `/papan/${board}/sunting`,
  "/papan/{code}/sunting/widget": `/papan/${board}/sunting/widget?section=0&kind=ranking`,
  "/papan/{code}/sunting/pratinjau": `/papan/${board}/sunting/pratinjau?di=phone`,
  "/papan/{code}/versi": `/papan/${board}/versi`,
  "/indikator/{code}": `/indikator/${figure.indicator}`,
  "/angka/{indicator}/{region}/{period}": `/angka/${figure.indicator}/${figure.region}/${figure.period}`,
  "/data-pribadi/insiden/{id}": incident,
  "/wilayah/{code}": `/wilayah/${figure.region}`,
  "/peta": `/peta?indikator=${figure.indicator}`,
  "/sumber/{code}": `/sumber/${refusing.source}`,
  "/penarikan/{id}": `/penarikan/${refusing.id}`,
  "/penarikan/{id}/ditolak": `/penarikan/${refusing.id}/ditolak`,
  "/undangan/{secret}": await invite(1),
  "/pengguna/{id}": account,
  "/dinding/kendali/{wall}": steering,
};
/** Routes that are a page to somebody else than the administrator. */
const READERS = { "/masuk": "", "/undangan/{secret}": "", "/dinding": "", "/dinding/layar": wall, "/masuk/kode": await halfSignedIn() };
const pages = routes.map((route) => {
  const path = SAMPLES[route] ?? (route.includes("{") ? assert.fail(`${route}: name a page of it in SAMPLES of axe.mjs`) : route);
  return { path, cookies: READERS[route] ?? cookie, status: 200 };
});
const PUBLIC = ["/", "/hari-ini", "/indikator", "/wilayah", "/peta"];
pages.push(...PUBLIC.map((path) => ({ path, cookies: "", status: 200 })), { path: "/tidak-ada", cookies: "", status: 404 });
/** What is looked at in English and in the dark too, whole. */
const TWICE = ["/", "/pola", "/peta", "/papan/{code}/sunting", "/penarikan/{id}/ditolak"].map((route) => pages[routes.indexOf(route)] ?? assert.fail(`${route}: TWICE names a route that is not there`));

// ---- looking at them ----

const complaints = new Map();
let checks = 0;
/** Adds up what a check says of a page. */
function note(path, how, found) {
  checks += 1;
  for (const [rule, element, what] of found) {
    const key = `${rule}: ${element}: ${what}`;
    complaints.set(key, [...(complaints.get(key) ?? []), `${path} (${how})`]);
  }
}

/** Opens a page of the center; it must be the one that was asked for, in the language asked for. */
async function open(page, { path, status }, language) {
  let answer = await page.goto(base + path, { waitUntil: "load" });
  for (let tries = 0; answer.status() === 503 && tries < 20; tries += 1) {
    await pause(500);
    answer = await page.goto(base + path, { waitUntil: "load" });
  }
  const at = new URL(page.url()).pathname;
  assert.equal(answer.status(), status, path);
  assert.ok(at === path.split("?")[0] || path === "/papan" || path === "/dinding/kendali", `${path} led to ${at}`);
  assert.equal(await page.getAttribute("html", "lang"), language, `${path} in ${language}`);
}

/** A screen in a room is large and nobody sits before it with keys: it need not fit a phone. */
const inHand = ({ path }) => path !== "/dinding/layar";

/** Readers are kept: what a browser has fetched once it need not fetch for every page. */
const readers = new Map();
async function tab(cookies, language, settings, scripts) {
  const key = `${language} ${cookies}`;
  if (!readers.has(key)) readers.set(key, reader(cookies, language, settings));
  const page = await (await readers.get(key)).newPage();
  for (const script of scripts) await page.addInitScript(script);
  return page;
}

/** Everything of one page. */
async function look(one) {
  const who = one.cookies === cookie ? "administrator" : "visitor";
  const page = await tab(one.cookies, "id", { colorScheme: "light" }, [checker]);
  await open(page, one, "id");
  note(one.path, `${who}, id, light`, await whole(page));
  note(one.path, `${who}, less motion`, await still(page));
  note(one.path, `${who}, first Tab`, await skips(page));
  if (TWICE.includes(one)) {
    await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
    note(one.path, `${who}, id, dark`, await contrast(page));
  }
  if (inHand(one)) {
    await page.setViewportSize({ width: 320, height: 640 });
    note(one.path, `${who}, id, 320 px`, await fits(page));
    note(one.path, `${who}, id, 320 px`, await narrow(page));
  }
  await page.close();
  const settings = { colorScheme: "dark", viewport: { width: 720, height: 450 }, deviceScaleFactor: 2 };
  const large = await tab(one.cookies, "en", settings, TWICE.includes(one) ? [checker] : []);
  await open(large, one, "en");
  if (inHand(one)) {
    note(one.path, `${who}, en, 200 %`, await fits(large));
    note(one.path, `${who}, en, 200 %`, await focus(large));
  }
  if (TWICE.includes(one)) {
    await large.setViewportSize({ width: 320, height: 640 });
    note(one.path, `${who}, en, 320 px`, await fits(large));
    await large.setViewportSize({ width: 1440, height: 900 });
    note(one.path, `${who}, en, dark`, await whole(large));
  }
  await large.close();
}

/** That each check notices what it is for: a page with every fault. */
async function control() {
  const context = await reader("", "id", { viewport: { width: 320, height: 640 } });
  const page = await context.newPage();
  await page.addInitScript(checker);
  await page.goto("about:blank");
  await page.setContent(`<!doctype html><html lang="id"><title>x</title><style>*:focus { outline: none } b { animation: m 1s infinite } @keyframes m { to { opacity: 0 } }</style>
    <nav><a href="/">a</a></nav><main><h1>x</h1><h3>y</h3><p style="color: #bbb">pucat</p><input><b>gerak</b><p style="width: 500px">lebar</p>
    <button style="position: fixed; top: 0; left: 0">x</button><div style="position: fixed; inset: 0; background: white"></div></main>`);
  const rules = async (check) => (await check(page)).map(([rule]) => rule);
  const found = [...(await rules(whole)), ...(await rules(contrast)), ...(await rules(fits)), ...(await rules(still)), ...(await rules(skips)), ...(await rules(focus))];
  for (const rule of ["color-contrast", "label", "heading-order", "reflow", "reduced-motion", "skip-link", "focus-visible", "focus-not-obscured"]) {
    assert.ok(found.includes(rule), `a page with every fault: ${rule} is not noticed, only ${found}`);
  }
  await context.close();
}

const started = Date.now();
try {
  await control();
  // The longest first.
  const jobs = [...TWICE, ...pages.filter((one) => !TWICE.includes(one))];
  const work = async () => {
    for (let one = jobs.shift(); one !== undefined; one = jobs.shift()) await look(one);
  };
  await Promise.all([work(), work(), work()]);
} finally {
  await browser.close();
  server?.kill("SIGKILL");
}
for (const [what, where] of complaints) console.log(`${where.slice(0, 3).join(", ")}${where.length > 3 ? ` and ${where.length - 3} more` : ""}\n  ${what}`);
console.error(`${Math.round((Date.now() - started) / 1000)} s`);
console.log(`counted: ${pages.length} pages, ${checks} checks, ${complaints.size} violations`);
process.exit(complaints.size === 0 ? 0 : 1);
