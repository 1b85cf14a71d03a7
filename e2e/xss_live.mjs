// A part of xss.mjs: what open pages put in place of what changed. They take it from an answer that they parse
// themselves, a way into the page that its policy does not watch.
import { readFileSync, writeFileSync } from "node:fs";

/** The file of the source whose figures change. */
const FILE = process.env.FIGURES ?? "";
/** Pages of one browser: each keeps a stream open, of which a browser has six to one place. */
const TABS = 4;

let value = 7;
/** A figure of the file. */
const FIGURE = "/angka/i1/33.16.01.2001/2026-01";
/** Longer than it takes until the center has noticed all of a change, milliseconds. */
const CALM = 3000;

/** Changes every figure and lets the center read them; gives the version of the pages that show all of it. */
async function change({ base, cookie, formToken, admitted }) {
  value += 1;
  const rows = readFileSync(FILE, "utf8");
  writeFileSync(FILE, rows.replace(/^(33\.16\.01\.\d{4},\d{4}-\d\d),\d+,/gm, `$1,${value},`));
  const body = new URLSearchParams({ _token: await formToken("/pengguna/baru") });
  const headers = { cookie, "content-type": "application/x-www-form-urlencoded" };
  const answer = await admitted(() => fetch(`${base}/sumber/angka/tarik`, { method: "POST", headers, body, redirect: "manual" }));
  if (answer.status !== 303) throw new Error(`the source is not read: ${answer.status}`);
  const run = answer.headers.get("location").split("/").at(-1);
  await wait("the run ends", 120, async () => {
    const { status, message } = await (await admitted(() => fetch(`${base}/api/v1/runs/${run}`, { headers }))).json();
    if (status !== "running" && status !== "done") throw new Error(`no figure is changed: ${message}`);
    return status === "done";
  });
  // The beginning of a run is a change, too, and its end is noticed in more than one way.
  let version = 0;
  let since = Date.now();
  await wait("the new figures are shown", 120, async () => {
    const page = await (await admitted(() => fetch(base + FIGURE, { headers: { cookie } }))).text();
    const now = Number(page.match(/data-version="(\d+)"/)?.[1]);
    if (now !== version || !page.includes(`<span class="number">${value}</span>`)) since = Date.now();
    version = now;
    return Date.now() - since > CALM;
  });
  return version;
}

/** Gives each page what it asks for by itself with the escaping of its main part undone; notes who was given what. */
async function undo(page, address, raw, armed) {
  await page.route(address, async (route) => {
    if (!route.request().headers()["x-follows"]) return route.continue();
    const answer = await route.fetch();
    const html = await answer.text();
    const body = html.replace(/<main[\s\S]*<\/main>/, raw);
    if (/<(?:img|svg|script|body|input|select|details)\b[^>]*_xss/i.test(body)) armed.add(address);
    return route.fulfill({ response: answer, body });
  });
}

async function wait(what, secs, test) {
  for (const until = Date.now() + secs * 1000; Date.now() < until; ) {
    if (await test()) return;
    await new Promise((later) => setTimeout(later, 25));
  }
  throw new Error(`${what}: not within ${secs} s`);
}

/** Opens all `paths`, changes the figures and looks at what the pages made of it. */
async function pass(tools, bypassCSP, unescaped) {
  const { base, cookie, reader, look, raw, routeOf, paths } = tools;
  const groups = Array.from({ length: Math.ceil(paths.length / TABS) }, (_, nth) => paths.slice(nth * TABS, nth * TABS + TABS));
  const readers = await Promise.all(groups.map((group) => reader({ bypassCSP, cookies: cookie, live: true, tabs: group.length })));
  const armed = new Set();
  const tabs = readers.flatMap(({ pages, seen }, nth) => pages.map((page, tab) => ({ page, seen, address: base + groups[nth][tab] })));
  for (const { page, address } of tabs) {
    if (unescaped) await undo(page, address, raw, armed);
    await page.goto(address, { waitUntil: "load" });
  }
  const version = await change(tools);
  const result = { routes: {}, swapped: {}, ran: [], violations: [], strangers: [], silent: [], noticed: {}, occurrences: 0 };
  for (const { page, seen, address } of tabs) {
    const route = routeOf(new URL(address).pathname);
    const follows = () => seen.followed.filter((one) => one.address === address);
    await wait(`${address} follows`, 120, () => follows().some((one) => one.version >= version));
    result.routes[route] = (result.routes[route] ?? 0) + 1;
    // Told by the page at that moment: by the time that the pages before were looked at, the marks may be gone.
    result.swapped[route] = follows().reduce((sum, one) => sum + one.swapped, 0);
    if (unescaped) {
      if (!armed.has(address)) continue;
      const here = (list) => list.filter((text) => text.endsWith(` at ${address}`)).length;
      const noticed = bypassCSP ? seen.ran : seen.violations;
      await wait(`something is noticed at ${address}`, 30, () => here(noticed) > 0).catch(() => result.silent.push(route));
      result.noticed[route] = here(noticed);
      continue;
    }
    const { found, shown } = await page.evaluate(look);
    if (found.length > 0) result.strangers.push(`${address}: ${found.slice(0, 5).join(", ")}`);
    result.occurrences += shown.length;
  }
  for (const { context, seen } of readers) {
    result.ran.push(...seen.ran);
    result.violations.push(...seen.violations);
    await context.close();
  }
  return result;
}

/** As they are, and with the escaping of what they put in place undone; with the policy and without. */
export async function followed(tools) {
  const result = {};
  for (const [policy, bypassCSP] of [["as sent", false], ["off", true]]) {
    result[policy] = { escaped: await pass(tools, bypassCSP, false), unescaped: await pass(tools, bypassCSP, true) };
  }
  return result;
}
