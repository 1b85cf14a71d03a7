// Walks over all pages of a running center, takes screenshots at three sizes and fails when a page
// answers with an error, scrolls sideways or logs an error.
//
//   node shots.mjs http://127.0.0.1:8600 ../docs/screenshots [part of the pages' names]
import { mkdirSync } from "node:fs";
import { chromium } from "playwright-core";

const [base = "http://127.0.0.1:8600", folder = "../docs/screenshots", only = ""] = process.argv.slice(2);
const sizes = [
  [390, 844],
  [1440, 900],
  [1920, 1080],
];

const api = async (path) => (await fetch(`${base}/api/v1${path}`)).json();

async function pages() {
  const sources = (await api("/sources")).items;
  const ill = sources.find((source) => source.state !== "fresh") ?? sources[0];
  const runs = (await api("/runs?limit=200")).items;
  const refusing = runs.find((run) => run.refused > 0) ?? runs[0];
  const latest = (await api("/latest?limit=1000")).items;
  const off = latest.find((figure) => figure.status === "off_track") ?? latest[0];
  const district = (await api("/regions?level=district&limit=1")).items[0];
  return [
    ["board", "/"],
    ["board-en", "/?bahasa=en"],
    ["indicators", "/indikator?bahasa=id"],
    ["indicator", `/indikator/${off.indicator}`],
    ["indicator-district", `/indikator/${off.indicator}?wilayah=${district.code}`],
    ["lineage", `/angka/${off.indicator}/${off.region}/${off.period}`],
    ["region", `/wilayah/${district.code}`],
    ["sources", "/sumber"],
    ["source", `/sumber/${ill.code}`],
    ["runs", "/penarikan"],
    ["run", `/penarikan/${refusing.id}`],
    ["refused", `/penarikan/${refusing.id}/ditolak`],
    ["audit", "/audit"],
    ["privacy", "/data-pribadi"],
    ["privacy-en", "/data-pribadi?bahasa=en"],
    ["incidents", "/data-pribadi/insiden?bahasa=id"],
    ["pattern", "/pola"],
    ["error", "/tidak-ada"],
  ];
}

mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
});
let wrong = 0;
for (const [name, path] of (await pages()).filter(([name]) => name.includes(only))) {
  for (const [width, height] of sizes) {
    const context = await browser.newContext({ viewport: { width, height }, locale: "id-ID", timezoneId: "Asia/Jakarta" });
    const page = await context.newPage();
    const complaints = [];
    page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(String(error)));
    const answer = await page.goto(base + path, { waitUntil: "networkidle" });
    const expected = name === "error" ? 404 : 200;
    if (answer.status() !== expected) complaints.push(`status ${answer.status()}`);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    if (overflow > 0) complaints.push(`scrolls sideways by ${overflow} px`);
    await page.screenshot({ path: `${folder}/${name}-${width}.png`, fullPage: true });
    const relevant = complaints.filter((text) => !(name === "error" && text.includes("404")));
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
