// A screen on a wall: shows what the center says it is the turn of, keeps what it shows when the center is away,
// and says since when. It never leaves its page for another, and never for one that says less.
"use strict";
(() => {
  const body = document.body;
  const stream = body.dataset.stream;
  if (!stream) return;

  // Heard nothing, or shown nothing new, for so long: what is shown may be old. Milliseconds.
  const SILENCE = 10000;
  // Without any word of a change the page is still made anew so often: ages are written on it.
  const RENEW = 60000;
  // A copy for a browser that starts while the center is away.
  const KEEP = 300000;
  // At night the page is loaded anew after so long, when the center answers.
  const DAY = 6 * 3600 * 1000;
  const NIGHT_HOUR = "03";

  const lost = document.querySelector("[data-link]");
  const clock = document.querySelector("[data-clock]");
  const began = performance.now();
  let ahead = Number(body.dataset.now) - began;
  let source;
  let heard = began;
  let tried = began;
  let renewed = began;
  let kept = began;
  let failing;
  let revoked = false;
  let retry;
  let pending;
  let busy = false;
  let again = false;
  let connected = false;

  const dot = document.documentElement.lang === "id" ? "." : ":";
  const format = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: body.dataset.zone });
  const now = () => ahead + performance.now();
  const write = (time) => format.format(time).replace(":", dot);
  const shown = () => document.querySelector("main");

  const say = () => {
    const silent = performance.now() - heard > SILENCE;
    const stuck = failing !== undefined && performance.now() - failing > SILENCE;
    const kind = revoked ? "revoked" : silent || stuck ? "lost" : null;
    if (kind) {
      const since = silent ? heard : (failing ?? heard);
      const words = lost.dataset[kind].replace("{data}", write(Number(shown().dataset.at))).replace("{time}", write(ahead + since));
      if (lost.textContent !== words) lost.textContent = words;
    }
    if (lost.hidden !== !kind) lost.hidden = !kind;
    body.classList.toggle("is-lost", Boolean(kind));
  };

  const take = (page) => {
    const fresh = page.querySelector("main");
    shown().replaceWith(document.importNode(fresh, true));
    for (const part of [".screen-place", "[data-date]"]) {
      const [old, put] = [document.querySelector(part), page.querySelector(part)];
      if (old && put && !old.isEqualNode(put)) old.replaceWith(document.importNode(put, true));
    }
    renewed = performance.now();
    failing = undefined;
    if (revoked) {
      revoked = false;
      listen();
    }
    say();
    document.dispatchEvent(new CustomEvent("pendopo:followed"));
    // The program was renewed, and has just answered: its page and script come together.
    if (page.body.dataset.build !== body.dataset.build) location.reload();
  };

  const renew = () => {
    pending = undefined;
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    // Parsed by the request itself: no text is ever handed to the page as HTML.
    const request = new XMLHttpRequest();
    request.open("GET", location.pathname);
    request.responseType = "document";
    request.timeout = 8000;
    // The worker keeps out of it: what it kept must not be taken for an answer.
    request.setRequestHeader("x-follows", "pass");
    request.onloadend = () => {
      busy = false;
      const page = request.response;
      const moved = request.responseURL !== "" && new URL(request.responseURL).pathname !== location.pathname;
      if (request.status === 200 && !moved && page?.body?.dataset.stream && page.querySelector("main")) {
        take(page);
      } else {
        if (request.status === 401 || moved) revoked = true;
        failing ??= performance.now();
        pending ??= setTimeout(renew, revoked ? 10000 : 2000);
      }
      if (again) {
        again = false;
        renew();
      }
    };
    request.send();
  };

  const hear = () => {
    heard = performance.now();
    if (!lost.hidden) say();
  };

  const listen = () => {
    clearTimeout(retry);
    retry = undefined;
    tried = performance.now();
    source?.close();
    const opened = new EventSource(stream);
    source = opened;
    opened.onopen = () => {
      hear();
      // Something may have changed in between.
      if (connected) renew();
      connected = true;
    };
    opened.addEventListener("pulse", (event) => {
      ahead = Number(event.data) - performance.now();
      hear();
    });
    opened.addEventListener("screen", (event) => {
      hear();
      if (event.data !== shown().dataset.key) renew();
    });
    opened.addEventListener("change", (event) => {
      hear();
      pending ??= setTimeout(renew, Math.random() * Number(event.data));
    });
    opened.addEventListener("revoked", () => {
      opened.close();
      revoked = true;
      say();
      pending ??= setTimeout(renew, 10000);
    });
    // Comes back in its own time, never all screens at once.
    opened.onerror = () => {
      opened.close();
      if (source !== opened || revoked) return;
      retry ??= setTimeout(listen, 1000 + Math.random() * 1500);
    };
  };

  const night = () => {
    const quiet = performance.now() - began > DAY && performance.now() - renewed < RENEW && !body.classList.contains("is-lost");
    if (quiet && write(now()).startsWith(NIGHT_HOUR)) location.reload();
  };

  setInterval(() => {
    const words = write(now());
    if (clock.textContent !== words) clock.textContent = words;
    say();
    const at = performance.now();
    // A line that died without a word. One that is slow to come up is given its time.
    if (at - Math.max(heard, tried) > SILENCE && retry === undefined && !revoked) listen();
    if (at - renewed > RENEW && at - heard < SILENCE && pending === undefined) renew();
    if (at - kept > KEEP && at - heard < SILENCE) {
      kept = at;
      fetch(location.pathname, { headers: { "x-follows": "keep" }, redirect: "error" }).then((answer) => answer.text()).catch(() => {});
    }
    night();
  }, 1000);
  listen();

  // Nobody stands before it; whoever leans on the keyboard does not lead it away.
  document.addEventListener("click", (event) => event.preventDefault(), true);
  document.addEventListener("submit", (event) => event.preventDefault(), true);

  // Keeps the page for when the browser starts and the center is away.
  const worker = "/sw.js";
  const policy = window.trustedTypes?.createPolicy("pendopo", {
    createScriptURL: (url) => {
      if (url !== worker) throw new TypeError(url);
      return url;
    },
  });
  navigator.serviceWorker?.register(policy ? policy.createScriptURL(worker) : worker).catch(() => {});
})();
