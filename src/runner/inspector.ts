/** Finds out what models offer, in the sandbox of a slot, before anything runs. The slot is used afterwards. */
import type { Inspection, ModelProblem } from "../campaign/slot_messages.ts";
import { isModelFile, type Job, NO_GRANTS } from "../job/job.ts";
import type { ParameterRules } from "../job/model.ts";
import { decodePlain } from "../job/plain.ts";
import { fileUrl } from "../worker/file_url.ts";
import type { SlotHandle } from "../worker/slot_process.ts";

export type Inspected =
  | { readonly ok: true; readonly inspection: Inspection }
  | { readonly ok: false; readonly problem: ModelProblem };

/** A model whose top level does not come to an end in this time is not waited for. */
const INSPECTION_MS_MAX = 30_000;

/** Jobs of one model that are granted the same are inspected once. */
export function inspectionKey({ model, allow }: InspectedJob): string {
  return JSON.stringify([model.path, allow]);
}

type InspectedJob = Pick<Job, "model" | "allow">;

/** What models were found to offer, by {@linkcode inspectionKey}. */
export type Inspections = ReadonlyMap<string, Inspected>;

/**
 * Asks now for what will be needed soon. The slot is taken until it has answered; should it never, whoever waits
 * for the answer hears why.
 */
export function askAhead(slot: SlotHandle, jobs: readonly InspectedJob[]): Promise<Inspections> {
  const modules = jobs.filter(({ model }) => isModelFile(model));
  const answer = modules.length === 0
    ? Promise.resolve(new Map<string, Inspected>())
    : inspectModels(slot, modules);
  answer.catch(() => {});
  return answer;
}

/**
 * Loads each model once for each of its grants, one after the other; the answers stand under
 * {@linkcode inspectionKey}. Takes over the slot's messages until it is done.
 */
export async function inspectModels(
  slot: SlotHandle,
  jobs: readonly InspectedJob[],
): Promise<Map<string, Inspected>> {
  const found = new Map<string, Inspected>();
  let answer: (inspected: Inspected) => void = () => {};
  let asked = "";
  let isReady = false;
  let isGone = false;
  const start = Promise.withResolvers<never>();
  start.promise.catch(() => {});
  slot.attach({
    onMessage(message) {
      isReady ||= message.type === "ready";
      // What a model does after it was inspected must not pass for the answer of the next one.
      if (message.type === "inspected" && message.model === asked) {
        const { params, exports } = message.inspection;
        const rules = params && decodePlain(params) as ParameterRules;
        answer({ ok: true, inspection: { params: rules, exports } });
      }
      if (message.type === "uninspectable" && message.model === asked) {
        answer({ ok: false, problem: message.problem });
      }
    },
    onExit({ status, signal, stderr }) {
      isGone = true;
      if (!isReady) {
        start.reject(new Error(`the slot's process does not start: ${stderr.trim()}`));
        return;
      }
      const why = stderr.trim().split("\n").at(-1) ?? "";
      const message = `a slot ended ${signal ?? `with status ${status}`} while loading it: ${why}`;
      answer({ ok: false, problem: { message } });
    },
  });
  for (const job of jobs) {
    const key = inspectionKey(job);
    if (found.has(key)) continue;
    // One model has taken the slot with it: the others are not looked at, and not blamed.
    if (isGone) break;
    const answered = new Promise<Inspected>((resolve) => answer = resolve);
    asked = fileUrl(job.model.path);
    // The first question lies in the pipe when the slot begins to read.
    slot.send({ type: "inspect", model: asked, allow: job.allow ?? NO_GRANTS });
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<Inspected>((resolve) => {
      const message = `did not finish loading in ${INSPECTION_MS_MAX / 1000} s; ` +
        "move work from the top level of the module into init()";
      timer = setTimeout(() => resolve({ ok: false, problem: { message } }), INSPECTION_MS_MAX);
    });
    try {
      found.set(key, await Promise.race([answered, late, start.promise]));
    } finally {
      clearTimeout(timer);
    }
  }
  return found;
}
