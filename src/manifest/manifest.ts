/** Reads manifests: YAML text to checked jobs, and all mistakes of all files with their places. Pure. */
import {
  DEFAULT_CHECKPOINT,
  DEFAULT_HANG_MS,
  DEFAULT_PRIORITY,
  DEFAULT_RETRIES,
  type Grants,
  type Job,
  type ModelReference,
  NEVER_HANGS_MS,
} from "../job/job.ts";
import type { SinkSpec } from "../job/sink.ts";
import type { SlurmWishes } from "../job/slurm.ts";
import { countPoints, sweepNames } from "../plan/sweep.ts";
import { backoffOf } from "./backoff.ts";
import { layOver } from "./defaults.ts";
import type { Diagnostic, Place } from "./diagnostic.ts";
import { readFields, refuseKey } from "./fields.ts";
import { JOB_FIELDS, JOB_FOREIGN, REQUIRED_FIELDS } from "./job_fields.ts";
import { JobIds } from "./job_ids.ts";
import { checkKeysOfKind } from "./kind_keys.ts";
import { LIMITS } from "./limits.ts";
import { locate, nodeAt, type Part } from "./locate.ts";
import { checkNeeds, type ReadJob } from "./needs.ts";
import { findEntry, isNull, type YamlMap, type YamlNode } from "./node.ts";
import { type NamelessSink, nameSinks, takeSinks } from "./notify.ts";
import { checkOneCadence, checkOneSweep } from "./one_of_two.ts";
import { checkOrigins } from "./origins.ts";
import { mustBe, Report } from "./shape.ts";
import { takeSlurm } from "./slurm_shape.ts";
import { type ManifestSource, SourceText } from "./source.ts";
import { didYouMean } from "./suggest.ts";
import { readUntil } from "./until_shape.ts";
import { readYaml } from "./yaml.ts";

export type { ManifestSource } from "./source.ts";
export type { Part } from "./locate.ts";

export interface ManifestReading {
  /** The jobs without a mistake, in the order of the files. Run none of them if there is any error. */
  readonly jobs: readonly Job[];
  /** Who is to be told of what happens, each with a name of its own. */
  readonly sinks: readonly SinkSpec[];
  /** What the campaign asks of Slurm, when it is submitted there. */
  readonly slurm: SlurmWishes;
  /** In the order of the files and lines. */
  readonly diagnostics: readonly Diagnostic[];
  /** Where a part of a job stands: `locate("a", ["parameters", "co2"])`, `locate("a", ["sweep", "co2", 3])`. */
  locate(jobId: string, path: readonly (string | number)[], what?: Part): Place | undefined;
}

export interface ReadOptions {
  /** A sweep with more points than this is refused. */
  readonly maxPoints?: number;
}

export const DEFAULT_MAX_POINTS = 5_000_000;

const JOB_KEYS = Object.keys(JOB_FIELDS);
const { id: _id, ...SHARED_FIELDS } = JOB_FIELDS;

export function readManifests(
  sources: readonly ManifestSource[],
  options: ReadOptions = {},
): ManifestReading {
  const { maxPoints = DEFAULT_MAX_POINTS } = options;
  const ids = new JobIds();
  const read = new Map<string, ReadJob>();
  const beside: Beside = { sinks: [], slurm: {} };
  const files: { readonly found: readonly Diagnostic[]; readonly report: Report }[] = [];
  for (const source of sources) {
    const text = new SourceText(source);
    const { roots, diagnostics: found } = readYaml(text);
    const report = new Report();
    for (const map of roots.flatMap((root) => jobMaps(root, beside, report))) {
      const job = readJob(map, maxPoints, report);
      const id = ids.check(map, report);
      if (id !== undefined && !read.has(id)) read.set(id, { map, job, report });
    }
    if (roots.length === 0 && found.length === 0) report.diagnostics.push(noJobs(text));
    files.push({ found, report });
  }
  const refused = new Set([...checkNeeds(read), ...checkOrigins(read)]);
  const jobs: Job[] = [];
  for (const [id, { job }] of read) {
    if (job !== undefined && !refused.has(id)) jobs.push(job);
  }
  const diagnostics: Diagnostic[] = [];
  for (const { found, report } of files) {
    for (const one of [...found, ...report.diagnostics].sort(byPlace)) diagnostics.push(one);
  }
  return {
    ...{ jobs, diagnostics, sinks: nameSinks(beside.sinks), slurm: beside.slurm },
    locate: (id, path, what) => locate(read.get(id)?.map, path, what),
  };
}

/** What documents say beside their jobs. */
interface Beside {
  readonly sinks: NamelessSink[];
  slurm: SlurmWishes;
}

/** The jobs of a document, each laid over the document's defaults; what it says beside them is added to that of others. */
function jobMaps(whole: YamlNode, beside: Beside, report: Report): YamlMap[] {
  if (whole.kind === "list") return jobsOfList(whole.items, undefined, whole, report);
  if (whole.kind === "scalar") {
    mustBe(whole, "manifest", "a job or a list of jobs", report);
    return [];
  }
  const { root, wishes } = takeSlurm(
    takeSinks(whole, beside.sinks, report),
    beside.slurm,
    report,
  );
  beside.slurm = wishes;
  const jobs = findEntry(root, "jobs");
  const shared = findEntry(root, "defaults");
  if (jobs === undefined && shared === undefined) {
    if (root.entries.some(({ key }) => Object.hasOwn(JOB_FIELDS, key))) return [root];
    refuseDocument(root, report);
    return [];
  }
  for (const entry of root.entries) {
    const { key, keyNode } = entry;
    if (key === "jobs" || key === "defaults") continue;
    if (Object.hasOwn(JOB_FIELDS, key)) {
      const hint = `Put it under "defaults" if it is for all jobs.`;
      report.error(keyNode, "unknown-key", `"${key}" stands beside "jobs"`, hint);
    } else refuseKey(entry, ["jobs", "defaults", "notify", "slurm"], "", report);
  }
  const defaults = readDefaults(shared?.value, report);
  if (jobs === undefined) {
    report.error(shared!.keyNode, "missing-key", `"defaults" stands without "jobs"`);
    return [];
  }
  if (jobs.value.kind !== "list") {
    const hint = "Each job begins with a dash: - id: …";
    mustBe(jobs.value, "jobs", "a list of jobs", report, hint);
    return [];
  }
  return jobsOfList(jobs.value.items, defaults, jobs.value, report);
}

function jobsOfList(
  items: readonly YamlNode[],
  defaults: YamlMap | undefined,
  list: YamlNode,
  report: Report,
): YamlMap[] {
  if (items.length === 0) report.error(list, "empty", "The list of jobs is empty");
  const maps: YamlMap[] = [];
  let size = 0;
  for (const item of items) {
    if (item.kind !== "map") {
      mustBe(item, "job", "a mapping with id, model and steps", report);
      continue;
    }
    const map = layOver(item, defaults);
    size += map.size;
    if (size > LIMITS.nodes) {
      const message = `With the defaults written out, the jobs up to here have more than ${
        LIMITS.nodes.toLocaleString("en")
      } values`;
      report.error(item, "limit", message);
      break;
    }
    maps.push(map);
  }
  return maps;
}

function readDefaults(node: YamlNode | undefined, report: Report): YamlMap | undefined {
  if (node === undefined || isNull(node)) return undefined;
  if (node.kind !== "map") {
    return mustBe(node, "defaults", "a mapping with keys of a job", report);
  }
  const id = findEntry(node, "id");
  if (id !== undefined) {
    report.error(id.keyNode, "unknown-key", `"defaults" cannot give an "id": each job has its own`);
  }
  const shared = { ...node, entries: node.entries.filter((entry) => entry !== id) };
  // Checked here once, so that a mistake is found even where no job takes the value.
  readFields(SHARED_FIELDS, shared, "", report, JOB_FOREIGN);
  return shared;
}

function readJob(map: YamlMap, maxPoints: number, report: Report): Job | undefined {
  const before = report.failures;
  const values = readFields(JOB_FIELDS, map, "", report, JOB_FOREIGN);
  const name = values.id === undefined ? "A job" : `Job "${values.id}"`;
  const isCommand = findEntry(map, "model")?.value.kind === "map";
  checkKeysOfKind(map, values.model, values.cores ?? 1, report);
  // A command need not count any steps.
  for (const key of isCommand ? REQUIRED_FIELDS : [...REQUIRED_FIELDS, "steps"] as const) {
    if (findEntry(map, key) === undefined) {
      const node = findEntry(map, "id")?.value ?? map;
      report.error(node, "missing-key", `${name} has no "${key}"`, EXAMPLES[key]);
    }
  }
  checkOneCadence(map, report);
  checkBackoff(map, values.retry, report);
  const { id, model, parameters = {}, checkpoint = {} } = values;
  const sweep = values.optimize === undefined ? values.sweep : { parts: [values.optimize] };
  checkOneSweep(map, report);
  const until = readUntil(map, values.until, sweep, report);
  const steps = values.steps ??
    (model?.kind === "plecs" ? model.segments : isCommand ? 1 : undefined);
  if (sweep !== undefined) {
    const word = values.optimize === undefined ? "sweep" : "optimize";
    const node = findEntry(map, word)!.keyNode;
    const count = countPoints(sweep);
    if (count > Number.MAX_SAFE_INTEGER) {
      const message = "The sweep has more points than can be counted";
      report.error(node, "sweep-too-large", message, "Give it fewer parameters, or fewer values.");
    } else if (count > maxPoints) {
      const message = `The sweep has ${count.toLocaleString("en")} points; ` +
        `more than ${maxPoints.toLocaleString("en")} must be asked for`;
      report.error(node, "sweep-too-large", message, `Add --max-points ${count} to ask for them.`);
    }
    for (const swept of sweepNames(sweep)) {
      if (!Object.hasOwn(parameters, swept)) continue;
      const message = `"${swept}" stands in both "parameters" and "${word}"`;
      report.error(nodeAt(map, ["parameters", swept]), "conflict", message, "Remove one of them.");
    }
  }
  if (report.failures > before) return undefined;
  if (id === undefined || model === undefined || steps === undefined) return undefined;
  return {
    id,
    model,
    steps,
    parameters,
    priority: values.priority ?? DEFAULT_PRIORITY,
    ...(sweep === undefined ? {} : { sweep }),
    seed: values.seed ?? 0,
    checkpoint: {
      every: keepsNothing(model)
        ? { kind: "off" }
        : values.checkpoint_every ?? checkpoint.every ?? DEFAULT_CHECKPOINT.every,
      keep: checkpoint.keep ?? DEFAULT_CHECKPOINT.keep,
      ...(checkpoint.keep_every === undefined ? {} : { keepEverySteps: checkpoint.keep_every }),
    },
    ...(values.measure_every === undefined ? {} : { measureEverySteps: values.measure_every }),
    inputs: values.inputs ?? {},
    ...grantsOf(values.allow),
    hangMs: values.hang_after ?? (isCommand ? NEVER_HANGS_MS : DEFAULT_HANG_MS),
    retries: values.retry?.limit ?? DEFAULT_RETRIES,
    ...retryWaits(values.retry),
    ...(values.timeout === undefined || values.timeout === "off"
      ? {}
      : { timeoutMs: values.timeout }),
    ...(values.on_nan === undefined ? {} : { onNan: values.on_nan }),
    ...(values.memory === undefined ? {} : { memoryBytes: values.memory }),
    ...(model.kind === "command" && (values.cores ?? 1) > 1 && { cores: values.cores! }),
    ...(values.needs === undefined || values.needs.length === 0 ? {} : { needs: values.needs }),
    ...(values.from === undefined ? {} : { from: values.from }),
    ...(until !== undefined && { until }),
  };
}

/** A command that says of no files that they are a checkpoint; a simulation in one piece. */
function keepsNothing(model: ModelReference): boolean {
  return model.kind === "command" && model.checkpoint === undefined ||
    model.kind === "plecs" && model.segments === 1;
}

type Retry = { readonly backoff?: number; readonly backoff_max?: number };

function retryWaits({ backoff, backoff_max: most }: Retry = {}): Pick<Job, "backoff"> {
  if (backoff === undefined && most === undefined) return {};
  return { backoff: backoffOf(backoff, most) };
}

function checkBackoff(map: YamlMap, retry: Retry | undefined, report: Report): void {
  const { backoff, backoff_max: most } = retry ?? {};
  if (backoff === undefined || most === undefined || backoff <= most) return;
  const message = `"retry.backoff" is longer than "retry.backoff_max"`;
  const hint =
    "The first wait is backoff, each further one twice as long, none beyond backoff_max.";
  report.error(nodeAt(map, ["retry", "backoff"]), "conflict", message, hint);
}

/** Nothing granted is nothing written: the job is what it was before there were grants. */
function grantsOf(allow: Partial<Grants> = {}): Pick<Job, "allow"> {
  const grants = { read: allow.read ?? [], net: allow.net ?? [] };
  return grants.read.length + grants.net.length === 0 ? {} : { allow: grants };
}

const EXAMPLES: { readonly [key in (typeof REQUIRED_FIELDS)[number] | "steps"]: string } = {
  id: "Name it, for example id: climate_2030.",
  model: "Name the model's file, for example model: ../models/heat.ts.",
  steps: "Say how many steps to compute, for example steps: 100000.",
};

function refuseDocument(root: YamlMap, report: Report): void {
  const hints = root.entries.map(({ key }) => didYouMean(key, ["jobs", "defaults", ...JOB_KEYS]));
  const hint = hints.find((found) => found !== undefined) ??
    "A job has id, model and steps; several jobs stand under jobs: as a list.";
  report.error(root, "missing-key", "This is neither a job nor a list of jobs", hint);
}

function noJobs(source: SourceText): Diagnostic {
  const hint = "Type simrun init for an example to start from.";
  const message = "The file is empty: it holds no job";
  return { code: "empty", severity: "error", message, place: source.place(0, 0), hint };
}

function byPlace(a: Diagnostic, b: Diagnostic): number {
  if (a.place === undefined || b.place === undefined) return 0;
  return a.place.line - b.place.line || a.place.column - b.place.column;
}
