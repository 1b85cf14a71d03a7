// Passkeys in a real browser against a running center whose second factor is required: adds one in place of a
// code, signs in with it, and tries what must not work. The device is the browser's own virtual one.
//
//   node passkeys.mjs http://localhost:8600 /undangan/… [folder for screenshots]
//
// The link is that for the first account. Ends with an error when anything is not as it should be.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import { chromium } from "playwright-core";

const [base, invitation, shots] = process.argv.slice(2);
const password = "jati randu kapas";
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
if (!existsSync(executablePath)) {
  console.error(`There is no browser at ${executablePath}: install chromium (scripts/setup.sh test) or name one in CHROMIUM.`);
  process.exit(1);
}

const browser = await chromium.launch({
  executablePath,
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
});
const context = await browser.newContext({ locale: "id-ID", timezoneId: "Asia/Jakarta", viewport: { width: 1440, height: 900 } });
context.setDefaultTimeout(30_000);
const page = await context.newPage();
const complaints = [];
page.on("console", (message) => {
  // A refusal is an answer with an error status, which the browser logs as well.
  if (message.type() === "error" && !/status of (422|503)/.test(message.text())) complaints.push(message.text());
});
page.on("pageerror", (error) => complaints.push(String(error)));

const device = await context.newCDPSession(page);
await device.send("WebAuthn.enable");
const { authenticatorId } = await device.send("WebAuthn.addVirtualAuthenticator", {
  options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
});
const keys = async () => (await device.send("WebAuthn.getCredentials", { authenticatorId })).credentials;
const replaceKey = async (key) => {
  for (const { credentialId } of await keys()) await device.send("WebAuthn.removeCredential", { authenticatorId, credentialId });
  await device.send("WebAuthn.addCredential", { authenticatorId, credential: key });
};

let checks = 0;
const step = (words) => {
  checks += 1;
  console.log(`ok ${checks} ${words}`);
};
const at = async (path) => {
  try {
    await page.waitForURL((url) => url.pathname === path);
  } catch (error) {
    const seen = await page.locator("main").innerText();
    throw new Error(`${page.url()} instead of ${path}\n${seen}\n${complaints.join("\n")}`, { cause: error });
  }
};
// A center that has too much to do says so, and is asked again.
const visit = async (address) => {
  for (let tries = 0; tries < 20; tries += 1) {
    const answer = await page.goto(address);
    if (answer?.status() !== 503) return;
    await page.waitForTimeout(500);
  }
  throw new Error(`${address} stays unavailable`);
};
const problem = page.locator('[data-part="problem"]');
const passkeyButton = page.getByRole("button", { name: "Masuk dengan passkey" });
const look = async (name) => {
  if (!shots) return;
  for (const [width, height] of [[390, 844], [1440, 900]]) {
    await page.setViewportSize({ width, height });
    await page.screenshot({ path: `${shots}/${name}-${width}.png`, fullPage: true });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(overflow <= 0, `${name} at ${width} scrolls sideways by ${overflow}`);
  }
};
const signOut = async () => {
  await visit(`${base}/profil`);
  await page.getByRole("button", { name: "Keluar" }).click();
  await at("/masuk");
};
const refusedWith = async (words) => {
  await passkeyButton.click();
  await problem.waitFor({ state: "visible" });
  assert.match(await problem.textContent(), words);
  assert.equal(new URL(page.url()).pathname, "/masuk");
};

// The first account: a second factor is required, and a passkey is one.
await visit(base + invitation);
await page.fill("[name=nama]", "Siti Rahayu");
await page.fill("[name=login]", "siti.rahayu");
await page.fill("[name=sandi]", password);
await page.fill("[name=ulang]", password);
await page.locator("main form button[type=submit]").click();
await at("/profil/kode");
await visit(`${base}/sumber`);
await at("/profil/kode");
step("nothing opens before a second factor is there");
await look("enrol");
await page.fill("[data-passkey] [name=nama]", "Ponsel dinas");
await page.getByRole("button", { name: "Tambah passkey" }).click();
await at("/");
const [key] = await keys();
assert.ok(key?.isResidentCredential && key.rpId === "localhost", JSON.stringify(key));
step("a passkey is taken as the second factor");
await visit(`${base}/profil`);
assert.match(await page.locator("#passkey table").textContent(), /Ponsel dinas/);
await look("profile");

await page.fill("[data-passkey] [name=nama]", "Yang sama");
await page.getByRole("button", { name: "Tambah passkey" }).click();
await problem.waitFor({ state: "visible" });
assert.match(await problem.textContent(), /sudah punya passkey/);
step("the same device is not added twice");

await signOut();
await look("sign-in");
const sent = page.waitForRequest((request) => request.url().includes("/masuk/passkey?"));
await passkeyButton.click();
const request = await sent;
const replay = { headers: await request.allHeaders(), body: request.postData(), url: request.url() };
await at("/");
step("a passkey signs in, with no code asked for");

for (const name of Object.keys(replay.headers)) if (name.startsWith(":")) delete replay.headers[name];
for (const name of ["content-length", "host", "connection", "accept-encoding"]) delete replay.headers[name];
assert.match(replay.headers.cookie, /pendopo-tantangan=/);
const again = await fetch(replay.url, { method: "POST", headers: replay.headers, body: replay.body });
assert.equal(again.status, 422);
assert.match((await again.json()).salah, /sudah dipakai/);
assert.ok(!(again.headers.get("set-cookie") ?? "").includes("pendopo="));
step("an answer that was given once is refused the second time");

// A copy of the key, taken before the last sign-in: its count lags behind.
const [copied] = await keys();
await signOut();
await passkeyButton.click();
await at("/");
await signOut();
const [current] = await keys();
assert.ok(current.signCount > copied.signCount);
await replaceKey(copied);
await refusedWith(/ditolak/);
step("a copied key whose count lags behind is refused");
await replaceKey({ ...current, signCount: current.signCount + 1 });
await page.reload();
await passkeyButton.click();
await at("/");
step("the true key goes on working");

// The password alone is one factor; the passkey is the other.
await signOut();
await page.fill("[name=nama]", "siti.rahayu");
await page.fill("[name=sandi]", password);
await page.locator('form[action="/masuk"] button[type=submit]').click();
await at("/masuk/kode");
await visit(`${base}/sumber`);
await at("/masuk");
await visit(`${base}/masuk/kode`);
await look("code");
await passkeyButton.click();
await at("/");
step("after the password the passkey is the second factor, and nothing opens without it");
await signOut();

// Without PIN, finger or face a passkey is one factor only.
await device.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
await passkeyButton.click();
await problem.waitFor({ state: "visible" });
assert.equal(new URL(page.url()).pathname, "/masuk");
await device.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: true });
step("a device that does not verify its owner is refused");

// Another site on the same machine asks with the center's question and passes the answer on.
const copyOf = createServer((_, answer) => answer.setHeader("content-type", "text/html").end("<h1>Pendopo</h1>"));
await new Promise((ready) => copyOf.listen(0, "127.0.0.1", ready));
const door = await fetch(`${base}/masuk`);
const token = (await door.text()).match(/data-token="([^"]+)"/)[1];
const jar = door.headers.getSetCookie().map((cookie) => cookie.split(";")[0]);
const headers = () => ({ "content-type": "application/json", "x-form-token": token, cookie: jar.join("; ") });
const asked = await fetch(`${base}/masuk/passkey/mulai`, { method: "POST", headers: headers(), body: "{}" });
assert.equal(asked.status, 200);
jar.push(...asked.headers.getSetCookie().map((cookie) => cookie.split(";")[0]));
await visit(`http://localhost:${copyOf.address().port}/`);
const stolen = await page.evaluate(async (options) => {
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const given = await navigator.credentials.get({ publicKey: { ...options, challenge: bytes(options.challenge) } });
  return {
    type: "public-key",
    id: text(given.rawId),
    authenticatorData: text(given.response.authenticatorData),
    clientDataJSON: text(given.response.clientDataJSON),
    clientExtensionResults: {},
    signature: text(given.response.signature),
    userHandle: text(given.response.userHandle),
  };
}, await asked.json());
copyOf.close();
const passedOn = await fetch(`${base}/masuk/passkey`, { method: "POST", headers: headers(), body: JSON.stringify(stolen) });
assert.equal(passedOn.status, 422);
assert.match((await passedOn.json()).salah, /ditolak/);
step("what was signed for another origin is refused");

// By number there is no passkey, but a way to where there is.
const byNumber = base.replace("localhost", "127.0.0.1");
await visit(`${byNumber}/masuk`);
assert.equal(await passkeyButton.count(), 0);
assert.equal(await page.locator(`main a[href="${base}/masuk"]`).count(), 1);
step("under a number the page says where passkeys work");

await visit(`${base}/masuk`);
await passkeyButton.click();
await at("/");
await visit(`${base}/profil`);
await page.locator("#passkey table").getByRole("button", { name: "Hapus" }).click();
await page.waitForLoadState("load");
assert.equal(await page.locator("#passkey table").count(), 0);
await signOut();
await refusedWith(/tidak dikenal/);
step("a removed passkey is refused");

assert.deepEqual(complaints, [], "the browser complains, of the content policy perhaps");
step("the browser had nothing to complain of");
console.log(`passkeys: ${checks} checks passed`);
await browser.close();
