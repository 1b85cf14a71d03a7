// Walks over all pages of a running center, takes screenshots at three sizes and fails when a page
// answers with an error, scrolls sideways or logs an error.
//
//   node shots.mjs http://127.0.0.1:8600 ../docs/screenshots [parts of the pages' names, comma between]
import { mkdirSync } from "node:fs";
import { chromium } from "playwright-core";
import { staged } from "./staged.mjs";

const [base = "http://127.0.0.1:8600", folder = "../docs/screenshots", only = ""] = process.argv.slice(2);
const sizes = [
  [390, 844],
  [1440, 900],
  [1920, 1080],
];

// What the demo printed: "login=password login=password …".
const passwords = Object.fromEntries((process.env.PENDOPO_ACCOUNTS ?? "").split(" ").filter(Boolean).map((pair) => pair.split("=")));

async function pages(api, wall) {
  const sources = (await api("/sources")).items;
  const ill = sources.find((source) => source.state !== "fresh") ?? sources[0];
  const runs = (await api("/runs?limit=200")).items;
  const refusing = runs.find((run) => run.refused > 0) ?? runs[0];
  const latest = (await api("/latest?limit=1000")).items;
  const off = latest.find((figure) => figure.status === "off_track") ?? latest[0];
  const district = (await api("/regions?level=district&limit=1")).items[0];
  // Name, path, and who looks: nobody, or one of the demo's accounts.
  return [
    ["public-board", "/", ""],
    ["today", "/hari-ini", "pimpinan"],
    ["today-en", "/hari-ini?bahasa=en", "pimpinan"],
    ["sign-in", "/masuk?lanjut=/sumber", ""],
    ["board", "/papan?bahasa=id", "pimpinan"],
    ["board-en", "/?bahasa=en", "pimpinan"],
    ["board-officer", "/", "petugas"],
    ["board-operations", "/papan/operasional", "pimpinan"],
    ["board-editor", "/papan/operasional/sunting?bahasa=id", "pengelola"],
    ["board-widget", "/papan/operasional/sunting/widget?section=0&kind=ranking", "pengelola"],
    ["board-versions", "/papan/operasional/versi", "pengelola"],
    ["board-preview-phone", "/papan/operasional/sunting/pratinjau?di=phone", "pengelola"],
    ["board-preview-wall", "/papan/operasional/sunting/pratinjau?di=wall", "pengelola"],
    ["indicators", "/indikator?bahasa=id", "analis"],
    ["indicator", `/indikator/${off.indicator}`, "analis"],
    ["indicator-district", `/indikator/${off.indicator}?wilayah=${district.code}`, "analis"],
    ["lineage", `/angka/${off.indicator}/${off.region}/${off.period}`, "analis"],
    ["region", `/wilayah/${district.code}`, "analis"],
    ["map", `/peta?indikator=${off.indicator}`, "pimpinan"],
    ["sources", "/sumber", "pengelola"],
    ["source", `/sumber/${ill.code}`, "pengelola"],
    ["runs", "/penarikan", "pengelola"],
    ["run", `/penarikan/${refusing.id}`, "pengelola"],
    ["refused", `/penarikan/${refusing.id}/ditolak`, "pengelola"],
    ["profile", "/profil", "pengelola"],
    ["second-factor", "/profil/kode", "pengelola"],
    ["users", "/pengguna", "pengelola"],
    ["user-new", "/pengguna/baru", "pengelola"],
    ["devices", "/perangkat", "pengelola"],
    ["printing", "/cetak", "pengelola"],
    ["map", "/peta", "analis"],
    ["wall-steer", `/dinding/kendali/${wall.id}`, "pimpinan"],
    ["wall-pair", "/dinding/pasang", "pengelola"],
    ["wall-waiting", "/dinding", ""],
    ["wall", "/dinding/layar", "layar"],
    ["audit", "/audit", "pengawas"],
    ["privacy", "/data-pribadi", "pengelola"],
    ["privacy-en", "/data-pribadi?bahasa=en", "pengelola"],
    ["incidents", "/data-pribadi/insiden?bahasa=id", "pengelola"],
    ["pattern", "/pola", "pengelola"],
    ["forbidden", "/pengguna", "pimpinan"],
    ["error", "/tidak-ada", ""],
  ];
}

// Signs in once per account; gives what the browser then keeps.
async function signIn(browser, login) {
  const context = await browser.newContext();
  if (login !== "") {
    const page = await context.newPage();
    await page.goto(`${base}/masuk`);
    await page.fill("[name=nama]", login);
    await page.fill("[name=sandi]", passwords[login] ?? "");
    await Promise.all([page.waitForURL((url) => url.pathname === "/"), page.click("main form button")]);
  }
  return context;
}

// A full machine may send a reader away for a moment.
async function open(page, url) {
  let answer = await page.goto(url, { waitUntil: "load" });
  for (let tries = 0; answer.status() === 503 && tries < 10; tries += 1) {
    await page.waitForTimeout(1000);
    answer = await page.goto(url, { waitUntil: "load" });
  }
  return answer;
}

// The whole of a long page: what keeps to the window's edge would cover a part of it.
async function shoot(page, path) {
  await page.evaluate(() => {
    for (const element of document.querySelectorAll("body *")) {
      const { position, bottom } = getComputedStyle(element);
      if (position === "fixed" && bottom === "0px") element.style.position = "static";
    }
  });
  await page.screenshot({ path, fullPage: true });
}

mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  // By it fields of dates are written, where the browser has the language (chromium-l10n).
  env: { ...process.env, LANGUAGE: "id" },
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
});
const administrator = await signIn(browser, "pengelola");
const api = async (path) => (await administrator.request.get(`${base}/api/v1${path}`)).json();
// Pairs a screen as a person does, and steers it to its second story, a map.
async function pairScreen() {
  const context = await browser.newContext();
  const screen = await context.newPage();
  await screen.goto(`${base}/dinding`);
  const code = (await screen.locator('[data-part="code"]').textContent()).trim();
  const phone = await administrator.newPage();
  await phone.goto(`${base}/dinding/pasang?kode=${code}`);
  await phone.fill("[name=nama]", "Layar ruang kendali");
  await phone.check("[name=internal]");
  await Promise.all([phone.waitForURL(/kendali/), phone.click("main form button")]);
  await screen.waitForURL(/layar/);
  await phone.check("[name=mode][value=harian]");
  await Promise.all([phone.waitForLoadState(), phone.click("[value=mode]")]);
  await Promise.all([phone.waitForLoadState(), phone.click("[value=berikut]")]);
  await Promise.all([phone.waitForLoadState(), phone.click("[value=tahan]")]);
  return { id: phone.url().split("/").at(-1), state: await context.storageState() };
}
const wall = await pairScreen();
const kept = { pengelola: await administrator.storageState(), layar: wall.state };
let wrong = 0;
const walked = await pages(api, wall);
for (const [, , login] of walked) kept[login] ??= await (await signIn(browser, login)).storageState();
const all = walked.map(([name, path, login]) => [name, path, kept[login], login === "layar"]);
if (process.env.PENDOPO__SSO__ISSUER) all.push(...(await staged(browser, base, passwords, signIn)));
for (const [name, path, storageState, isWall] of all.filter(([name]) => only.split(",").some((part) => name.includes(part)))) {
  for (const [width, height] of sizes) {
    // A wall is a large screen.
    if (isWall && width < 1920) continue;
    const context = await browser.newContext({ storageState, viewport: { width, height }, locale: "id-ID", timezoneId: "Asia/Jakarta" });
    const page = await context.newPage();
    const complaints = [];
    // What the provider of identities shows on the way is not ours.
    const ours = (message) => message.location().url.startsWith(base);
    page.on("console", (message) => message.type() === "error" && ours(message) && complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(String(error)));
    const answer = typeof path === "string" ? await open(page, base + path) : await path(page);
    const expected = { error: 404, forbidden: 403, "sso-refused": 403 }[name] ?? 200;
    if (answer.status() !== expected) complaints.push(`status ${answer.status()}`);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    if (overflow > 0) complaints.push(`scrolls sideways by ${overflow} px`);
    await shoot(page, `${folder}/${name}-${width}.png`);
    const relevant = complaints.filter((text) => !(name === "error" && text.includes("404"))).filter((text) => !(expected === 403 && text.includes("403")));
    if (relevant.length > 0) {
      wrong += relevant.length;
      console.log(`${name} at ${width}: ${relevant.join("; ")}`);
    }
    await context.close();
  }
}
await browser.close();
console.log(wrong === 0 ? "all pages are fine" : `${wrong} complaints`);
process.exit(wrong === 0 ? 0 : 1);
