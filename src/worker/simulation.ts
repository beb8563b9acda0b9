/**
 * The simulation thread of a slot: a sandboxed Web Worker that steps one run after the other.
 * It writes no file: states go to the agent through shared buffers, results as text.
 */
import type { Job } from "../job/job.ts";
import { encodePlain } from "../job/plain.ts";
import { RunLoop } from "./run_loop.ts";
import { holdForLife } from "./life_lock.ts";
import { describeThrown } from "./outcome.ts";
import { type LoadedModel, loadModel } from "./model.ts";
import type { FromSimulation, ToSimulation } from "./protocol.ts";
import { straysSurface } from "./strays.ts";
import { closeProcess, closeSandbox } from "./sandbox.ts";

/** Kept before the model takes the floor: what it does to the globals is its own affair. */
const { postMessage } = self as unknown as { postMessage(message: FromSimulation): void };
const tell = (message: FromSimulation) => postMessage(message);
const jobs = new Map<number, Job>();
let model: LoadedModel | undefined;
let loop: RunLoop | undefined;
let modelUrl = "";
let isUnusable = false;
let isBroken = false;
/** Messages are dealt with one after the other, also where a model's `init` is asynchronous. */
let turn: Promise<void> = Promise.resolve();

addEventListener("message", (event) => {
  turn = turn.then(() => receive((event as MessageEvent<ToSimulation>).data)).catch((error) => {
    isBroken = true;
    throw error;
  });
});
addEventListener("error", (event) => stray(event, event.error));
addEventListener("unhandledrejection", (event) => stray(event, event.reason));

type Start = Extract<ToSimulation, { type: "start" }>;

async function receive(message: ToSimulation): Promise<void> {
  switch (message.type) {
    case "start":
      return await start(message);
    case "job":
      jobs.set(message.number, message.job);
      return;
    case "batch":
      // Without a loop the model proved unusable, which was told.
      await loop?.runBatch(message, jobs.get(message.job)!);
      return;
  }
}

async function start({ model: url, control, life }: Start): Promise<void> {
  await holdForLife(life);
  tell({ type: "alive" });
  closeSandbox(print);
  modelUrl = url;
  try {
    model = await loadModel(url);
    await straysSurface();
    if (isUnusable) return;
    loop = new RunLoop(model, control, tell);
    const { params, exports } = model;
    tell({ type: "started", inspection: { params: plainRules(params), exports } });
    await closeProcess(print);
  } catch (thrown) {
    giveUp(thrown);
  }
}

function giveUp(thrown: unknown): void {
  if (isUnusable) return;
  isUnusable = true;
  tell({ type: "unusable", problem: describeThrown(thrown, modelUrl) });
}

/** What is printed outside of a run is nobody's. */
function print(text: string): void {
  loop?.log(text);
}

/** An error nobody waits for: of the model while it loads, of the run at hand, or of nobody known. */
function stray(event: Event, thrown: unknown): void {
  if (isBroken) return;
  if (loop === undefined) {
    event.preventDefault();
    giveUp(thrown);
  } else if (loop.blame(thrown)) event.preventDefault();
  // Else it ends this thread, and the runs it was at are tried one at a time.
}

/** Rules travel as JSON: what cannot (a function as a default) is dropped here, not at the far end. */
function plainRules(params: LoadedModel["params"]): LoadedModel["params"] {
  return params === undefined ? undefined : JSON.parse(JSON.stringify(encodePlain(params)));
}
