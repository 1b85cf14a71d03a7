// Lets the arrow keys move between the regions of a map; Tab then steps over the map as over one thing. The map
// works without it: each region is a link.
"use strict";
for (const map of document.querySelectorAll("[data-peta]")) {
  const regions = [...map.querySelectorAll("a")];
  if (regions.length < 2) continue;
  const middle = (region) => {
    const box = region.getBBox();
    return [box.x + box.width / 2, box.y + box.height / 2];
  };
  const choose = (region) => {
    for (const other of regions) other.setAttribute("tabindex", other === region ? "0" : "-1");
  };
  choose(regions[0]);
  const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  // On the figure around it: a browser lets an SVG that listens to focus take the focus itself.
  const figure = map.parentElement;
  figure.addEventListener("focusin", (event) => {
    const region = event.target.closest("a");
    if (regions.includes(region)) choose(region);
  });
  figure.addEventListener("keydown", (event) => {
    const from = event.target.closest("a");
    const way = ways[event.key];
    if (!regions.includes(from) || !way || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const [x, y] = middle(from);
    let nearest = null;
    let least = Infinity;
    for (const region of regions) {
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
}
