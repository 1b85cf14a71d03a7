// Keeps an open page at the state of the center, and says so when it cannot. Pages work without it; what it
// adds is that nobody has to reload, and that an old page never looks like a new one.
"use strict";
(() => {
  const body = document.body;
  const stream = body.dataset.live;
  if (!stream) return;

  // Heard nothing for so long, milliseconds: the page may be old.
  const SILENCE = 12000;
  const lost = document.querySelector("[data-link]");
  const clock = document.querySelector("[data-now]");
  let version = body.dataset.version;
  let source;
  let pending;
  let heard = Date.now();
  let lastNow = clock?.textContent.trim() ?? "";
  let isLost = false;
  let touched = false;

  const say = (kind) => {
    if (!lost) return;
    isLost = kind === "lost";
    lost.textContent = kind ? lost.dataset[kind].replace("{time}", lastNow) : "";
    lost.hidden = !kind;
    body.classList.toggle("is-lost", isLost);
  };

  // A page half filled in is not taken away from under the reader's hands.
  document.addEventListener("input", (event) => {
    if (event.target.closest("main form")) touched = true;
  });

  const key = (element) => element.id || element.getAttribute("href") || element.getAttribute("name");

  // Puts new parts in the place of those that differ; what is the same stays as it is, so that focus, open
  // tables and the place on the page stay too.
  const follow = (old, fresh) => {
    if (old.isEqualNode(fresh)) return;
    const same = old.nodeName === fresh.nodeName && old.children.length === fresh.children.length;
    const splits = same && old.children.length > 0 && old.matches("main, main > *, .sectors > *, .columns > *, .tiles, .wall > *");
    if (splits && old.className === fresh.className) {
      [...old.children].forEach((child, index) => follow(child, fresh.children[index]));
      if (old.isEqualNode(fresh)) return;
    }
    const open = new Set([...old.querySelectorAll("details[open]")].map((details, index) => index));
    const focused = old.contains(document.activeElement) ? key(document.activeElement) : null;
    const put = document.importNode(fresh, true);
    put.querySelectorAll("details").forEach((details, index) => {
      if (open.has(index)) details.open = true;
    });
    put.classList.add("changed");
    old.replaceWith(put);
    if (focused) [...put.querySelectorAll("[id], [href], [name]")].find((element) => key(element) === focused)?.focus();
  };

  const refresh = () => {
    pending = undefined;
    if (document.hidden) return;
    if (touched) {
      say("waiting");
      return;
    }
    // Parsed by the request itself: no text is ever handed to the page as HTML.
    const request = new XMLHttpRequest();
    request.open("GET", location.href);
    request.responseType = "document";
    request.timeout = 20000;
    // The page asks by itself, not its reader: it must not keep a forgotten session alive.
    request.setRequestHeader("x-follows", "1");
    request.onload = () => {
      const page = request.response;
      const moved = new URL(request.responseURL).pathname !== location.pathname;
      if (request.status === 401 || moved) {
        say("ended");
        source?.close();
        return;
      }
      const fresh = page?.querySelector("main");
      if (request.status !== 200 || !fresh || !page.body.dataset.version) return;
      version = page.body.dataset.version;
      follow(document.querySelector("main"), fresh);
      for (const part of [".asof"]) {
        const [old, now] = [document.querySelector(part), page.querySelector(part)];
        if (old && now) old.replaceWith(document.importNode(now, true));
      }
      document.dispatchEvent(new CustomEvent("pendopo:followed"));
    };
    request.send();
  };

  const hear = () => {
    heard = Date.now();
    if (isLost) say(null);
  };

  const listen = () => {
    source?.close();
    source = new EventSource(`${stream}?sejak=${version}`);
    source.addEventListener("pulse", (event) => {
      hear();
      lastNow = event.data;
      if (clock) clock.textContent = event.data;
    });
    source.addEventListener("change", (event) => {
      hear();
      pending ??= setTimeout(refresh, Math.random() * Number(event.data));
    });
  };

  // The browser comes back by itself while it can; when it has given up (the center answered with an error,
  // such as while it starts) this does, never all pages at once.
  setInterval(() => {
    const silent = Date.now() - heard;
    if (silent > SILENCE && !document.hidden) say("lost");
    if (source && source.readyState === EventSource.CLOSED && silent > 2000 && Math.random() < 0.5) listen();
  }, 1000);

  // Hidden pages let go: a browser has few connections to one place, and nobody is looking.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      source?.close();
      source = undefined;
    } else {
      heard = Date.now();
      listen();
    }
  });
  if (!document.hidden) listen();

  // Keeps pages for when there is no network.
  const worker = "/sw.js";
  const policy = window.trustedTypes?.createPolicy("pendopo", {
    createScriptURL: (url) => {
      if (url !== worker) throw new TypeError(url);
      return url;
    },
  });
  navigator.serviceWorker?.register(policy ? policy.createScriptURL(worker) : worker).catch(() => {});
})();
