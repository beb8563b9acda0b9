/** The runtime's own OpenTelemetry, as far as it is used here. It sends spans where `OTEL_EXPORTER_OTLP_…` says. */
import { VERSION } from "../job/version.ts";
import type { Attributes, SpanFacts, SpanStatus } from "./trace.ts";

/** What the runtime does with spans, by the interface of OpenTelemetry's JavaScript API, which it follows. */
export interface NativeSpan {
  spanContext(): object;
  addEvent(name: string, attributes: NativeAttributes, atMs: number): void;
  setAttributes(attributes: NativeAttributes): void;
  setStatus(status: { readonly code: number; readonly message?: string }): void;
  end(atMs: number): void;
}

export interface NativeTracer {
  startSpan(
    name: string,
    options: {
      readonly startTime: number;
      readonly root?: boolean;
      readonly attributes: NativeAttributes;
      readonly links?: readonly { readonly context: object }[];
    },
    context?: { readonly getValue: () => NativeSpan },
  ): NativeSpan;
}

type NativeAttributes = { readonly [name: string]: string | number | bigint | boolean };

/** Whether the process was started so that spans are sent. It cannot be turned on later. */
export function isTelemetryOn(): boolean {
  return Deno.env.get("OTEL_DENO") === "true";
}

export function nativeTracer(): NativeTracer {
  return Deno.telemetry.tracerProvider.getTracer("simrun", VERSION) as NativeTracer;
}

/** Sends a span and those below it. Answers how many. */
export function sendSpan(
  tracer: NativeTracer,
  span: SpanFacts,
  { parent, links = [] }: { readonly parent?: NativeSpan; readonly links?: readonly NativeSpan[] },
): number {
  const { startMs } = span;
  const options = {
    startTime: startMs,
    attributes: nativeAttributes(span.attributes),
    links: links.map((link) => ({ context: link.spanContext() })),
  };
  const native = parent === undefined
    ? tracer.startSpan(span.name, { ...options, root: true })
    : tracer.startSpan(span.name, options, { getValue: () => parent });
  for (const { name, atMs, attributes } of span.events) {
    native.addEvent(name, nativeAttributes(attributes), atMs);
  }
  setStatus(native, span.status, span.endMs);
  let sent = 1;
  for (const child of span.children) sent += sendSpan(tracer, child, { parent: native });
  // A clock that was set back makes nothing end before it began.
  native.end(Math.max(startMs, span.endMs));
  return sent;
}

export function setStatus(span: NativeSpan, status: SpanStatus, atMs: number): void {
  if (status.kind === "unset") return;
  if (status.kind === "ok") return span.setStatus({ code: 1 });
  const { type, message } = status;
  span.setStatus({ code: 2, message });
  span.setAttributes({ "error.type": type });
  span.addEvent("exception", { "exception.type": type, "exception.message": message }, atMs);
}

/** Whole numbers by nature go as such. What may be a fraction always is one: a backend knows an attribute by one type. */
export function nativeAttributes(attributes: Attributes): NativeAttributes {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => {
      const isCount = Number.isSafeInteger(value) && !/^simrun\.point\.|_ms$/.test(name);
      return [name, isCount ? BigInt(value) : value];
    }),
  );
}
