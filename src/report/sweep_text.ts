/** What a sweep varies, in words: a line for each of its parts. Pure. */
import type { Axis, Distribution, Sweep, SweepPart } from "../job/sweep.ts";
import { formatCount, formatLong } from "./format.ts";
import { briefText } from "./result_table.ts";

const VALUES_SHOWN = 12;
const CHARACTERS_MAX = 300;

/** `co2`, `300 to 800, 6 values`. */
export function sweepTexts(sweep: Sweep | undefined): [name: string, text: string][] {
  return (sweep?.parts ?? []).flatMap(partTexts);
}

function partTexts(part: SweepPart): [string, string][] {
  switch (part.kind) {
    case "axis":
      return [[part.name, axisText(part.axis)]];
    case "zip":
      return part.axes.map(({ name, axis }, i) => [
        name,
        axisText(axis) + (i === 0 ? "" : `, together with ${part.axes[0]!.name}`),
      ]);
    case "points": {
      const names = [...new Set(part.points.flatMap((point) => Object.keys(point)))];
      return [[names.join(", "), `${formatCount(part.points.length)} points, listed one by one`]];
    }
    case "sample":
      return part.over.map(({ name, distribution }, i) => [
        name,
        distributionText(distribution) +
        (i === 0 ? `; ${formatCount(part.count)} points, ${part.method}` : ""),
      ]);
    case "search":
      return [
        ...part.over.map(({ name, distribution }): [string, string] => [
          name,
          distributionText(distribution),
        ]),
        [
          "search",
          `${part.goal} ${part.metric} by ${part.method}, at most ${formatCount(part.count)} runs`,
        ],
      ];
    case "repeat":
      return [[
        "repeats",
        `each point ${formatCount(part.count)} times, with other random numbers`,
      ]];
  }
}

function axisText(axis: Axis): string {
  switch (axis.kind) {
    case "list": {
      const shown = axis.values.slice(0, VALUES_SHOWN).map(briefText).join(", ");
      const more = axis.values.length - VALUES_SHOWN;
      return formatLong(shown, CHARACTERS_MAX) + (more > 0 ? ` and ${formatCount(more)} more` : "");
    }
    case "range": {
      const spacing = axis.spacing === "log" ? ", by equal ratios" : "";
      return `${axis.from} to ${axis.to}, ${formatCount(axis.count)} values${spacing}`;
    }
    case "steps":
      return `from ${axis.from} in steps of ${axis.step}, ${formatCount(axis.count)} values`;
  }
}

function distributionText(distribution: Distribution): string {
  switch (distribution.kind) {
    case "uniform":
      return `uniform from ${distribution.min} to ${distribution.max}`;
    case "log-uniform":
      return `log-uniform from ${distribution.min} to ${distribution.max}`;
    case "normal":
      return `normal, mean ${distribution.mean}, standard deviation ${distribution.sd}`;
    case "integer":
      return `whole numbers from ${distribution.min} to ${distribution.max}`;
    case "choice":
      return `one of ${
        formatLong(
          distribution.values.slice(0, VALUES_SHOWN).map(briefText).join(", "),
          CHARACTERS_MAX,
        )
      }`;
  }
}
