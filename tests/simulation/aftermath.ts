/** What a tree must be when all is over: sound, complete, tidy, and with the results of a campaign left alone. */
import assert from "node:assert/strict";
import type { CompletedRun } from "../../src/job/event.ts";
import type { Job } from "../../src/job/job.ts";
import { runId } from "../../src/plan/digest.ts";
import { pointAt } from "../../src/plan/sweep.ts";
import { readRunFile } from "../../src/store/archive.ts";
import { readJournal } from "../../src/store/journal_read.ts";
import { Layout } from "../../src/store/layout.ts";
import { goldenRuns } from "./golden.ts";
import type { SimulatedDisk } from "./simulated_disk.ts";

export async function checkTree(
  jobs: readonly Job[],
  { root, disk, isDiskGood }: {
    readonly root: string;
    readonly disk: SimulatedDisk;
    readonly isDiskGood: boolean;
  },
): Promise<void> {
  const layout = new Layout(root);
  const completed = new Map<string, CompletedRun>();
  const report = readJournal(layout, (entry) => {
    if (entry.type === "run.reused") completed.set(`${entry.job}/${entry.run.run}`, entry.run);
    if (entry.type !== "runs.completed") return;
    for (const run of entry.runs) completed.set(`${entry.job}/${run.run}`, run);
  });
  assert.deepEqual(report.bad, [], "lines of the journal are damaged");
  assert.deepEqual(report.missing, [], "lines of the journal are missing");
  for (const job of jobs) {
    // The state that others begin from stays beside the newest ones.
    const isBegunFrom = jobs.some(({ from }) => from?.job === job.id);
    for (const [index, expected] of goldenRuns(job, jobs).entries()) {
      const run = idOf(job, index);
      const key = `${job.id}/${run}`;
      const record = completed.get(key);
      assert.ok(record, `${key} has no result`);
      assert.deepEqual(record.result, expected.result, `result of ${key}`);
      assert.equal(await seriesOf(layout, job, record), expected.series, `series of ${key}`);
      const folder = layout.checkpointFolder(job.id, run);
      const kept = disk.paths(folder).length;
      // A power cut may bring back what was removed, and a folder whose sync failed keeps what it has got: that
      // takes some space and does no harm.
      assert.ok(
        !isDiskGood || kept <= job.checkpoint.keep + (isBegunFrom ? 1 : 0),
        `${kept} checkpoints of ${key} are kept`,
      );
    }
  }
  // Who wanted to break the lock and was refused leaves an empty file to the next holder.
  const strays = disk.paths(root)
    .filter((path) => path.includes(".tmp-") && !path.endsWith(".tmp-breaking"));
  assert.deepEqual(strays, [], "temporaries are left");
}

function idOf(job: Job, index: number): string {
  return runId(job, job.sweep === undefined ? {} : pointAt(job.sweep, index));
}

async function seriesOf(layout: Layout, job: Job, { run, series }: CompletedRun): Promise<string> {
  if (series !== undefined) return series;
  const bytes = await readRunFile(layout, job.id, run, "series.csv");
  return bytes === undefined ? "" : new TextDecoder().decode(bytes);
}
