/** Checks over where the jobs of all files begin: runs that cannot be, steps that are too few, states that nobody keeps. */
import { isModelFile, type Job, type Parameters, type ParameterValue } from "../job/job.ts";
import { valueText } from "../job/placeholder.ts";
import { searchOf } from "../job/sweep.ts";
import { canonical } from "../plan/digest.ts";
import { originsOf } from "../plan/mates.ts";
import { countPoints, pointAt, sweepNames } from "../plan/sweep.ts";
import { nodeAt } from "./locate.ts";
import { quote } from "./node.ts";
import type { ReadJob } from "./needs.ts";
import { didYouMean } from "./suggest.ts";

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
  const { step, run, match, where } = from!;
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
  if (where !== undefined) return whereProblem(job, parent, where);
  if (match === undefined && run === undefined && count > 1) {
    const swept = parent.sweep === undefined ? "" : sweepNames(parent.sweep).join(", ");
    return {
      path: ["from"],
      message: `${name} has ${count.toLocaleString("en")} runs, and a run begins from one`,
      hint: `Write { job: ${parent.id}, match: point } for the one with the same ${swept}, ` +
        `or say which: { job: ${parent.id}, where: { ${swept.split(", ")[0]}: … } }.`,
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

/** One run is chosen by its values; with match as well, one for each of the job's own. */
function whereProblem(job: Job, parent: Job, where: Parameters): Problem | undefined {
  const name = quote(parent.id);
  const swept = parent.sweep === undefined ? [] : sweepNames(parent.sweep);
  if (searchOf(parent.sweep) !== undefined) {
    return {
      path: ["from", "where"],
      message: `What the runs of the search ${name} are is not known before`,
      hint: `Name one: { run: ${parent.id}/0001 }.`,
    };
  }
  for (const [key, value] of Object.entries(where)) {
    const path = ["from", "where", key];
    if (!swept.includes(key)) {
      const does = swept.length === 0 ? "It has one run." : `It sweeps ${swept.join(", ")}.`;
      return {
        path,
        message: `${name} does not sweep ${quote(key)}`,
        hint: didYouMean(key, swept) ?? does,
      };
    }
    const values = valuesOf(parent, key);
    if (values.has(canonical(value))) continue;
    return {
      path,
      message: `No run of ${name} has ${pairsText({ [key]: value })}`,
      hint: `Of ${key} it has ${nearest(value, [...values.values()])}.`,
    };
  }
  if (job.from!.match !== undefined) return matchProblem(job, parent);
  const count = originsOf(job, 0, parent).length;
  if (count === 1) return undefined;
  const others = swept.filter((name) => !Object.hasOwn(where, name));
  const path = ["from", "where"];
  if (count === 0) {
    return {
      path,
      message: `No run of ${name} has ${pairsText(where)} together`,
      hint: `simrun results ${parent.id} --columns run,${swept.join(",")} shows what there is.`,
    };
  }
  return {
    path,
    message: `${count.toLocaleString("en")} runs of ${name} have ${pairsText(where)}, ` +
      "and a run begins from one",
    hint: `Say as well which ${others.join(", ")}.`,
  };
}

/** `co2: 450, scheme: rk4`. */
function pairsText(values: Parameters): string {
  return Object.entries(values).map(([name, value]) => `${name}: ${valueText(value)}`).join(", ");
}

/** What a sweep has of one parameter, by its canonical form. */
function valuesOf(parent: Job, name: string): ReadonlyMap<string, ParameterValue> {
  const values = new Map<string, ParameterValue>();
  for (let index = 0; index < countPoints(parent.sweep); index++) {
    const point = pointAt(parent.sweep, index);
    if (Object.hasOwn(point, name)) values.set(canonical(point[name]), point[name]!);
  }
  return values;
}

const VALUES_SHOWN = 5;

/** All of them when they are few; else those around a number, or the first ones. */
function nearest(value: ParameterValue, values: readonly ParameterValue[]): string {
  const shown = values.length <= VALUES_SHOWN || typeof value !== "number"
    ? values.slice(0, VALUES_SHOWN)
    : values.filter((one) => typeof one === "number")
      .sort((a, b) => Math.abs(a - value) - Math.abs(b - value)).slice(0, VALUES_SHOWN)
      .sort((a, b) => a - b);
  const more = values.length > shown.length ? `, and ${values.length - shown.length} others` : "";
  return shown.map((one) => valueText(one)).join(", ") + more;
}

function matchProblem({ id, parameters, sweep, from }: Job, parent: Job): Problem | undefined {
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
    ...Object.keys(from?.where ?? {}),
  ]);
  const missing = sweepNames(parent.sweep).filter((name) => !own.has(name));
  if (missing.length === 0) return undefined;
  return {
    path,
    message: `Job ${quote(id)} does not say which ${missing.join(", ")} of ${quote(parent.id)} ` +
      "its runs begin from",
    hint: `Give it ${missing.join(", ")} as well, in its parameters or its sweep, or say which ` +
      `under from: where: { ${missing[0]}: … }.`,
  };
}

function tooFewSteps(id: string, steps: number, step: number): Problem {
  return {
    path: ["steps"],
    message: `Job ${quote(id)} has ${steps} steps, and begins at step ${step}`,
    hint: `Its steps go on from there: for 1000 more write steps: ${step + 1000}.`,
  };
}
