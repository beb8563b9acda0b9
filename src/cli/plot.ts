/** `simrun results --plot`: a picture of results or series, in the terminal, as SVG or as PNG. */
import { load } from "../job/load.ts";
import { Fault } from "../job/fault.ts";
import type { Job } from "../job/job.ts";
import type { History } from "../queue/history.ts";
import { type Plot, plotOf } from "../report/plot_data.ts";
import { parsePlot, type PlotRequest } from "../report/plot_request.ts";
import type { MeasuredRun } from "../report/series_table.ts";
import { LongSeries, parseSeries } from "../report/series_table.ts";
import { inspectionKey, inspectModels } from "../runner/inspector.ts";
import { startSlot } from "../runner/slot_processes.ts";
import { plotLines } from "../screen/plot.ts";
import { safeText } from "../screen/safe_text.ts";
import type { Layout } from "../store/layout.ts";
import { type CliContext, type GlobalFlags, paintOf, printLines, say } from "./context.ts";
import { outputPath, writeWhole } from "./result_output.ts";
import { columnOf, type ResultView } from "./result_query.ts";
import { seriesReader } from "./series_reader.ts";

export interface PlotFlags extends GlobalFlags {
  readonly plot?: string | undefined;
  readonly output?: string | undefined;
  readonly force: boolean;
  readonly series: boolean;
}

interface PlotTree {
  readonly layout: Layout;
  readonly history: History;
}

/** A picture without a terminal to fit into. */
const PIPED_COLUMNS = 80;
const PLOT_ROWS = 20;

/** Before anything is read: what cannot be drawn, or written, is told at once. */
export async function checkPlot(context: CliContext, flags: PlotFlags): Promise<PlotRequest> {
  const request = parsePlot(flags.plot!);
  if (flags.output !== undefined) {
    if (!/\.(svg|png)$/i.test(flags.output)) {
      throw new Fault("usage", `A figure cannot be written as "${flags.output}".`, {
        hint: "Name a file that ends in .svg or .png; without -o it is drawn in the terminal.",
      });
    }
    await outputPath(context, flags);
  }
  return request;
}

export async function plotResults(
  context: CliContext,
  flags: PlotFlags,
  request: PlotRequest,
  view: ResultView,
  tree: PlotTree,
): Promise<void> {
  if (view.frame.rows.length === 0) {
    throw new Fault("usage", "Nothing can be drawn: there are no results.", {
      hint: "simrun status shows how far the runs are.",
    });
  }
  const units = unitsOf(view, tree.history);
  const plot = flags.series
    ? await plotOfSeries(request, view, tree, await units)
    : plotOfResults(request, view, await units);
  if (flags.output === undefined) show(context, plot);
  else {
    const { figureSvg } = await load<typeof import("../screen/figure.ts")>(
      import.meta.resolve("../screen/figure.ts"),
    );
    const svg = await figureSvg(plot);
    const bytes = /\.png$/i.test(flags.output)
      ? await (await load<typeof import("./figure_png.ts")>(import.meta.resolve("./figure_png.ts")))
        .pngOf(svg)
      : new TextEncoder().encode(svg);
    await writeWhole(await outputPath(context, flags), [bytes]);
    say(context, flags, safeText(`Wrote ${flags.output}.`));
  }
  say(context, flags, ...plot.notes.map(paintOf(context.stderr).faint));
}

function show({ stdout }: CliContext, plot: Plot): void {
  const size = stdout.isTerminal ? stdout.size() : { columns: PIPED_COLUMNS, rows: Infinity };
  const { color, glyphs } = stdout;
  // The prompt, the axis and the legend need lines of their own.
  const rows = Math.min(PLOT_ROWS, size.rows - 8);
  printLines(stdout, plotLines(plot, { columns: size.columns, rows, color, glyphs }));
}

function plotOfResults(
  request: PlotRequest,
  { frame, indices }: ResultView,
  unitOf: UnitOf,
): Plot {
  const find = (name: string) => columnOf(frame, name, "--plot");
  const x = find(request.x);
  const ys = request.y.map(find);
  const by = request.by === undefined ? undefined : find(request.by);
  return plotOf(request, {
    rows: indices.map((i) => ({ x: x.cell(i), y: ys.map((y) => y.cell(i)), by: by?.cell(i) })),
    unitOf: (name) => {
      const column = frame.find(name);
      return column?.of === "parameter"
        ? unitOf(column.name.replace(/^parameters\./, ""))
        : undefined;
    },
    kind: x.of === "parameter" ? "sweep" : "cloud",
  });
}

async function plotOfSeries(
  request: PlotRequest,
  { frame, indices }: ResultView,
  { layout, history }: PlotTree,
  unitOf: UnitOf,
): Promise<Plot> {
  const chosen = indices.map((index) => frame.rows[index]!);
  const read = seriesReader(layout, history, chosen);
  const found: { readonly run: MeasuredRun; readonly text: string }[] = [];
  for (const { job, run, parameters } of chosen) {
    const text = await read({ job, run });
    if (text === undefined) continue;
    found.push({
      run: { job, run, point: parameters, measured: parseSeries(text).measured },
      text,
    });
  }
  const long = new LongSeries(found.map(({ run }) => run));
  const find = (name: string): number => {
    const place = long.columns.indexOf(name);
    if (place >= 0) return place;
    throw new Fault("usage", `--plot: the series have no column "${name}".`, {
      hint: `There are ${long.columns.map(safeText).join(", ")}.`,
    });
  };
  const x = find(request.x);
  const ys = request.y.map(find);
  const by = request.by === undefined ? undefined : find(request.by);
  const rows = found.flatMap(({ run, text }) =>
    [...long.rows(run, parseSeries(text))].map((row) => ({
      x: row[x],
      y: ys.map((y) => row[y]),
      by: by === undefined ? undefined : row[by],
    }))
  );
  return plotOf(request, {
    rows,
    unitOf: (name) => unitOf(name.replace(/^parameters\./, "")),
    kind: "series",
  });
}

type UnitOf = (parameter: string) => string | undefined;

/** More models than this are not asked for their units. */
const MODELS_MAX = 4;

/**
 * Units as the models give them, where they still stand where they stood: asked in the sandbox of a slot, as
 * before a run. Without an answer an axis has no unit.
 */
async function unitsOf({ frame, indices }: ResultView, history: History): Promise<UnitOf> {
  const ids = new Set(indices.map((index) => frame.rows[index]!.job));
  const jobs = [...ids].flatMap((id): Job[] => {
    const { job } = history.jobs.get(id) ?? {};
    return job === undefined ? [] : [job];
  });
  const models = new Map(jobs.map((job) => [inspectionKey(job), job]));
  if (models.size === 0 || models.size > MODELS_MAX) return () => undefined;
  const units = new Map<string, string>();
  const slot = startSlot({ slots: 1 });
  try {
    for (const inspected of (await inspectModels(slot, [...models.values()])).values()) {
      if (!inspected.ok) continue;
      for (const [name, { unit }] of Object.entries(inspected.inspection.params ?? {})) {
        if (unit !== undefined) units.set(name, unit);
      }
    }
  } catch {
    // A picture without units is better than none.
  } finally {
    slot.kill();
  }
  return (name) => units.get(name);
}
