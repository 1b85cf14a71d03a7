// Looks at one page of each route, and at what pages become when they are used, as those do who see, hear or move
// otherwise: WCAG 2.2 AA as far as a program can tell, 320 px and 200 % without scrolling sideways and without cut
// text, every control by keys alone, visible focus, a skip link, stillness where asked for, no state by colour alone.
//
//   COOKIE="pendopo=…" node axe.mjs PROGRAM DATA ADDRESS [EMPTY-DATA EMPTY-ADDRESS]
//
// COOKIE is an administrator's, CONFIG a file of settings. Starts and stops the program itself, unless a center answers at the address. The
// second folder is that of a center into which nothing was put yet. Each page is opened once, in Indonesian, dark on
// 320 px and light on a desk; with WHOLE=1 in both languages, both themes and all sizes. ONLY=part of a name, comma
// between, looks at some pages; SHOTS=folder keeps a picture of each at each size.
// Ends with an error and a list – page, rule, element, what is wrong – when anything is not as it should be.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { chromium } from "playwright-core";
import * as checks from "./axe_checks.mjs";
import { desk, emptyPages, match, pagesOf, routes } from "./axe_pages.mjs";
import { statesOf } from "./axe_states.mjs";
import { center, pause } from "./center.mjs";

const [program, data, address, emptyData, emptyAddress] = process.argv.slice(2);
const cookie = process.env.COOKIE ?? "";
const { CONFIG, ONLY, SHOTS } = process.env;
const isWhole = process.env.WHOLE === "1";
const base = `http://${address}`;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
});

/** A reader with these cookies of a center. */
async function reader(cookies, language, at = base) {
  const context = await browser.newContext({ locale: "id-ID", timezoneId: "Asia/Jakarta", viewport: { width: 1440, height: 900 }, colorScheme: "light", reducedMotion: "reduce", serviceWorkers: "block" });
  // Many tests may share the machine.
  context.setDefaultTimeout(120_000);
  await context.addInitScript(checks.checker);
  const pairs = [...cookies.split("; "), `bahasa=${language}`].filter(Boolean).map((pair) => pair.split(/=(.*)/s));
  await context.addCookies(pairs.map(([name, value]) => ({ name, value, url: at })));
  return context;
}

/** Readers are kept: what a browser has fetched once it need not fetch for every page. */
const readers = new Map();
function readerOf(cookies, language, at) {
  const key = `${at} ${language} ${cookies}`;
  if (!readers.has(key)) readers.set(key, reader(cookies, language, at));
  return readers.get(key);
}

const complaints = new Map();
let checked = 0;
/** Adds up what a check says of a page. */
function note(one, how, found) {
  checked += 1;
  for (const [rule, element, what] of found) {
    const key = `${rule}: ${element}: ${what}`;
    complaints.set(key, [...(complaints.get(key) ?? []), `${one.name} (${how})`]);
  }
}

/** Opens a page of the center, or reaches its state; it must be the one that was asked for, in the language asked for. */
async function open(one, language) {
  const at = one.base ?? base;
  const cookies = typeof one.cookies === "function" ? await one.cookies() : one.cookies;
  const context = one.alone ? await reader(cookies, language, at) : await readerOf(cookies, language, at);
  const page = await context.newPage();
  if (one.arrive) await one.arrive(page);
  else {
    let answer = await page.goto(at + one.path, { waitUntil: "load" });
    for (let tries = 0; answer.status() === 503 && tries < 20; tries += 1) {
      await pause(500);
      answer = await page.goto(at + one.path, { waitUntil: "load" });
    }
    const path = new URL(page.url()).pathname;
    assert.equal(answer.status(), one.status, one.path);
    assert.ok(path === one.path.split("?")[0] || one.path === "/papan" || one.path === "/dinding/kendali", `${one.path} led to ${path}`);
  }
  assert.equal(await page.getAttribute("html", "lang"), language, `${one.name} in ${language}`);
  return page;
}

const SIZES = { "1920 px": [1920, 1080], desk: [1440, 900], "200 %": [720, 450], "390 px": [390, 844], "320 px": [320, 640], "400 %": [320, 256] };

/** The window of a page: how large it is, and light or dark. */
async function show(page, size, colorScheme, one) {
  const [width, height] = SIZES[size];
  await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
  await page.setViewportSize({ width, height });
  if (!SHOTS) return;
  mkdirSync(SHOTS, { recursive: true });
  const language = await page.getAttribute("html", "lang");
  const name = `${one.name} ${language} ${colorScheme} ${width}x${height}`.replaceAll(/[^\w-]+/g, "-").replace(/^-/, "");
  await page.screenshot({ path: `${SHOTS}/${name}.png`, fullPage: true });
}

/** Whatever a page must hold at any size: that it fits, that nothing is cut, that words lie apart. */
async function layout(page, one, how) {
  note(one, how, await checks.fits(page));
  note(one, how, await checks.uncut(page));
  note(one, how, await checks.apart(page));
}

/** Everything that keys do. */
async function keys(page, one, how) {
  note(one, how, await checks.skips(page));
  note(one, how, await checks.reaches(page));
  if (isWhole) note(one, how, await checks.reaches(page, true));
  note(one, how, await checks.arrows(page));
  note(one, how, await checks.focus(page));
}

/** Each page once, where it is hardest: in the longer language, dark and narrow; then light and wide. */
async function strict(page, one) {
  if (!one.large) {
    await show(page, "320 px", "dark", one);
    note(one, "id, dark, 320 px", await checks.whole(page));
    await layout(page, one, "id, 320 px");
    await keys(page, one, "id, 320 px");
    await show(page, "200 %", "dark", one);
    await layout(page, one, "id, 200 %");
  }
  await show(page, one.large ? "1920 px" : "desk", "light", one);
  note(one, "id, light, desk", one.large ? await checks.whole(page) : await checks.contrast(page));
  await layout(page, one, "id, desk");
  note(one, "id", await checks.still(page));
  note(one, "id", await checks.shaped(page));
}

/** All sizes in both themes. */
async function whole(page, one, language) {
  for (const theme of ["light", "dark"]) {
    for (const size of one.large ? ["1920 px"] : ["desk", "200 %", "320 px"]) {
      await show(page, size, theme, one);
      note(one, `${language}, ${theme}, ${size}`, await checks.whole(page));
    }
  }
  note(one, language, await checks.still(page));
  note(one, language, await checks.shaped(page));
  for (const size of one.large ? ["1920 px"] : Object.keys(SIZES)) {
    await show(page, size, "light", one);
    await layout(page, one, `${language}, ${size}`);
    if (!one.large) note(one, `${language}, ${size}`, await checks.focus(page));
  }
  if (one.large) return;
  for (const size of ["desk", "320 px"]) {
    await show(page, size, "light", one);
    await keys(page, one, `${language}, ${size}`);
  }
  for (const size of ["desk", "200 %", "320 px"]) {
    await show(page, size, "light", one);
    await checks.space(page);
    await layout(page, one, `${language}, ${size}, wider spacing`);
    await checks.unspace(page);
  }
}

/** Gives a page what it is called in the list of complaints. */
function named(one) {
  if (one.who !== undefined) return;
  one.who = one.empty ? "empty center" : one.cookies === "" ? "visitor" : "";
  one.name = [one.name ?? one.path, one.who].filter(Boolean).join(", ");
  // A screen in a room is large and nobody sits before it with keys: it need not fit a phone.
  one.large ??= one.path === "/dinding/layar";
}

/** Everything of one page. */
async function look(one) {
  one.looked = true;
  for (const language of isWhole ? ["id", "en"] : ["id"]) {
    const page = await open(one, language);
    if (isWhole) await whole(page, one, language);
    else await strict(page, one);
    if (one.alone) await page.context().close();
    else await page.close();
  }
}

/** That each check notices what it is for: a page with every fault. */
async function control() {
  const context = await reader("", "id");
  const page = await context.newPage();
  await page.setViewportSize({ width: 320, height: 640 });
  await page.goto("about:blank");
  await page.setContent(`<!doctype html><html lang="id"><title>x</title><style>*:focus { outline: none } b { animation: m 1s infinite } @keyframes m { to { opacity: 0 } }</style>
    <nav><a href="/">a</a></nav><main><h1>x</h1><h3>y</h3><p style="color: #bbb">pucat</p><input><b>gerak</b><p style="width: 500px">lebar</p>
    <p style="width: 40px; overflow: hidden; white-space: nowrap">terpotong di tepi</p><p class="off">meleset</p>
    <svg width="90" height="30"><text x="0" y="20">satu</text><text x="5" y="20">dua</text></svg><svg data-peta="" width="90" height="30"><a href="/1"><path d="M0 0h9v9z"/></a><a href="/2"><path d="M20 0h9v9z"/></a></svg>
    <button style="position: fixed; top: 0; left: 0">x</button><div style="position: fixed; inset: 0; background: white"></div></main>`);
  // A field that the Tab key does not leave.
  await page.evaluate(() => document.querySelector("input").addEventListener("keydown", (event) => event.preventDefault()));
  const rules = [];
  for (const check of ["whole", "contrast", "fits", "uncut", "apart", "still", "shaped", "skips", "focus", "arrows", "reaches"]) {
    rules.push(...(await checks[check](page)).map(([rule]) => rule));
  }
  for (const rule of ["color-contrast", "label", "heading-order", "reflow", "cut-text", "overlap", "reduced-motion", "use-of-color", "skip-link", "focus-visible", "focus-not-obscured", "keyboard"]) {
    assert.ok(rules.includes(rule), `a page with every fault: ${rule} is not noticed, only ${rules}`);
  }
  await context.close();
}

const started = Date.now();
const secs = () => Math.round((Date.now() - started) / 1000);
const answers = (at) => fetch(`${at}/healthz`).then((answer) => answer.ok, () => false);
const servers = [];
const pages = [];
try {
  if (!(await answers(base))) servers.push(center(program, data, address, CONFIG ? ["--config", CONFIG] : []));
  if (emptyData) servers.push(center(program, emptyData, emptyAddress));
  await Promise.all(servers.map((server) => server.start()));
  await control();
  const at = await desk(browser, base, cookie, reader);
  const those = await pagesOf(at, cookie);
  pages.push(...those.pages, ...statesOf(base, at, cookie, those));
  if (emptyData) {
    // The way to the first account, as whoever sets a center up asks for it.
    const said = execFileSync(program, ["--data", emptyData, "account", "first"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    const first = { base: `http://${emptyAddress}`, path: match(said, /(\/undangan\/[\w-]+)/, "way to the first account"), name: "/undangan, the first account", cookies: "", status: 200, empty: true };
    // It is gone once somebody has taken it.
    named(first);
    await look(first);
    pages.push(first, ...(await emptyPages(browser, first.base, first.path)));
  }
  for (const one of pages) named(one);
  const missing = routes.filter((route) => !pages.some((one) => one.route === route));
  assert.deepEqual(missing, [], "every route that answers with a page is looked at");
  const jobs = pages.filter(({ name, looked }) => !looked && (ONLY ?? "").split(",").some((part) => name.includes(part)));
  const work = async () => {
    for (let one = jobs.shift(); one !== undefined; one = jobs.shift()) {
      // What cannot be reached keeps the others from nothing.
      await look(one).catch((error) => note(one, "not looked at", [["not-reached", one.name, String(error).split("\n")[0]]]));
    }
  };
  await Promise.all([work(), work(), work()]);
} finally {
  await browser.close();
  for (const server of servers) server.signal("SIGKILL");
}
for (const [what, where] of complaints) console.log(`${where.slice(0, 3).join(", ")}${where.length > 3 ? ` and ${where.length - 3} more` : ""}\n  ${what}`);
console.error(`${secs()} s`);
const settings = isWhole ? "two languages, two themes, all sizes" : "dark at 320 px, light at a desk, 200 %, by keys";
console.log(`counted: ${pages.filter(({ looked }) => looked).length} pages open to all (${settings}): ${checked} checks, ${complaints.size} violations of WCAG 2.2 AA`);
process.exit(complaints.size === 0 ? 0 : 1);
