/** What CI systems are told of a run: what was asked for, what came of it, and what went wrong. Words only. */
import type { CliContext, GlobalFlags } from "./context.ts";

export interface CiFlags extends GlobalFlags {
  readonly junit?: string | undefined;
  readonly dryRun: boolean;
}

/** What came of it, as far as it came. */
export interface CiEnd {
  readonly root: string;
  /** Jobs that it was about. */
  readonly jobs: readonly string[];
  /** What is said at the end, without colours; the first line says it all. */
  readonly lines: readonly string[];
}

export interface CiTrouble {
  readonly type: string;
  readonly message: string;
  readonly text: string;
}

export interface CiFacts {
  readonly context: CliContext;
  readonly flags: CiFlags;
  /** Absolute. */
  readonly junit: string | undefined;
  readonly stepSummary: string | undefined;
  readonly end: CiEnd | undefined;
  readonly trouble: CiTrouble | undefined;
  readonly status: number | undefined;
  readonly began: string;
  readonly elapsedMs: number;
}
