/** The flags of `simrun results`: which rows and columns, in which format, and where to. Data only. */
import type { Flags } from "./command.ts";

export const RESULT_FORMATS = [
  "table",
  "csv",
  "json",
  "jsonl",
  "parquet",
  "npy",
  "safetensors",
] as const;
export type ResultFormat = typeof RESULT_FORMATS[number];

export const RESULT_FLAGS = {
  format: {
    kind: "choice",
    values: RESULT_FORMATS,
    brief: "Else the ending of -o tells",
  },
  columns: { kind: "text", value: "A,B,…", brief: "These columns, in this order" },
  where: {
    kind: "text",
    value: "CONDITION",
    brief: "Rows of which it is true: 'co2 > 300 and scheme == euler'",
  },
  sort: {
    kind: "text",
    value: "A,-B,…",
    isDashed: true,
    brief: "By these columns; a minus is the largest first",
  },
  limit: { kind: "count", min: 0, value: "N", brief: "At most so many rows" },
  output: {
    kind: "text",
    letter: "o",
    value: "FILE",
    brief: "Write to a file; its ending tells the format",
  },
  force: { kind: "switch", letter: "f", brief: "Overwrite the file of -o" },
  series: { kind: "switch", brief: "What these runs measured step by step, in one long table" },
  plot: {
    kind: "text",
    value: "x=A,y=B",
    brief: "Draw: by=C for groups, logx, logy; with -o a figure (.svg, .png)",
  },
  provenance: {
    kind: "switch",
    brief: "With where each comes from: seed, digests, commit, versions, host, times, parent",
  },
  all: {
    kind: "switch",
    letter: "a",
    brief: "Results of earlier plans as well, after the others",
  },
} as const satisfies Flags;
