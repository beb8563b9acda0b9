/** `simrun resume`: goes on with the jobs as the tree knows them. No manifest is read. */
import { EXIT, Fault } from "../job/fault.ts";
import type { Job } from "../job/job.ts";
import { suggest } from "../manifest/suggest.ts";
import { filterJobs } from "../report/selector.ts";
import { formatNumberOf } from "../report/format.ts";
import { treeStatus } from "../report/status.ts";
import { type CliContext, type GlobalFlags, printJson, say } from "./context.ts";
import { execute } from "./execute.ts";
import type { RunFlags } from "./run_flags.ts";
import { readTree } from "./tree_reader.ts";
import type { History } from "../queue/history.ts";
import type { Layout } from "../store/layout.ts";
import { subfolders } from "../store/tree.ts";

export async function resume(
  context: CliContext,
  flags: RunFlags & GlobalFlags,
  selectors: readonly string[],
): Promise<number> {
  const { layout, history } = await readTree(context, flags);
  const { jobs } = treeStatus(history, {
    tree: layout.root,
    nowMs: context.now().getTime(),
    live: undefined,
    working: false,
  });
  const chosen = jobs.filter(({ id }) => filterJobs(selectors)(id));
  if (selectors.length > 0 && chosen.length === 0) throw noSuchJob(selectors, history.jobs.keys());
  const unfinished: Job[] = [];
  for (const { id, counts, runs } of chosen) {
    const job = history.jobs.get(id)?.job;
    // A finished job needs no look: its model may be gone, and nobody cares.
    const wanted = counts.completed < runs || flags.rerun === "all" || flags.rerun === "changed";
    if (job !== undefined && wanted) unfinished.push(job);
  }
  if (unfinished.length === 0) {
    await refuseUnknownCheckpoints(layout, history);
    const total = chosen.reduce((sum, job) => sum + job.runs, 0);
    if (flags.json) printJson(context.stdout, { outcome: "completed", runs_total: total });
    say(
      context,
      flags,
      total === 0
        ? "Nothing to resume: nothing was run here yet."
        : `Nothing to resume: ${formatNumberOf(total, "run")}, all done.`,
    );
    return EXIT.completed.status;
  }
  return await execute(context, flags, { jobs: unfinished, sources: [], locate: undefined });
}

/** A tree that lost its journal still has its checkpoints; the manifests tell what they belong to. */
async function refuseUnknownCheckpoints(layout: Layout, history: History): Promise<void> {
  const unknown = (await subfolders(layout.checkpointRoot)).filter((job) => !history.jobs.has(job));
  if (unknown.length === 0) return;
  const names = unknown.slice(0, 3).join(", ") + (unknown.length > 3 ? " and others" : "");
  throw new Fault(
    "not-found",
    `The journal does not know ${names}, of which there are checkpoints.`,
    {
      hint:
        "Run the manifests again, e.g. simrun jobs/*.yaml: the runs go on from their checkpoints.",
    },
  );
}

function noSuchJob(selectors: readonly string[], jobs: Iterable<string>): Fault {
  const [word] = selectors;
  const meant = suggest(word!, jobs);
  return new Fault("not-found", `The tree knows no job "${word}".`, {
    hint: meant === undefined ? "simrun status lists the jobs." : `Did you mean ${meant}?`,
  });
}
