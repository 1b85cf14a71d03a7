// A screen that is to become a wall. It waits until somebody has entered its code on a phone; or takes a key out of
// the link, where browsers send it to nobody, into the form, and forgets the link.
"use strict";
(() => {
  const field = document.querySelector('[data-part="wall-key"]');
  const key = location.hash.slice(1);
  if (field && key) {
    const box = field.closest("details");
    if (box) box.open = true;
    field.value = key;
    history.replaceState(null, "", location.pathname);
    document.querySelector('[data-part="wall-button"]').focus();
    return;
  }
  const { wait, next } = document.body.dataset;
  if (!wait) return;
  const lost = document.querySelector("[data-link]");
  const ask = async () => {
    try {
      const answer = await fetch(wait, { cache: "no-store" });
      if (!answer.ok) throw new Error(String(answer.status));
      const { state } = await answer.json();
      lost.hidden = true;
      if (state === "ready") return location.replace(next);
      // The center has just answered: a new code can be had.
      if (state === "over") return location.reload();
    } catch {
      lost.hidden = false;
    }
    setTimeout(ask, 2000);
  };
  setTimeout(ask, 2000);
})();
