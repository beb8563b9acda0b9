/** `simrun traces`: a tree's runs as traces of OpenTelemetry, once or beside a campaign. Reads only, waits for no lock. */
import { EXIT } from "../job/fault.ts";
import { load } from "../job/load.ts";
import { formatNumberOf } from "../report/format.ts";
import type { Layout } from "../store/layout.ts";
import { readOwner } from "../store/owner.ts";
import { pause } from "../store/pause.ts";
import { openTree } from "../store/tree.ts";
import { type CliContext, type GlobalFlags, printJson, say, treeRoot } from "./context.ts";
import { sinceMs } from "./since.ts";
import { StopSignals } from "./stop_signals.ts";

interface TracesFlags extends GlobalFlags {
  readonly since: string | undefined;
  readonly follow: boolean;
}

const EVERY_MS = 1000;

export async function traces(context: CliContext, flags: TracesFlags): Promise<number> {
  const since = flags.since === undefined ? undefined : sinceMs(flags.since, context.now());
  const layout = await openTree(treeRoot(context, flags), "read");
  const { sendTraces } = await load<typeof import("../traces/send_traces.ts")>(
    import.meta.resolve("../traces/send_traces.ts"),
  );
  const stopped = new AbortController();
  const signals = new StopSignals(context, () => stopped.abort());
  try {
    if (flags.follow) void endWithCampaign(context, layout, stopped);
    const options = {
      ...(since !== undefined && { sinceMs: since }),
      ...(flags.follow && { everyMs: EVERY_MS }),
    };
    const sent = await sendTraces(layout, options, stopped.signal, context.env);
    if (flags.json) printJson(context.stdout, sent);
    else {
      say(context, flags, `Sent ${formatNumberOf(sent.runs, "trace")} of runs.`);
      if (sent.leftOut > 0) {
        const more = formatNumberOf(sent.leftOut, "more run");
        say(context, flags, `${more} completed at once, like those that were sent.`);
      }
      if (sent.open > 0) {
        const open = sent.open === 1 ? "1 run has" : `${formatNumberOf(sent.open, "run")} have`;
        say(context, flags, `${open} not ended; what has not ended has no trace yet.`);
      }
    }
  } finally {
    stopped.abort();
    signals.close();
  }
  return EXIT.completed.status;
}

async function endWithCampaign(
  context: CliContext,
  layout: Layout,
  stopped: AbortController,
): Promise<void> {
  while (!stopped.signal.aborted) {
    const owner = await readOwner(layout, context.now).catch(() => undefined);
    if (!owner?.alive) stopped.abort();
    await pause(EVERY_MS, stopped.signal);
  }
}
