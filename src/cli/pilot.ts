/** `simrun pilot`: one shard of a campaign in a batch job, begun as often as the batch system likes. */
import { EXIT, Fault } from "../job/fault.ts";
import { absolutePath, join } from "../job/path.ts";
import { parseShard, shardText } from "../job/shard.ts";
import { formatNumberOf } from "../report/format.ts";
import { StandstillFold } from "../report/standstill.ts";
import { treeStatus } from "../report/status.ts";
import { History } from "../queue/history.ts";
import { parseSubmission, SUBMISSION_FILE } from "../slurm/submission.ts";
import { readJournal } from "../store/journal_read.ts";
import { Layout } from "../store/layout.ts";
import { type CliContext, type GlobalFlags, say, treeRoot } from "./context.ts";
import { run } from "./run.ts";
import type { PilotFlags } from "./run_flags.ts";

/** A shard that begins so often and gets nowhere would go on so for ever. */
const STANDSTILLS_MAX = 3;

export async function pilot(
  context: CliContext,
  flags: PilotFlags & GlobalFlags,
  [folder]: readonly string[],
): Promise<number> {
  const file = join(absolutePath(context.cwd, folder!), SUBMISSION_FILE);
  const submission = parseSubmission(await readFile(file), file);
  if (flags.shard === undefined) {
    throw new Fault("usage", "A pilot computes one shard of the campaign, and none was named.", {
      hint: `For example --shard 1/${submission.of}.`,
    });
  }
  const shard = parseShard(flags.shard);
  if (shard.of !== submission.of) {
    throw new Fault("usage", `It was submitted in ${submission.of} shards, not in ${shard.of}.`, {
      hint: `Name one of them, e.g. --shard 1/${submission.of}.`,
    });
  }
  const layout = new Layout(new Layout(treeRoot(context, flags)).shardRoot(shard));
  const still = new StandstillFold(submission.submittedAt);
  readJournal(layout, (entry) => still.apply(entry));
  if (still.sessions >= STANDSTILLS_MAX) {
    // No fault of the usage: so that the script does not queue it again.
    say(
      context,
      { ...flags, quiet: false },
      `simrun: shard ${shardText(shard)} began ${
        formatNumberOf(still.sessions, "time")
      } and saved nothing.`,
      "  A run, or the way to its next checkpoint, takes longer than the time it is given: submit it again with more\n" +
        "  --time, or let it save more often (checkpoint: in the manifest).",
    );
    return EXIT.runsFailed.status;
  }
  // All that it was given: nobody else works in a job. Who had the shard on a node that is lost is watched for a while,
  // and loses it.
  const slots = flags.slots ?? "100%";
  const status = await run(context, {
    ...flags,
    slots,
    dryRun: false,
    watch: false,
    endWhenPaused: true,
    breakLock: true,
  }, [file]);
  if (status !== EXIT.stopped.status || !isAllPaused(layout, context.now)) return status;
  say(context, flags, "All that is left is paused: this job is not queued again.");
  return EXIT.completed.status;
}

async function readFile(file: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (cause) {
    throw new Fault("not-found", `There is no submission at ${file}.`, {
      hint:
        "simrun submit --slurm FILES makes one. The tree must be on a disk that all nodes share.",
      cause,
    });
  }
}

/** Nothing is left that the next pilot could compute. */
function isAllPaused(layout: Layout, now: () => Date): boolean {
  const history = new History();
  readJournal(layout, (entry, location) => history.apply(entry, location));
  const { totals } = treeStatus(history, {
    ...{ tree: layout.root, nowMs: now().getTime(), live: undefined, working: false },
  });
  const { paused, waiting, interrupted, running } = totals.counts;
  return paused > 0 && waiting + interrupted + running === 0;
}
