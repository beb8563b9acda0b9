/** A plot in the cells of a terminal: lines and clouds of braille dots, marks, axes, a legend. Pure. */
import type { Plot, PlotGroup } from "../report/plot_data.ts";
import type { Glyphs } from "./bar.ts";
import { type Scale, scaleOf, type Tick } from "./plot_axis.ts";
import { safeText } from "./safe_text.ts";
import { cutToWidth, displayWidth, padToWidth, wrapToWidth } from "./width.ts";

export interface PlotScreen {
  /** The whole picture, texts included. */
  readonly columns: number;
  readonly rows: number;
  readonly color: boolean;
  readonly glyphs: Glyphs;
}

/** Narrower or lower there is nothing to see. */
const COLUMNS_MIN = 20;
const ROWS_MIN = 5;
const COLORS = [36, 33, 35, 32, 34, 31, 96, 93, 95, 92];
const MARKS = { unicode: [..."●▲■◆○△□◇✕+"], ascii: [..."*ox+#@%&=~"] };
const FRAME = {
  unicode: { side: "│", tick: "┤", corner: "└", floor: "─", floorTick: "┬", bar: "│" },
  ascii: { side: "|", tick: "+", corner: "+", floor: "-", floorTick: "+", bar: "|" },
};

export function plotLines(plot: Plot, screen: PlotScreen): string[] {
  const height = Math.max(ROWS_MIN, screen.rows);
  const y = scaleOf(plot.y, Math.max(2, Math.floor(height / 4)));
  const gutter = Math.max(...y.ticks.map(({ text }) => displayWidth(text)), 1);
  const width = Math.max(COLUMNS_MIN, screen.columns - gutter - 2);
  const x = scaleOf(plot.x, Math.max(2, Math.floor(width / 12)));
  const canvas = new Canvas(width, height, screen);
  draw(plot, x, y, canvas, screen);

  const frame = FRAME[screen.glyphs];
  const yTicks = new Map(y.ticks.map((tick) => [rowOf(tick.at, height), tick.text]));
  const lines = canvas.lines().map((line, row) => {
    const text = yTicks.get(row);
    const edge = text === undefined ? frame.side : frame.tick;
    return `${padToWidth(text ?? "", gutter, "start")} ${edge}${line}`.trimEnd();
  });
  const margin = " ".repeat(gutter + 1);
  const label = safeText(plot.x.label);
  return [
    ...(plot.title === undefined ? [] : [safeText(plot.title), ""]),
    ...(plot.y.label === "" ? [] : [safeText(plot.y.label)]),
    ...lines,
    margin + floor(x.ticks, width, screen.glyphs),
    (`${margin} ${tickLine(x.ticks, width)}`).trimEnd(),
    margin + " " + " ".repeat(Math.max(0, Math.floor((width - displayWidth(label)) / 2))) + label,
    ...legendLines(plot, screen),
    ...(plot.spread === undefined ? [] : [asShown(plot.spread, screen.glyphs)]),
  ].map((line) => cutToWidth(line, screen.columns));
}

function draw(plot: Plot, x: Scale, y: Scale, canvas: Canvas, screen: PlotScreen): void {
  const total = plot.groups.reduce((sum, { points }) => sum + points.length, 0);
  // What colour does not tell apart, marks do.
  const isPlain = !screen.color && plot.groups.length > 1;
  for (const [group, { points }] of plot.groups.entries()) {
    const isDense = points.length > canvas.width / 3;
    if (!isDense) {
      for (const { x: at, low, high } of points) canvas.bar(x.at(at), y.at(low), y.at(high), group);
    }
    if (!plot.isLine) continue;
    // Bars side by side would be a wall: their ends are lines of their own.
    const hasBand = isDense && points.some(({ low, high }) => low !== high);
    for (const end of hasBand ? ["y", "low", "high"] as const : ["y"] as const) {
      for (let i = 1; i < points.length; i++) {
        const [a, b] = [points[i - 1]!, points[i]!];
        canvas.line([x.at(a.x), y.at(a[end])], [x.at(b.x), y.at(b[end])], group);
      }
    }
  }
  for (const [group, { points }] of plot.groups.entries()) {
    const hasMarks = isPlain || (plot.isLine ? points.length <= canvas.width / 3 : total <= 200);
    for (const point of points) {
      if (hasMarks) canvas.mark(x.at(point.x), y.at(point.y), group);
      else canvas.dot(x.at(point.x), y.at(point.y), group);
    }
  }
}

function rowOf(at: number, height: number): number {
  return Math.min(height - 1, Math.max(0, Math.floor((1 - at) * height)));
}

function columnOf(at: number, width: number): number {
  return Math.min(width - 1, Math.max(0, Math.floor(at * width)));
}

/** Cells with up to eight dots each; what was drawn last has the colour. */
class Canvas {
  readonly width: number;
  readonly #height: number;
  readonly #screen: PlotScreen;
  readonly #dots: Uint8Array;
  readonly #owner: Int16Array;
  readonly #signs: (string | undefined)[];

  constructor(width: number, height: number, screen: PlotScreen) {
    this.width = width;
    this.#height = height;
    this.#screen = screen;
    this.#dots = new Uint8Array(width * height);
    this.#owner = new Int16Array(width * height).fill(-1);
    this.#signs = new Array(width * height).fill(undefined);
  }

  dot(x: number, y: number, group: number): void {
    this.#set(Math.floor(x * this.width * 2), Math.floor((1 - y) * this.#height * 4), group);
  }

  line(from: readonly [number, number], to: readonly [number, number], group: number): void {
    const [x0, y0] = [from[0] * this.width * 2, (1 - from[1]) * this.#height * 4];
    const [x1, y1] = [to[0] * this.width * 2, (1 - to[1]) * this.#height * 4];
    const count = Math.max(1, Math.ceil(Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0))));
    for (let i = 0; i <= count; i++) {
      const part = i / count;
      this.#set(Math.floor(x0 + (x1 - x0) * part), Math.floor(y0 + (y1 - y0) * part), group);
    }
  }

  bar(x: number, low: number, high: number, group: number): void {
    const [top, bottom] = [rowOf(high, this.#height), rowOf(low, this.#height)];
    if (low === high || top === bottom) return;
    for (let row = top; row <= bottom; row++) {
      this.#sign(columnOf(x, this.width), row, FRAME[this.#screen.glyphs].bar, group);
    }
  }

  mark(x: number, y: number, group: number): void {
    const sign = markOf(group, this.#screen.glyphs);
    this.#sign(columnOf(x, this.width), rowOf(y, this.#height), sign, group);
  }

  lines(): string[] {
    return Array.from({ length: this.#height }, (_, row) => {
      let line = "";
      let color = -1;
      for (let column = 0; column < this.width; column++) {
        const cell = row * this.width + column;
        const dots = this.#dots[cell]!;
        const sign = this.#signs[cell] ??
          (dots === 0
            ? " "
            : this.#screen.glyphs === "ascii"
            ? "."
            : String.fromCharCode(0x2800 + dots));
        const wanted = sign === " " ? -1 : this.#owner[cell]!;
        if (this.#screen.color && wanted !== color) {
          line += wanted < 0 ? "\x1b[39m" : `\x1b[${COLORS[wanted % COLORS.length]}m`;
          color = wanted;
        }
        line += sign;
      }
      return color < 0 ? line.trimEnd() : `${line}\x1b[39m`;
    });
  }

  #set(dotX: number, dotY: number, group: number): void {
    const x = Math.min(this.width * 2 - 1, Math.max(0, dotX));
    const y = Math.min(this.#height * 4 - 1, Math.max(0, dotY));
    const cell = (y >> 2) * this.width + (x >> 1);
    this.#dots[cell]! |= DOTS[(y & 3) * 2 + (x & 1)]!;
    if (this.#signs[cell] === undefined) this.#owner[cell] = group;
  }

  #sign(column: number, row: number, sign: string, group: number): void {
    const cell = row * this.width + column;
    this.#signs[cell] = sign;
    this.#owner[cell] = group;
  }
}

/** The bits of a braille pattern, row by row. */
const DOTS = [0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80];

function markOf(group: number, glyphs: Glyphs): string {
  return MARKS[glyphs][group % MARKS[glyphs].length]!;
}

function floor(ticks: readonly Tick[], width: number, glyphs: Glyphs): string {
  const frame = FRAME[glyphs];
  const line = new Array<string>(width).fill(frame.floor);
  for (const { at } of ticks) line[columnOf(at, width)] = frame.floorTick;
  return frame.corner + line.join("");
}

/** Texts below their ticks; one that would touch its neighbour is left out. */
function tickLine(ticks: readonly Tick[], width: number): string {
  let line = "";
  for (const { at, text: whole } of ticks) {
    const text = cutToWidth(safeText(whole), Math.max(3, Math.floor(width / ticks.length) - 1));
    const size = displayWidth(text);
    const from = Math.min(width - size, Math.max(0, columnOf(at, width) - Math.floor(size / 2)));
    const used = displayWidth(line);
    if (from < used + (used === 0 ? 0 : 1)) continue;
    line += " ".repeat(from - used) + text;
  }
  return line;
}

function legendLines({ groups, legend }: Plot, screen: PlotScreen): string[] {
  if (legend === undefined) return [];
  // Spaces within an entry must not be where the line is broken.
  const entries = groups.map(({ label }: PlotGroup, group) => {
    const sign = markOf(group, screen.glyphs);
    const shown = screen.color ? `\x1b[${COLORS[group % COLORS.length]}m${sign}\x1b[39m` : sign;
    return `${shown}\u00a0${cutToWidth(safeText(label), 40).replaceAll(" ", "\u00a0")}`;
  });
  const head = legend === "" ? "" : `${safeText(legend).replaceAll(" ", "\u00a0")}: `;
  return wrapToWidth(head + entries.join("  "), screen.columns)
    .map((line) => line.replaceAll("\u00a0", " ").trim());
}

function asShown(text: string, glyphs: Glyphs): string {
  return glyphs === "ascii" ? text.replace("±", "+/-") : text;
}
