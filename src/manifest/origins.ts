/** Checks over where the jobs of all files begin: runs that cannot be, steps that are too few, states that nobody keeps. */
import { isModelFile, type Job } from "../job/job.ts";
import { originsOf } from "../plan/mates.ts";
import { countPoints, sweepNames } from "../plan/sweep.ts";
import { nodeAt } from "./locate.ts";
import { quote } from "./node.ts";
import type { ReadJob } from "./needs.ts";

interface Problem {
  readonly path: readonly string[];
  readonly message: string;
  readonly hint: string;
}

/** Reports what is wrong, each in its own file, and answers the ids of the jobs that are to blame. */
export function checkOrigins(read: ReadonlyMap<string, ReadJob>): ReadonlySet<string> {
  const refused = new Set<string>();
  for (const [id, { map, job, report }] of read) {
    // One that begins from itself is told of as a circle.
    if (job?.from === undefined || job.from.job === id) continue;
    const problem = originProblem(job, read.get(job.from.job)?.job);
    if (problem === undefined) continue;
    report.error(nodeAt(map, problem.path), "from", problem.message, problem.hint);
    refused.add(id);
  }
  return refused;
}

/**
 * Why the runs of a job can never begin from where it says; undefined when they can, as far as can be told of a
 * `parent` that is planned.
 */
export function originProblem(job: Job, parent: Job | undefined): Problem | undefined {
  return ownProblem(job) ?? (parent && parentProblem(job, parent));
}

function ownProblem({ id, model, steps, from }: Job): Problem | undefined {
  const { step } = from!;
  if (model.kind === "plecs") {
    return {
      path: ["from"],
      message: `Job ${quote(id)} is simulated by PLECS, and begins at time 0`,
      hint: "Modules, WebAssembly and commands can begin from another run's state.",
    };
  }
  if (model.kind === "command" && model.restart === undefined) {
    return {
      path: ["model"],
      message: `Job ${quote(id)} begins from another run, and its command has no "restart"`,
      hint: "Say what is run on the files of a checkpoint: restart: [program, …, ${checkpoint}].",
    };
  }
  if (step !== "last" && isModelFile(model) && step >= steps) return tooFewSteps(id, steps, step);
  return undefined;
}

function parentProblem(job: Job, parent: Job): Problem | undefined {
  const { id, model, steps, from } = job;
  const { step, run, match } = from!;
  const name = quote(parent.id);
  if (parent.model.kind !== model.kind) {
    return {
      path: ["from"],
      message: `Job ${quote(id)} cannot begin from ${name}: their models are of different kinds`,
      hint: "A state can be gone on from by the kind of model that has computed it.",
    };
  }
  if (parent.checkpoint.every.kind === "off") {
    return {
      path: ["from"],
      message: `Job ${quote(id)} begins from ${name}, which saves no checkpoints`,
      hint: parent.model.kind === "command"
        ? `Say which of its files are a checkpoint: model: { …, checkpoint: … } of ${name}.`
        : `Remove checkpoint_every: off from ${name}.`,
    };
  }
  if (step !== "last" && step > parent.steps && isModelFile(model)) {
    return {
      path: ["from", "step"],
      message: `${name} has ${parent.steps} steps, and so no step ${step}`,
      hint: `Begin at an earlier step, or give ${name} more steps.`,
    };
  }
  if (step === "last" && parent.steps >= steps && isModelFile(model)) {
    return tooFewSteps(id, steps, parent.steps);
  }
  const count = countPoints(parent.sweep);
  if (match === undefined && run === undefined && count > 1) {
    const swept = parent.sweep === undefined ? "" : sweepNames(parent.sweep).join(", ");
    return {
      path: ["from"],
      message: `${name} has ${count.toLocaleString("en")} runs, and a run begins from one`,
      hint: `Write { job: ${parent.id}, match: point } for the one with the same ${swept}, ` +
        `or { run: ${parent.id}/… }.`,
    };
  }
  return run === undefined ? match && matchProblem(job, parent) : nameProblem(job, parent, run);
}

function nameProblem(job: Job, parent: Job, run: string): Problem | undefined {
  const found = originsOf(job, 0, parent).length;
  if (found === 1) return undefined;
  const name = quote(`${parent.id}/${run}`);
  return {
    path: ["from"],
    message: found === 0 ? `There is no run ${name}` : `${found} runs begin with ${name}`,
    hint: parent.sweep === undefined
      ? `Did you mean ${quote(parent.id)}? It has one run.`
      : `simrun results ${parent.id} --columns run,${
        sweepNames(parent.sweep).join(",")
      } shows them.`,
  };
}

function matchProblem({ id, parameters, sweep }: Job, parent: Job): Problem | undefined {
  const path = ["from", "match"];
  if (parent.sweep === undefined) {
    return {
      path,
      message: `Job ${quote(parent.id)} has no sweep, and so no points to match`,
      hint: "Without match all begin from its one run.",
    };
  }
  const own = new Set([
    ...Object.keys(parameters),
    ...sweep === undefined ? [] : sweepNames(sweep),
  ]);
  const missing = sweepNames(parent.sweep).filter((name) => !own.has(name));
  if (missing.length === 0) return undefined;
  return {
    path,
    message: `Job ${quote(id)} does not say which ${missing.join(", ")} of ${quote(parent.id)} ` +
      "its runs begin from",
    hint: `Give it ${missing.join(", ")} as well, in its parameters or its sweep.`,
  };
}

function tooFewSteps(id: string, steps: number, step: number): Problem {
  return {
    path: ["steps"],
    message: `Job ${quote(id)} has ${steps} steps, and begins at step ${step}`,
    hint: `Its steps go on from there: for 1000 more write steps: ${step + 1000}.`,
  };
}
