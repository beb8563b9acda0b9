/** A run whose end the journal has not told yet: its attempts so far, as spans. Bounded, whatever happens to it. */
import type { Attributes, SpanEvent, SpanFacts, SpanStatus } from "./trace.ts";

/** So many of each are told of one run; how many more there were is an attribute. */
const ATTEMPTS_MAX = 50;
const CHECKPOINTS_MAX = 200;
const EVENTS_MAX = 100;
/** Messages are as long as models make them. */
const TEXT_MAX = 1000;

interface OpenAttempt {
  readonly startMs: number;
  readonly attributes: Attributes;
  readonly events: SpanEvent[];
  readonly children: SpanFacts[];
}

export class OpenRun {
  readonly digest: string;
  readonly #name: string;
  readonly #startMs: number;
  readonly #attributes: Attributes;
  readonly #attempts: SpanFacts[] = [];
  #current: OpenAttempt | undefined;
  #checkpoints = 0;
  #leftOut = 0;
  /** An attempt has failed, or was cut off. */
  isTroubled = false;

  constructor(name: string, startMs: number, attributes: Attributes, digest: string) {
    this.#name = name;
    this.#startMs = startMs;
    this.#attributes = attributes;
    this.digest = digest;
  }

  get isAtWork(): boolean {
    return this.#current !== undefined;
  }

  begin(startMs: number, attributes: Attributes): void {
    this.#current = { startMs, attributes, events: [], children: [] };
  }

  happened(name: string, atMs: number, attributes: Attributes): void {
    const { events } = this.#current ?? {};
    if (events === undefined || events.length >= EVENTS_MAX) this.#leftOut++;
    else events.push({ name, atMs, attributes: shortened(attributes) });
  }

  /** Written for `ms` until then. */
  saved(atMs: number, ms: number, attributes: Attributes): void {
    if (this.#current === undefined || ++this.#checkpoints > CHECKPOINTS_MAX) this.#leftOut++;
    else {
      this.#current.children.push({
        name: "checkpoint",
        startMs: atMs - ms,
        endMs: atMs,
        attributes,
        status: { kind: "unset" },
        events: [],
        children: [],
      });
    }
  }

  endAttempt(endMs: number, status: SpanStatus, attributes: Attributes = {}): void {
    const current = this.#current;
    this.#current = undefined;
    if (current === undefined) return;
    if (status.kind === "error") this.isTroubled = true;
    if (this.#attempts.length >= ATTEMPTS_MAX) return void this.#leftOut++;
    this.#attempts.push({
      ...current,
      name: "attempt",
      endMs,
      attributes: { ...current.attributes, ...shortened(attributes) },
      status: shortStatus(status),
    });
  }

  end(endMs: number, status: SpanStatus, attributes: Attributes): SpanFacts {
    return {
      name: this.#name,
      startMs: this.#startMs,
      endMs,
      attributes: {
        ...this.#attributes,
        ...shortened(attributes),
        ...(this.#leftOut > 0 && { "simrun.left_out": this.#leftOut }),
      },
      status: shortStatus(status),
      events: [],
      children: this.#attempts,
    };
  }
}

function shortStatus(status: SpanStatus): SpanStatus {
  return status.kind === "error" ? { ...status, message: short(status.message) } : status;
}

function shortened(attributes: Attributes): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).map((
      [name, value],
    ) => [name, typeof value === "string" ? short(value) : value]),
  );
}

function short(text: string): string {
  return text.length <= TEXT_MAX ? text : `${text.slice(0, TEXT_MAX - 1)}…`;
}
