/** Words of traces: spans with their true times, and what of a journal they are made of. Types only. */

export type Attribute = string | number | boolean;
export type Attributes = Record<string, Attribute>;

export interface SpanEvent {
  readonly name: string;
  readonly atMs: number;
  readonly attributes: Attributes;
}

/** A span that has ended. */
export interface SpanFacts {
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Attributes;
  readonly status: SpanStatus;
  readonly events: readonly SpanEvent[];
  readonly children: readonly SpanFacts[];
}

export type SpanStatus =
  | { readonly kind: "unset" }
  | { readonly kind: "ok" }
  /** `type` is a class of failure or a cause. */
  | { readonly kind: "error"; readonly type: string; readonly message: string };

export type Trace =
  | {
    readonly kind: "campaign-began";
    readonly seq: number;
    readonly epoch: number;
    readonly startMs: number;
    readonly attributes: Attributes;
  }
  | {
    readonly kind: "campaign-ended";
    readonly seq: number;
    readonly epoch: number;
    readonly endMs: number;
    readonly attributes: Attributes;
    readonly status: SpanStatus;
  }
  | {
    readonly kind: "run";
    readonly seq: number;
    /** Of the campaign that it ended under. */
    readonly epoch: number;
    readonly span: SpanFacts;
    /** Completed at once and in less than a second: of such ones some tell as much as all. */
    readonly isOrdinary: boolean;
  };
