/** Results that were too long for the journal, read from the files of their runs. */
import { Fault } from "../job/fault.ts";
import { decodePlain } from "../job/plain.ts";
import { runName } from "../job/run.ts";
import type { ResultRow } from "../report/results.ts";
import { readRunFile } from "../store/archive.ts";
import { crc32 } from "../store/crc32.ts";
import type { Layout } from "../store/layout.ts";
import { homeOf } from "../store/shards.ts";

/** The same rows with every result in them. One that is lost is told of, and stays undefined. */
export async function withResultFiles(
  layout: Layout,
  rows: readonly ResultRow[],
  onLost: (fault: Fault) => void,
): Promise<ResultRow[]> {
  const whole: ResultRow[] = [];
  for (const row of rows) {
    whole.push(row.resultFile === undefined ? row : await withResult(layout, row, onLost));
  }
  return whole;
}

async function withResult(
  layout: Layout,
  row: ResultRow,
  onLost: (fault: Fault) => void,
): Promise<ResultRow> {
  const { job, run, resultFile } = row;
  const { name, sum } = resultFile!;
  const bytes = await readRunFile(homeOf(layout, row.shard), job, run, name);
  if (bytes !== undefined && (sum === undefined || crc32(bytes) === sum.crc32)) {
    const result = decodePlain(JSON.parse(new TextDecoder().decode(bytes)));
    return { ...row, result, resultFile: undefined };
  }
  onLost(
    new Fault(
      "tree-damaged",
      `The file with the result of ${runName(job, run)} is ${
        bytes === undefined ? "lost" : "damaged"
      }.`,
      { hint: "Type simrun verify." },
    ),
  );
  return row;
}
