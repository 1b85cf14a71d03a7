// Carries questions and answers between the center and the device that keeps passkeys. The page works without
// it: what it needs is hidden until it runs.
"use strict";
(() => {
  const box = document.querySelector("[data-passkey]");
  if (!box) return;
  const part = (name) => box.querySelector(`[data-part="${name}"]`);
  const show = (name) => part(name)?.removeAttribute("hidden");
  if (!window.PublicKeyCredential) return;
  if (location.origin !== box.dataset.origin) {
    show("elsewhere");
    return;
  }

  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\+/g, "-")
      .replace(/\//g, "_")
      .replace(/=+$/, "");

  const say = (words) => {
    const problem = part("problem");
    problem.textContent = words;
    problem.hidden = !words;
  };

  const pause = (secs) => new Promise((done) => setTimeout(done, Math.min(secs, 5) * 1000));

  const send = async (path, body, tries = 4) => {
    const answer = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json", "x-form-token": box.dataset.token },
      body: JSON.stringify(body),
    });
    if (answer.status === 503 && tries > 0) {
      await pause(Number(answer.headers.get("retry-after")) || 1);
      return send(path, body, tries - 1);
    }
    const json = (answer.headers.get("content-type") ?? "").startsWith("application/json");
    const found = json ? await answer.json() : {};
    if (!answer.ok) throw new Error(found.salah ?? box.dataset.failed);
    return found;
  };

  const add = async (form) => {
    const options = await send("/profil/passkey/mulai", {
      kini: form.get("kini") ?? "",
      kode_kini: form.get("kode_kini") ?? "",
    });
    options.challenge = bytes(options.challenge);
    options.user.id = bytes(options.user.id);
    for (const known of options.excludeCredentials ?? []) known.id = bytes(known.id);
    const made = await navigator.credentials.create({ publicKey: options });
    return send("/profil/passkey", {
      nama: form.get("nama"),
      kunci: {
        type: "public-key",
        attestationObject: text(made.response.attestationObject),
        clientDataJSON: text(made.response.clientDataJSON),
        clientExtensionResults: {},
        transports: [],
      },
    });
  };

  const signIn = async () => {
    const options = await send("/masuk/passkey/mulai", {});
    options.challenge = bytes(options.challenge);
    const given = await navigator.credentials.get({ publicKey: options });
    const wish = new URLSearchParams({ lanjut: box.dataset.wish });
    return send(`/masuk/passkey?${wish}`, {
      type: "public-key",
      id: text(given.rawId),
      authenticatorData: text(given.response.authenticatorData),
      clientDataJSON: text(given.response.clientDataJSON),
      clientExtensionResults: {},
      signature: text(given.response.signature),
      userHandle: text(given.response.userHandle),
    });
  };

  const form = part("form");
  const button = form.querySelector("button");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    say("");
    button.disabled = true;
    try {
      const found = await (box.dataset.passkey === "add" ? add(new FormData(form)) : signIn());
      if (found.ke === location.pathname + location.hash || found.ke.startsWith(`${location.pathname}#`)) location.reload();
      else location.assign(found.ke);
    } catch (error) {
      // The browser does not tell a refusal by the person from a device without a passkey.
      const byBrowser = error instanceof DOMException;
      say(byBrowser ? (error.name === "InvalidStateError" ? box.dataset.known : box.dataset.cancelled) : error.message);
      button.disabled = false;
    }
  });
  show("form");
})();
