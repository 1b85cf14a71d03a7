// A part of xss.mjs: payloads in everything that people and programs write through the center's pages and its API.

/** Gives `seed`, which makes all of it, and `formToken`, for whoever sends a form. */
export function seeding({ base, cookie, password, payloads, at, small, admitted }) {
  const headers = { cookie, "content-type": "application/x-www-form-urlencoded" };

  async function formToken(path) {
    const body = await (await admitted(() => fetch(base + path, { headers }))).text();
    return body.split('name="_token" value="')[1]?.split('"')[0] ?? "";
  }

  async function seed() {
    const places = {};
    const token = await formToken("/pengguna/baru");
    const post = async (place, path, fields) => {
      const body = new URLSearchParams({ _token: token, ...fields });
      const answer = await admitted(() => fetch(base + path, { method: "POST", headers, body, redirect: "manual" }));
      places[place] ??= { made: 0, refused: 0 };
      places[place][answer.status < 400 ? "made" : "refused"] += 1;
      if (answer.status >= 500) throw new Error(`${path}: ${answer.status}`);
      return answer;
    };
    // The center takes several at a time; the order does not matter.
    const each = async (work) => {
      const rest = [...payloads.entries()];
      const one = async () => {
        for (let next = rest.shift(); next !== undefined; next = rest.shift()) await work(...next);
      };
      await Promise.all([one(), one(), one()]);
    };
    await each(async (nth, text) => {
      await post("account name", "/pengguna", { login: `uji.${nth}`, nama: text, peran: "auditor" });
      await post("device name", "/perangkat", nth % 2 ? { jenis: "display", nama: text, untuk: "p0" } : { jenis: "push", nama: text, untuk: "s1" });
      const texts = { title: text, what: text, data: text, sources: text, subjects: "3", cause: text, measures: text, noticed: "" };
      const made = await post("incident", "/data-pribadi/insiden", texts);
      const place = made.headers.get("location");
      if (place) {
        await post("incident's cause and measures", place, texts);
        await post("incident's step", `${place}/langkah`, { step: "contain", done: "1", note: text });
      }
      await post("run of a file of that name", `/sumber/s${nth}/tarik`, {});
    });
    // A password costs much by intent, so these are few.
    for (const [nth, text] of payloads.entries()) {
      if (nth % (small ? 5 : 25) === 0) await post("token name", "/profil/token", { nama: text, hari: "30", tulis: "1", kini: password });
      if (nth % 25 === (small ? 6 : 5)) await post("login of a failed sign-in", "/masuk", { nama: text, sandi: "bukan sandi", lanjut: text });
    }
    // The reason of a run and an agent's name in the list of sessions come from programs.
    for (const [nth, text] of payloads.entries()) {
      if (nth % 4 !== 0) continue;
      const request = {
        method: "POST",
        headers: { cookie, "content-type": "application/json", "x-form-token": token },
        body: JSON.stringify({ reason: text }),
      };
      const answer = await admitted(() => fetch(`${base}/api/v1/sources/s${nth}/runs`, request));
      places["reason of a run"] ??= { made: 0, refused: 0 };
      places["reason of a run"][answer.ok ? "made" : "refused"] += 1;
      if (answer.status >= 500 && answer.status !== 503) throw new Error(`run: ${answer.status}`);
    }
    const link = async (path, fields, pattern) => {
      const answer = await post("what is shown once", path, fields);
      return (await answer.text()).match(pattern)?.[0] ?? "";
    };
    const invitation = await link("/pengguna", { login: "uji.tautan", nama: payloads[at(61)], peran: "auditor" }, /\/undangan\/[\w-]+/);
    const wall = await link("/perangkat", { jenis: "display", nama: payloads[at(61)], untuk: "p0" }, /(?<=\/dinding#)[\w-]+/);
    if (!invitation || !wall) throw new Error("no link for an invitation or a wall");
    return { places, invitation, wall, screen: await screen(post) };
  }

  /** Pairs a screen whose name and messages are payloads; gives its cookie. */
  async function screen(post) {
    const waiting = await admitted(() => fetch(`${base}/dinding`));
    const set = (answer, name) => answer.headers.getSetCookie().find((one) => one.startsWith(`${name}=`)).split(";")[0];
    const pairing = set(waiting, "pendopo-pasangan");
    const kode = (await waiting.text()).match(/data-part="code">([^<]+)/)[1];
    await post("name of a screen", "/dinding/pasang", { kode, nama: payloads[at(63)], daftar: "ruang", internal: "1" });
    for (const nth of [9, at(64), 1]) await post("message on screens", "/dinding/kendali/1", { perintah: "pesan", pesan: payloads[nth], menit: "600" });
    return set(await admitted(() => fetch(`${base}/dinding/menunggu`, { headers: { cookie: pairing } })), "pendopo-dinding");
  }

  return { formToken, seed };
}
