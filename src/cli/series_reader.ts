/** What runs have measured, wherever it stands: in the journal or in their files. */
import type { History } from "../queue/history.ts";
import { readRunFile } from "../store/archive.ts";
import { readCampaign } from "../store/campaign_journal.ts";
import type { Layout } from "../store/layout.ts";
import { homeOf } from "../store/shards.ts";

/** Name of a long series in a run's folder, as `docs/format.md` has it. */
const SERIES_FILE = "series.csv";

/** Reads what a run measured so far. Short series stand in the journal, long ones are files. */
export function seriesReader(
  layout: Layout,
  history: History,
  chosen: readonly { readonly job: string; readonly run: string }[],
): (run: { readonly job: string; readonly run: string }) => Promise<string | undefined> {
  const wanted = new Set(chosen.map(({ job, run }) => `${job}/${run}`));
  const inline = new Map<string, string | undefined>();
  readCampaign(layout, (entry) => {
    if (entry.type !== "runs.completed" && entry.type !== "run.reused") return;
    for (const { run, series } of entry.type === "run.reused" ? [entry.run] : entry.runs) {
      const name = `${entry.job}/${run}`;
      if (wanted.has(name)) inline.set(name, series);
    }
  });
  return async ({ job, run }) => {
    const past = history.jobs.get(job)?.find(run);
    // Never begun: there is nothing to look for.
    if (past === undefined) return undefined;
    const short = past.state === "completed" ? inline.get(`${job}/${run}`) : undefined;
    if (short !== undefined) return short;
    const bytes = await readRunFile(
      homeOf(layout, history.shardOf(job, run)),
      job,
      run,
      SERIES_FILE,
    );
    return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
  };
}
