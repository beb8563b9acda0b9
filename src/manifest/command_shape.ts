/** The shape of a model that is a command: a program, what it is handed, and how its output is read. */
import {
  type CommandModel,
  type CommandTemplate,
  DEFAULT_GRACE_MS,
  DEFAULT_SETTLED_MS,
  type EndCondition,
  filesOf,
} from "../job/command.ts";
import { choice } from "./choice_shape.ts";
import {
  measureShape,
  oneOrMore,
  progressShape,
  regularExpression,
  resultsShape,
} from "./command_output_shape.ts";
import { ownPathShape } from "./command_paths.ts";
import { environmentShape, templatesShape, wordsShape } from "./command_words_shape.ts";
import { fields, fieldsSchema, type ForeignWords, readFields } from "./fields.ts";
import { findEntry, type YamlMap } from "./node.ts";
import { quote } from "./quote.ts";
import { count, duration, mustBe, type Report, type Shape, text } from "./shape.ts";

function endShape(example: string): Shape<EndCondition> {
  const table = {
    exit: {
      shape: oneOrMore(count({ min: 0, max: 255 })),
      about: "Exit statuses.",
      examples: [0, [0, 3]],
    },
    pattern: {
      shape: regularExpression(),
      about: "A regular expression found in what it prints, or in the file.",
    },
    file: { shape: ownPathShape(), about: "A file of the run's folder that must be there." },
  };
  const all = fields(table, { synonyms: { status: "exit", code: "exit", regex: "pattern" } });
  const brief = regularExpression();
  return {
    schema: { anyOf: [{ type: "string" }, all.schema] },
    read(node, name, report) {
      if (node.kind === "scalar" && typeof node.value === "string") {
        const pattern = brief.read(node, name, report);
        return pattern === undefined ? undefined : { pattern };
      }
      if (node.kind !== "map" || node.entries.length === 0) {
        const hint = `For example ${name}: ${example}.`;
        return mustBe(node, name, "a pattern, or { exit, pattern, file }", report, hint);
      }
      return all.read(node, name, report);
    },
  };
}

const COMMAND_FIELDS = {
  command: {
    shape: wordsShape(),
    about:
      "The program and its words. Words that begin with ./ or ../ are files beside the manifest; " +
      "${name} stands for a parameter.",
    examples: [["python3", "./simulate.py", "--co2", "${co2}"]],
  },
  shell: {
    shape: text(),
    about:
      "Instead of command: a line for /bin/sh. Parameters are in its environment, as $SIMRUN_PARAM_co2.",
  },
  restart: {
    shape: wordsShape(),
    about: "The command that goes on from a checkpoint, whose files lie in the run's folder.",
    examples: [["lmp", "-in", "./restart.in", "-var", "from", "${simrun.checkpoint}"]],
  },
  templates: {
    shape: templatesShape(),
    about: "Files with placeholders, written into the run's folder with the values in their place.",
    examples: [["./buck.cir"], [{ file: "in.melt", marks: ["<<", ">>"] }]],
  },
  env: {
    shape: environmentShape(),
    about: "Environment variables; ${name} stands for a parameter.",
    examples: [{ OMP_NUM_THREADS: 1 }],
  },
  pass: {
    shape: oneOrMore(choice<"environment" | "file">(
      { environment: "environment", file: "file" },
      { env: "environment", json: "file" },
    )),
    about:
      "Other ways for all parameters: environment (SIMRUN_PARAM_name) or file (parameters.json).",
    examples: ["file"],
  },
  progress: {
    shape: progressShape(),
    about: "A regular expression whose first group is the step; on what it prints, or on a file.",
    examples: ["^step (\\d+)"],
  },
  measure: {
    shape: measureShape(),
    about:
      "Rows of measurements: a pattern with named groups, or a table by the first name of its head.",
    examples: [{ table: "Step" }],
  },
  results: {
    shape: resultsShape(),
    about: "A file that is the result, or numbers by name, each with pattern, column or at.",
    examples: ["result.json", { ripple: { pattern: "ripple = (\\S+)" } }],
  },
  done: { shape: endShape("{ exit: 0 }"), about: "What must be so for the run to be complete." },
  transient: {
    shape: endShape("{ exit: 75 }"),
    about: "Ends that pass: the run is tried again.",
  },
  failed: { shape: endShape('"ERROR"'), about: "Ends that count as failed, whatever else is so." },
  checkpoint: {
    shape: checkpointShape(),
    about: "Which files of the run's folder are a checkpoint, for restart.",
    examples: [{ files: "*.rst" }],
  },
  keep: {
    shape: oneOrMore(ownGlobShape()),
    about: "Files to keep of a run that completed, as globs; all that it wrote when absent.",
    examples: [["*.raw"], []],
  },
  grace: {
    shape: duration({ zero: true }),
    about: "How long after SIGTERM it is killed.",
    default: `${DEFAULT_GRACE_MS / 1000}s`,
  },
} as const;

const FOREIGN: ForeignWords = {
  synonyms: {
    args: "command",
    cmd: "command",
    run: "command",
    exec: "command",
    program: "command",
    environment: "env",
    template: "templates",
    result: "results",
    output: "results",
    outputs: "keep",
    done_when: "done",
    success: "done",
    retry_on: "transient",
    resume: "restart",
    checkpoints: "checkpoint",
    inputs: "inputs, a key of the job",
    timeout: "timeout, a key of the job",
    cores: "cores, a key of the job",
    threads: "cores, a key of the job",
    memory: "memory, a key of the job",
  },
};

function checkpointShape(): Shape<CommandModel["checkpoint"] & object> {
  const table = {
    files: { shape: oneOrMore(ownGlobShape()), about: "Globs over the run's folder." },
    step: {
      shape: regularExpression(1),
      about: "A regular expression on the names of the files, whose first group is the step.",
    },
    settled: {
      shape: duration({ zero: true }),
      about: "Files are whole when nobody has written to them for so long.",
      default: `${DEFAULT_SETTLED_MS}ms`,
    },
  };
  const globs = oneOrMore(ownGlobShape());
  return {
    schema: { anyOf: [globs.schema, fieldsSchema(table, ["files"])] },
    read(node, name, report) {
      if (node.kind !== "map") {
        const files = globs.read(node, name, report);
        return files === undefined ? undefined : { files, settledMs: DEFAULT_SETTLED_MS };
      }
      const { files, step, settled } = readFields(table, node, name, report);
      if (files === undefined) {
        const hint = `For example ${name}: { files: "*.rst" }.`;
        return mustBe(node, name, "globs of files", report, hint);
      }
      return {
        files,
        ...(step !== undefined && { step }),
        settledMs: settled ?? DEFAULT_SETTLED_MS,
      };
    },
  };
}

/** A glob over the run's own folder. */
function ownGlobShape(): Shape<string> {
  return ownPathShape("a glob over files of the run's folder");
}

export const commandSchema = {
  ...fieldsSchema(COMMAND_FIELDS),
  oneOf: [{ required: ["command"] }, { required: ["shell"] }],
  dependentRequired: { checkpoint: ["restart"], restart: ["checkpoint"] },
  title: "command",
};

export function readCommand(map: YamlMap, name: string, report: Report): CommandModel | undefined {
  const before = report.failures;
  const values = readFields(COMMAND_FIELDS, map, name, report, FOREIGN);
  const { command, shell, restart, checkpoint, templates = [], keep } = values;
  if ((command === undefined) === (shell === undefined) && report.failures === before) {
    const message = command === undefined
      ? "The model has neither command nor shell"
      : "The model has both command and shell";
    report.error(map, "conflict", message, "For example command: [python3, ./simulate.py].");
  }
  // One that is there and wrong is told of already.
  const has = (key: string) => findEntry(map, key) !== undefined;
  if (has("restart") !== has("checkpoint")) {
    const [there, missing] = has("checkpoint")
      ? ["checkpoint", "restart"]
      : ["restart", "checkpoint"];
    report.error(
      findEntry(map, there!)!.keyNode,
      "conflict",
      `"${there}" stands without "${missing}"`,
      missing === "restart"
        ? "Say how to go on from these files: restart: [command, …]."
        : 'Say which files make a checkpoint: checkpoint: "*.rst".',
    );
  }
  if (checkpoint !== undefined && checkpoint.step === undefined && !tellsSteps(values)) {
    const message = "Nothing tells the step of a checkpoint: none would ever be saved";
    const hint = "Say progress: 'step (\\d+)', a measure with steps, or checkpoint: " +
      "{ files: …, step: '(\\d+)' } where their names have it.";
    report.error(findEntry(map, "checkpoint")!.keyNode, "conflict", message, hint);
  }
  checkNamesOnce(templates, map, report);
  if (report.failures > before) return undefined;
  const { pass = [], env = {}, grace, progress, measure, results, done, transient, failed } =
    values;
  const model = {
    kind: "command",
    command: command ?? ["/bin/sh", "-c", shell!],
    ...(shell !== undefined && { shell }),
    ...(restart !== undefined && { restart }),
    templates,
    env,
    // A shell finds them nowhere else.
    pass: shell === undefined ? pass : [...new Set([...pass, "environment" as const])],
    ...(progress !== undefined && { progress }),
    ...(measure !== undefined && { measure }),
    ...(results !== undefined && { results }),
    ...(done !== undefined && { done }),
    ...(transient !== undefined && { transient }),
    ...(failed !== undefined && { failed }),
    ...(checkpoint !== undefined && { checkpoint }),
    ...(keep !== undefined && { keep }),
    graceMs: grace ?? DEFAULT_GRACE_MS,
  } as const;
  const program = model.command[0]!;
  const path = filesOf({ ...model, path: "" })[0] ??
    (typeof program === "string" ? program : program.file);
  return { ...model, path };
}

/** Whether simrun learns from the program how far it is. */
function tellsSteps({ progress, measure }: Partial<Pick<CommandModel, "progress" | "measure">>) {
  return progress !== undefined || measure?.kind === "table" ||
    measure !== undefined && measure.pattern.includes("(?<step>");
}

function checkNamesOnce(
  templates: readonly CommandTemplate[],
  map: YamlMap,
  report: Report,
): void {
  const names = new Set<string>();
  for (const { as } of templates) {
    if (names.has(as)) {
      const message = `Two templates are written to ${quote(as)}`;
      report.error(findEntry(map, "templates")!.keyNode, "conflict", message, "Give one as: … .");
    }
    names.add(as);
  }
}
