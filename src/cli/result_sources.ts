/** `simrun results` with where its rows come from: columns to be asked for by name, and records that hold all of it. */
import { PROVENANCE_COLUMNS, ProvenanceFold, provenanceJson } from "../report/provenance.ts";
import type { ResultColumn } from "../report/result_frame.ts";
import type { ResultRow } from "../report/results.ts";

export interface ResultSources {
  /** To be fed with every entry of the journal. */
  readonly fold: ProvenanceFold;
  columns(rows: readonly ResultRow[]): ResultColumn[];
  json(row: ResultRow): unknown;
}

export function readSources(): ResultSources {
  const fold = new ProvenanceFold();
  const find = ({ job, run }: ResultRow) => fold.find(job, run);
  return {
    fold,
    columns: (rows) =>
      Object.entries(PROVENANCE_COLUMNS).map(([name, valueOf]) => ({
        name,
        of: "run",
        cell: (index) => {
          const found = find(rows[index]!);
          return found && valueOf(found);
        },
      })),
    json: (row) => {
      const found = find(row);
      return found && provenanceJson(found);
    },
  };
}
