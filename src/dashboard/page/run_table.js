// @ts-check
/**
 * A table of as many rows as there are, of which only those in sight exist: rows are asked for in pages as they are
 * scrolled to, and the elements of those that leave are used again.
 */
import { bar, el, setStyles } from "./dom.js";
import { formatDuration, formatPercent, SIGNS } from "./format.js";
import { ask } from "./link.js";
import { nameOf, runLink } from "./names.js";

/** @typedef {import("./link.js").Json} Json */

const PAGE_ROWS = 100;
const BEYOND = 6;
/** Browsers place nothing beyond some 30 million pixels. */
const HEIGHT_MAX = 15_000_000;
const COLUMNS = 6;

export class RunTable {
  /** @type {Map<number, Json[]>} Pages by number. */
  #pages = new Map();
  /** @type {Map<number, AbortController>} */
  #asking = new Map();
  /** @type {HTMLElement[]} */
  #elements = [];
  /** @type {WeakMap<HTMLElement, { at: number, data: Json | undefined, y: number, isActive: boolean }>} */
  #shown = new WeakMap();
  #total = 0;
  #active = 0;
  #rowHeight = 40;
  #frame = 0;
  /** @type {Record<string, string>} */
  #query = {};
  #epoch = 0;
  /** @type {Set<Promise<void>>} On their way; none of them rejects. */
  #answers = new Set();
  /** @type {(answer: Json) => void} */
  #onAnswer;

  /** @param {(answer: Json) => void} onAnswer */
  constructor(onAnswer) {
    this.#onAnswer = onAnswer;
    this.head = el("div.row.head", { role: "row", "aria-rowindex": 1 });
    this.body = el("div.rows", { role: "rowgroup" });
    this.element = el(
      "div.runs-scroll",
      {
        role: "table",
        tabindex: 0,
        "aria-label": "Runs; arrow keys move, Enter opens",
        "aria-colcount": COLUMNS,
      },
      el("div.heads", { role: "rowgroup" }, this.head),
      this.body,
    );
    this.element.addEventListener("scroll", () => this.#plan(), { passive: true });
    this.element.addEventListener("keydown", (event) => this.#press(event));
    this.element.addEventListener("click", (event) => {
      const row = event.target instanceof Element ? event.target.closest("[data-at]") : null;
      if (row instanceof HTMLElement && !(event.target instanceof HTMLAnchorElement)) {
        this.#active = Number(row.dataset.at);
        this.#open();
      }
    });
    this.watcher = new ResizeObserver(() => this.#measure());
    this.watcher.observe(this.element);
  }

  close() {
    this.watcher.disconnect();
    cancelAnimationFrame(this.#frame);
    for (const asking of this.#asking.values()) asking.abort();
  }

  /** @param {Record<string, string>} query Another question: from the top. */
  ask(query) {
    this.#query = query;
    this.#epoch++;
    this.#pages.clear();
    this.#abort();
    this.#active = 0;
    this.element.scrollTop = 0;
    this.#fetch(0);
  }

  /** The same question again, since something has changed; what is shown stays until the answer is there. */
  async refresh() {
    // What is on its way was perhaps answered before that.
    await Promise.all(this.#answers);
    const [first, last] = this.#range();
    const from = Math.floor(first / PAGE_ROWS);
    const to = Math.floor(Math.max(first, last - 1) / PAGE_ROWS);
    for (const number of this.#pages.keys()) {
      if (number < from || number > to) this.#pages.delete(number);
    }
    for (let number = from; number <= to; number++) this.#fetch(number);
    await Promise.all(this.#answers);
  }

  #abort() {
    for (const asking of this.#asking.values()) asking.abort();
    this.#asking.clear();
  }

  /** @param {number} number */
  #fetch(number) {
    if (this.#asking.has(number)) return;
    const answer = this.#load(number).finally(() => this.#answers.delete(answer));
    this.#answers.add(answer);
  }

  /** @param {number} number */
  async #load(number) {
    const asking = new AbortController();
    const epoch = this.#epoch;
    this.#asking.set(number, asking);
    try {
      const answer = await ask(
        "/api/runs",
        { ...this.#query, offset: number * PAGE_ROWS, limit: PAGE_ROWS },
        asking.signal,
      );
      if (epoch !== this.#epoch) return;
      this.#pages.set(number, answer.rows);
      this.#total = answer.total;
      this.#onAnswer(answer);
      this.#measure();
    } catch {
      // Taken back, or the line is broken, which is told elsewhere: the next news ask again.
    } finally {
      if (this.#asking.get(number) === asking) this.#asking.delete(number);
    }
  }

  #measure() {
    const height = Number.parseFloat(getComputedStyle(this.element).getPropertyValue("--row")) ||
      40;
    this.#rowHeight = Math.min(height, HEIGHT_MAX / Math.max(1, this.#total));
    setStyles(this.body, { height: `${this.#total * this.#rowHeight}px` });
    this.#plan();
  }

  #plan() {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  /** @returns {[number, number]} Rows in sight, and a few more. */
  #range() {
    const { scrollTop, clientHeight } = this.element;
    const first = Math.max(0, Math.floor(scrollTop / this.#rowHeight) - BEYOND);
    const last = Math.ceil((scrollTop + clientHeight) / this.#rowHeight) + BEYOND;
    return [first, Math.min(this.#total, last)];
  }

  #draw() {
    const [first, last] = this.#range();
    while (this.#elements.length < last - first) {
      const row = emptyRow();
      this.#elements.push(row);
      this.body.append(row);
    }
    const count = Math.max(1, this.#elements.length);
    const used = new Set();
    for (let at = first; at < last; at++) {
      // A row keeps its element while it is in sight.
      const row = this.#elements[at % count];
      if (row === undefined) continue;
      used.add(row);
      const number = Math.floor(at / PAGE_ROWS);
      const page = this.#pages.get(number);
      if (page === undefined) this.#fetchSoon(number);
      this.#place(row, at, page?.[at % PAGE_ROWS]);
    }
    for (const row of this.#elements) {
      if (row.hidden === used.has(row)) row.hidden = !row.hidden;
    }
    const rows = String(this.#total + 1);
    if (this.element.getAttribute("aria-rowcount") !== rows) {
      this.element.setAttribute("aria-rowcount", rows);
    }
  }

  /**
   * What it shows already is not touched: that is what makes scrolling smooth.
   * @param {HTMLElement} row
   * @param {number} at
   * @param {Json | undefined} data
   */
  #place(row, at, data) {
    const isActive = at === this.#active;
    const shown = this.#shown.get(row);
    const y = at * this.#rowHeight;
    if (shown?.data !== data || shown?.at !== at) fillRow(row, at, data);
    if (shown?.y !== y) setStyles(row, { transform: `translateY(${y}px)` });
    if (shown?.isActive !== isActive || shown.data !== data || shown.at !== at) {
      row.classList.toggle("active", isActive);
    }
    this.#shown.set(row, { at, data, y, isActive });
  }

  /** While it flies past nothing is asked for: only where it comes to rest. @param {number} number */
  #fetchSoon(number) {
    const epoch = this.#epoch;
    setTimeout(() => {
      const [first, last] = this.#range();
      const isSeen = number * PAGE_ROWS < last && (number + 1) * PAGE_ROWS > first;
      if (isSeen && epoch === this.#epoch && !this.#pages.has(number)) this.#fetch(number);
    }, 60);
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.key === "Enter") return this.#open();
    const height = this.element.clientHeight - this.head.offsetHeight;
    const page = Math.max(1, Math.floor(height / this.#rowHeight) - 1);
    const by = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -this.#total,
      End: this.#total,
    }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    this.#active = Math.min(this.#total - 1, Math.max(0, this.#active + by));
    const top = this.#active * this.#rowHeight;
    const { scrollTop } = this.element;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + this.#rowHeight > scrollTop + height) {
      this.element.scrollTop = top + this.#rowHeight - height;
    }
    this.#draw();
  }

  #open() {
    const row = this.#pages.get(Math.floor(this.#active / PAGE_ROWS))?.[this.#active % PAGE_ROWS];
    if (row !== undefined) location.hash = runLink(row.job, row.run);
  }
}

function emptyRow() {
  const cells = ["state", "name", "point", "progress", "took", "note"].map((name) =>
    el(`span.${name}`, { role: "cell" })
  );
  const row = el("div.row", { role: "row" }, ...cells);
  cells[0]?.append(el("span.sign", { "aria-hidden": "true" }), el("span.word"));
  cells[1]?.append(el("a", { tabindex: -1 }));
  cells[3]?.append(bar([{ fraction: 1 }], ""), el("span"));
  return row;
}

/**
 * @param {HTMLElement} row
 * @param {number} at
 * @param {Json | undefined} data
 */
function fillRow(row, at, data) {
  row.dataset.at = String(at);
  row.setAttribute("aria-rowindex", String(at + 2));
  const [state, name, point, progress, took, note] = row.children;
  const link = name?.firstElementChild;
  const rect = progress?.querySelector("rect:last-child");
  if (data === undefined) {
    row.className = "row loading";
    for (
      const node of [state?.lastElementChild, link, point, progress?.lastElementChild, took, note]
    ) {
      if (node !== null && node !== undefined) node.textContent = "";
    }
    rect?.setAttribute("width", "0");
    return;
  }
  row.className = "row";
  const sign = state?.firstElementChild;
  if (sign !== null && sign !== undefined) {
    sign.className = `sign ${data.state}`;
    sign.textContent = SIGNS[/** @type {keyof typeof SIGNS} */ (data.state)];
  }
  const texts = [
    [state?.lastElementChild, data.state],
    [link, nameOf(data.job, data.run)],
    [point, data.point ?? ""],
    [progress?.lastElementChild, formatPercent(data.done)],
    [took, data.tookMs === undefined ? "" : formatDuration(data.tookMs)],
    [note, data.attempt > 1 ? `attempt ${data.attempt}. ${data.note ?? ""}` : data.note ?? ""],
  ];
  for (const [node, text] of texts) {
    if (node !== null && node !== undefined) node.textContent = text;
  }
  link?.setAttribute("href", runLink(data.job, data.run));
  rect?.setAttribute("width", String(data.done * 100));
  rect?.setAttribute("class", `fill-${data.state}`);
  progress?.querySelector("svg")?.setAttribute("aria-label", `${formatPercent(data.done)} done`);
}
