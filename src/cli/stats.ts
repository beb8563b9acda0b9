/** `simrun stats`: how runs ended, over one tree or several. Reads each journal once, keeps numbers only, waits for nothing. */
import { EXIT, Fault } from "../job/fault.ts";
import { absolutePath } from "../job/path.ts";
import { Statistics } from "../report/statistics.ts";
import { statisticsJson } from "../report/statistics_json.ts";
import { statisticsReport } from "../report/statistics_report.ts";
import { renderStatistics, type StatisticsGroups } from "../screen/statistics_view.ts";
import { readCampaign } from "../store/campaign_journal.ts";
import type { Layout } from "../store/layout.ts";
import { openTree } from "../store/tree.ts";
import {
  type CliContext,
  columnsOf,
  type GlobalFlags,
  paintOf,
  printJson,
  printLines,
  treeRoot,
} from "./context.ts";
import { sinceMs } from "./since.ts";
import { warnOfDamage } from "./tree_reader.ts";

interface StatsFlags extends GlobalFlags {
  readonly by: "job" | "model" | "tree" | undefined;
  readonly since: string | undefined;
}

export async function stats(
  context: CliContext,
  flags: StatsFlags,
  args: readonly string[],
): Promise<number> {
  const { stdout } = context;
  const since = flags.since === undefined ? undefined : sinceMs(flags.since, context.now());
  const layouts = await openTrees(context, flags, args);
  const trees = new Map(
    layouts.map((layout) => [layout.root, readStatistics(context, flags, layout, since)]),
  );
  const report = statisticsReport([...trees.values()]);
  const scope = { trees: [...trees.keys()], sinceMs: since };
  if (flags.json) printJson(stdout, statisticsJson(report, scope));
  else {
    const by = groupsOf(flags.by, report, trees);
    printLines(
      stdout,
      renderStatistics(report, scope, by, {
        paint: paintOf(stdout),
        glyphs: stdout.glyphs,
        columns: columnsOf(stdout),
        offsetMinutes: -context.now().getTimezoneOffset(),
      }),
    );
  }
  return EXIT.completed.status;
}

/** Each once, whatever it is called: all are looked at before one is read. */
async function openTrees(
  context: CliContext,
  flags: StatsFlags,
  args: readonly string[],
): Promise<readonly Layout[]> {
  if (args.length > 0 && flags.tree !== undefined) {
    throw new Fault("usage", "Trees are named both by --tree and without it.", {
      hint: `Type simrun stats ${flags.tree} ${args[0]} … for all of them.`,
    });
  }
  const roots = args.length === 0
    ? [treeRoot(context, flags)]
    : args.map((word) => absolutePath(context.cwd, word));
  const layouts = new Map<string, Layout>();
  for (const root of roots) {
    const layout = await openTree(root, "read");
    const place = await Deno.realPath(root);
    if (!layouts.has(place)) layouts.set(place, layout);
  }
  return [...layouts.values()];
}

function readStatistics(
  context: CliContext,
  flags: StatsFlags,
  layout: Layout,
  since: number | undefined,
): Statistics {
  const statistics = new Statistics(since);
  // Of two hundred thousand lines the times alone take a tenth of a second.
  const atOf = since === undefined ? () => 0 : Date.parse;
  const report = readCampaign(layout, (entry) => statistics.apply(entry, atOf(entry.at)));
  warnOfDamage(context, flags, report);
  return statistics;
}

function groupsOf(
  by: StatsFlags["by"],
  report: ReturnType<typeof statisticsReport>,
  trees: ReadonlyMap<string, Statistics>,
): StatisticsGroups | undefined {
  switch (by) {
    case undefined:
      return undefined;
    case "job":
      return { title: "job", groups: report.jobs };
    case "model":
      return { title: "model", groups: report.models };
    case "tree": {
      const groups = [...trees].map(([root, one]) =>
        [root, statisticsReport([one]).totals] as const
      );
      return { title: "tree", groups: new Map(groups) };
    }
  }
}
