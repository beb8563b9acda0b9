/** A mistake in a manifest as data: code, sentence, place, hint. Turned into text by `render.ts`. */

/** Where something stands. Line and column count from 1; columns in UTF-16 units, as editors do. */
export interface Place {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  /** How many characters of that line are meant; 1 unless given. */
  readonly length?: number;
}

export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly place?: Place;
  /** What to write or type instead. */
  readonly hint?: string;
}

export type DiagnosticCode =
  /** The text is not YAML, or uses what manifests do not have. */
  | "yaml"
  /** Too large, too deep, or grows beyond all bounds by its aliases. */
  | "limit"
  | "empty"
  | "unknown-key"
  | "duplicate-key"
  | "missing-key"
  /** A value of a wrong type or out of range. */
  | "value"
  /** Two keys that exclude each other. */
  | "conflict"
  | "job-id"
  | "duplicate-id"
  | "sweep"
  | "sweep-too-large"
  /** Jobs that need each other, or what cannot be needed. */
  | "needs"
  /** A run that cannot begin from where it says. */
  | "from"
  /** Runs that need more memory than there is. */
  | "memory"
  /** Runs that take more cores than may be used. */
  | "cores"
  | "not-offered"
  /** Refused by what the model says of its parameters. */
  | "parameter"
  /** The model cannot be loaded, or exports nothing that can be run. */
  | "model"
  /** A declared input file cannot be read. */
  | "input";
