// The pages that `axe.mjs` looks at: one of each route of `crates/server/access.toml` that answers with a page, those
// that only somebody else than the administrator sees, errors, and a center into which nothing was put yet.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { codeOf } from "./staged.mjs";

/** Routes that answer with data, files, pictures or another page: there is nothing to look at. */
const NO_PAGE = /^\/api\/|\.(csv|jsonl|md|pdf|png|toml|txt|xlsx|js|ico|webmanifest)$|^\/(healthz|readyz|metrics|langsung|aset\/.*|peta\/dasar\/.*)$|^\/dinding\/(langsung|menunggu)$|\/sso(\/kembali)?$/;
export const routes = readFileSync(new URL("../crates/server/access.toml", import.meta.url), "utf8")
  .split("[[route]]")
  .slice(1)
  .filter((row) => /^get = /m.test(row))
  .map((row) => row.match(/^path = "(.*)"$/m)[1])
  .filter((route) => !NO_PAGE.test(route));

export const match = (text, pattern, what) => text.match(pattern)?.[1] ?? assert.fail(`no ${what}`);
export const kept = async (context, base) => (await context.cookies(base)).map(({ name, value }) => `${name}=${value}`).join("; ");
/** The password of all who are made here. */
export const SANDI = "jati randu kapas sawo";

/** Sends a form of a page by its button; gives the answer, once its page is there. */
export async function send(page, form, fields = {}) {
  for (const [name, value] of Object.entries(fields)) {
    const field = page.locator(`${form} [name="${name}"]`).first();
    if ((await field.evaluate((element) => element.tagName)) === "SELECT") await field.selectOption(value);
    else await field.fill(value);
  }
  const [answer] = await Promise.all([page.waitForResponse((answer) => answer.request().isNavigationRequest() && answer.request().method() === "POST"), page.locator(`${form} button[type=submit], ${form} button:not([type])`).first().click()]);
  await page.waitForLoadState("load");
  return answer;
}

/** What an administrator does in one center to have something to show; `cookie` is theirs. */
export async function desk(browser, base, cookie, reader) {
  const administrator = await reader(cookie, "id");
  const html = async (path, context = administrator) => (await context.request.get(base + path)).text();
  const token = match(await html("/pengguna/baru"), /name="_token" value="([^"]+)/, "token of a form: is the cookie an administrator's?");
  const post = (path, form) => administrator.request.post(base + path, { form: { _token: token, ...form }, maxRedirects: 0 });
  const api = async (path) => (await administrator.request.get(`${base}/api/v1${path}`)).json();
  let nth = 0;

  /** An account that is still to be taken; gives the way to it. */
  const invite = async (peran = "auditor") => {
    nth += 1;
    const made = await post("/pengguna", { login: `uji.${nth}.${Date.now()}`, nama: "Pegawai Uji", peran });
    return match(await made.text(), /(\/undangan\/[\w-]+)/, "invitation");
  };

  /** Somebody who took an invitation: their page and the name by which they sign in. */
  const newcomer = async (peran) => {
    const page = await (await browser.newContext({ locale: "id-ID", reducedMotion: "reduce" })).newPage();
    await page.goto(base + (await invite(peran)));
    const login = await page.inputValue("[name=username]");
    await page.fill("[name=sandi]", SANDI);
    await page.fill("[name=ulang]", SANDI);
    await Promise.all([page.waitForURL((url) => !url.pathname.startsWith("/undangan")), page.click("main form button[type=submit]")]);
    return { page, login };
  };

  /** Gives an account its code; ends on the page with the codes of recovery. */
  const enrol = async (page) => {
    const form = "form[action='/profil/kode']";
    // A code is good for seconds, and a busy machine may need longer.
    for (let tries = 0; tries < 8; tries += 1) {
      await page.goto(`${base}/profil/kode`);
      if (await page.locator(`${form} [name=kini]`).count()) await page.fill(`${form} [name=kini]`, SANDI);
      const answer = await send(page, form, { kode: codeOf(await page.textContent("code.letters")) });
      if (answer.status() === 200) return;
    }
    assert.fail("no code was taken");
  };

  /** The cookies of somebody who has given the password and is asked for a code. */
  const halfSignedIn = async () => {
    const { page, login } = await newcomer();
    await enrol(page);
    await page.context().close();
    const asked = await (await browser.newContext()).newPage();
    await asked.goto(`${base}/masuk`);
    await asked.fill("[name=nama]", login);
    await asked.fill("[name=sandi]", SANDI);
    await Promise.all([asked.waitForURL(/\/masuk\/kode/), asked.click("form[action='/masuk'] button[type=submit]")]);
    return kept(asked.context(), base);
  };

  /** Pairs a screen; gives its cookies and its page of steering. */
  const screen = async () => {
    const waiting = await browser.newContext();
    const kode = match(await html("/dinding", waiting), /data-part="code">([^<]+)/, "code of a screen");
    const form = await html(`/dinding/pasang?kode=${kode}`);
    const daftar = match(form, /name="daftar"><option value="([^"]+)/, "playlist");
    const paired = await post("/dinding/pasang", { kode, nama: "Layar uji", daftar, bagian: "1/1", internal: "1" });
    await html("/dinding/menunggu", waiting);
    const cookies = await kept(waiting, base);
    await waiting.close();
    return { cookies, steering: paired.headers().location };
  };
  return { administrator, html, post, api, invite, newcomer, enrol, halfSignedIn, screen };
}

/** The pages of a center with figures, at least one of each route. */
export async function pagesOf(at, cookie) {
  const runs = (await at.api("/runs?limit=200")).items;
  const refusing = runs.find(({ refused }) => refused > 0) ?? assert.fail("no run refused a row");
  const failed = runs.find(({ status }) => status === "failed") ?? assert.fail("no run failed");
  const [figure] = (await at.api("/latest?limit=1")).items;
  const board = match(await at.html("/papan"), /href="\/papan\/([\w-]+)/, "board");
  const incident = (await at.post("/data-pribadi/insiden", { title: "Berkas terkirim keliru", what: "Surel", data: "Nama", sources: "", subjects: "3", noticed: "" })).headers().location;
  const { cookies: wall, steering } = await at.screen();
  const account = match(await at.html("/pengguna"), /href="(\/pengguna\/\d+)"/, "account");
  const { page: auditing } = await at.newcomer("auditor");
  const auditor = await kept(auditing.context(), new URL(auditing.url()).origin);
  await auditing.context().close();
  const editor = `/papan/${board}/sunting`;
  /** For routes that name a thing: one that is there. */
  const samples = {
    "/papan/{code}": `/papan/${board}`,
    "/papan/{code}/sunting": editor,
    "/papan/{code}/sunting/widget": `${editor}/widget?section=0&kind=ranking`,
    "/papan/{code}/sunting/pratinjau": `${editor}/pratinjau?di=phone`,
    "/papan/{code}/versi": `/papan/${board}/versi`,
    "/indikator/{code}": `/indikator/${figure.indicator}`,
    "/angka/{indicator}/{region}/{period}": `/angka/${figure.indicator}/${figure.region}/${figure.period}`,
    "/data-pribadi/insiden/{id}": incident,
    "/wilayah/{code}": `/wilayah/${figure.region}`,
    "/peta": `/peta?indikator=${figure.indicator}`,
    "/sumber/{code}": `/sumber/${refusing.source}`,
    "/penarikan/{id}": `/penarikan/${refusing.id}`,
    "/penarikan/{id}/ditolak": `/penarikan/${refusing.id}/ditolak`,
    "/undangan/{secret}": await at.invite(),
    "/pengguna/{id}": account,
    "/dinding/kendali/{wall}": steering,
  };
  /** Routes that are a page to somebody else than the administrator. */
  const readers = { "/masuk": "", "/undangan/{secret}": "", "/dinding": "", "/dinding/layar": wall, "/masuk/kode": await at.halfSignedIn() };
  const pages = routes.map((route) => {
    const path = samples[route] ?? (route.includes("{") ? assert.fail(`${route}: name a page of it in \`samples\` of axe_pages.mjs`) : route);
    return { route, path, cookies: readers[route] ?? cookie };
  });
  const visitors = ["/", "/hari-ini", "/indikator", "/wilayah", samples["/peta"], samples["/indikator/{code}"]];
  pages.push(
    ...visitors.map((path) => ({ path, cookies: "" })),
    // Other faces of the same routes.
    ...["desk", "wall", "paper"].map((di) => ({ path: `${editor}/pratinjau?di=${di}`, cookies: cookie })),
    ...["text", "line", "countdown", "camera", "absorption"].map((kind) => ({ path: `${editor}/widget?section=0&kind=${kind}`, cookies: cookie })),
    { path: `/peta?indikator=${figure.indicator}&wilayah=33.16.01`, cookies: cookie },
    { path: `/indikator/${figure.indicator}?wilayah=33.16.01`, cookies: cookie },
    { path: `/sumber/${failed.source}`, cookies: cookie },
    { path: `/penarikan/${failed.id}`, cookies: cookie },
    { path: "/audit?cari=tidak-pernah-ada", cookies: auditor },
    { path: "/data-pribadi", cookies: auditor },
    // Errors.
    { path: "/tidak-ada", cookies: "", status: 404 },
    { path: "/tidak-ada", cookies: cookie, status: 404 },
    { path: "/undangan/tidak-ada", cookies: "", status: 404 },
    { path: "/papan-baru", cookies: auditor, status: 403 },
    { path: "/peta?periode=kemarin", cookies: cookie, status: 400 },
  );
  return { pages: pages.map((one) => ({ status: 200, ...one })), auditor, wall, steering, board, editor };
}

/** The pages of a center in which nobody is yet and into which nothing was put: from the first account on. */
export async function emptyPages(browser, base, link) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(base + link);
  await send(page, "form[action^='/undangan/']", { nama: "Pengelola Uji", login: "pengelola", sandi: SANDI, ulang: SANDI });
  const cookies = await kept(context, base);
  await context.close();
  const open = routes.filter((route) => !route.includes("{") && !["/masuk/kode", "/dinding/layar", "/dinding", "/masuk", "/pola"].includes(route));
  return open.map((path) => ({ base, path, cookies, status: 200, empty: true }));
}
