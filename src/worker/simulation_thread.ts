/** The simulation thread as its agent holds it: a worker without permissions but to read what it was granted. */
import { endOfLife } from "./life_lock.ts";
import type { FromSimulation, ToSimulation } from "./protocol.ts";

export interface ThreadHandle {
  post(message: ToSimulation): void;
  /** An idle thread does stop; a busy one does not, its process is ended. */
  terminate(): void;
}

/** What a thread may reach. */
export interface ThreadGrants {
  /** Files and folders. */
  readonly read: readonly string[];
  /** Hosts; none when absent. */
  readonly net?: readonly string[];
}

export interface ThreadHandlers {
  onMessage(message: Exclude<FromSimulation, { type: "alive" }>): void;
  /** It ended, by an error outside of a run or without a word. */
  onLost(message: string): void;
}

export interface ThreadOrders {
  /** URL of the model's module. */
  readonly model: string;
  readonly control: SharedArrayBuffer;
}

export type StartThread = (
  orders: ThreadOrders,
  grants: ThreadGrants,
  handlers: ThreadHandlers,
) => ThreadHandle;

/** How long a thread that ended is waited for to have said why. */
const LAST_WORDS_MS = 50;

/**
 * How many threads of models the process has, where the system tells it. One that is busy goes on after
 * `terminate`, and so do those that a model has started itself.
 */
export function countThreads(): number | undefined {
  return simulationThreads()?.length;
}

/** Their numbers, as the system counts threads. */
export function simulationThreads(): number[] | undefined {
  try {
    const tasks = [...Deno.readDirSync("/proc/self/task")];
    return tasks.filter(({ name }) => THREAD_NAME.test(commOf(name))).map(({ name }) =>
      Number(name)
    );
  } catch {
    return undefined;
  }
}

/** As the runtime names its workers to the system. */
const THREAD_NAME = /^worker-\d+$/;

function commOf(task: string): string {
  try {
    return Deno.readTextFileSync(`/proc/self/task/${task}/comm`).trim();
  } catch {
    // It has ended meanwhile.
    return "";
  }
}

let threads = 0;

export const startThread: StartThread = (orders, grants, handlers) => {
  const permissions = {
    read: [...grants.read],
    write: false,
    net: grants.net === undefined || grants.net.length === 0 ? false : [...grants.net],
    env: false,
    run: false,
    sys: false,
    ffi: false,
    import: false,
  };
  const options = { type: "module", deno: { permissions } } as WorkerOptions;
  const worker = new Worker(new URL("./simulation.ts", import.meta.url), options);
  const life = `thread ${++threads} of ${Deno.pid}`;
  let isOver = false;
  const lost = (message: string) => {
    if (isOver) return;
    isOver = true;
    handlers.onLost(message);
  };
  // A thread that ends without an error says nothing; but the lock it held is free then.
  const mourn = async () => {
    await endOfLife(life);
    // If there was an error, its words come first.
    await new Promise((heard) => setTimeout(heard, LAST_WORDS_MS));
    lost("the thread of the model ended by itself");
  };
  worker.onmessage = ({ data }: MessageEvent<FromSimulation>) => {
    if (data.type === "alive") void mourn();
    else if (!isOver) handlers.onMessage(data);
  };
  worker.onerror = (event) => {
    event.preventDefault();
    lost(event.message);
  };
  const post = (message: ToSimulation) => worker.postMessage(message);
  post({ type: "start", ...orders, life });
  return {
    post,
    terminate() {
      isOver = true;
      worker.terminate();
    },
  };
};
