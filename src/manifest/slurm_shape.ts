/** The shape of `slurm`: what a campaign asks of Slurm, in a manifest or in a profile of its own. */
import { mergeWishes, type SlurmWishes } from "../job/slurm.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { fieldsSchema, type FieldValues, readFields } from "./fields.ts";
import { findEntry, isNull, type YamlMap, type YamlNode } from "./node.ts";
import { count, duration, type JsonSchema, list, mustBe, Report, size, text } from "./shape.ts";
import { type ManifestSource, SourceText } from "./source.ts";
import { readYaml } from "./yaml.ts";

/** Words go into a script as they are: none of them may end its line or begin another. */
const WORD = /^[A-Za-z0-9_.,@:+-]{1,100}$/;
const OPTION = /^--?[A-Za-z][^\n\r]{0,500}$/;
const LINE = /^[^\n\r]{1,2000}$/;

const SLURM_FIELDS = {
  nodes: { shape: count({ max: 10_000 }), about: "Shards, each on a node of its own.", default: 1 },
  cpus_per_task: {
    shape: count({ max: 100_000 }),
    about: "Cores of each node; a shard computes on all of them.",
  },
  time: {
    shape: duration(),
    about: "How long a node is asked for; what is not done by then is queued again.",
    examples: ["4h", "1-12:00:00"],
  },
  mem: { shape: size({ min: 2 ** 27 }), about: "Memory of each node.", examples: ["32GiB"] },
  partition: {
    shape: text(WORD, "the name of a partition"),
    about: "Or several, with commas between them.",
  },
  account: { shape: text(WORD, "the name of an account"), about: "Who pays for it." },
  sbatch: {
    shape: list(text(OPTION, "an option of sbatch"), `"--qos=long"`),
    about: "Further options of sbatch, as they stand after #SBATCH.",
    examples: [["--qos=long", "--constraint=skylake"]],
  },
  setup: {
    shape: list(text(LINE, "a line of shell"), `"module load ngspice"`),
    about: "Lines of shell before simrun starts on a node.",
    examples: [["module load ngspice"]],
  },
} as const;

const FOREIGN = {
  synonyms: {
    cpus: "cpus_per_task",
    cores: "cpus_per_task",
    "cpus-per-task": "cpus_per_task",
    memory: "mem",
    walltime: "time",
    "time-limit": "time",
    time_limit: "time",
    queue: "partition",
    shards: "nodes",
    extra: "sbatch",
    options: "sbatch",
    modules: "setup",
  },
};

export const slurmSchema: JsonSchema = {
  ...fieldsSchema(SLURM_FIELDS),
  type: ["object", "null"],
};

/** Adds what a document asks for to what others did, and answers the rest of it. */
export function takeSlurm(
  root: YamlMap,
  wishes: SlurmWishes,
  report: Report,
): { readonly root: YamlMap; readonly wishes: SlurmWishes } {
  const entry = findEntry(root, "slurm");
  if (entry === undefined) return { root, wishes };
  const own = readSlurm(entry.value, "slurm", report);
  for (const key of Object.keys(own) as (keyof SlurmWishes)[]) {
    const [here, there] = [own[key], wishes[key]];
    if (Array.isArray(here) || there === undefined || there === here) continue;
    const message = `"slurm" asks for another ${WRITTEN[key]} than a manifest before it`;
    report.error(entry.value, "conflict", message, "They are one campaign: say it once.");
  }
  const rest = { ...root, entries: root.entries.filter((one) => one !== entry) };
  return { root: rest, wishes: mergeWishes(wishes, own) };
}

/** A file with nothing but what stands under `slurm` in a manifest. */
export function readProfile(
  source: ManifestSource,
): { readonly wishes: SlurmWishes; readonly diagnostics: readonly Diagnostic[] } {
  const report = new Report();
  const { roots, diagnostics } = readYaml(new SourceText(source));
  let wishes: SlurmWishes = {};
  for (const root of roots) {
    const inner = root.kind === "map" ? findEntry(root, "slurm")?.value ?? root : root;
    wishes = mergeWishes(wishes, readSlurm(inner, "slurm", report));
  }
  return { wishes, diagnostics: [...diagnostics, ...report.diagnostics] };
}

const WRITTEN: { readonly [key in keyof SlurmWishes]-?: string } = {
  nodes: "number of nodes",
  cpusPerTask: "number of cores",
  timeMs: "time",
  memoryBytes: "memory",
  partition: "partition",
  account: "account",
  sbatch: "options",
  setup: "setup",
};

function readSlurm(node: YamlNode, name: string, report: Report): SlurmWishes {
  if (isNull(node)) return {};
  if (node.kind !== "map") {
    const hint = "For example slurm: { nodes: 8, cpus_per_task: 16, time: 4h }.";
    mustBe(node, name, "a mapping with what is asked of Slurm", report, hint);
    return {};
  }
  return wishesOf(readFields(SLURM_FIELDS, node, name, report, FOREIGN));
}

function wishesOf(values: FieldValues<typeof SLURM_FIELDS>): SlurmWishes {
  const { nodes, cpus_per_task: cpusPerTask, time: timeMs, mem: memoryBytes } = values;
  const { partition, account, sbatch, setup } = values;
  return {
    ...(nodes !== undefined && { nodes }),
    ...(cpusPerTask !== undefined && { cpusPerTask }),
    ...(timeMs !== undefined && { timeMs }),
    ...(memoryBytes !== undefined && { memoryBytes }),
    ...(partition !== undefined && { partition }),
    ...(account !== undefined && { account }),
    ...(sbatch !== undefined && { sbatch }),
    ...(setup !== undefined && { setup }),
  };
}

/** The same as it would be written: what {@linkcode readProfile} reads. */
export function profileOf(wishes: SlurmWishes): { readonly [key: string]: unknown } {
  const { nodes, cpusPerTask, timeMs, memoryBytes, partition, account, sbatch, setup } = wishes;
  return {
    ...(nodes !== undefined && { nodes }),
    ...(cpusPerTask !== undefined && { cpus_per_task: cpusPerTask }),
    ...(timeMs !== undefined && { time: timeMs / 1000 }),
    ...(memoryBytes !== undefined && { mem: memoryBytes }),
    ...(partition !== undefined && { partition }),
    ...(account !== undefined && { account }),
    ...(sbatch !== undefined && { sbatch }),
    ...(setup !== undefined && { setup }),
  };
}
