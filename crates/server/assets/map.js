// Lets the arrow keys move between the regions of a map; Tab then steps over the map as over one thing. The map
// works without it: each region is a link.
"use strict";
(() => {
  const regionsOf = (map) => [...map.querySelectorAll("a")];
  const choose = (regions, chosen) => {
    for (const region of regions) region.setAttribute("tabindex", region === chosen ? "0" : "-1");
  };
  /** One region of each map is reached by Tab: the one at an address that `known` names, else the first. */
  const prepare = (page, known) => {
    for (const map of page.querySelectorAll("[data-peta]")) {
      const regions = regionsOf(map);
      if (regions.length > 1) choose(regions, regions.find((region) => known.has(region.getAttribute("href"))) ?? regions[0]);
    }
  };
  prepare(document, new Set());
  // A page that follows the center compares the new state with the one shown, and that one was prepared.
  document.addEventListener("pendopo:following", (event) => {
    const chosen = document.querySelectorAll('[data-peta] a[tabindex="0"]');
    prepare(event.detail, new Set([...chosen].map((region) => region.getAttribute("href"))));
  });

  const middle = (region) => {
    const box = region.getBBox();
    return [box.x + box.width / 2, box.y + box.height / 2];
  };
  const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const regionAt = (event) => event.target.closest?.("[data-peta] a");
  // On the document: a browser lets an SVG that listens to focus take the focus itself, and maps come and go.
  document.addEventListener("focusin", (event) => {
    const region = regionAt(event);
    if (region) choose(regionsOf(region.closest("[data-peta]")), region);
  });
  document.addEventListener("keydown", (event) => {
    const from = regionAt(event);
    const way = ways[event.key];
    if (!from || !way || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const [x, y] = middle(from);
    let nearest = null;
    let least = Infinity;
    for (const region of regionsOf(from.closest("[data-peta]"))) {
      const [toX, toY] = middle(region);
      const along = (toX - x) * way[0] + (toY - y) * way[1];
      const aside = Math.abs((toX - x) * way[1]) + Math.abs((toY - y) * way[0]);
      if (region === from || along <= 0) continue;
      // What lies straight ahead comes before what is nearer but aside.
      const far = along + 2 * aside;
      if (far < least) [nearest, least] = [region, far];
    }
    nearest?.focus();
  });
})();
