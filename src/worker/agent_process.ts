/** The process of a slot: its two pipes, its signals, its end. What it does stands in `agent.ts`. */
import { load } from "../job/load.ts";
import { EXIT_GAVE_UP, type ToSlot } from "../campaign/slot_messages.ts";
import { Fault } from "../job/fault.ts";
import { hearFileSizeLimit } from "../store/disk.ts";
import { raiseFence } from "../store/fence.ts";
import { Layout } from "../store/layout.ts";
import { assertHolder } from "../store/owner.ts";
import { Agent } from "./agent.ts";
import { readLines } from "./lines.ts";
import { setNiceness, spreadNiceness } from "./niceness.ts";
import { countThreads, startThread } from "./simulation_thread.ts";
import { PULSE_EVERY_MS } from "./pulse.ts";
import { PASSWORD_VARIABLE, pulseText, WIRE } from "./slot_wire.ts";

/** Loaded by a slot that runs commands. */
let commands: typeof import("./command_thread.ts") | undefined;

/** Runs the agent until its orders end or it is told to exit. */
export async function runAgent(memoryBytesMax: number): Promise<void> {
  ignoreSignals();
  const answers = Deno.openSync(`/dev/fd/${WIRE.answers}`, { write: true });
  const encoder = new TextEncoder();
  const password = Deno.env.get(PASSWORD_VARIABLE) ?? "";
  Deno.env.delete(PASSWORD_VARIABLE);
  const tell = (line: string) => writeLine(answers, encoder.encode(`${password} ${line}\n`));
  const exit = (status: number): never => {
    commands?.endCommands();
    Deno.exit(status);
  };
  const agent = new Agent({
    tell,
    startThread,
    loadOutside: async (kind) => {
      if (kind === "plecs") {
        return (await load<typeof import("./plecs_thread.ts")>(
          import.meta.resolve("./plecs_thread.ts"),
        )).startPlecs;
      }
      commands ??= await load<typeof import("./command_thread.ts")>(
        import.meta.resolve("./command_thread.ts"),
      );
      return commands.startCommands;
    },
    memoryBytes: () => Deno.memoryUsage().rss + (commands?.commandMemoryBytes() ?? 0),
    countThreads,
    setNiceness,
    exit,
  });
  spreadNiceness();
  agent.watch(memoryBytesMax);
  agent.tell({ type: "ready" });
  const orders = Deno.openSync(`/dev/fd/${WIRE.orders}`);
  let heard = 0;
  setInterval(() => tell(pulseText(heard)), PULSE_EVERY_MS);
  for await (const line of readLines(orders.readable)) {
    const message = parseOrder(line, ++heard);
    if (message.type === "exit") break;
    if (message.type === "job") standUnder(message);
    agent.receive(message);
  }
  commands?.endCommands();
  await agent.finish();
  exit(0);
}

/** Orders are numbered: a model that reads from the pipe as well must not go unnoticed. */
function parseOrder(line: string, number: number): ToSlot {
  const head = `${number} `;
  try {
    if (line.startsWith(head)) return JSON.parse(line.slice(head.length)) as ToSlot;
  } catch {
    // A part of it is missing.
  }
  console.error("error: somebody else has read its orders");
  Deno.exit(1);
}

/** A slot that computes for long between two writes looks so often whether it still may. */
const LOOK_EVERY_MS = 1_000;

let isFenced = false;

/**
 * What the orchestrator may not write any more, its slots may not either (R11). They look themselves, because
 * it may stand still, stopped or cut off, while they run on. One that lost its holder ends on the spot.
 */
function standUnder({ root, holder }: Extract<ToSlot, { type: "job" }>): void {
  if (isFenced) return;
  isFenced = true;
  const layout = new Layout(root);
  const assertHeld = (): void => {
    try {
      assertHolder(layout, holder);
    } catch (error) {
      // A disk that cannot be read just now is no other holder.
      if (!(error instanceof Fault) || error.code !== "tree-busy") throw error;
      console.error(`error: ${error.message}`);
      commands?.endCommands();
      Deno.exit(EXIT_GAVE_UP);
    }
  };
  raiseFence(root, assertHeld);
  setInterval(() => {
    try {
      assertHeld();
    } catch {
      // The next write will say so.
    }
  }, LOOK_EVERY_MS);
}

/**
 * Batch systems send their signals to every process of a job. A slot's life hangs on its input alone:
 * the orchestrator hears the same signal and says what is to be saved.
 */
function ignoreSignals(): void {
  hearFileSizeLimit();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR2", "SIGXCPU"] as const) {
    Deno.addSignalListener(signal, () => {});
  }
}

function writeLine(answers: Deno.FsFile, bytes: Uint8Array): void {
  try {
    for (let sent = 0; sent < bytes.length;) sent += answers.writeSync(bytes.subarray(sent));
  } catch {
    // Nobody reads any more: the orchestrator is gone. The orders will end, too.
  }
}
