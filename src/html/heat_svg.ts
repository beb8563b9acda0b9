/** A heat map as SVG: cells in the colours of viridis, axes, and a bar that tells the values. Pure. */
import type { HeatAxis, HeatMap } from "../report/heat_map.ts";
import { scaleOf } from "../screen/plot_axis.ts";
import { briefText } from "../report/result_table.ts";
import { type Html, markup } from "./markup.ts";

const WIDTH = 440;
const HEIGHT = 300;
const LEFT = 74;
const BOTTOM = 48;
const TOP = 12;
const RIGHT = 96;
const SHADES = 32;
const TICKS_MAX = 6;

/** Viridis (Smith and van der Walt, 2015): as light as the value is great, for every kind of sight. */
const VIRIDIS = [
  [68, 1, 84],
  [72, 40, 120],
  [62, 74, 137],
  [49, 104, 142],
  [38, 130, 142],
  [31, 158, 137],
  [53, 183, 121],
  [110, 206, 88],
  [181, 222, 43],
  [253, 231, 37],
] as const;

export function heatSvg(heat: HeatMap, label: string): Html {
  const { x, y, cells, least, most } = heat;
  const [w, h] = [WIDTH / x.values.length, HEIGHT / y.values.length];
  const paths: string[] = Array.from({ length: SHADES }, () => "");
  for (const [i, value] of cells.entries()) {
    if (Number.isNaN(value)) continue;
    const shade = Math.min(SHADES - 1, Math.floor((value - least) / (most - least) * SHADES));
    const column = i % x.values.length;
    const row = Math.floor(i / x.values.length);
    // A little over the next one, or hairlines would show between them.
    paths[shade] += `M${round(LEFT + column * w)} ${round(TOP + HEIGHT - (row + 1) * h)}h${
      round(w + 0.4)
    }v${round(h + 0.4)}h-${round(w + 0.4)}z`;
  }
  const whole = [LEFT + WIDTH + RIGHT, TOP + HEIGHT + BOTTOM] as const;
  return markup`<svg class="heat" viewBox="0 0 ${whole[0]} ${whole[1]}" width="${
    whole[0]
  }" height="${whole[1]}" role="img" aria-label="${label}">${
    paths.map((d, shade) => d !== "" && markup`<path fill="${colorAt(shade)}" d="${d}" />`)
  }<rect class="frame" x="${LEFT}" y="${TOP}" width="${WIDTH}" height="${HEIGHT}"/>${
    ticks(x)
      .map(({ at, text }) =>
        markup`<text class="middle" x="${round(LEFT + at * WIDTH)}" y="${
          TOP + HEIGHT + 17
        }">${text}</text>`
      )
  }${
    ticks(y).map(({ at, text }) =>
      markup`<text class="end" x="${LEFT - 7}" y="${
        round(TOP + HEIGHT * (1 - at) + 4)
      }">${text}</text>`
    )
  }<text class="middle name" x="${LEFT + WIDTH / 2}" y="${
    TOP + HEIGHT + 40
  }">${x.label}</text><text class="middle name" transform="translate(16 ${
    TOP + HEIGHT / 2
  }) rotate(-90)">${y.label}</text>${scaleBar(heat)}</svg>`;
}

function scaleBar({ least, most, label }: HeatMap): Html {
  const left = LEFT + WIDTH + 20;
  const top = TOP + 24;
  const height = HEIGHT - 48;
  const step = height / SHADES;
  const bars = Array.from(
    { length: SHADES },
    (_, i) =>
      markup`<rect fill="${colorAt(i)}" x="${left}" y="${
        round(
          top + height - (i + 1) * step,
        )
      }" width="14" height="${round(step + 0.4)}" />`,
  );
  const marks = [0, 0.5, 1].map((share) =>
    markup`<text x="${left + 20}" y="${round(top + height * (1 - share) + 4)}">${
      number(least + share * (most - least))
    }</text>`
  );
  return markup`${bars}${marks}<text class="name" x="${left}" y="${TOP + 8}">${label}</text>`;
}

/** Some of the values, evenly chosen; round ones where cells are ranges. */
function ticks(
  { values, range, label }: HeatAxis,
): readonly { readonly at: number; readonly text: string }[] {
  if (range !== undefined) {
    const { min, max, isLog } = range;
    const scaled = isLog ? Math.log : Number;
    const at = (value: number) => (scaled(value) - scaled(min)) / (scaled(max) - scaled(min));
    return scaleOf({ ...range, label, categories: undefined }, TICKS_MAX).ticks
      .map(({ value, text }) => ({ at: at(value), text }))
      .filter(({ at }) => at >= 0 && at <= 1);
  }
  const every = Math.ceil(values.length / TICKS_MAX);
  return values.flatMap((value, i) =>
    i % every === 0 ? [{ at: (i + 0.5) / values.length, text: number(value) }] : []
  );
}

function number(value: number): string {
  return briefText(Number(value.toPrecision(3)));
}

function colorAt(shade: number): string {
  const at = (shade + 0.5) / SHADES * (VIRIDIS.length - 1);
  const [from, to] = [VIRIDIS[Math.floor(at)]!, VIRIDIS[Math.ceil(at)]!];
  const part = at - Math.floor(at);
  return `#${
    from.map((value, i) =>
      Math.round(value + part * (to[i]! - value)).toString(16).padStart(2, "0")
    )
      .join("")
  }`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
