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
  await page.keyboard.press("Tab");
  return page.evaluate((reached) => {
    const main = document.querySelector("main");
    const at = document.activeElement;
    if (main.contains(at) || ![...main.querySelectorAll(reached)].some((element) => element.checkVisibility())) return [];
    return [["skip-link", at.outerHTML.slice(0, 120), "after the skip link the next Tab is not in the content"]];
  }, REACHED);
}

/** Whatever has the focus shows it, and nothing that stays in place covers it, on the way there and back. */
export async function focus(page) {
  // Focus is drawn for those who use keys.
  await page.keyboard.press("Tab");
  return page.evaluate((reached) => {
    const all = [...document.querySelectorAll(reached)].filter((element) => element.checkVisibility({ visibilityProperty: true }) && element.tabIndex >= 0);
    const found = [];
    const complain = (rule, element, what) => found.length < 6 && found.push([rule, element.outerHTML.slice(0, 120), what]);
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
      const boxes = [...element.getClientRects()];
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
