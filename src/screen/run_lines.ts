/** Running runs as lines with bars, for the live display and for who watches. Pure. */
import { runName } from "../job/run.ts";
import {
  formatAge,
  formatBytes,
  formatCount,
  formatPercent,
  formatRate,
  formatRemaining,
} from "../report/format.ts";
import { type Glyphs, renderBar } from "./bar.ts";
import type { Paint } from "./paint.ts";
import { safeText } from "./safe_text.ts";
import { cutToWidth, displayWidth, padToWidth } from "./width.ts";

export interface Canvas {
  readonly columns: number;
  readonly rows: number;
  readonly paint: Paint;
  readonly glyphs: Glyphs;
}

/** Of a run that is computed at the moment. */
export interface RunLine {
  readonly job: string;
  readonly run: string;
  readonly step: number;
  readonly stepsTotal: number;
  readonly stepsPerSecond: number;
  readonly etaMs: number | undefined;
  readonly memoryBytes: number;
  readonly fromStep: number;
  readonly savedAgeMs: number | undefined;
  /** What it stands for in its sweep, and which attempt it is where that is worth a word. */
  readonly point?: string;
  readonly again?: string;
}

export const MARGIN = "  ";

/** Fields of a run's line, the first to go when the terminal is narrow having the highest number. */
const FIELDS = [
  { leaves: 3, minWidth: 0, text: stepsText },
  { leaves: 4, minWidth: 9, text: (run: RunLine) => formatRate(run.stepsPerSecond) },
  { leaves: 1, minWidth: 11, text: etaText },
  { leaves: 5, minWidth: 6, text: (run: RunLine) => formatBytes(run.memoryBytes) },
  { leaves: 2, minWidth: 15, text: savedText, isText: true },
  { leaves: 6, minWidth: 0, text: (run: RunLine) => run.again ?? "", isText: true },
  { leaves: 4.5, minWidth: 0, text: (run: RunLine) => run.point ?? "", isText: true },
] as const satisfies readonly {
  readonly leaves: number;
  readonly minWidth: number;
  readonly text: (run: RunLine) => string;
  readonly isText?: true;
}[];

export function runLines(runs: readonly RunLine[], canvas: Canvas): string[] {
  const { paint, columns } = canvas;
  const names = runs.map((run) => safeText(runName(run.job, run.run)));
  const cells = FIELDS.map((field) => runs.map((run) => field.text(run)));
  const widths = cells.map((column, i) =>
    Math.max(FIELDS[i]!.minWidth, ...column.map((cell) => displayWidth(cell)))
  );
  let nameWidth = Math.min(36, Math.max(...names.map(displayWidth)));
  let kept = FIELDS.map((_, i) => i).filter((i) => widths[i]! > 0);
  const percentWidth = 4;
  const barMin = 10;
  const needed = (): number =>
    MARGIN.length + nameWidth + 2 + barMin + 2 + percentWidth +
    kept.reduce((sum, i) => sum + 2 + widths[i]!, 0);
  while (needed() > columns && kept.length > 0) {
    const first = kept.reduce((a, b) => FIELDS[a]!.leaves > FIELDS[b]!.leaves ? a : b);
    kept = kept.filter((i) => i !== first);
  }
  nameWidth = Math.max(6, nameWidth - Math.max(0, needed() - columns));
  const barWidth = Math.max(4, Math.min(30, barMin + columns - needed()));
  return runs.map((run, at) => {
    const fraction = run.stepsTotal > 0 ? run.step / run.stepsTotal : 0;
    const fields = kept.map((i) => {
      const text = padToWidth(
        cells[i]![at]!,
        widths[i]!,
        "isText" in FIELDS[i]! ? "end" : "start",
      );
      return FIELDS[i]!.text === stepsText ? text : paint.faint(text);
    });
    return [
      MARGIN + padToWidth(cutToWidth(names[at]!, nameWidth), nameWidth),
      renderBar(fraction, barWidth, paint, canvas.glyphs),
      formatPercent(fraction).padStart(percentWidth),
      ...fields,
    ].join("  ").trimEnd();
  });
}

function stepsText(run: RunLine): string {
  const total = formatCount(run.stepsTotal);
  return `${formatCount(run.step).padStart(total.length)}/${total}`;
}

function etaText(run: RunLine): string {
  return run.etaMs === undefined ? "" : `${formatRemaining(run.etaMs)} left`;
}

function savedText(run: RunLine): string {
  if (run.savedAgeMs === undefined) return run.fromStep > 0 ? "resumed" : "";
  return `saved ${formatAge(run.savedAgeMs)}`;
}
