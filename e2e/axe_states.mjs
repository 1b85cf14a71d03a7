// What pages become when they are used: forms that were filled in wrongly, secrets that are shown once, a draft, a
// message on a wall, a page that lost its center. Each is reached anew for each language, by the page's own forms.
import assert from "node:assert/strict";
import { SANDI, kept, match, send } from "./axe_pages.mjs";

/** Sends a form of a page; the center must answer with this status. */
async function sent(page, status, form, fields) {
  const answer = await send(page, form, fields);
  assert.equal(answer.status(), status, answer.url());
}

/** Somebody new, as cookies. */
const someone = (base, at) => async () => {
  const { page } = await at.newcomer();
  const cookies = await kept(page.context(), base);
  await page.context().close();
  return cookies;
};

/** The states of a center with figures: what it is called, who looks (`alone`: in a browser of their own), and the way there. */
export function statesOf(base, at, cookie, { board, editor, steering, wall }) {
  const newcomer = someone(base, at);
  const code = "form[action='/profil/kode']";
  const go = (page, path) => page.goto(base + path);
  const folded = (page, form) => page.locator(`details:has(${form}) > summary`).click();
  return [
    ["/masuk, a wrong password", "", async (page) => {
      await go(page, "/masuk");
      await sent(page, 422, "form[action='/masuk']", { nama: `tidak.ada.${Date.now()}`, sandi: "kata sandi keliru" });
    }],
    ["/masuk/kode, a wrong code", at.halfSignedIn, async (page) => {
      await go(page, "/masuk/kode");
      await sent(page, 422, "form[action='/masuk/kode']", { kode: "000000" });
    }],
    ["/undangan, a weak password", "", async (page) => {
      await go(page, await at.invite());
      await sent(page, 422, "form[action^='/undangan/']", { sandi: "12345678", ulang: "87654321" });
    }],
    ["/profil/kode, a wrong code", newcomer, async (page) => {
      await go(page, "/profil/kode");
      await sent(page, 422, code, { kode: "000000", kini: SANDI });
    }],
    ["/profil/kode, codes of recovery", newcomer, async (page) => {
      await at.enrol(page);
    }],
    ["/profil, a wrong password", newcomer, async (page) => {
      await go(page, "/profil");
      await sent(page, 422, "form[action='/profil/sandi']", { kini: "bukan ini", sandi: "x", ulang: "y" });
    }],
    ["/profil, a token is made", newcomer, async (page) => {
      await go(page, "/profil");
      await folded(page, "form[action='/profil/token']");
      await sent(page, 200, "form[action='/profil/token']", { nama: "Lembar kerja", kini: SANDI });
    }],
    ["/profil, with a token, a code and another session", newcomer, async (page) => {
      await go(page, "/profil");
      await folded(page, "form[action='/profil/token']");
      await sent(page, 200, "form[action='/profil/token']", { nama: "Lembar kerja harian untuk rapat staf", kini: SANDI });
      await at.enrol(page);
      await go(page, "/profil");
    }],
    ["/pengguna, an invitation is made", cookie, async (page) => {
      await go(page, "/pengguna/baru");
      await page.check("[name=peran][value=analyst]");
      await sent(page, 200, "form[action='/pengguna']", { nama: "Sri Rahayu", login: `sri.${Date.now()}` });
    }],
    ["/pengguna, a name that is taken", cookie, async (page) => {
      await go(page, "/pengguna/baru");
      await page.check("[name=peran][value=analyst]");
      await sent(page, 422, "form[action='/pengguna']", { nama: "Sri Rahayu", login: "pengelola" });
    }],
    ["/perangkat, a key is made", cookie, async (page) => {
      await go(page, "/perangkat");
      const form = "form:has([name=jenis][value=push])";
      await folded(page, form);
      await sent(page, 200, form, { nama: "Aplikasi kepegawaian" });
    }],
    ["/perangkat, with keys", cookie, async (page) => {
      await go(page, "/perangkat");
      const form = "form:has([name=jenis][value=display])";
      await folded(page, form);
      await sent(page, 200, form, { nama: "Layar ruang tunggu" });
      await go(page, "/perangkat");
    }],
    ["/dinding/pasang, a wrong code", cookie, async (page) => {
      await go(page, "/dinding/pasang");
      await send(page, "form[action='/dinding/pasang']", { kode: "XXXXXX" });
      await page.locator("[role=alert]").waitFor();
    }],
    ["/dinding/pasang, a code that waits", cookie, async (page) => {
      const waiting = await page.context().browser().newContext();
      const kode = match(await at.html("/dinding", waiting), /data-part="code">([^<]+)/, "code of a screen");
      await waiting.close();
      await go(page, `/dinding/pasang?kode=${kode}`);
      await page.locator("[name=daftar]").waitFor();
    }],
    ["/dinding/kendali, with a message", cookie, async (page) => {
      await go(page, steering);
      await send(page, "form:has([name=pesan])", { pesan: "Rapat koordinasi banjir pukul 10.00 di pendopo" });
      await go(page, steering);
    }],
    ["/dinding/layar, with a message", wall, async (page) => {
      await at.post(steering, { perintah: "pesan", pesan: "Rapat koordinasi banjir pukul 10.00 di pendopo", menit: "15" });
      await go(page, "/dinding/layar");
      await page.locator(".screen-band").waitFor();
    }, { large: true }],
    ["/papan/{code}/sunting, a draft", cookie, async (page) => {
      await go(page, `${editor}/widget?section=0&kind=text`);
      await sent(page, 303, "form.widget-fields", { text: "Rapat pukul sembilan" });
      await page.locator("[name=reason]").waitFor();
    }],
    ["/papan/{code}/sunting, a lost step", cookie, async (page) => {
      await go(page, editor);
      await page.locator("form:has(#title) [name=step]").evaluate((field) => (field.value = "-9"));
      await send(page, "form:has(#title)", { title: "Papan lain" });
      await page.locator("main h1").waitFor();
    }],
    ["/papan/{code}/sunting/widget, filled in wrongly", cookie, async (page) => {
      await go(page, `${editor}/widget?section=0&kind=camera`);
      await page.locator("form.widget-fields").evaluate((form) => (form.noValidate = true));
      for (const box of await page.locator("[name=surfaces]").all()) await box.uncheck();
      await sent(page, 422, "form.widget-fields", {});
      await page.locator(".flaw").first().waitFor();
    }],
    ["/papan-baru, a code that is taken", cookie, async (page) => {
      await go(page, "/papan-baru");
      await sent(page, 422, "form[action='/papan-baru']", { title: "Papan", code: board });
    }],
    ["/data-pribadi/insiden/{id}, closed", cookie, async (page) => {
      const made = await at.post("/data-pribadi/insiden", { title: "Laptop hilang", what: "Laptop", data: "NIK", sources: "", subjects: "1200", noticed: "" });
      await go(page, made.headers().location);
      await send(page, "form[action$='/langkah']", {});
      await send(page, "form[action$='/tutup']", {});
      await go(page, made.headers().location);
    }],
    ["a page that lost its center", cookie, async (page) => {
      await go(page, "/papan");
      await page.evaluate(() => {
        // As live.js does after fifteen seconds without an answer.
        const link = document.querySelector("[data-link]");
        link.textContent = link.dataset.lost.replace("{time}", "09.41");
        link.hidden = false;
        document.body.classList.add("is-lost");
      });
    }],
  ].map(([name, cookies, arrive, more]) => ({ name, cookies, arrive, alone: true, ...more }));
}
