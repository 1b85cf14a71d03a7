// Open pages follow the center, in a real browser: a changed figure appears by itself, on maps as well, an outage is said within
// 15 seconds and forgotten within 5 after it, and a phone reads its page without a network.
//
//   node live.mjs PROGRAM DATA-FOLDER ADDRESS FILE-OF-THE-SOURCE
//
// Starts and stops the program itself. Ends with an error when anything is not as it should be.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { chromium } from "playwright-core";
import { center, pause } from "./center.mjs";

const [program, data, address, file] = process.argv.slice(2);
const { base, start, stop, signal } = center(program, data, address);

const until = async (what, limit, test) => {
  const from = Date.now();
  while (!(await test())) {
    assert.ok(Date.now() - from < limit, `${what}: not within ${limit} ms`);
    await pause(25);
  }
  return Date.now() - from;
};

await start();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
});
const complaints = [];
const watch = (page) => {
  page.on("console", (message) => {
    const text = message.text();
    // While the center is away the browser logs each attempt.
    if (message.type() === "error" && !/ERR_(CONNECTION|INTERNET|INCOMPLETE|FAILED)/.test(text)) complaints.push(text);
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
};

try {
  const desk = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await desk.newPage();
  watch(page);
  await page.goto(`${base}/indikator/angka?wilayah=33.16.01.2001`, { waitUntil: "load" });
  const shows = (text) => page.evaluate((text) => document.querySelector("main").textContent.includes(text), text);
  assert.ok(await shows("900"), "the first value is shown");
  await page.evaluate(() => {
    document.querySelector("details").open = true;
    window.kept = "still the same page";
  });

  // A run of another process, as a schedule on another replica or the command line makes it.
  writeFileSync(file, readFileSync(file, "utf8").replace("33.16.01.2001,2026-02,900", "33.16.01.2001,2026-02,4711"));
  execFileSync(program, ["--data", data, "run", "angka"], { stdio: "ignore" });
  const seen = await until("a changed figure", 15_000, () => shows("4.711"));
  assert.equal(await page.evaluate(() => window.kept), "still the same page", "the page was not loaded anew");
  assert.ok(await page.evaluate(() => document.querySelector("details").open), "what was open stays open");
  console.log(`ok a changed figure: ${seen} ms after the run of another process`);

  // A map: the region that changed is drawn anew, what the reader looks at and chose stays.
  const map = await desk.newPage();
  watch(map);
  await map.goto(`${base}/peta?indikator=angka&wilayah=33.16.01`, { waitUntil: "load" });
  const other = '.choropleth a[href*="33.16.01.2002"]';
  await map.locator(other).focus();
  await map.locator('[name="tingkat"], [name="periode"]').first().waitFor();
  await map.evaluate(() => document.querySelector(".map-classes").setAttribute("open", ""));
  await map.selectOption('[name="kelas"]', "jenks");
  await map.locator(other).focus();
  await map.evaluate(() => {
    window.kept = "still the same page";
    window.changes = 0;
    new MutationObserver(() => (window.changes += 1)).observe(document.querySelector("main"), { childList: true });
  });
  writeFileSync(file, readFileSync(file, "utf8").replace("33.16.01.2001,2026-02,4711", "33.16.01.2001,2026-02,4722"));
  execFileSync(program, ["--data", data, "run", "angka"], { stdio: "ignore" });
  const drawn = await until("a changed map", 15_000, () =>
    map.evaluate(() => document.querySelector('.choropleth a[href*="33.16.01.2001"] title').textContent.includes("4.722")),
  );
  assert.deepEqual(
    await map.evaluate(() => [
      window.kept,
      window.changes,
      document.activeElement.getAttribute("href").includes("33.16.01.2002"),
      document.querySelector('[name="kelas"]').value,
      document.querySelector(".map-classes").open,
      document.querySelectorAll('.choropleth a[tabindex="0"]').length,
    ]),
    ["still the same page", 0, true, "jenks", true, 1],
    "page, focus and choices stay",
  );
  await map.keyboard.press("ArrowLeft");
  assert.ok(await map.evaluate(() => document.activeElement.getAttribute("href").includes("33.16.01.2001")), "keys still move");
  assert.ok(await map.locator("[data-link]").isHidden(), "a choice of what is shown holds nothing up");
  await map.close();
  console.log(`ok a changed map: ${drawn} ms after the run of another process`);

  const badge = page.locator("[data-link]");
  assert.ok(await badge.isHidden(), "nothing is lost yet");
  await stop();
  const lost = await until("the loss is said", 15_000, () => badge.isVisible());
  assert.ok(await shows("4.722"), "what was shown stays readable");
  assert.match(await badge.textContent(), /WIB/);
  console.log(`ok an outage is said: ${lost} ms after the kill`);
  await start();
  const back = await until("the center is back", 10_000, () => badge.isHidden());
  console.log(`ok the page is back: ${back} ms after the center`);

  const context = await browser.newContext({
    viewport: { width: 390, height: 844 },
    isMobile: true,
    hasTouch: true,
    userAgent: "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
  });
  const phone = await context.newPage();
  watch(phone);
  const network = await context.newCDPSession(phone);
  await network.send("Network.enable");
  let bytes = 0;
  network.on("Network.loadingFinished", (event) => (bytes += event.encodedDataLength));
  await phone.goto(`${base}/`, { waitUntil: "load" });
  assert.equal(new URL(phone.url()).pathname, "/hari-ini", "a phone begins with the leader's page");
  await phone.waitForFunction(() => navigator.serviceWorker.ready.then(() => true));
  assert.ok(bytes > 0 && bytes <= 100 * 1024, `the first load takes ${bytes} bytes`);
  console.log(`ok the first load on a phone: ${bytes} bytes`);

  // Opened once under the worker's eyes, it is readable without a network.
  await phone.reload({ waitUntil: "load" });
  await until("the worker keeps the page", 10_000, () =>
    phone.evaluate(async () => Boolean(await caches.match(location.href))),
  );
  const before = await phone.locator("main h1").textContent();
  await stop();
  await phone.goto(`${base}/hari-ini`, { waitUntil: "load" });
  assert.equal(await phone.locator("main h1").textContent(), before, "the kept page is shown");
  await until("its age is said", 15_000, () => phone.locator("[data-link]").isVisible());
  console.log("ok without a network the kept page is shown with its age");
  assert.deepEqual(complaints, []);
} finally {
  await browser.close();
  signal("SIGKILL");
}
