/** The journal of a whole campaign: of the tree, or of all its shards, one after the other. */
import type { JournalEntry } from "../job/event.ts";
import { wholeJob } from "../job/job.ts";
import { fs } from "./file_system.ts";
import { type JournalReport, type JournalVisitor, readJournal } from "./journal_read.ts";
import type { Layout } from "./layout.ts";
import { listShards, type ShardTree } from "./shards.ts";

/**
 * Visits every entry. Those of a shard come in their order, and name it in their locations; numbers begin anew with each
 * shard. The shard that was written to last comes last: what is newest has the last word.
 */
export function readCampaign(layout: Layout, visit: JournalVisitor): JournalReport {
  const shards = listShards(layout);
  if (shards.length === 0) return readJournal(layout, visit);
  const plans = new WholePlans();
  const reports = oldestFirst(shards).map(({ name, layout }) =>
    readJournal(layout, (entry, location) => {
      const whole = plans.whole(entry);
      if (whole !== undefined) visit(whole, { ...location, shard: name });
    })
  );
  const sum = (of: (report: JournalReport) => number) =>
    reports.reduce((total, report) => total + of(report), 0);
  return {
    entries: sum(({ entries }) => entries),
    lastSeq: sum(({ lastSeq }) => lastSeq),
    tornBytes: sum(({ tornBytes }) => tornBytes),
    bad: reports.flatMap(({ bad }) => bad),
    missing: reports.flatMap(({ missing }) => missing),
  };
}

/** Each shard has planned its share of a job; the campaign is about the whole, which is told once. */
export class WholePlans {
  readonly #last = new Map<string, string>();

  /** The entry as it is of the campaign; undefined of a plan that is known. */
  whole(entry: JournalEntry): JournalEntry | undefined {
    if (entry.type !== "job.planned") return entry;
    const { job: own, model, count } = entry;
    const job = wholeJob(own);
    const text = JSON.stringify([job, model]);
    if (this.#last.get(job.id) === text) return undefined;
    this.#last.set(job.id, text);
    return { ...entry, job, count: own.sweep?.share?.total ?? count };
  }
}

export function oldestFirst(shards: readonly ShardTree[]): readonly ShardTree[] {
  return shards.map((shard) => ({ shard, ms: writtenMs(shard.layout) }))
    .sort((a, b) => a.ms - b.ms).map(({ shard }) => shard);
}

function writtenMs({ journal }: Layout): number {
  try {
    using file = fs.openSync(journal, { read: true });
    return file.statSync().mtime?.getTime() ?? 0;
  } catch {
    return 0;
  }
}
