/** Starts the process that sends a tree's traces, with all that it must be told before it begins, and hears what it has sent. */
import { Fault } from "../job/fault.ts";
import { ownProcess } from "../worker/own_process.ts";
import type { Layout } from "../store/layout.ts";
import { type Collector, collectorOf } from "./collector.ts";
import type { Exported, ExportOptions } from "./export_traces.ts";

/** Others compute. */
const NICENESS = 19;
/** What the runtime holds until it is sent; with the usual 2,048 it throws away whatever comes faster than it leaves. */
const QUEUE_SPANS = "65536";

/** As the runtime's log tells of a piece that did not arrive. Its own metrics and logs may be refused. */
const REFUSED = /NetworkError" url="[^"]*\/v1\/traces[^"]*" error="([^"]*)"/g;

/** So long it may take to send what is left when it is told to end. */
const LAST_MS = 8000;

/**
 * Until all is sent; with `everyMs` until the signal aborts, and then what is left. Throws a Fault where nobody takes
 * traces, or not all of them: these are lost.
 */
export async function sendTraces(
  layout: Layout,
  options: ExportOptions,
  signal: AbortSignal,
  env: (name: string) => string | undefined,
): Promise<Exported> {
  if (Deno.build.standalone) throw unable();
  const collector = collectorOf(env);
  await collector.assertThere();
  const entry = new URL("./traces_main.ts", import.meta.url);
  const child = ownProcess("__traces", entry, [layout.root, JSON.stringify(options)], {
    niceness: NICENESS,
    env: {
      OTEL_BSP_MAX_QUEUE_SIZE: env("OTEL_BSP_MAX_QUEUE_SIZE") ?? QUEUE_SPANS,
      OTEL_BSP_SCHEDULE_DELAY: env("OTEL_BSP_SCHEDULE_DELAY") ?? "1000",
      OTEL_EXPORTER_OTLP_TIMEOUT: env("OTEL_EXPORTER_OTLP_TIMEOUT") ?? "5000",
      OTEL_SERVICE_NAME: env("OTEL_SERVICE_NAME") ?? "simrun",
      OTEL_DENO: "true",
      OTEL_DENO_CONSOLE: "ignore",
      // Of what a collector does not take the runtime tells its own log, and nobody else.
      DENO_LOG: "opentelemetry=debug",
    },
  }).spawn();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = (): void => {
    child.stdin.close().catch(() => {});
    // The runtime sends what is left before it goes, and a collector that hangs lets it wait for each piece.
    timer = setTimeout(() => kill(child), LAST_MS);
  };
  signal.addEventListener("abort", end);
  if (signal.aborted) end();
  try {
    return answerOf(await child.output(), collector);
  } finally {
    signal.removeEventListener("abort", end);
    clearTimeout(timer);
    await child.stdin.close().catch(() => {});
  }
}

/** Whether it sends is settled when the runtime is put into the executable, and there for every process of it. */
function unable(): Fault {
  return new Fault("usage", "The executable cannot send traces: its runtime has that left out.", {
    hint: "Send them from simrun's source: deno run -A main.ts traces --tree DIR",
  });
}

function answerOf(
  { stdout, stderr, signal }: Deno.CommandOutput,
  { url }: Collector,
): Exported {
  const said = new TextDecoder().decode(stderr);
  const refused = [...said.matchAll(REFUSED)];
  if (signal === "SIGKILL" || refused.length > 0) {
    const why = refused.at(-1)?.[1] ?? "it has not answered";
    throw new Fault("io", `The collector at ${url.origin} has not taken all traces: ${why}.`, {
      hint: "When it is well again, send them again: simrun traces --since 1h",
    });
  }
  const answer = new TextDecoder().decode(stdout).trim();
  if (answer.startsWith("{")) return exportedOf(answer);
  const why = said.trim().split("\n").at(-1)!.slice(0, 200);
  throw new Error(`the process that sends traces has failed: ${why}`);
}

function kill({ pid }: Deno.ChildProcess): void {
  try {
    Deno.kill(-pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}

function exportedOf(said: string): Exported {
  const answer = JSON.parse(said) as Exported | { readonly fault: string; readonly hint?: string };
  if (!("fault" in answer)) return answer;
  const { fault, hint } = answer;
  throw new Fault("io", fault, { ...(hint !== undefined && { hint }) });
}
