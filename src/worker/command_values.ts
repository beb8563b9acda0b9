/** What placeholders and the environment of a command stand for, in one run. Pure but for the digest of its seed. */
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
        case "simrun.job":
          return job.id;
        case "simrun.run":
          return own.run;
        case "simrun.seed":
          return String(job.seed);
        case "simrun.random_seed":
          // Positive, and within what programs read into 32 bits.
          return String((randomSeed(job, point)[0]! & 0x7fffffff) || 1);
        case "simrun.steps":
          return String(job.steps);
        case "simrun.attempt":
          return String(own.attempt);
        case "simrun.cores":
          return String(job.cores ?? 1);
        case "simrun.repeat":
          return String(numbers.repeat);
        case "simrun.sample":
          return String(numbers.sample ?? "");
        case "simrun.step":
          return String(own.step);
        case "simrun.checkpoint":
          return own.checkpoint;
        default:
          throw new Error(`no value for the placeholder ${name}`);
      }
    },
  };
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

/** `own` is the user's environment. */
export function commandEnvironment(
  model: CommandModel,
  values: CommandValues,
  own: { readonly [name: string]: string },
): { [name: string]: string } {
  const threads = { [THREADS_VARIABLE]: startsRanks(model) ? "1" : values.of("simrun.cores") };
  const environment: Record<string, string> = { ...threads, ...own };
  for (const name of OWN_VALUES) {
    const value = values.of(name);
    // Only who has samples has the number of one.
    if (value !== "" || name !== "simrun.sample") environment[ownVariable(name)] = value;
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
  return environment;
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
