/** The report's figures: plots as Vega drew them, in the page's colours, and heat maps. Pure. */
import { FAINT, INK } from "../screen/figure_spec.ts";
import { PALETTE } from "../screen/palette.ts";
import { formatNumberOf } from "../report/format.ts";
import type { DrawnFigure, TreeReport } from "../report/tree_report.ts";
import { heatSvg } from "./heat_svg.ts";
import { type Html, type HtmlValue, markup, trusted } from "./markup.ts";
import { command, note } from "./page_parts.ts";

export function figuresSection({ figures, figuresLeft, treeFlag }: TreeReport): HtmlValue {
  if (figures.length === 0) return undefined;
  return markup`<div class="figures">${figures.map((one) => figure(one, treeFlag))}</div>${
    figuresLeft > 0 &&
    note(
      `${formatNumberOf(figuresLeft, "more figure")} could be drawn; of one job: `,
      command(`simrun report JOB${treeFlag} -o job.markup`),
    )
  }`;
}

function figure(figure: DrawnFigure, treeFlag: string): Html {
  const { job, title, plotWords, notes, drawing, svg = "" } = figure;
  const label = `${title}, of ${job}`;
  return markup`<figure>
<figcaption>${title}<small>${job}</small></figcaption>
${
    drawing.kind === "heat"
      ? heatSvg(drawing.heat, label)
      : markup`<div class="drawn" role="img" aria-label="${label}">${inPage(svg)}</div>`
  }
${notes.map((text) => markup`<p class="faint">${text}</p>`)}
${
    plotWords !== undefined &&
    markup`<p class="faint">${command(`simrun results ${job}${treeFlag} --plot ${plotWords}`)}</p>`
  }
</figure>`;
}

/** Vega has escaped its texts; its colours become those of the page, and places no finer than anybody can see. */
function inPage(svg: string): Html {
  const colors = new Map<string, string>([
    [INK.toLowerCase(), "var(--ink)"],
    [FAINT.toLowerCase(), "var(--faint)"],
    ["white", "none"],
    ...PALETTE.map((color, i): [string, string] => [color.toLowerCase(), `var(--series-${i + 1})`]),
  ]);
  const drawn = svg.replace(/<[^>]*>/g, (tag) =>
    tag
      .replace(/(\d\.\d)\d+/g, "$1")
      .replace(/ (fill|stroke)="([^"]*)"/g, (whole, name, color) => {
        const own = colors.get(color.toLowerCase());
        return own === undefined ? whole : ` ${name}="${own}"`;
      })
      .replace(/ (?:role|aria-\w+)="[^"]*"/g, ""));
  return trusted(drawn);
}
