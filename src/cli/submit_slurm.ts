/** `simrun submit --slurm`: a campaign as an array of Slurm jobs, each a pilot that computes one shard. */
import { EXIT, Fault } from "../job/fault.ts";
import type { Job } from "../job/job.ts";
import { shellWord } from "../job/shell_word.ts";
import type { SlurmWishes } from "../job/slurm.ts";
import { LIMITS } from "../manifest/limits.ts";
import { formatCount, formatNumberOf } from "../report/format.ts";
import { priceText } from "../report/price.ts";
import { arrayText, parseArray } from "../slurm/array.ts";
import { checkAsked } from "../slurm/check.ts";
import { askSlurm } from "../slurm/client.ts";
import { finalScript, type PilotRequest, pilotScript } from "../slurm/script.ts";
import { type Partition, readSite } from "../slurm/site.ts";
import { listSubmissions, type Submission } from "../slurm/submission.ts";
import { submitScripts } from "../slurm/submit.ts";
import { openForShard } from "../store/cut_tree.ts";
import { Layout } from "../store/layout.ts";
import { identifyModel } from "../worker/model_identity.ts";
import { openTree } from "../store/tree.ts";
import { type Asked, readAsked } from "./asked_of_slurm.ts";
import { chosenShards, shardsOf, tasksIn } from "./chosen_shards.ts";
import {
  type CliContext,
  type GlobalFlags,
  printJson,
  printLines,
  say,
  treeRoot,
} from "./context.ts";
import { programWords } from "./own_program.ts";
import { refuseUnseen } from "./shared_tree.ts";
import type { SlurmFlags } from "./slurm_flags.ts";
import { leftOn, planSubmission, type SubmissionPlan } from "./submission_plan.ts";
import { isYes } from "./question.ts";

type Flags = SlurmFlags & GlobalFlags;

export async function submitToSlurm(
  context: CliContext,
  flags: Flags,
  args: readonly string[],
): Promise<number> {
  const choice = flags.array === undefined ? undefined : parseArray(flags.array);
  const root = treeRoot(context, flags);
  refuseOddPath(root);
  const layout = await isTree(root) ? await openTree(root, "read") : undefined;
  const asked = await readAsked(context, flags, args, layout);
  if (asked === undefined) return EXIT.usage.status;
  const { wishes, jobs, then } = asked;
  const of = shardsOf(wishes, layout);
  const isKnown = layout !== undefined && listSubmissions(layout).length > 0;
  const learnFrom = flags.learnFrom === undefined ? undefined : await openTree(
    new Layout(treeRoot(context, { ...flags, tree: flags.learnFrom })).root,
    "read",
  );
  const plan = await planSubmission(jobs, of, layout, learnFrom, context.now);
  const { shards, note, otherJobs } = chosenShards(plan, choice?.shards, await tasksIn(layout));
  if (note !== undefined) say(context, flags, `note: ${note} The others are submitted.`);
  if (shards.length === 0) {
    say(context, flags, `Nothing to submit: all runs of ${root} are ${endedWord(plan)}`);
    return EXIT.completed.status;
  }
  const site = flags.dryRun
    ? await readSite(askSlurm).catch(unknownSite)
    : await readSite(askSlurm);
  if (site instanceof Fault) {
    say(context, flags, `note: The script was not checked. ${site.message}`);
  }
  const partition = site instanceof Fault
    ? undefined
    : checkAsked({ wishes, shardMax: Math.max(...shards) }, site);
  if (!(site instanceof Fault)) {
    await refuseUnseen(root, site.hosts, (text) => {
      // Once is enough.
      if (!isKnown) say(context, flags, `note: ${text}`);
    });
  }

  for (const note of await changedModels(plan)) say(context, flags, `note: ${note}`);

  const request: Omit<PilotRequest, "folder"> = {
    ...{
      wishes: sized(wishes, partition, plan),
      cwd: context.cwd,
      program: programWords(),
      tree: root,
    },
    ...{ shards, of, atOnceMax: choice?.atOnceMax, flags: asked.runFlags },
    name: nameOf(jobs),
  };
  say(context, flags, ...summaryLines(request, plan, partition));
  if (flags.dryRun) {
    const folder = nextFolder(layout ?? new Layout(root));
    printLines(context.stdout, [pilotScript({ ...request, folder }).trimEnd()]);
    if (then !== undefined) {
      printLines(context.stdout, ["", finalScript({ ...request, folder }, then).trimEnd()]);
    }
    return EXIT.completed.status;
  }
  if (!flags.yes && !await isYes(context, "Submit it?")) {
    say(context, flags, "Nothing was submitted.");
    return EXIT.interrupted.status;
  }
  await openForShard(root, { number: 1, of }, (text) => say(context, flags, `note: ${text}`));
  const submission = submissionOf(context, asked, plan, shards);
  const { record, folder } = await submitScripts(askSlurm, new Layout(root), {
    submission,
    pilot: (folder) => pilotScript({ ...request, folder }),
    then: then === undefined ? undefined : (folder) => finalScript({ ...request, folder }, then),
    otherJobs,
  });
  if (flags.json) {
    printJson(context.stdout, {
      ...{ job: record.job, then: record.then, shards: arrayText(shards), of, folder },
      runs: submission.runs,
    });
  } else if (!context.stdout.isTerminal) printLines(context.stdout, [record.job]);
  const tree = flags.tree === undefined ? "" : ` --tree ${shellWord(flags.tree)}`;
  say(
    context,
    flags,
    `Submitted as Slurm job ${record.job}${
      record.then === undefined ? "" : `, then job ${record.then}`
    }.`,
    `simrun status${tree} --watch shows how far it is, simrun wait${tree} waits for its end; the logs are in ${folder}.`,
  );
  return EXIT.completed.status;
}

/** Pilots would say so in their logs only. */
async function changedModels({ jobs, models }: SubmissionPlan): Promise<string[]> {
  const notes: string[] = [];
  for (const { id, model } of jobs) {
    const { digest } = await identifyModel(model);
    const before = models.get(id)!;
    if (before.size === 0 || before.has(digest)) continue;
    notes.push(
      `The model of ${id} has changed since runs of it were computed: what is done stays as it is, ` +
        `--run-flags='--rerun changed' computes all of it anew.`,
    );
  }
  return notes;
}

function endedWord({ cancelled }: SubmissionPlan): string {
  if (cancelled === 0) return "done.";
  return `done or cancelled. simrun retry cancelled takes up ${formatNumberOf(cancelled, "run")}.`;
}

async function isTree(root: string): Promise<boolean> {
  return await Deno.stat(root).then(() => true, () => false);
}

/** Where it was not said, a node gives all its cores, unless there are fewer runs. */
function sized(
  wishes: SlurmWishes,
  partition: Partition | undefined,
  { shards }: SubmissionPlan,
): SlurmWishes {
  if (wishes.cpusPerTask !== undefined || partition === undefined) return wishes;
  if (
    (wishes.sbatch ?? []).some((option) => /^--(?:cpus-per-task|exclusive|ntasks)/.test(option))
  ) {
    return wishes;
  }
  const most = Math.max(1, ...shards.map(({ left }) => left));
  const cpusPerTask = Math.min(most, partition.cpusMax);
  return Number.isFinite(cpusPerTask) ? { ...wishes, cpusPerTask } : wishes;
}

function summaryLines(
  { wishes, shards, of, atOnceMax }: Omit<PilotRequest, "folder">,
  plan: SubmissionPlan,
  partition: Partition | undefined,
): string[] {
  const jobs = leftOn(plan, shards);
  const runs = jobs.reduce((sum, { left }) => sum + left, 0);
  const timeMs = wishes.timeMs ??
    (partition !== undefined && Number.isFinite(partition.timeMsMax)
      ? partition.timeMsMax
      : undefined);
  const cores = wishes.cpusPerTask === undefined
    ? ""
    : ` with ${formatNumberOf(wishes.cpusPerTask, "core")} each`;
  const some = shards.length === of ? "" : ` (${shards.length} of ${of} shards)`;
  const where = partition === undefined ? "" : ` in partition ${partition.name}`;
  const atOnce = atOnceMax === undefined ? "" : `, ${formatCount(atOnceMax)} at a time`;
  return [
    `${formatNumberOf(runs, "run")} left: ${
      formatNumberOf(shards.length, "pilot")
    }${cores}${some}${where}${atOnce}.`,
    priceText({
      ...{ jobs, times: plan.times, timeMs },
      ...{ pilots: shards.length, cores: wishes.cpusPerTask },
    }),
  ];
}

function submissionOf(
  context: CliContext,
  { sources, record }: Asked,
  plan: SubmissionPlan,
  shards: readonly number[],
): Submission {
  const submission: Submission = {
    ...{ format: "simrun submission", version: 1, submittedAt: context.now().toISOString() },
    ...{ host: Deno.hostname(), of: plan.of, shards, stepMs: plan.dealtBy },
    runs: plan.shards.reduce((sum, { left }) => sum + left, 0),
    manifests: sources.map(({ path, folder, text }) => ({ path, folder, text })),
    asked: record,
  };
  if (JSON.stringify(submission).length < LIMITS.bytes) return submission;
  throw new Fault("manifest", "These manifests are too large together to be submitted.", {
    hint: "Write ranges in place of long lists, or submit them in parts, to trees of their own.",
  });
}

function nextFolder(layout: Layout): string {
  const last = listSubmissions(layout).at(-1)?.number ?? 0;
  return `${layout.slurmFolder}/${last + 1}`;
}

/** A directive's value ends at a quote or a line's end, and a backslash turns its patterns off (sbatch(1)). */
function refuseOddPath(root: string): void {
  if (!/["\\\n\r]/.test(root)) return;
  throw new Fault(
    "usage",
    "Slurm cannot be told of a tree whose path holds a quote or a backslash.",
    {
      hint: "Take another place with --tree DIR.",
    },
  );
}

function nameOf(jobs: readonly Job[]): string {
  const first = jobs[0]!.id.replace(/[^A-Za-z0-9_.-]/g, "_").slice(0, 40);
  return jobs.length === 1 ? `simrun-${first}` : `simrun-${first}+${jobs.length - 1}`;
}

/** A script can be looked at where there is no Slurm. */
function unknownSite(error: unknown): Fault {
  if (error instanceof Fault) return error;
  throw error;
}
