/** The process beside a campaign that tells its sinks. What becomes of it is no matter of the runs. */
import { join } from "node:path";
import { load } from "../job/load.ts";
import type { SinkSpec } from "../job/sink.ts";
import { makeFolderDurable } from "../store/disk.ts";
import { askFlock, openLockFile } from "../store/flock.ts";
import { Layout } from "../store/layout.ts";
import { Courier, type CourierParts, type Left } from "./courier.ts";
import { makeSink } from "./make_sink.ts";
import { readSinkList } from "./sink_list.ts";
import { Thrift } from "./thrift.ts";

/** So long it goes on behind the end of the campaign, to tell what was not told yet. */
export const LAST_MS = 10_000;
const ASK_EVERY_MS = 200;
const TRACES_EVERY_MS = 1_000;

/** Until stdin ends, and a little longer. Writes to stdout as JSON what is {@linkcode Left} where all has not arrived. */
export async function runSinks(root: string, afterSeq: number): Promise<void> {
  const over = new AbortController();
  const late = new AbortController();
  const end = () => {
    over.abort();
    setTimeout(() => late.abort(), LAST_MS);
  };
  void drain(Deno.stdin.readable).then(end);
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, end);
  const left = await tellSinks(new Layout(root), afterSeq, over.signal, late.signal);
  for (const one of left ?? []) console.log(JSON.stringify(one));
  Deno.exit(0);
}

/**
 * Answers what has not arrived, or was given up; undefined when another process tells them all the time. Behind `afterSeq`
 * begins whoever has no note of how far he was told, and is not in the list.
 */
export async function tellSinks(
  layout: Layout,
  afterSeq: number,
  over: AbortSignal,
  late: AbortSignal,
): Promise<readonly Left[] | undefined> {
  await makeFolderDurable(layout.notifyFolder, { within: layout.root });
  using lock = await openLockFile(join(layout.notifyFolder, "lock"));
  // One of an earlier simrun may still be telling what was left. It has not long.
  while (await askFlock(lock) === "busy") {
    if (late.aborted) return undefined;
    await new Promise((soon) => setTimeout(soon, ASK_EVERY_MS));
  }
  const thrift = new Thrift();
  const turn = (over: AbortSignal) => thrift.turn(over);
  const { sinks, after } = readSinkList(layout);
  const left = await Promise.all(
    sinks.map(async (spec): Promise<Left> => {
      // What traces were sent is noted nowhere: they are those of this campaign.
      const from = spec.kind === "traces" ? afterSeq : after.get(spec.name) ?? afterSeq;
      try {
        return await tell(spec, { layout, afterSeq: from, turn }, { over, late });
      } catch (error) {
        const failing = error instanceof Error ? error.message : String(error);
        return { name: spec.name, failing, lost: 0 };
      }
    }),
  );
  return left.filter(({ failing, lost }) => failing !== undefined || lost > 0);
}

async function tell(
  spec: SinkSpec,
  parts: Pick<CourierParts, "layout" | "afterSeq" | "turn">,
  { over, late }: { readonly over: AbortSignal; readonly late: AbortSignal },
): Promise<Left> {
  const { layout, afterSeq } = parts;
  const told = { name: spec.name, failing: undefined, lost: 0 };
  switch (spec.kind) {
    case "metrics": {
      const { keepMetrics } = await load<typeof import("../metrics/keep_metrics.ts")>(
        import.meta.resolve("../metrics/keep_metrics.ts"),
      );
      await keepMetrics(layout, spec, over);
      return told;
    }
    case "traces": {
      const { sendTraces } = await load<typeof import("../traces/send_traces.ts")>(
        import.meta.resolve("../traces/send_traces.ts"),
      );
      const options = { afterSeq, everyMs: TRACES_EVERY_MS };
      await sendTraces(layout, options, over, (name) => Deno.env.get(name));
      return told;
    }
    default: {
      const sink = await makeSink(spec, layout);
      return await new Courier({ ...parts, spec, sink }).run(over, late);
    }
  }
}

async function drain(stream: ReadableStream<Uint8Array>): Promise<void> {
  try {
    for await (const _ of stream);
  } catch {
    // Ended as well.
  }
}
