// Loads pages of a demo in Chromium with an empty cache and counts the bytes that came over the wire.
//   node benches/weights.mjs http://127.0.0.1:8600 pimpinan=kata-sandi
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";

const { chromium, devices } = createRequire(new URL("../e2e/package.json", import.meta.url))("playwright-core");
const [base, account] = process.argv.slice(2);
const [login, password] = account.split("=");

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});

// The cookies of somebody who has signed in; the pages that are measured load in contexts that have seen nothing.
async function signIn() {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${base}/masuk`);
  await page.fill("input[name=nama]", login);
  await page.fill("input[name=sandi]", password);
  await Promise.all([page.waitForURL((url) => !url.pathname.startsWith("/masuk")), page.click("main button[type=submit]")]);
  const cookies = await context.cookies();
  await context.close();
  return cookies;
}

async function weigh(path, { cookies = [], device = {}, outlines = 0 } = {}) {
  const context = await browser.newContext({ ...device, serviceWorkers: "block" });
  if (cookies.length > 0) await context.addCookies(cookies);
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send("Network.enable");
  await devtools.send("Network.setCacheDisabled", { cacheDisabled: true });
  const types = new Map();
  const weight = { all: 0, script: 0, drawing: 0, status: 0, parts: {} };
  devtools.on("Network.responseReceived", (event) => types.set(event.requestId, [event.type, event.response.url]));
  devtools.on("Network.loadingFinished", (event) => {
    const [type, url] = types.get(event.requestId) ?? ["Other", ""];
    weight.all += event.encodedDataLength;
    if (type === "Script") weight.script += event.encodedDataLength;
    weight.parts[url.replace(base, "")] = event.encodedDataLength;
  });
  const answer = await page.goto(base + path, { waitUntil: "load" });
  weight.status = answer.status();
  if (weight.status !== 200) throw new Error(`${path}: ${weight.status}`);
  // Fonts and icons come after the load event; the stream of changes never ends, so there is no idle network to wait for.
  await page.evaluate(() => document.fonts.ready.then(() => undefined));
  const drawings = await page.$$eval("main svg", (found) => found.map((svg) => svg.outerHTML));
  const largest = drawings.sort((a, b) => b.length - a.length)[0] ?? "";
  const found = (largest.match(/<(path|rect|polygon)\b/g) ?? []).length;
  if (found < outlines) throw new Error(`${path}: a drawing of ${found} outlines, not of ${outlines} regions`);
  weight.drawing = gzipSync(largest).length;
  await context.close();
  return weight;
}

const cookies = await signIn();
const found = {
  public: await weigh("/"),
  phone: await weigh("/hari-ini", { cookies, device: devices["Pixel 5"] }),
  map: await weigh("/peta", { cookies }),
  villages: await weigh("/peta?indikator=penduduk&tingkat=desa", { cookies, outlines: 295 }),
};
await browser.close();
console.log(JSON.stringify(found));
