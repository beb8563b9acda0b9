/** From checked jobs to a plan: loads the models, checks parameters against them, looks at the history. */
import { load } from "../job/load.ts";
import { Fault } from "../job/fault.ts";
import { isModelFile, type Job, type ModelReference } from "../job/job.ts";
import { checkParameters } from "../manifest/parameters.ts";
import type { ManifestReading } from "../manifest/manifest.ts";
import type { Diagnostic, Place } from "../manifest/diagnostic.ts";
import type { JobToPlan } from "../plan/plan.ts";
import type { ModelIdentity } from "../job/event.ts";
import type { SlotHandle } from "../worker/slot_process.ts";
import { fs } from "../store/file_system.ts";
import { type Inspected, inspectionKey, type Inspections, inspectModels } from "./inspector.ts";
import { digestFile } from "../worker/file_digest.ts";
import { identifyModel } from "../worker/model_identity.ts";

export type Locate = ManifestReading["locate"];

/** Mistakes found when jobs met their models; shown like those of the manifest. */
export class JobProblems extends Error {
  override readonly name = "JobProblems";
  readonly diagnostics: readonly Diagnostic[];

  /** A mistake in defaults is one, however many jobs stand above them. */
  constructor(diagnostics: readonly Diagnostic[]) {
    const distinct = new Map(diagnostics.map((one) => [JSON.stringify(one), one]));
    const all = [...distinct.values()];
    super(all.map(({ message }) => message).join("; "));
    this.diagnostics = all;
  }
}

const MOVED_HINT = "If it was moved, run its manifest instead, e.g. simrun jobs/*.yaml.";

/** What models were found to offer, by their files' digests and what they are granted. */
export type KnownModels = Map<string, Inspected>;

export interface Preparation {
  /** Wanted when there is a model that is neither `known` nor `inspected`. */
  readonly slot: () => SlotHandle;
  readonly locate?: Locate | undefined;
  /** What is found out is added here. */
  readonly known?: KnownModels;
  /** What all models of the jobs were asked already. */
  readonly inspected?: Promise<Inspections> | undefined;
}

/** Throws {@linkcode JobProblems} with all mistakes at once. */
export async function prepareJobs(
  jobs: readonly Job[],
  { slot, locate = () => undefined, known = new Map(), inspected }: Preparation,
): Promise<JobToPlan[]> {
  const diagnostics: Diagnostic[] = [];
  const identities = new Map<string, ModelIdentity>();
  for (const { id, model } of jobs) {
    if (identities.has(keyOfModel(model))) continue;
    try {
      identities.set(keyOfModel(model), await identifyModel(model));
    } catch (error) {
      const file = pathIn(error) ?? model.path;
      const path = model.kind === "command"
        ? (await load<typeof import("./command_check.ts")>(
          import.meta.resolve("./command_check.ts"),
        )).pathOfFile(model, file)
        : ["model"];
      const place = locate(id, path);
      const message = unreadable(file, error);
      // The tree knows jobs by the paths of their first run; only a manifest tells where they are now.
      diagnostics.push(
        place === undefined
          ? { ...modelDiagnostic(place, `Job ${id}: ${message}`), hint: MOVED_HINT }
          : modelDiagnostic(place, message),
      );
    }
  }
  const identityOf = ({ model }: Job) => identities.get(keyOfModel(model));
  const keyOf = (job: Job) => `${inspectionKey(job)} ${identityOf(job)?.digest}`;
  const toInspect = jobs.filter((job) =>
    isModelFile(job.model) && identityOf(job) !== undefined && !known.has(keyOf(job))
  );
  if (toInspect.length > 0) {
    const answers = await (inspected ?? inspectModels(slot(), toInspect));
    for (const job of toInspect) {
      const found = answers.get(inspectionKey(job));
      if (found !== undefined) known.set(keyOf(job), found);
    }
  }
  const told = new Set<string>();
  const prepared: JobToPlan[] = [];
  for (const job of jobs) {
    const model = identityOf(job);
    const found = isModelFile(job.model) ? known.get(keyOf(job)) : NOT_INSPECTED;
    const inputDigests = await digestInputs(job, locate, diagnostics);
    await checkGrants(job, locate, diagnostics);
    // Its files cannot be read, which is told already.
    if (model === undefined || found === undefined) continue;
    if (!found.ok) {
      // One model, one message: a hundred jobs with the same broken model say it once.
      if (!told.has(job.model.path)) {
        diagnostics.push(modelDiagnostic(locate(job.id, ["model"]), brokenModel(job, found)));
      }
      told.add(job.model.path);
      continue;
    }
    if (job.model.kind === "command") {
      const { checkCommand } = await load<typeof import("./command_check.ts")>(
        import.meta.resolve("./command_check.ts"),
      );
      diagnostics.push(...await checkCommand(job, job.model, locate));
    }
    if (job.model.kind === "plecs") {
      const { checkPlecs } = await load<typeof import("./plecs_check.ts")>(
        import.meta.resolve("./plecs_check.ts"),
      );
      diagnostics.push(...checkPlecs(job, locate));
    }
    const { params, exports } = found.inspection;
    if (params !== undefined) diagnostics.push(...checkParameters(job, params, locate));
    prepared.push({ job, model, inputDigests, exports });
  }
  if (diagnostics.some(({ severity }) => severity === "error")) throw new JobProblems(diagnostics);
  return prepared;
}

/** What runs outside offers nothing that could be asked for. */
const NOT_INSPECTED: Inspected = { ok: true, inspection: { params: undefined, exports: [] } };

/** Models outside that begin with the same file may differ in all else. */
function keyOfModel(model: ModelReference): string {
  return isModelFile(model) ? model.path : JSON.stringify(model);
}

/** Which of a command's files it was. */
function pathIn(error: unknown): string | undefined {
  const message = error instanceof Error ? error.message : "";
  return /(?:'|")(\/[^'"]+)(?:'|")$/.exec(message)?.[1];
}

async function digestInputs(
  job: Job,
  locate: Locate,
  diagnostics: Diagnostic[],
): Promise<{ readonly [name: string]: string }> {
  const digests: Record<string, string> = {};
  for (const [name, path] of Object.entries(job.inputs)) {
    try {
      digests[name] = await digestFile(path);
    } catch (error) {
      const place = locate(job.id, ["inputs", name]);
      const message = `Input ${name} of job ${job.id}: ${unreadable(path, error)}`;
      diagnostics.push({ code: "input", severity: "error", message, ...(place && { place }) });
    }
  }
  return digests;
}

/** A grant of what is not there is a slip of the pen, and the model would fail on it hours later. */
async function checkGrants(job: Job, locate: Locate, diagnostics: Diagnostic[]): Promise<void> {
  for (const [index, path] of (job.allow?.read ?? []).entries()) {
    try {
      await fs.stat(path);
    } catch (error) {
      const place = locate(job.id, ["allow", "read", index]);
      const reason = error instanceof Deno.errors.NotFound
        ? `There is no file or folder ${path}`
        : unreadable(path, error);
      const message = `allow.read of job ${job.id}: ${reason}`;
      diagnostics.push({ code: "input", severity: "error", message, ...(place && { place }) });
    }
  }
}

function modelDiagnostic(place: Place | undefined, message: string): Diagnostic {
  return { code: "model", severity: "error", message, ...(place && { place }) };
}

function brokenModel(job: Job, found: Inspected & { ok: false }): string {
  const { message, place } = found.problem;
  const at = place === undefined ? job.model.path : `${place.file}:${place.line}:${place.column}`;
  return `The model cannot be used: ${message} (${at})`;
}

function unreadable(path: string, error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return `There is no file ${path}`;
  if (error instanceof Deno.errors.IsADirectory) return `${path} is a folder, not a file`;
  if (error instanceof Deno.errors.PermissionDenied) return `${path}: you may not read it`;
  if (error instanceof Fault) return error.message;
  return `${path} cannot be read (${error instanceof Error ? error.message : error})`;
}
