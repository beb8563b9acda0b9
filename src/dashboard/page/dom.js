// @ts-check
/** Elements made and brought up to date. Every text goes in as text: nothing of a tree is ever read as HTML. */

const SVG = "http://www.w3.org/2000/svg";

/** @typedef {Node | string | number | null | undefined | false} Child */
/** @typedef {Record<string, string | number | boolean | null | undefined>} Attributes */

/**
 * @param {string} tag `div` or `div.card.wide`
 * @param {Attributes} attributes
 * @param {...(Child | Child[])} children
 * @returns {HTMLElement}
 */
export function el(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const node = document.createElement(name ?? "div");
  if (classes.length > 0) node.className = classes.join(" ");
  return /** @type {HTMLElement} */ (fill(node, attributes, children));
}

/**
 * @param {string} tag
 * @param {Attributes} attributes
 * @param {...(Child | Child[])} children
 * @returns {SVGElement}
 */
export function svg(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const node = document.createElementNS(SVG, name ?? "g");
  if (classes.length > 0) node.setAttribute("class", classes.join(" "));
  return /** @type {SVGElement} */ (fill(node, attributes, children));
}

/**
 * @param {Element} node
 * @param {Attributes} attributes
 * @param {(Child | Child[])[]} children
 */
function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    node.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    node.append(typeof child === "number" ? String(child) : child);
  }
  return node;
}

/**
 * Brings what is there to what it should be, and keeps what is the same: focus, selection and scrolling stay. What
 * has `data-own` looks after its content itself.
 * @param {Element} container
 * @param {...Child} wanted
 */
export function show(container, ...wanted) {
  const next = wanted.filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => child instanceof Node ? child : document.createTextNode(String(child)));
  next.forEach((node, i) => {
    const there = container.childNodes[i];
    if (there === undefined) container.append(node);
    else if (isAlike(there, node)) become(there, node);
    else container.replaceChild(node, there);
  });
  while (container.childNodes.length > next.length) container.lastChild?.remove();
}

/**
 * @param {Node} there
 * @param {Node} wanted
 */
function isAlike(there, wanted) {
  if (there.nodeName !== wanted.nodeName) return false;
  if (!(there instanceof Element) || !(wanted instanceof Element)) return true;
  return there.getAttribute("data-key") === wanted.getAttribute("data-key");
}

/**
 * @param {Node} there
 * @param {Node} wanted
 */
function become(there, wanted) {
  if (!(there instanceof Element) || !(wanted instanceof Element)) {
    if (there.nodeValue !== wanted.nodeValue) there.nodeValue = wanted.nodeValue;
    return;
  }
  for (const { name } of [...there.attributes]) {
    if (!wanted.hasAttribute(name)) there.removeAttribute(name);
  }
  for (const { name, value } of wanted.attributes) {
    if (there.getAttribute(name) !== value) there.setAttribute(name, value);
  }
  if (!there.hasAttribute("data-own")) show(there, ...wanted.childNodes);
}

/**
 * The element of an id that is always there.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no ${id}`);
  return found;
}

/**
 * Styles are set by script: the page's policy allows no style attributes.
 * @param {Element} node
 * @param {Record<string, string>} styles
 */
export function setStyles(node, styles) {
  if (!(node instanceof HTMLElement || node instanceof SVGElement)) return;
  for (const [name, value] of Object.entries(styles)) node.style.setProperty(name, value);
}

/**
 * A bar that is so full; an SVG, because its width is an attribute there.
 * @param {{ fraction: number, tone?: string }[]} parts
 * @param {string} label
 */
export function bar(parts, label) {
  let x = 0;
  const rects = parts.filter(({ fraction }) => fraction > 0).map(({ fraction, tone = "done" }) => {
    // What is there can be seen, however little it is.
    const width = Math.max(fraction * 100, 0.4);
    const rect = svg(`rect.fill-${tone}`, { x, y: 0, width, height: 10 });
    x += fraction * 100;
    return rect;
  });
  return svg(
    "svg.bar",
    { viewBox: "0 0 100 10", preserveAspectRatio: "none", role: "img", "aria-label": label },
    svg("rect.fill-track", { x: 0, y: 0, width: 100, height: 10 }),
    ...rects,
  );
}
