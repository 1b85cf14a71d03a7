// Takes the key of a wall out of the link, where browsers send it to nobody, into the form, and forgets the link.
// Without it the key is typed.
"use strict";
(() => {
  const field = document.querySelector('[data-part="wall-key"]');
  const key = location.hash.slice(1);
  if (!field || !key) return;
  field.value = key;
  history.replaceState(null, "", location.pathname);
  document.querySelector('[data-part="wall-button"]').focus();
})();
