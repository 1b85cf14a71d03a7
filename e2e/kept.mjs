// What a browser keeps of pages is shown to their reader alone, in a real browser: two people, one device, no network.
//
//   node kept.mjs PROGRAM DATA-FOLDER ADDRESS PASSWORD
//
// The center has an internal figure (4.711) and a restricted one (7.077); `bupati` sees both, `camat` neither.
// Starts and stops the program itself. Ends with an error when anything is not as it should be.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chromium } from "playwright-core";
import { center, pause } from "./center.mjs";

const [program, data, address, password] = process.argv.slice(2);
const { base, start, stop, signal } = center(program, data, address);
const FIGURE = "/indikator/angka?wilayah=33.16.01.2001";

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
});

/** A device on which nobody has been. */
const device = async () => {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 } });
  context.setDefaultTimeout(120_000);
  return context.newPage();
};
const signIn = async (page, login) => {
  await page.goto(`${base}/masuk`);
  await page.fill("[name=nama]", login);
  await page.fill("[name=sandi]", password);
  await Promise.all([page.waitForURL((url) => url.pathname !== "/masuk"), page.press("[name=sandi]", "Enter")]);
};
/** Opens a page until the worker has seen it: the first time it is only being installed. */
const openUnderTheWorker = async (page, path) => {
  await page.goto(base + path, { waitUntil: "load" });
  await page.waitForFunction(() => navigator.serviceWorker.ready.then(() => Boolean(navigator.serviceWorker.controller)));
  await page.reload({ waitUntil: "load" });
};
/** What lies in the stores of pages: name, address, text and headers of each. */
const stored = (page) =>
  page.evaluate(async () => {
    const all = [];
    for (const name of await caches.keys()) {
      if (name.includes("aset")) continue;
      const store = await caches.open(name);
      for (const request of await store.keys()) {
        const answer = await store.match(request);
        all.push({ name, path: new URL(request.url).pathname, until: answer.headers.get("x-shown-until"), text: await answer.text() });
      }
    }
    return all;
  });
const keeps = async (page, path) => {
  for (let tries = 0; tries < 400; tries += 1) {
    if ((await stored(page)).some((one) => one.path === path)) return;
    await pause(25);
  }
  assert.fail(`${path} is not kept`);
};
/** Opens a page that may not be there; gives what it shows. */
const shown = async (page, path) => {
  await page.goto(base + path, { waitUntil: "load", timeout: 30_000 }).catch(() => {});
  return page.evaluate(() => document.body?.textContent ?? "").catch(() => "");
};
const SECRET = /4\.711|7\.077/;
/** A device on which the leader has opened two pages that are kept. */
const leadersDevice = async () => {
  const page = await device();
  await signIn(page, "bupati");
  await openUnderTheWorker(page, FIGURE);
  assert.match(await shown(page, FIGURE), /4\.711/, "the leader sees the internal figure");
  assert.match(await shown(page, "/hari-ini"), /7\.077/, "and the restricted one");
  await keeps(page, "/indikator/angka");
  await keeps(page, "/hari-ini");
  return page;
};

await start();
try {
  // Restricted figures are kept by no browser; the leader's page is, without them, for its own reader.
  let page = await leadersDevice();
  for (const path of ["/", "/papan", "/indikator", "/indikator/rahasia?wilayah=33.16.01.2001", "/wilayah/33.16.01.2001", "/angka/angka/33.16.01.2001/2026-02"]) await shown(page, path);
  assert.match(await shown(page, "/indikator/rahasia?wilayah=33.16.01.2001"), /7\.077/);
  await page.reload({ waitUntil: "load" });
  let all = await stored(page);
  for (const { path, text } of all) assert.ok(!text.includes("7.077"), `${path} is kept with a restricted figure`);
  assert.deepEqual([...new Set(all.map(({ path }) => path))].sort(), ["/hari-ini", "/indikator/angka"], "nothing else is kept");
  assert.equal(new Set(all.map(({ name }) => name)).size, 1, "one store, the reader's own");
  const left = Number(all[0].until) - Date.now();
  assert.ok(left > 0 && left <= 480 * 60_000, `a copy is shown for ${left} ms at most, the idle time of a session`);
  await stop();
  const today = await shown(page, "/hari-ini");
  assert.match(today, /tanpa angka terbatas/, "the leader reads the kept edition, which says what it lacks");
  assert.match(today, /4\.711/, "with its figures");
  assert.match(await shown(page, FIGURE), /4\.711/);
  console.log(`ok the leader reads ${all.length} kept pages without a network, none with a restricted figure`);

  // The session can have lasted no longer: whoever comes now, without a network, is shown nothing of it.
  await page.evaluate(async () => {
    for (const name of await caches.keys()) {
      const store = await caches.open(name);
      for (const request of await store.keys()) {
        const answer = await store.match(request);
        if (!answer.headers.has("x-shown-until")) continue;
        const headers = new Headers(answer.headers);
        headers.set("x-shown-until", String(Date.now() - 1));
        await store.put(request, new Response(answer.body, { headers }));
      }
    }
  });
  for (const path of [FIGURE, "/hari-ini", "/"]) assert.doesNotMatch(await shown(page, path), SECRET, `${path} after the session's end`);
  await page.context().close();
  console.log("ok past the session's end nothing is shown without a network");

  // The session was ended elsewhere; the next page that is asked for belongs to a visitor.
  await start();
  page = await leadersDevice();
  execFileSync(program, ["--data", data, "account", "disable", "bupati"], { stdio: "ignore" });
  // What ends a session in another process counts within a second.
  for (let tries = 0; ; tries += 1) {
    assert.ok(tries < 200, "the session goes on");
    await shown(page, "/pola");
    if ((await page.locator(".me a").getAttribute("href")) === "/masuk") break;
  }
  await stop();
  for (const path of [FIGURE, "/hari-ini", "/"]) assert.doesNotMatch(await shown(page, path), SECRET, `${path} after it was ended elsewhere`);
  await page.context().close();
  await start();
  execFileSync(program, ["--data", data, "account", "enable", "bupati"], { stdio: "ignore" });
  console.log("ok a session ended elsewhere leaves nothing once anything is asked for");

  // Somebody else signs in once the first one's cookie has lapsed, and the center does not answer in time.
  page = await leadersDevice();
  await page.context().clearCookies();
  await page.goto(`${base}/masuk`);
  assert.deepEqual(await stored(page), [], "the way in throws away what was kept");
  await signIn(page, "camat");
  assert.doesNotMatch(await shown(page, "/hari-ini"), SECRET);
  await keeps(page, "/hari-ini");
  const own = (await page.locator("main h1").textContent()).trim();
  signal("SIGSTOP");
  const slow = await shown(page, FIGURE);
  signal("SIGCONT");
  assert.doesNotMatch(slow, SECRET, "waiting for the center");
  assert.ok(own && slow.includes(own), `the own kept page is shown instead: ${slow}`);
  all = await stored(page);
  assert.ok(all.every(({ text }) => !SECRET.test(text)) && new Set(all.map(({ name }) => name)).size === 1);
  await page.context().close();
  console.log("ok the next reader of a device sees nothing of the one before, waiting or not");

  // Signing out.
  page = await leadersDevice();
  await page.goto(`${base}/profil`);
  await Promise.all([page.waitForURL(`${base}/masuk`), page.locator("form[action='/keluar'] button").click()]);
  assert.deepEqual(await page.evaluate(() => caches.keys()), [], "the browser was told to forget its stores");
  await stop();
  assert.doesNotMatch(await shown(page, "/hari-ini"), SECRET);
  console.log("ok signing out empties the device");
} finally {
  await browser.close();
  signal("SIGKILL");
}
