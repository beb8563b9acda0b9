/** What placeholders and the environment of a command stand for, in one run. Pure but for the digest of its seed. */
import type { Environment, Variables } from "../command/program.ts";
import {
  type CommandModel,
  DEFAULT_MARKS,
  OWN_VALUES,
  ownVariable,
  startsRanks,
  THREADS_VARIABLE,
  variableOf,
} from "../job/command.ts";
import type { Job, ParameterValue } from "../job/job.ts";
import { encodePlain } from "../job/plain.ts";
import { fillPlaceholders, findPlaceholders, valueText } from "../job/placeholder.ts";
import { randomSeed } from "../plan/digest.ts";
import { pointNumbers, sweptParameters } from "../plan/point_numbers.ts";
import { pointAt } from "../plan/sweep.ts";

export interface CommandValues {
  /** Of this run: fixed ones, and those of its point. */
  readonly parameters: { readonly [name: string]: ParameterValue };
  /** Text for a placeholder; every name was checked when the campaign was planned. */
  of(name: string): string;
}

export function commandValues(
  job: Job,
  index: number,
  own: {
    readonly run: string;
    readonly attempt: number;
    readonly step: number;
    readonly checkpoint: string;
  },
): CommandValues {
  const point = pointAt(job.sweep, index);
  const numbers = pointNumbers(job.sweep, point);
  const parameters = { ...job.parameters, ...sweptParameters(job.sweep, point) };
  return {
    parameters,
    of(name) {
      if (Object.hasOwn(parameters, name)) return valueText(parameters[name]!);
      if (name.startsWith("inputs.")) return job.inputs[name.slice("inputs.".length)] ?? "";
      switch (name) {
        case "simrun.run":
          return own.run;
        case "simrun.random_seed":
          // Positive, and within what programs read into 32 bits.
          return String((randomSeed(job, point)[0]! & 0x7fffffff) || 1);
        case "simrun.attempt":
          return String(own.attempt);
        case "simrun.repeat":
          return String(numbers.repeat);
        case "simrun.sample":
          return String(numbers.sample ?? "");
        case "simrun.step":
          return String(own.step);
        case "simrun.checkpoint":
          return own.checkpoint;
        default:
          return jobValue(job, name);
      }
    },
  };
}

/** The same in all runs of a job. */
function jobValue(job: Job, name: string): string {
  switch (name) {
    case "simrun.job":
      return job.id;
    case "simrun.seed":
      return String(job.seed);
    case "simrun.steps":
      return String(job.steps);
    case "simrun.cores":
      return String(job.cores ?? 1);
    default:
      throw new Error(`no value for the placeholder ${name}`);
  }
}

/** What the program is called with; `isRestart`: to go on from a checkpoint. */
export function commandWords(
  { command, restart, shell }: Pick<CommandModel, "command" | "restart" | "shell">,
  values: CommandValues,
  isRestart: boolean,
): string[] {
  // Nothing is pasted into the line of a shell.
  const isAsItIs = shell !== undefined && !isRestart;
  return (isRestart ? restart! : command).map((word) =>
    typeof word !== "string" ? word.file : isAsItIs ? word : filled(word, values)
  );
}

function filled(text: string, values: CommandValues): string {
  return fillPlaceholders(findPlaceholders(text, DEFAULT_MARKS), (name) => values.of(name));
}

/** Longer ones do not fit into an environment: those are for a file. */
const VARIABLE_CHARACTERS_MAX = 100_000;

const OF_JOB = ["simrun.job", "simrun.seed", "simrun.steps", "simrun.cores"] as const;
const OF_RUN = OWN_VALUES.filter((name) => !OF_JOB.some((one) => one === name))
  .map((name) => ({ name, variable: ownVariable(name) }));

/** What all runs of a job have in their environment: that of the user, and what simrun knows of the job. */
export function jobEnvironment(model: CommandModel, job: Job, user: Variables): Variables {
  const cores = jobValue(job, "simrun.cores");
  const environment: Record<string, string> = {
    [THREADS_VARIABLE]: startsRanks(model) ? "1" : cores,
    ...user,
  };
  for (const name of OF_JOB) environment[ownVariable(name)] = jobValue(job, name);
  return environment;
}

/** Of one run; `shared` by all of its job. */
export function commandEnvironment(
  model: CommandModel,
  values: CommandValues,
  shared: Variables,
): Environment {
  const environment: Record<string, string> = {};
  for (const { name, variable } of OF_RUN) {
    const value = values.of(name);
    // Only who has samples has the number of one.
    if (value !== "" || name !== "simrun.sample") environment[variable] = value;
  }
  if (model.pass.includes("environment")) {
    for (const [name, value] of Object.entries(values.parameters)) {
      const text = valueText(value);
      // It is in the file; where it is nowhere else, the system says that it is too long.
      if (text.length > VARIABLE_CHARACTERS_MAX && model.pass.includes("file")) continue;
      environment[variableOf(name)] = text;
    }
  }
  for (const [name, text] of Object.entries(model.env)) environment[name] = filled(text, values);
  return { shared, own: environment };
}

/** As `parameters.json` holds them: what JSON has no word for stands as text, which Python's float() reads. */
export function plainParameters(
  parameters: CommandValues["parameters"],
): { readonly [name: string]: unknown } {
  return JSON.parse(
    JSON.stringify(
      parameters,
      (_key, value) =>
        typeof value === "number" && !Number.isFinite(value)
          ? String(value).replace("Infinity", "inf")
          : typeof value === "bigint"
          ? encodePlain(value)
          : value,
    ),
  );
}
