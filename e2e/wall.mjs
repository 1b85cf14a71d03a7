// A wall in a real browser against the real program: pairing, what is shown and how large, steering, outages, errors,
// a restart of the browser while the center is away, revoking; and that it can go on for long without growing.
//
//   COOKIE=… node wall.mjs PROGRAM DATA-FOLDER ADDRESS [ROTATIONS] [OUTAGES]
//
// COOKIE is of somebody who may pair and steer. Starts, kills and stops the program itself. Ends with an error when
// anything is not as it should be. What is accelerated: rotations beyond the first are commanded ("next"), each as soon
// as the one before is on the screen, instead of waiting 20 to 40 seconds; of the outages every tenth lasts until the
// screen says it, the others as long as the program needs to start. Nothing else is: time, network and program are real.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [program, data, address, rotations = "200", outages = "5"] = process.argv.slice(2);
const base = `http://${address}`;
const port = Number(address.split(":").at(-1));
const cookie = process.env.COOKIE ?? "";
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

let server;
const answers = async () => {
  try {
    return (await fetch(`${base}/healthz`)).ok;
  } catch {
    return false;
  }
};
const start = async () => {
  const limits = { PENDOPO__LIMITS__REQUESTS_PER_MINUTE: "0", PENDOPO__LIMITS__COSTLY_REQUESTS_PER_MINUTE: "0", PENDOPO__LIMITS__SIGN_INS_PER_MINUTE: "0" };
  server = spawn(program, ["--data", data, "serve", "--no-schedule", "--listen", address], { stdio: "ignore", env: { ...process.env, ...limits } });
  for (let tries = 0; tries < 1200; tries += 1) {
    if (await answers()) return;
    await pause(25);
  }
  throw new Error("the center does not answer");
};
const kill = () =>
  new Promise((done) => {
    server.once("exit", done);
    server.kill("SIGKILL");
  });
const until = async (what, limit, test) => {
  const from = Date.now();
  while (!(await test())) {
    assert.ok(Date.now() - from < limit, `${what}: not within ${limit} ms`);
    await pause(10);
  }
  return Date.now() - from;
};

// The phone: an address that is opened and forms that are sent. A full machine may send a reader away for a moment.
const ask = async (path, options) => {
  for (let tries = 0; ; tries += 1) {
    const answer = await fetch(base + path, options);
    if (answer.status !== 503 || tries > 100) return answer;
    await pause(100);
  }
};
const phone = async (path) => {
  const answer = await ask(path, { headers: { cookie }, redirect: "manual" });
  assert.equal(answer.status, 200, path);
  return answer.text();
};
let token;
const send = async (path, fields) => {
  token ??= (await phone("/dinding/pasang")).match(/name="_token" value="([^"]+)"/)[1];
  const body = new URLSearchParams({ _token: token, ...fields });
  const answer = await ask(path, { method: "POST", headers: { cookie }, body, redirect: "manual" });
  const to = answer.headers.get("location") ?? "";
  assert.ok(answer.status === 303 && !to.startsWith("/masuk"), `${path} ${JSON.stringify(fields)}: ${answer.status} ${to}`);
  return to;
};

const profile = mkdtempSync(join(tmpdir(), "pendopo-wall-"));
const open = () =>
  chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    viewport: { width: 1920, height: 1080 },
    locale: "id-ID",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
  });

const complaints = [];
const visited = new Set();
const watch = (page) => {
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    // While the center is away or broken the browser logs each attempt.
    if (message.type() === "error" && !/ERR_|status of 5\d\d|EventSource/.test(message.text())) complaints.push(message.text());
  });
  page.on("framenavigated", (frame) => visited.add(new URL(frame.url()).pathname));
};

// Letters smaller than they may be, things beyond the screen, and how many things there are.
const look = (page) =>
  page.evaluate(() => {
    const small = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const holder = node.parentElement;
      if (!node.textContent.trim() || !holder.checkVisibility() || holder.closest("title")) continue;
      const scale = holder.ownerSVGElement ? holder.getScreenCTM().a : 1;
      const size = parseFloat(getComputedStyle(holder).fontSize) * scale;
      if (size < 27.9) small.push(`${size.toFixed(1)}: ${node.textContent.trim().slice(0, 30)}`);
    }
    const page = document.documentElement;
    const main = document.querySelector("main");
    return {
      small,
      scrolls: page.scrollHeight > innerHeight || page.scrollWidth > innerWidth,
      things: main.querySelectorAll(".screen-main > *, .screen-rail li, .screen-band").length,
      clock: /^\d\d\.\d\d$/.test(document.querySelector("[data-clock]").textContent),
      dark: getComputedStyle(document.body).backgroundColor,
      data: document.querySelector(".screen-foot").textContent,
    };
  });

const heap = async (session) => {
  for (let time = 0; time < 3; time += 1) await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  const { nodes, jsEventListeners } = await session.send("Memory.getDOMCounters");
  return { usedSize, nodes, jsEventListeners };
};

await start();
let context = await open();
try {
  // Pairing
  let page = context.pages()[0] ?? (await context.newPage());
  watch(page);
  await page.goto(`${base}/dinding`, { waitUntil: "load" });
  const code = (await page.locator('[data-part="code"]').textContent()).trim();
  assert.match(code, /^[A-HJKMNP-Z2-8]{6}$/);
  assert.ok(await page.locator(".pairing-drawing svg").isVisible(), "the address stands there for a camera");
  assert.ok(!(await page.content()).includes("kunci="), "no key stands in the page");
  const where = await send("/dinding/pasang", { kode: code.toLowerCase(), nama: "Ruang kendali", daftar: "uji", bagian: "1/1", internal: "1" });
  const paired = await until("the screen is a wall", 6000, async () => new URL(page.url()).pathname === "/dinding/layar");
  await page.waitForSelector("main[data-key]");
  console.log(`ok paired: the screen was a wall ${paired} ms after the form was sent`);

  // What is shown
  const keys = new Set();
  const shows = () => page.evaluate(() => document.querySelector("main").dataset.key);
  const turns = await page.evaluate(() => document.querySelectorAll(".screen-dots span").length);
  await until("every story has its turn by itself", turns * 2500 + 5000, async () => {
    const key = await shows();
    if (!keys.has(key)) {
      keys.add(key);
      const seen = await look(page);
      assert.deepEqual(seen.small, [], `${key}: too small to be read from afar`);
      assert.ok(!seen.scrolls && seen.clock, `${key}: ${JSON.stringify(seen)}`);
      assert.ok(seen.things >= 1 && seen.things <= 7, `${key}: ${seen.things} things`);
      assert.match(seen.data, /data s\.d\..*sumber segar/);
    }
    return keys.size >= turns;
  });
  console.log(`ok ${turns} stories in turn: no letter under 28 px, nothing scrolls, clock and age are there`);

  // Steering
  const steer = (perintah, more = {}) => send(where, { perintah, ...more });
  await steer("tahan");
  const times = [];
  for (let nth = 0; nth < 10; nth += 1) {
    const before = await shows();
    const from = Date.now();
    await steer("berikut");
    await until("a command reaches the screen", 3000, async () => (await shows()) !== before);
    times.push(Date.now() - from);
  }
  times.sort((a, b) => a - b);
  assert.ok(times.at(-1) <= 1000, `a command took ${times.at(-1)} ms`);
  console.log(`ok ten commands: on the screen after ${times[5]} ms in the middle, ${times.at(-1)} ms at most`);
  await steer("pesan", { pesan: "Banjir di Cepu: rapat pukul 15.00 <b>", menit: "15" });
  await until("a message takes over", 1000, () => page.locator(".screen-band").isVisible());
  assert.match(await page.locator(".screen-band-title").textContent(), /<b>$/);
  assert.deepEqual((await look(page)).small, []);
  assert.ok(!(await look(page)).scrolls);
  await steer("pesan-selesai");
  await until("and ends", 1000, async () => !(await page.locator(".screen-band").isVisible()));
  // A story without a figure of its own has no origin to show: the next one does.
  for (let tries = 1; ; tries += 1) {
    await steer("asal");
    try {
      await until("the origin of the figure", 1000, () => page.locator(".screen-lineage").isVisible());
      break;
    } catch (error) {
      if (tries === 4) throw error;
      await steer("asal");
      await steer("berikut");
    }
  }
  await steer("wilayah", { wilayah: "33.16.01" });
  await until("a region", 1000, () => page.locator(".screen-region").isVisible());
  await steer("berikut");
  await until("the next story is of the whole again", 1000, async () => !(await page.locator(".screen-region").isVisible()));
  console.log("ok a message, the origin, a region and back");

  // Rotations
  const session = await context.newCDPSession(page);
  await page.evaluate(() => {
    window.swaps = 0;
    document.addEventListener("pendopo:followed", () => (window.swaps += 1));
  });
  const rotate = async (count) => {
    for (let done = 0; done < count; done += 1) {
      const before = await page.evaluate(() => window.swaps);
      await steer("berikut");
      await until("a rotation", 15_000, async () => (await page.evaluate(() => window.swaps)) > before);
    }
  };
  const all = Number(rotations);
  const warm = Math.max(40, Math.round(all / 100));
  await rotate(warm);
  const first = await heap(session);
  const from = Date.now();
  const rounds = 10;
  for (let round = 0; round < rounds; round += 1) {
    await rotate(Math.ceil(all / rounds));
    if (all >= 5000) console.log(`   ${Math.ceil(all / rounds) * (round + 1)} rotations, heap ${(await heap(session)).usedSize} bytes`);
  }
  const perRotation = (Date.now() - from) / all;

  // Outages
  await steer("lanjut");
  const badge = page.locator("[data-link]");
  const intact = async () => {
    assert.equal(new URL(page.url()).pathname, "/dinding/layar");
    assert.ok(await page.evaluate(() => Boolean(document.querySelector("main[data-key] h1")) && !document.querySelector("input")));
  };
  const said = [];
  const back = [];
  for (let nth = 0; nth < Number(outages); nth += 1) {
    const text = await page.locator("main h1").textContent();
    await kill();
    if (nth % 10 === 0) {
      said.push(await until("the loss is said", 15_000, () => badge.isVisible()));
      assert.match(await badge.textContent(), /^Data per \d\d\.\d\d · terputus sejak \d\d\.\d\d$/);
      assert.equal(await page.locator("main h1").textContent(), text, "what was shown stays");
    }
    await intact();
    const before = await page.evaluate(() => window.swaps);
    await start();
    back.push(await until("the screen is back", 5000, async () => (await page.evaluate(() => window.swaps)) > before && !(await badge.isVisible())));
    await intact();
  }
  const last = await heap(session);
  const growth = (last.usedSize / first.usedSize - 1) * 100;
  console.log(`ok ${all} rotations, ${perRotation.toFixed(0)} ms each, and ${outages} outages by SIGKILL`);
  console.log(`ok the loss was said after ${said.join(", ")} ms; back at most ${Math.max(...back)} ms after the center`);
  console.log(`ok heap ${first.usedSize} -> ${last.usedSize} bytes (${growth.toFixed(1)} %), nodes ${first.nodes} -> ${last.nodes}, listeners ${first.jsEventListeners} -> ${last.jsEventListeners}`);
  assert.ok(growth <= 10, `the heap grew by ${growth.toFixed(1)} %`);

  // An error in the center's place: nothing of it is shown.
  await kill();
  let asked = 0;
  const broken = createServer((_, answer) => {
    asked += 1;
    answer.writeHead(500, { "content-type": "text/html" }).end("<main><h1>Galat</h1></main>");
  });
  await new Promise((done) => broken.listen(port, "127.0.0.1", done));
  await until("an error is said as a loss", 15_000, () => badge.isVisible());
  assert.ok(asked > 0, "the screen asked");
  await intact();
  assert.doesNotMatch(await page.content(), /Galat/);
  broken.closeAllConnections();
  await new Promise((done) => broken.close(done));
  console.log("ok an answer of 500 leaves the screen as it is");

  // The browser starts anew while the center is away.
  await start();
  await until("back after the error", 6000, async () => !(await badge.isVisible()));
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  await page.reload({ waitUntil: "load" });
  await until("the worker keeps the page", 10_000, () => page.evaluate(async () => Boolean(await caches.match(location.href))));
  await kill();
  await context.close();
  context = await open();
  page = context.pages()[0] ?? (await context.newPage());
  watch(page);
  await page.goto(`${base}/dinding/layar`, { waitUntil: "load" });
  assert.ok(await page.evaluate(() => Boolean(document.querySelector("main[data-key] h1"))), "the kept screen is shown");
  await until("its age is said", 15_000, () => page.locator("[data-link]").isVisible());
  await start();
  await until("and it goes on", 5000, async () => !(await page.locator("[data-link]").isVisible()));
  console.log("ok a browser that starts while the center is away shows the kept screen with its age, and goes on");

  // Revoked: what is shown stays, and says so.
  const devices = await phone("/perangkat");
  const id = devices.match(/name="token" value="(\d+)"/)[1];
  await send("/perangkat/cabut", { token: id });
  // A busy machine may say first that the center does not answer.
  const link = page.locator("[data-link]");
  const released = await until("a revoked screen says so", 15_000, async () => (await link.isVisible()) && /dilepas/.test(await link.textContent()));
  assert.ok(await page.evaluate(() => Boolean(document.querySelector("main[data-key] h1"))));
  console.log(`ok a revoked screen says so after ${released} ms and keeps what it shows`);
  assert.deepEqual([...visited].filter((path) => !["/dinding", "/dinding/layar", "blank"].includes(path)), [], "never another page");
  assert.deepEqual(complaints, []);
} finally {
  await context.close();
  server.kill("SIGKILL");
  rmSync(profile, { recursive: true, force: true });
}
