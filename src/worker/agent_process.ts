/** The process of a slot: its two pipes, its signals, its end. What it does stands in `agent.ts`. */
import type { ToSlot } from "../campaign/slot_messages.ts";
import { Agent } from "./agent.ts";
import { readLines } from "./lines.ts";
import { startThread } from "./simulation_thread.ts";
import { WIRE } from "./slot_wire.ts";

/** Runs the agent until its orders end or it is told to exit. */
export async function runAgent(memoryBytesMax: number): Promise<void> {
  ignoreSignals();
  const answers = Deno.openSync(`/dev/fd/${WIRE.answers}`, { write: true });
  const encoder = new TextEncoder();
  const agent = new Agent({
    tell: (line) => writeLine(answers, encoder.encode(`${line}\n`)),
    startThread,
    memoryBytes: () => Deno.memoryUsage().rss,
    exit: (status) => Deno.exit(status),
  });
  agent.watch(memoryBytesMax);
  agent.tell({ type: "ready" });
  const orders = Deno.openSync(`/dev/fd/${WIRE.orders}`);
  for await (const line of readLines(orders.readable)) {
    const message = JSON.parse(line) as ToSlot;
    if (message.type === "exit") break;
    agent.receive(message);
  }
  await agent.finish();
  Deno.exit(0);
}

/**
 * Batch systems send their signals to every process of a job. A slot's life hangs on its input alone:
 * the orchestrator hears the same signal and says what is to be saved.
 */
function ignoreSignals(): void {
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
