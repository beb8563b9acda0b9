/**
 * What an agent has in place of a simulation thread where models are PLECS: the same orders in, the same words out. It
 * lives in the agent itself, for PLECS computes in a process of its own.
 */
import { join } from "node:path";
import type { Job } from "../job/job.ts";
import type { PlecsModel } from "../job/plecs.ts";
import { shortDigest } from "../plan/digest.ts";
import { type Claim, PlecsSession } from "../plecs/session.ts";
import { Layout } from "../store/layout.ts";
import type { CommandOrders } from "./command_thread.ts";
import { digestFile } from "./file_digest.ts";
import { failureOf } from "./outcome.ts";
import { PlecsBatch } from "./plecs_batch.ts";
import { PlecsServer } from "./plecs_server.ts";
import { ACTIVITY, CONTROL, type FromSimulation, type ToSimulation } from "./protocol.ts";
import type { ThreadHandle, ThreadHandlers } from "./simulation_thread.ts";
import { mustYield } from "./stepping.ts";

type Batch = Extract<ToSimulation, { type: "batch" }>;
type Tell = (message: Exclude<FromSimulation, { type: "alive" }>) => void;

export function startPlecs(orders: CommandOrders, handlers: ThreadHandlers): ThreadHandle {
  const thread = new PlecsThread(orders, handlers.onMessage);
  return {
    post: (message) => thread.receive(message),
    // It is only ended between two batches, when nothing is in hand.
    terminate: () => {},
  };
}

class PlecsThread {
  readonly #epoch: number;
  readonly #tell: Tell;
  readonly #jobs = new Map<number, Job>();
  /** By the address: one PLECS serves many jobs. */
  readonly #sessions = new Map<string, PlecsSession>();
  /** Of model files, as they were when their job came: an open one does not change with its file. */
  readonly #digests = new Map<number, string>();
  readonly #layout: Layout;
  readonly #flags: Int32Array;
  readonly #progress: Float64Array;
  #turn: Promise<void> = Promise.resolve();

  constructor({ control, root, epoch }: CommandOrders, tell: Tell) {
    this.#epoch = epoch;
    this.#tell = tell;
    this.#layout = new Layout(root);
    this.#flags = new Int32Array(control);
    this.#progress = new Float64Array(control);
  }

  receive(message: ToSimulation): void {
    if (message.type === "job") this.#jobs.set(message.number, message.job);
    if (message.type === "batch") this.#turn = this.#turn.then(() => this.#runBatch(message));
  }

  async #runBatch(batch: Batch): Promise<void> {
    const job = this.#jobs.get(batch.job)!;
    const { model } = job;
    if (model.kind !== "plecs") throw new Error(`${job.id} is no PLECS model`);
    Atomics.store(this.#flags, CONTROL.batch, batch.batch);
    this.#progress[CONTROL.index] = batch.runs[0]!.index;
    this.#progress[CONTROL.step] = batch.resume?.step ?? 0;
    this.#progress[CONTROL.begun]!++;
    Atomics.store(this.#flags, CONTROL.activity, ACTIVITY.elsewhere);
    const work = new PlecsBatch(batch, job, model, {
      orders: this.#flags,
      progress: this.#progress,
      server: new PlecsServer(this.#sessionOf(model), model, await this.#digestOf(batch, model), {
        mustYield: () => mustYield(this.#flags),
      }),
      folderOf: (run, attempt) => this.#layout.workFolder(job.id, run, this.#epoch, attempt),
      tell: this.#tell as (message: FromSimulation) => void,
      keep: (record) => this.#tell({ type: "results", batch: batch.batch, text: `[${record}]` }),
      fail: (index, thrown) => {
        const failure = failureOf(thrown, this.#progress[CONTROL.step]!, "");
        this.#tell({ type: "failed", batch: batch.batch, index, failure });
      },
    });
    const indices = await work.compute();
    if (indices.length > 0) this.#tell({ type: "yielded", batch: batch.batch, indices });
    Atomics.store(this.#flags, CONTROL.activity, ACTIVITY.idle);
    this.#tell({ type: "ended", batch: batch.batch });
  }

  #sessionOf(model: PlecsModel): PlecsSession {
    const key = `${model.protocol} ${model.url}`;
    const known = this.#sessions.get(key);
    if (known !== undefined) return known;
    const session = new PlecsSession(model, claimOf(this.#layout, model));
    this.#sessions.set(key, session);
    return session;
  }

  async #digestOf({ job }: Batch, { path }: PlecsModel): Promise<string> {
    const digest = this.#digests.get(job) ?? await digestFile(path).catch(() => "");
    this.#digests.set(job, digest);
    return digest;
  }
}

let claims = 0;

/**
 * Says in a file who has told PLECS last which models to open: after another slot has, nothing is taken to be as it was. Two
 * models may have the same name, and PLECS knows them by nothing else.
 */
function claimOf({ workRoot }: Layout, { url }: PlecsModel): Claim {
  const path = join(workRoot, `plecs-${shortDigest(url)}`);
  let mine: string | undefined;
  return {
    isMine() {
      try {
        return mine !== undefined && Deno.readTextFileSync(path) === mine;
      } catch {
        return false;
      }
    },
    make() {
      mine = `${Deno.pid}.${++claims}`;
      Deno.mkdirSync(workRoot, { recursive: true });
      Deno.writeTextFileSync(path, mine);
    },
  };
}
