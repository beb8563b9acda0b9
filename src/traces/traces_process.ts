/** The process that sends traces: the runtime sends them only where it was told to before it began. */
import { Fault } from "../job/fault.ts";
import { Layout } from "../store/layout.ts";
import { type ExportOptions, exportTraces } from "./export_traces.ts";

/** Until all is sent, or stdin has ended. Writes to stdout as JSON what was sent, or why it was not. */
export async function runTraces(root: string, options: ExportOptions): Promise<void> {
  const over = new AbortController();
  void drain(Deno.stdin.readable).then(() => over.abort());
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => over.abort());
  }
  try {
    const exported = await exportTraces(new Layout(root), options, over.signal);
    console.log(JSON.stringify(exported));
    // Leaving sends what is left.
    Deno.exit(0);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    console.log(JSON.stringify({ fault: error.message, hint: error.hint }));
    Deno.exit(1);
  }
}

async function drain(stream: ReadableStream<Uint8Array>): Promise<void> {
  try {
    for await (const _ of stream);
  } catch {
    // It has ended.
  }
}
