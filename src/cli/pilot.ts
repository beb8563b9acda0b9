/** `simrun pilot`: one shard of a campaign in a batch job, begun as often as the batch system likes. */
import { EXIT, Fault } from "../job/fault.ts";
import { absolutePath, dirname, join } from "../job/path.ts";
import { parseShard, shardText } from "../job/shard.ts";
import { formatNumberOf } from "../report/format.ts";
import { StandstillFold } from "../report/standstill.ts";
import { treeStatus } from "../report/status.ts";
import { History } from "../queue/history.ts";
import { killedMark } from "../slurm/script.ts";
import { hasJob, parseSubmission, SUBMISSION_FILE, writeJob } from "../slurm/submission.ts";
import { readJournal } from "../store/journal_read.ts";
import { Layout } from "../store/layout.ts";
import { type CliContext, type GlobalFlags, say, treeRoot } from "./context.ts";
import { availableCores, coreLimits } from "./cores.ts";
import { run } from "./run.ts";
import type { PilotFlags } from "./run_flags.ts";
import { parseSlots } from "./slots.ts";

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
  await noteNumber(context, dirname(file));
  // Who had the shard on a node that is lost is watched for a while, and loses it.
  const status = await run(context, {
    ...flags,
    slots: await slotsOf(context, flags, join(dirname(file), killedMark(shard.number))),
    dryRun: false,
    watch: false,
    endWhenPaused: true,
    breakLock: true,
  }, [file]);
  if (status !== EXIT.stopped.status || !isAllPaused(layout, context.now)) return status;
  say(context, flags, "All that is left is paused: this job is not queued again.");
  return EXIT.completed.status;
}

/**
 * All the cores that the job was given: nobody else works in it. Half of them where a pilot was killed for want of memory
 * before, so that each run may take twice as much.
 */
async function slotsOf(
  context: CliContext,
  flags: PilotFlags & GlobalFlags,
  killed: string,
): Promise<string> {
  const asked = flags.slots ?? "100%";
  if (!await Deno.lstat(killed).then(() => true, () => false)) return asked;
  const { slots } = parseSlots(asked, availableCores(coreLimits(context.env)));
  const half = Math.max(1, Math.floor(slots / 2));
  say(
    context,
    flags,
    `note: This shard's pilot was killed before, for want of memory most likely: ${
      formatNumberOf(half, "run")
    } at a time now, of ${slots}.`,
  );
  return String(half);
}

/** Who submitted may have been stopped before it could note Slurm's number; here it is known again. */
async function noteNumber(context: CliContext, folder: string): Promise<void> {
  const job = context.env("SLURM_ARRAY_JOB_ID") ?? "";
  if (!/^[0-9]+$/.test(job) || hasJob(folder)) return;
  // Only readers need it: the work does not depend on it.
  await writeJob(folder, { job }).catch(() => {});
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
