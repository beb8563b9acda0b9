/**
 * The simulation thread of a slot: a sandboxed Web Worker that steps one run after the other.
 * It writes no file: states go to the agent through shared buffers, results as text.
 */
import type { Job } from "../job/job.ts";
import { encodePlain } from "../job/plain.ts";
import { RunLoop } from "./run_loop.ts";
import { describeThrown } from "./outcome.ts";
import { type LoadedModel, loadModel } from "./model.ts";
import type { FromSimulation, ToSimulation } from "./protocol.ts";

/** This file runs as a Web Worker; the compiler thinks of a window. */
const thread = self as unknown as {
  postMessage(message: FromSimulation): void;
  onmessage: (event: MessageEvent<ToSimulation>) => void;
};
const tell = (message: FromSimulation) => thread.postMessage(message);
const jobs = new Map<number, Job>();
let model: LoadedModel | undefined;
let loop: RunLoop | undefined;
/** Messages are dealt with one after the other, also where a model's `init` is asynchronous. */
let turn: Promise<void> = Promise.resolve();

thread.onmessage = (event) => {
  turn = turn.then(() => receive(event.data));
};

async function receive(message: ToSimulation): Promise<void> {
  switch (message.type) {
    case "start":
      return await start(message.model, message.control);
    case "job":
      jobs.set(message.number, message.job);
      return;
    case "batch":
      // Without a loop the model proved unusable, which was told.
      await loop?.runBatch(message, jobs.get(message.job)!);
      return;
  }
}

async function start(url: string, control: SharedArrayBuffer): Promise<void> {
  redirectOutput();
  try {
    model = await loadModel(url);
    loop = new RunLoop(model, control, tell);
    const { params, exports } = model;
    tell({ type: "started", inspection: { params: plainRules(params), exports } });
  } catch (thrown) {
    tell({ type: "unusable", problem: describeThrown(thrown, url) });
  }
}

/** Rules travel as JSON: what cannot (a function as a default) is dropped here, not at the far end. */
function plainRules(params: LoadedModel["params"]): LoadedModel["params"] {
  return params === undefined ? undefined : JSON.parse(JSON.stringify(encodePlain(params)));
}

/** What a model prints belongs in its run's log: the process's output carries the protocol. */
function redirectOutput(): void {
  const print = (...values: unknown[]) =>
    loop?.log(values.map((v) => typeof v === "string" ? v : Deno.inspect(v)).join(" "));
  for (const name of ["log", "info", "warn", "error", "debug", "trace", "table", "dir"] as const) {
    console[name] = print;
  }
  const sink = {
    writeSync: (bytes: Uint8Array) => (print(new TextDecoder().decode(bytes)), bytes.length),
  };
  for (const name of ["stdout", "stderr"]) {
    Object.defineProperty(Deno, name, {
      value: { ...sink, write: (bytes: Uint8Array) => Promise.resolve(sink.writeSync(bytes)) },
    });
  }
}
