/** Who is told of what happens, as a manifest asks for it: sinks of events. */

/** What can be told; `../notice/notice.ts` has the fields of each. */
export const NOTICE_EVENTS = [
  "on_begin",
  "on_submit",
  "on_start",
  "on_resume",
  "on_progress",
  "on_checkpoint",
  "on_warning",
  "on_retry",
  "on_complete",
  "on_error",
  "on_cancel",
  "on_end",
] as const;

export type NoticeEvent = typeof NOTICE_EVENTS[number];

/** A text that must not stand in a manifest: it is read where it is used, and never written down. */
export type Secret =
  | { readonly env: string }
  /** Absolute path of a file whose first line it is. */
  | { readonly file: string };

export type SinkKind = SinkTarget["kind"];

export type SinkTarget =
  | {
    /** `simulation.log` in the tree. */
    readonly kind: "log";
    readonly format: "text" | "json";
    /** A longer file is put aside as `simulation.log.1`, and so many of these are kept. */
    readonly bytesMax: number;
    readonly filesMax: number;
  }
  | {
    readonly kind: "webhook";
    readonly url: string | Secret;
    /** Signs what is sent. */
    readonly secret?: Secret;
  }
  | { readonly kind: "slack"; readonly url: Secret }
  | { readonly kind: "email"; readonly to: readonly string[] }
  | {
    /** A program that is given each event on its stdin. */
    readonly kind: "command";
    readonly command: readonly string[];
    /** Where it is started. */
    readonly folder: string;
  }
  | {
    /** A module whose functions are named as the events. */
    readonly kind: "module";
    readonly path: string;
  }
  | {
    /** Prometheus's text of the tree, in a file that is replaced or at an address that is asked. */
    readonly kind: "metrics";
    readonly file?: string;
    readonly listen?: { readonly hostname: string; readonly port: number };
    readonly everyMs: number;
  }
  /** Runs as traces, to where OpenTelemetry's own variables say. */
  | { readonly kind: "traces" };

export type SinkSpec = SinkTarget & {
  /** Of letters, digits, dots and dashes; its state in the tree is named so. */
  readonly name: string;
  readonly events: readonly NoticeEvent[];
  /** How often it is told of the progress, if it is. */
  readonly progressEveryMs: number;
};

/** What each kind is told of where nothing is said. */
export const DEFAULT_EVENTS: { readonly [kind in SinkKind]: readonly NoticeEvent[] } = {
  log: NOTICE_EVENTS.filter((event) => event !== "on_progress"),
  webhook: NOTICE_EVENTS.filter((event) => event !== "on_progress"),
  slack: ["on_error", "on_end"],
  email: ["on_error", "on_end"],
  command: ["on_error", "on_end"],
  module: NOTICE_EVENTS,
  // These make their own of the journal.
  metrics: [],
  traces: [],
};

export const DEFAULT_PROGRESS_MS = 60_000;
export const DEFAULT_METRICS_MS = 15_000;
export const DEFAULT_LOG = { format: "text", bytesMax: 10 << 20, filesMax: 5 } as const;
