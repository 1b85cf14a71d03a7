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
  // Forms that only choose what is shown, in which something was chosen.
  const choosing = new Set();

  const say = (kind) => {
    if (!lost) return;
    isLost = kind === "lost";
    lost.textContent = kind ? lost.dataset[kind].replace("{time}", lastNow) : "";
    lost.hidden = !kind;
    body.classList.toggle("is-lost", isLost);
  };

  // A page half filled in is not taken away from under the reader's hands. A choice of what is shown is left as it
  // is, and the rest of the page follows.
  document.addEventListener("input", (event) => {
    const form = event.target.closest("main form");
    if (form?.method === "get") choosing.add(form);
    else if (form) touched = true;
  });

  const key = (element) => element.id || element.getAttribute("href") || element.getAttribute("name");
  /** Elements of a part that are told from others in the same way as this one. */
  const namesakes = (part, name) =>
    [part, ...part.querySelectorAll("[id], [href], [name]")].filter((element) => key(element) === name);

  // Parts whose own parts are compared one by one.
  const SPLITS = "main, main > *, .sectors > *, .columns > *, .tiles, .wall > *, .map, .choropleth, .areas";
  const words = (part) => [...part.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data.trim()).join(" ").trim();
  /** Whether two parts differ at most in the elements within them. */
  const alike = (old, fresh) =>
    old.children.length === fresh.children.length && old.cloneNode().isEqualNode(fresh.cloneNode()) && words(old) === words(fresh);

  /** What the reader opened or closed is so in the new state, too. */
  const keepOpen = (old, fresh) => {
    const [before, after] = [old, fresh].map((part) => [...part.parentNode.querySelectorAll("details")].filter((details) => part.contains(details)));
    if (before.length === after.length) after.forEach((details, nth) => (details.open = before[nth].open));
  };

  // Puts new parts in the place of those that differ; what is the same stays as it is, so that focus, open
  // tables and the place on the page stay too.
  const follow = (old, fresh) => {
    if (choosing.has(old) || old.isEqualNode(fresh)) return;
    if (old.matches(SPLITS) && old.children.length > 0 && alike(old, fresh)) {
      const parts = [...fresh.children];
      [...old.children].forEach((child, nth) => follow(child, parts[nth]));
      return;
    }
    keepOpen(old, fresh);
    if (old.isEqualNode(fresh)) return;
    if ([...choosing].some((form) => old.contains(form))) {
      say("waiting");
      return;
    }
    const active = old.contains(document.activeElement) ? document.activeElement : null;
    const focused = active && key(active);
    const nth = focused ? namesakes(old, focused).indexOf(active) : -1;
    const put = document.importNode(fresh, true);
    put.classList.add("changed");
    // Not for good: the next state is compared with this one.
    setTimeout(() => {
      put.classList.remove("changed");
      if (!put.classList.length) put.removeAttribute("class");
    }, 400);
    old.replaceWith(put);
    if (focused) (namesakes(put, focused)[nth] ?? namesakes(put, focused)[0])?.focus();
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
      // What scripts did to the page shown they do to the new one, before the two are compared.
      document.dispatchEvent(new CustomEvent("pendopo:following", { detail: fresh }));
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
