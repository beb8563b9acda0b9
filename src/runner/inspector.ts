/** Finds out what models offer, in the sandbox of a slot, before anything runs. The slot is used afterwards. */
import type { FromSlot, Inspection, ModelProblem } from "../campaign/slot_messages.ts";
import type { SlotExit } from "../campaign/world.ts";
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
  expectKinds(slot, jobs);
  const modules = jobs.filter(({ model }) => isModelFile(model));
  const answer = modules.length === 0
    ? Promise.resolve(new Map<string, Inspected>())
    : inspectModels(slot, modules);
  answer.catch(() => {});
  return answer;
}

/** What a slot has to load for these jobs is loaded while others are at work: it is sent before it reads. */
export function expectKinds(slot: SlotHandle, jobs: readonly InspectedJob[]): void {
  const kinds = jobs.flatMap(({ model }) => isModelFile(model) ? [] : [model.kind]);
  for (const kind of new Set(kinds)) slot.send({ type: "expect", kind });
}

/**
 * Loads each model once for each of its grants, one after the other; the answers stand under
 * {@linkcode inspectionKey}. Takes over the slot's messages until it is done. A model that the slot ends with is
 * asked again in a slot that has loaded no other: only what ends that one as well is to blame.
 */
export async function inspectModels(
  slot: SlotHandle,
  jobs: readonly InspectedJob[],
): Promise<Map<string, Inspected>> {
  const asked = new Map(jobs.map((job) => [inspectionKey(job), job]));
  const found = new Map<string, Inspected>();
  const started: SlotHandle[] = [];
  let interview = new Interview(slot);
  const beginAgain = () => {
    started.push(slot.another());
    interview = new Interview(started.at(-1)!);
  };
  try {
    for (const [key, job] of asked) {
      if (interview.isOver) beginAgain();
      let inspected = await interview.ask(job);
      if (interview.isOver) {
        beginAgain();
        inspected = await interview.ask(job);
      }
      found.set(key, inspected);
    }
  } finally {
    for (const one of started) one.kill();
  }
  return found;
}

/** Questions to one slot, and its answers. */
class Interview {
  readonly #slot: SlotHandle;
  readonly #start = Promise.withResolvers<never>();
  #asked = "";
  #answer: (inspected: Inspected) => void = () => {};
  #isReady = false;
  #isOver = false;

  constructor(slot: SlotHandle) {
    this.#slot = slot;
    this.#start.promise.catch(() => {});
    slot.attach({
      onMessage: (message) => this.#hear(message),
      onExit: (exit) => this.#end(exit),
    });
  }

  /** The slot is gone. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Throws when the slot does not even start. */
  async ask({ model, allow = NO_GRANTS }: InspectedJob): Promise<Inspected> {
    const answered = new Promise<Inspected>((resolve) => this.#answer = resolve);
    this.#asked = fileUrl(model.path);
    // The first question lies in the pipe when the slot begins to read.
    this.#slot.send({ type: "inspect", model: this.#asked, allow });
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<Inspected>((resolve) => {
      const message = `did not finish loading in ${INSPECTION_MS_MAX / 1000} s; ` +
        "move work from the top level of the module into init()";
      timer = setTimeout(() => resolve({ ok: false, problem: { message } }), INSPECTION_MS_MAX);
    });
    try {
      return await Promise.race([answered, late, this.#start.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  #hear(message: FromSlot): void {
    this.#isReady ||= message.type === "ready";
    // What a model does after it was inspected must not pass for the answer of the next one.
    if (message.type === "inspected" && message.model === this.#asked) {
      const { params, exports } = message.inspection;
      const rules = params && decodePlain(params) as ParameterRules;
      this.#answer({ ok: true, inspection: { params: rules, exports } });
    }
    if (message.type === "uninspectable" && message.model === this.#asked) {
      this.#answer({ ok: false, problem: message.problem });
    }
  }

  #end({ status, signal, stderr }: SlotExit): void {
    this.#isOver = true;
    if (!this.#isReady) {
      this.#start.reject(new Error(`the slot's process does not start: ${stderr.trim()}`));
      return;
    }
    const why = stderr.trim().split("\n").at(-1) ?? "";
    const message = `a slot ended ${signal ?? `with status ${status}`} while loading it: ${why}`;
    this.#answer({ ok: false, problem: { message } });
  }
}
