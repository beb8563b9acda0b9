/** Readers of a campaign that is cut in very many shards: made-up trees of them, and what a look at these costs. */
import { makeLargeTree } from "../tests/helpers/large_tree.ts";
import { baselinePath, denoRun, simrun, withFolder } from "./commands.ts";
import type { Line, Section } from "./report.ts";
import type { Sizes } from "./sizes.ts";
import { median } from "./statistics.ts";

const MIB = 2 ** 20;

export async function measureScale(sizes: Sizes): Promise<Section> {
  const lines: Line[] = [];
  const notes: string[] = [];
  for (const runs of sizes.scaleRuns) {
    for (const runsInLine of runs > sizes.scaleLongRunsMax ? [1000] : [1000, 1]) {
      const size = { shards: sizes.scaleShards, runs, runsInLine };
      const measured = await withFolder(async (folder) => {
        const root = await makeLargeTree(folder, size);
        return { ...await measureReaders(root, sizes), journalBytes: journalBytes(root) };
      });
      const { statusMs, peakBytes, parseMs, parsePeakBytes, resumeMs, emptyMs } = measured;
      const what = `${runs.toLocaleString("en")} runs, ${
        runsInLine === 1 ? "a line each" : "1,000 in a line"
      }`;
      lines.push({
        what: `simrun status, ${what}`,
        simrun: { value: statusMs / 1000, unit: "s" },
        baseline: { value: parseMs / 1000, unit: "s", name: "read and parse the journals" },
      }, {
        what: "  most memory it held",
        simrun: { value: peakBytes / MIB, unit: "MB" },
        baseline: { value: parsePeakBytes / MIB, unit: "MB", name: "the same" },
      }, {
        what: "  resume of one shard, nothing left",
        simrun: { value: resumeMs, unit: "ms" },
        baseline: { value: emptyMs, unit: "ms", name: "deno run of an empty file" },
      });
      const bytes = measured.journalBytes / runs;
      notes.push(`${what}: ${bytes.toFixed(0)} bytes of journal a run.`);
    }
  }
  notes.push(`${sizes.scaleShards} shards; medians of ${sizes.scaleRounds}.`);
  return { title: "Many shards", lines, notes };
}

async function measureReaders(root: string, sizes: Sizes) {
  const statusMs: number[] = [];
  const parseMs: number[] = [];
  const resumeMs: number[] = [];
  const emptyMs: number[] = [];
  const empty = `${root}/../empty.mjs`;
  await Deno.writeTextFile(empty, "");
  let peakBytes = 0;
  let parsePeakBytes = 0;
  const shard = `1/${sizes.scaleShards}`;
  for (let round = 0; round < sizes.scaleRounds; round++) {
    const status = await simrun(["status", "--tree", root], true);
    const parsed = await denoRun([baselinePath("read_journals.mjs"), root], true);
    const resumed = await simrun(["resume", "--shard", shard, "--tree", root]);
    emptyMs.push((await denoRun([empty])).wallMs);
    statusMs.push(status.wallMs);
    parseMs.push(parsed.wallMs);
    resumeMs.push(resumed.wallMs);
    peakBytes = Math.max(peakBytes, status.peakBytes);
    parsePeakBytes = Math.max(parsePeakBytes, parsed.peakBytes);
  }
  return {
    statusMs: median(statusMs),
    parseMs: median(parseMs),
    resumeMs: median(resumeMs),
    emptyMs: median(emptyMs),
    ...{ peakBytes, parsePeakBytes },
  };
}

function journalBytes(root: string): number {
  let bytes = 0;
  for (const { name } of Deno.readDirSync(`${root}/shards`)) {
    bytes += Deno.statSync(`${root}/shards/${name}/hot/journal.jsonl`).size;
  }
  return bytes;
}
