// Brings a demo into the states whose pages nobody sees who only walks about: a code that is asked for, an
// invitation, a screen that becomes a wall, an identity of a provider that is linked, refused, or the only way in.
// What it gives is a list like that of the other pages: name, path or way there, what the browser keeps.
import { createHmac } from "node:crypto";

// A code of an authenticator application (RFC 6238).
export function codeOf(letters) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...letters.toUpperCase()].filter((letter) => alphabet.includes(letter)).map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000)));
  const digest = createHmac("sha1", key).update(step).digest();
  const at = digest[19] & 15;
  return String((digest.readUInt32BE(at) & 0x7fffffff) % 1000000).padStart(6, "0");
}

// Sends the form that holds a button or field; waits for what comes back.
async function send(page, form, fields = {}) {
  for (const [name, value] of Object.entries(fields)) await page.fill(`${form} [name=${name}]`, value);
  const [answer] = await Promise.all([page.waitForResponse((answer) => answer.request().isNavigationRequest()), page.click(`${form} button[type=submit]`)]);
  await page.waitForLoadState("load");
  return answer;
}

// Signs in at the provider as `subject`, from the page that leads there; ends on a page of the center.
async function pass(page, base, subject) {
  for (let pages = 0; pages < 4 && !page.url().startsWith(base); pages += 1) {
    if ((await page.locator("[name=login]").count()) > 0) {
      await page.fill("[name=login]", subject);
      await page.fill("[name=password]", "x");
    }
    await Promise.all([page.waitForNavigation(), page.click("button[type=submit]")]);
  }
}

export async function staged(browser, base, passwords, signIn) {
  const open = async (login) => (await (await signIn(browser, login)).newPage());
  const keeps = (page) => page.context().storageState();
  const administrator = await open("pengelola");

  // An operator who needs a code.
  const operator = await open("operator");
  await operator.goto(`${base}/profil/kode`);
  const letters = await operator.textContent("code.letters");
  await send(operator, "form[action='/profil/kode']", { kode: codeOf(letters), kini: passwords.operator });
  const codes = await keeps(operator);
  const asked = await (await browser.newContext()).newPage();
  await asked.goto(`${base}/masuk`);
  await send(asked, "form[action='/masuk']", { nama: "operator", sandi: passwords.operator });

  // Somebody new.
  await administrator.goto(`${base}/pengguna/baru`);
  await administrator.check("[name=peran][value=analyst]");
  await send(administrator, "form[action='/pengguna']", { nama: "Sri Rahayu", login: "sri.rahayu" });
  const invitation = (await administrator.textContent(".secret code")).trim();

  // A screen.
  await administrator.goto(`${base}/perangkat`);
  const form = "form:has([name=jenis][value=display])";
  await administrator.locator(`details:has(${form}) summary`).click();
  await administrator.selectOption(`${form} [name=untuk]`, "pimpinan");
  await send(administrator, form, { nama: "Ruang rapat" });
  const key = (await administrator.textContent(".secret code")).trim();
  const screen = await (await browser.newContext()).newPage();
  await screen.goto(base + key);
  await Promise.all([screen.waitForURL(/\/papan\//), screen.click("main form button")]);

  // An identity that is linked, and one that is nobody's.
  const analyst = await open("analis");
  await analyst.goto(`${base}/profil`);
  await send(analyst, "form[action='/profil/sso']", { kini: passwords.analis });
  await Promise.all([analyst.waitForNavigation(), analyst.click("main a.button")]);
  await pass(analyst, base, "analis-di-penyedia");
  await administrator.goto(`${base}/pengguna`);
  const linked = await administrator.getAttribute("a:has-text('Analis Contoh')", "href");
  const refused = async (page) => {
    await page.goto(`${base}/masuk/sso`);
    const answer = page.waitForResponse((answer) => answer.url().startsWith(`${base}/masuk/sso/kembali`));
    await pass(page, base, "orang-lain");
    return answer;
  };
  return [
    ["code", "/masuk/kode", await keeps(asked)],
    ["profile-code", "/profil", codes],
    ["invitation", invitation, undefined],
    ["wall-join", "/dinding", undefined],
    ["wall", new URL(screen.url()).pathname, await keeps(screen)],
    ["sso-refused", refused, undefined],
    ["profile-linked", "/profil", await keeps(analyst)],
    ["user", linked, await keeps(administrator)],
  ];
}
