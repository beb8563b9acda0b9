/** `simrun notify`: tells the sinks of a tree what they were not told, or tries each of them. */
import { EXIT, Fault } from "../job/fault.ts";
import type { SinkSpec } from "../job/sink.ts";
import type { Notice } from "../notice/notice.ts";
import { formatNumberOf } from "../report/format.ts";
import { safeText } from "../screen/safe_text.ts";
import { COURIER_TIMES } from "../sink/courier.ts";
import { makeSink } from "../sink/make_sink.ts";
import { readSinks } from "../sink/sink_list.ts";
import { tellSinks } from "../sink/sinks_process.ts";
import { lastSeqOf } from "../store/journal_tail.ts";
import type { Layout } from "../store/layout.ts";
import { openTree } from "../store/tree.ts";
import { type CliContext, type GlobalFlags, paintOf, printLines, treeRoot } from "./context.ts";

interface NotifyFlags extends GlobalFlags {
  readonly test: boolean;
}

/** Longer nobody is waited for who does not answer. */
const PATIENCE_MS = 60_000;

export async function notify(context: CliContext, flags: NotifyFlags): Promise<number> {
  const layout = await openTree(treeRoot(context, flags), "read");
  const sinks = readSinks(layout);
  if (sinks.length === 0) {
    throw new Fault("not-found", "Nobody is told of what happens in this tree.", {
      hint:
        "Name who is to be told under notify: in a manifest, or run with --log or --hooks FILE.",
    });
  }
  const troubles = flags.test ? await tryEach(layout, sinks) : await tellWhatIsLeft(layout);
  const paint = paintOf(context.stdout);
  const lines = sinks.filter(({ events }) => events.length > 0).map(({ name }) => {
    const trouble = troubles.get(name);
    return trouble === undefined
      ? `${paint.good("told")}      ${name}`
      : `${paint.bad("not told")}  ${name}: ${safeText(trouble)}`;
  });
  if (!flags.quiet || troubles.size > 0) printLines(context.stdout, lines);
  return troubles.size === 0 ? EXIT.completed.status : EXIT.runsFailed.status;
}

async function tellWhatIsLeft(layout: Layout): Promise<ReadonlyMap<string, string>> {
  const late = AbortSignal.timeout(PATIENCE_MS);
  const left = await tellSinks(layout, lastSeqOf(layout), AbortSignal.abort(), late);
  if (left === undefined) {
    throw new Fault("tree-busy", "A simrun is at work in this tree, and tells them itself.", {
      hint: "simrun doctor shows how far each of them is told.",
    });
  }
  return new Map(left.map(({ name, failing, lost, lastLoss }) => {
    const gone = `${formatNumberOf(lost, "event")} given up: ${lastLoss}`;
    return [name, failing ?? gone];
  }));
}

/** Tells each of what did not happen, past the tree: nothing is remembered. */
async function tryEach(
  layout: Layout,
  sinks: readonly SinkSpec[],
): Promise<ReadonlyMap<string, string>> {
  const troubles = new Map<string, string>();
  await Promise.all(sinks.map(async (spec) => {
    if (spec.kind === "metrics" || spec.kind === "traces") return;
    const limit = AbortSignal.timeout(COURIER_TIMES.deliverMs);
    try {
      const sink = await makeSink(spec, layout);
      await sink.deliver([testNotice(layout, spec)], limit);
      await sink.close?.();
    } catch (error) {
      troubles.set(spec.name, error instanceof Error ? error.message : String(error));
    }
  }));
  return troubles;
}

/** People read that it is a test; programs see it by the id, and are told of what they wait for. */
function testNotice({ root: tree }: Layout, { kind, events }: SinkSpec): Notice {
  const about = { id: "test", at: new Date().toISOString(), tree, host: Deno.hostname() };
  const isForPeople = kind === "log" || kind === "slack" || kind === "email";
  if (!isForPeople && events.includes("on_end")) {
    const counts = { completed: 0, failed: 0, remaining: 0 };
    return { ...about, event: "on_end", outcome: "completed", ...counts };
  }
  const message = "a test of simrun notify: nothing has happened";
  return { ...about, event: "on_warning", job: "test", run: "test", message };
}
