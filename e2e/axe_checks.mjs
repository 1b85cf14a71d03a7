// What a page is asked for the sake of those who see, hear or move otherwise. Each check gives a list of
// complaints: rule, element, what is wrong. They run inside the page.
import { readFileSync } from "node:fs";

/** The checker, given to every page before its own scripts: the policy of the pages lets nothing in later. */
export const checker = readFileSync(new URL("node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

/** WCAG 2.2, levels A and AA, and of the checker's advice what a reader by ear needs to find the way. */
const WHOLE = {
  runOnly: { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] },
  rules: Object.fromEntries(
    ["target-size", "heading-order", "empty-heading", "page-has-heading-one", "landmark-one-main", "skip-link"].map((rule) => [rule, { enabled: true }]),
  ),
};
const only = (...rules) => ({ runOnly: { type: "rule", values: rules } });

/** What the checker finds under `options`, what is folded away included. */
async function axe(page, options) {
  return page.evaluate(async (options) => {
    for (const folded of document.querySelectorAll("details")) folded.open = true;
    const { violations } = await window.axe.run(document, { ...options, resultTypes: ["violations"] });
    return violations.flatMap(({ id, help, nodes }) =>
      nodes.slice(0, 3).map((node, nth) => {
        const more = nth === 2 && nodes.length > 3 ? ` (and ${nodes.length - 3} more)` : "";
        const why = [...node.any, ...node.all, ...node.none].map(({ message }) => message).join("; ");
        return [id, `${node.target.join(" ")} ${node.html.slice(0, 120)}`, `${help}: ${why}${more}`];
      }),
    );
  }, options);
}

export const whole = (page) => axe(page, WHOLE);
export const contrast = (page) => axe(page, only("color-contrast", "link-in-text-block"));
export const narrow = (page) => axe(page, only("target-size", "scrollable-region-focusable"));

/** The page fits its window: only what scrolls by itself, such as a table, may be wider. */
export const fits = (page) =>
  page.evaluate(() => {
    const wide = document.documentElement.scrollWidth - window.innerWidth;
    if (wide <= 0) return [];
    const scrolls = (element) => {
      for (let at = element.parentElement; at && at !== document.body; at = at.parentElement) {
        if (getComputedStyle(at).overflowX !== "visible") return true;
      }
      return false;
    };
    const out = [...document.querySelectorAll("body *")].filter((element) => element.getBoundingClientRect().right > window.innerWidth + 0.5 && !scrolls(element));
    const inner = out.filter((element) => !out.some((other) => other !== element && element.contains(other)));
    return inner.slice(0, 3).map((element) => ["reflow", element.outerHTML.slice(0, 120), `the page is ${wide} px wider than its window`]);
  });

/** Text that nobody can read whole: cut by a box that does not scroll, or beyond the edge of the page. */
export const uncut = (page) =>
  page.evaluate(() => {
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    for (let text = walker.nextNode(); text && found.length < 3; text = walker.nextNode()) {
      const element = text.parentElement;
      if (text.data.trim() === "" || !element.checkVisibility({ visibilityProperty: true }) || element.closest("option, script, style, title")) continue;
      range.selectNodeContents(text);
      const box = range.getBoundingClientRect();
      if (box.width === 0) continue;
      let edges = { left: -Infinity, right: Infinity, top: -Infinity, bottom: Infinity };
      const within = ({ left, right, top, bottom }) => {
        edges = { left: Math.max(edges.left, left), right: Math.min(edges.right, right), top: Math.max(edges.top, top), bottom: Math.min(edges.bottom, bottom) };
      };
      let at = element;
      for (; at && at !== document.body; at = at.parentElement) {
        const { clipPath, overflowX, overflowY, position } = getComputedStyle(at);
        // What is clipped away is for those who hear the page; what scrolls can be brought into sight.
        if (clipPath !== "none" || [overflowX, overflowY].some((how) => how === "auto" || how === "scroll")) break;
        if (position === "fixed") within({ left: 0, right: window.innerWidth, top: 0, bottom: window.innerHeight });
        if (overflowX !== "visible" || overflowY !== "visible") within(at.getBoundingClientRect());
      }
      if (at && getComputedStyle(at).clipPath !== "none") continue;
      if (at === document.body) within({ left: -window.scrollX, right: document.documentElement.scrollWidth - window.scrollX, top: -Infinity, bottom: Infinity });
      const over = Math.max(edges.left - box.left, box.right - edges.right, edges.top - box.top, box.bottom - edges.bottom);
      if (over > 1.5) found.push(["cut-text", element.outerHTML.slice(0, 120), `${Math.round(over)} px of “${text.data.trim().slice(0, 40)}” cannot be seen`]);
    }
    // The words of buttons and of what is folded away are never longer than they are.
    for (const element of document.querySelectorAll("button, summary, .button")) {
      if (element.checkVisibility() && element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0) found.push(["cut-text", element.outerHTML.slice(0, 120), "is longer than its box"]);
    }
    return found.slice(0, 3);
  });

/** Words of one drawing do not lie over each other. */
export const apart = (page) =>
  page.evaluate(() => {
    const found = [];
    for (const drawing of document.querySelectorAll("svg")) {
      const texts = [...drawing.querySelectorAll("text")].filter((text) => text.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && text.textContent.trim() !== "");
      const boxes = texts.map((text) => text.getBoundingClientRect());
      for (let one = 0; one < boxes.length; one += 1) {
        for (let other = one + 1; other < boxes.length; other += 1) {
          const across = Math.min(boxes[one].right, boxes[other].right) - Math.max(boxes[one].left, boxes[other].left);
          // A line of text is higher than its letters.
          const down = Math.min(boxes[one].bottom, boxes[other].bottom) - Math.max(boxes[one].top, boxes[other].top);
          if (across > 2 && down > 0.35 * Math.min(boxes[one].height, boxes[other].height)) {
            found.push(["overlap", drawing.outerHTML.slice(0, 80), `“${texts[one].textContent}” and “${texts[other].textContent}” lie over each other`]);
          }
        }
      }
    }
    return found.slice(0, 3);
  });

/** What a colour says of a state, a shape and a word say too (1.4.1). */
export const shaped = (page) =>
  page.evaluate(() => {
    const found = [];
    for (const mark of document.querySelectorAll(".mark")) {
      if (!mark.checkVisibility({ visibilityProperty: true })) continue;
      const named = mark.textContent.trim() !== "" || mark.querySelector("[aria-label], title") || mark.getAttribute("aria-label") || mark.getAttribute("title");
      if (!mark.querySelector("svg path, svg circle, svg rect") || !named) found.push(["use-of-color", mark.outerHTML.slice(0, 160), "a state without a shape or without a word"]);
    }
    for (const element of document.querySelectorAll(".off, .risk, .stale")) {
      if (element.closest(".mark, svg .mark") || !element.checkVisibility({ visibilityProperty: true })) continue;
      // A notice says in words what it is about; whatever else has the colour of a state stands with its mark.
      if (element.matches(".notice, .instead, .gap-words") || element.querySelector(".mark")) continue;
      const around = element.closest("tr, li, article, .tile, .card, section, figure");
      if (!around?.querySelector(".mark")) found.push(["use-of-color", element.outerHTML.slice(0, 160), "has the colour of a state and nothing else that says so"]);
    }
    for (const link of document.querySelectorAll("[aria-current]")) {
      const peer = [...(link.closest("nav, ol, ul, p")?.querySelectorAll("a") ?? [])].find((other) => other !== link && other.checkVisibility());
      if (!peer || !link.checkVisibility()) continue;
      const [own, its] = [getComputedStyle(link), getComputedStyle(peer)];
      if (own.fontWeight === its.fontWeight && own.textDecorationLine === its.textDecorationLine && own.borderBottomWidth === its.borderBottomWidth) {
        found.push(["use-of-color", link.outerHTML.slice(0, 160), "where the reader is shows by colour alone"]);
      }
    }
    return found.slice(0, 3);
  });

/** The reader's own spacing of text (1.4.12), until `unspace`. The policy of pages lets no style in but by this way. */
export const space = (page) =>
  page.evaluate(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-bottom: 2em !important }");
    document.adoptedStyleSheets = [sheet];
  });
export const unspace = (page) => page.evaluate(() => { document.adoptedStyleSheets = []; });

/** Nothing moves for those who asked for stillness. */
export const still = (page) =>
  page.evaluate(() => {
    const secs = (list) => Math.max(...list.split(",").map(Number.parseFloat));
    const found = [];
    for (const element of document.querySelectorAll("*")) {
      const style = getComputedStyle(element);
      const moves = secs(style.transitionDuration) > 0.01 || (style.animationName !== "none" && secs(style.animationDuration) > 0.01);
      if (moves || style.scrollBehavior === "smooth") found.push(["reduced-motion", element.outerHTML.slice(0, 120), "moves although the reader asked for less motion"]);
    }
    return found.slice(0, 3);
  });

/** All that the Tab key reaches, as the page holds it. */
const REACHED = "a[href], button:enabled, input:enabled:not([type=hidden]), select:enabled, textarea:enabled, summary, [tabindex]:not([tabindex='-1'])";

/** The first Tab reaches the skip link, which is then seen and leads to the content; where there is no menu to skip, to anything. */
export async function skips(page) {
  // Where a page puts the reader into its first field the way begins there; this one begins at the top.
  await page.evaluate(() => {
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute("tabindex");
  });
  await page.keyboard.press("Tab");
  const first = await page.evaluate(() => {
    const at = document.activeElement;
    const { top, left, width, height } = at.getBoundingClientRect();
    return { menu: Boolean(document.querySelector("nav")), skip: at.matches("a.skip[href^='#']"), seen: top >= 0 && left >= 0 && width > 1 && height > 1, html: at.outerHTML.slice(0, 120) };
  });
  if (!first.menu && !first.skip) return [];
  if (!first.skip || !first.seen) return [["skip-link", first.html, first.skip ? "the skip link is not seen when it has the focus" : "the first Tab does not reach a skip link"]];
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => location.hash !== "");
  await page.keyboard.press("Tab");
  return page.evaluate((reached) => {
    const main = document.querySelector("main");
    const at = document.activeElement;
    if (main.contains(at) || ![...main.querySelectorAll(reached)].some((element) => element.checkVisibility())) return [];
    return [["skip-link", at.outerHTML.slice(0, 120), "after the skip link the next Tab is not in the content"]];
  }, REACHED);
}

/** The Tab key, pressed as often as it takes, reaches whatever can be used and leaves the page again; `back` the other way. */
export async function reaches(page, back = false) {
  const count = await page.evaluate(
    ([reached, back]) => {
      const named = new Set();
      const expected = [...document.querySelectorAll(reached)].filter((element) => {
        if (!element.checkVisibility({ visibilityProperty: true }) || element.tabIndex < 0 || element.closest("[inert]")) return false;
        if (element.type !== "radio") return true;
        // Of radio buttons of one name the chosen one is reached, and the others by arrows.
        const group = [...document.querySelectorAll(`input[type=radio][name="${element.name}"]`)].filter((other) => other.form === element.form);
        const key = `${element.name} ${group.indexOf(group.find((other) => other.checked) ?? group[0])} ${[...document.forms].indexOf(element.form)}`;
        if ((group.find((other) => other.checked) ?? element) !== element || named.has(key)) return false;
        named.add(key);
        return true;
      });
      window.toReach = new Set(expected);
      document.addEventListener("focusin", (event) => window.toReach.delete(event.target), true);
      window.scrollTo(0, back ? document.body.scrollHeight : 0);
      // From the edge of the page.
      const edge = document.createElement("span");
      edge.tabIndex = -1;
      if (back) document.body.append(edge);
      else document.body.prepend(edge);
      edge.focus({ preventScroll: true });
      edge.remove();
      return expected.length;
    },
    [REACHED, back],
  );
  if (back) await page.keyboard.down("Shift");
  let left = count;
  // Fields of dates and what scrolls are stations of their own.
  for (let idle = 0; left > 0 && idle < 3; ) {
    const steps = Math.min(left + 10, 60);
    // Held down, a key repeats.
    await Promise.all(Array.from({ length: steps }, () => page.keyboard.down("Tab")));
    const now = await page.evaluate(() => window.toReach.size);
    idle = now < left ? 0 : idle + 1;
    left = now;
  }
  await page.keyboard.up("Tab");
  if (back) await page.keyboard.up("Shift");
  return page.evaluate((key) => {
    const at = document.activeElement;
    return [...window.toReach].filter((element) => element.isConnected).slice(0, 3).map((element) => ["keyboard", element.outerHTML.slice(0, 120), `is not reached by ${key}; the focus stays at ${at.outerHTML.slice(0, 80)}`]);
  }, back ? "Shift+Tab" : "Tab");
}

/** From any region of a map the arrow keys lead to every other, and what they reach shows that it has the focus. */
export const arrows = (page) =>
  page.evaluate(() => {
    const found = [];
    for (const map of document.querySelectorAll("[data-peta]")) {
      const regions = [...map.querySelectorAll("a")];
      if (regions.length < 2) continue;
      const stops = regions.filter((region) => region.tabIndex >= 0).length;
      if (stops !== 1) found.push(["keyboard", map.outerHTML.slice(0, 120), `the Tab key stops ${stops} times at a map`]);
      const known = new Set([regions[0]]);
      for (const from of known) {
        for (const key of ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"]) {
          from.focus({ preventScroll: true });
          from.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
          if (regions.includes(document.activeElement)) known.add(document.activeElement);
        }
      }
      const lost = regions.filter((region) => !known.has(region));
      if (lost.length > 0) found.push(["keyboard", lost[0].outerHTML.slice(0, 120), `${lost.length} of ${regions.length} regions are not reached by arrow keys`]);
    }
    return found;
  });

/** Whatever has the focus shows it, and nothing that stays in place covers it, on the way there and back. */
export async function focus(page) {
  // Focus is drawn for those who use keys.
  await page.keyboard.press("Tab");
  return page.evaluate((reached) => {
    const all = [...document.querySelectorAll(reached)].filter((element) => element.checkVisibility({ visibilityProperty: true }) && element.tabIndex >= 0);
    const found = [];
    const complain = (rule, element, what) => found.filter(([known]) => known === rule).length < 3 && found.push([rule, element.outerHTML.slice(0, 120), what]);
    for (const element of all) {
      if (element.tabIndex > 0) complain("tab-order", element, "has a place of its own in the order of Tab");
      element.focus({ preventScroll: true });
      if (document.activeElement !== element) continue;
      const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(element);
      const drawn = outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 1 && !/, 0\)$/.test(outlineColor);
      if (!drawn) complain("focus-visible", element, "does not show that it has the focus");
    }
    // Of long pages a part: each step lays the page out anew.
    const some = all.filter((_, nth) => nth < 20 || nth >= all.length - 20);
    for (const element of [...some, ...some.toReversed()]) {
      element.focus();
      // Of what is larger than the window, the part within it.
      const boxes = [...element.getClientRects()].map(({ left, right, top, bottom }) => {
        const [x, y] = [Math.max(left, 0), Math.max(top, 0)];
        return { left: x, top: y, width: Math.max(Math.min(right, innerWidth) - x, 0), height: Math.max(Math.min(bottom, innerHeight) - y, 0) };
      });
      const points = boxes.flatMap(({ left, top, width, height }) =>
        [0.05, 0.5, 0.95].flatMap((x) => [0.05, 0.5, 0.95].map((y) => [left + width * x, top + height * y])),
      );
      const shown = points.some(([x, y]) => {
        const at = document.elementFromPoint(x, y);
        // A part of a drawing may be thinner than the points lie apart.
        return at && (element.contains(at) || at.contains(element) || at.closest("label")?.contains(element));
      });
      if (boxes.length > 0 && !shown) complain("focus-not-obscured", element, "is covered or out of sight when it has the focus");
    }
    return found;
  }, REACHED);
}
