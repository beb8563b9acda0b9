/** A command as a model: any program, what it is handed, and how its progress, results and end are read. Plain data. */

/** A word of a command: text with placeholders, or a file that the manifest names with `./` or `../`. */
export type Word = string | { readonly file: string };

/** A file with placeholders that is written into the run's folder with its values in their place. */
export interface CommandTemplate {
  /** Absolute. */
  readonly file: string;
  /** Where it stands in the run's folder. */
  readonly as: string;
  /** What a placeholder begins and ends with. */
  readonly marks: readonly [open: string, close: string];
}

/** Where something is read from: a file of the run's folder; what the program prints when it is absent. */
export interface OutputSource {
  readonly file?: string;
}

/** One number or text of the result. Exactly one of `pattern`, `column`, `at`. */
export interface ResultField extends OutputSource {
  /** A regular expression: its last match, and of that its first group. */
  readonly pattern?: string;
  /** Of a CSV file, or one with columns between blanks: the value in its last row. */
  readonly column?: string;
  /** Of a JSON file: keys and indices with dots between. */
  readonly at?: string;
}

export type CommandResults =
  /** A whole file: JSON as it is, of a table the last row, of other text the text. */
  | { readonly kind: "file"; readonly file: string }
  | { readonly kind: "fields"; readonly fields: { readonly [name: string]: ResultField } };

/** How rows of measurements are found in what the program writes. */
export type CommandMeasure =
  & OutputSource
  & (
    /** Named groups are columns; one called `step` is the step. */
    | { readonly kind: "pattern"; readonly pattern: string }
    /** Lines of numbers under a line of names that begins with this one, which counts the steps. */
    | { readonly kind: "table"; readonly head: string }
  );

/** What must be so for a way to end; of several every one. */
export interface EndCondition extends OutputSource {
  readonly exit?: readonly number[];
  /** Found in what the program prints, or in the file. */
  readonly pattern?: string;
}

export interface CommandCheckpoint {
  /** Globs over the run's folder: together they are one checkpoint. */
  readonly files: readonly string[];
  /** A regular expression on their names: its first group is the step. Without it the progress is taken. */
  readonly step?: string;
  /** They are whole when nobody has written to them for so long. */
  readonly settledMs: number;
}

export interface CommandModel {
  readonly kind: "command";
  /** What stands for it in messages and in what was learned: its first file, or its program. */
  readonly path: string;
  readonly command: readonly Word[];
  /** Goes on from a checkpoint, whose files lie in the folder then. */
  readonly restart?: readonly Word[];
  /** One text for `/bin/sh -c`, into which no value is pasted: they are in its environment. */
  readonly shell?: string;
  readonly templates: readonly CommandTemplate[];
  readonly env: { readonly [name: string]: string };
  /** Other ways in which parameters reach the program than by placeholders. */
  readonly pass: readonly ("environment" | "file")[];
  /** A regular expression on what it prints: its first group is the step. */
  readonly progress?: OutputSource & { readonly pattern: string };
  readonly measure?: CommandMeasure;
  readonly results?: CommandResults;
  /** Exit status 0 when absent. */
  readonly done?: EndCondition;
  /** Ends for a passing reason, and is tried again. */
  readonly transient?: EndCondition;
  readonly failed?: EndCondition;
  readonly checkpoint?: CommandCheckpoint;
  /** Globs of files to keep; all that it wrote when absent. */
  readonly keep?: readonly string[];
  /** Between being asked to end and being killed. */
  readonly graceMs: number;
}

export const DEFAULT_MARKS: readonly [string, string] = ["${", "}"];
export const DEFAULT_GRACE_MS = 5_000;
export const DEFAULT_SETTLED_MS = 500;

/** The parameters of a run, where `pass: file` asks for it. */
export const PARAMETERS_FILE = "parameters.json";
/** The results that a run needs. */
export const NEEDS_FILE = "needs.json";

/** The environment variable of a parameter. */
export function variableOf(parameter: string): string {
  return `SIMRUN_PARAM_${parameter.replace(/[^A-Za-z0-9_]/g, "_")}`;
}

/** Programs with threads ask for it; it is what `cores` of the job says, unless somebody has set it. */
export const THREADS_VARIABLE = "OMP_NUM_THREADS";

/** Starters of processes that share the cores out among themselves: each of these has one thread. */
const STARTERS = ["mpirun", "mpiexec", "mpiexec.hydra", "orterun", "prterun", "srun"];

export function startsRanks({ command: [program] }: Pick<CommandModel, "command">): boolean {
  return typeof program === "string" &&
    STARTERS.includes(program.slice(program.lastIndexOf("/") + 1));
}

/** What a placeholder may name beside parameters; each begins with `simrun.`. */
export const OWN_VALUES = [
  "simrun.job",
  "simrun.run",
  "simrun.seed",
  "simrun.random_seed",
  "simrun.steps",
  "simrun.attempt",
  "simrun.cores",
  "simrun.repeat",
  "simrun.sample",
  "simrun.checkpoint",
  "simrun.step",
] as const;

/** As it stands in the environment: `SIMRUN_RANDOM_SEED`. */
export function ownVariable(name: string): string {
  return name.toUpperCase().replace(".", "_");
}

/** Every file of the manifest's side that it is made of, absolute: words and templates. */
export function filesOf({ command, restart = [], templates }: CommandModel): string[] {
  const words = [...command, ...restart].flatMap((word) =>
    typeof word === "string" ? [] : [word.file]
  );
  return [...new Set([...words, ...templates.map(({ file }) => file)])];
}
