/** Sends the traces that are worth it: all that went wrong or took long, and of the ordinary ones as many as tell something. */
import {
  nativeAttributes,
  type NativeSpan,
  type NativeTracer,
  sendSpan,
  setStatus,
} from "./telemetry.ts";
import type { Trace } from "./trace.ts";

/** Of one campaign: runs that completed at once within a second, and all of them. */
export const ORDINARY_MAX = 1000;
export const RUNS_MAX = 10_000;

export interface Sent {
  readonly runs: number;
  readonly spans: number;
  /** Not sent, since their campaign had told of enough. */
  readonly leftOut: number;
}

type Began = Extract<Trace, { readonly kind: "campaign-began" }>;

interface Campaign {
  readonly began: Began;
  /** Once something is linked to it. */
  span: NativeSpan | undefined;
  ordinary: number;
  runs: number;
  leftOut: number;
}

export class TraceSender {
  readonly #tracer: NativeTracer;
  readonly #tree: string;
  readonly #campaigns = new Map<number, Campaign>();
  #sent = { runs: 0, spans: 0, leftOut: 0 };

  constructor(tracer: NativeTracer, tree: string) {
    this.#tracer = tracer;
    this.#tree = tree;
  }

  get sent(): Sent {
    return this.#sent;
  }

  /** A campaign's beginning, also of one that nothing else is told of. */
  know(began: Began): void {
    const { epoch } = began;
    if (this.#campaigns.has(epoch)) return;
    this.#campaigns.set(epoch, { began, span: undefined, ordinary: 0, runs: 0, leftOut: 0 });
  }

  send(trace: Trace): void {
    if (trace.kind === "campaign-began") return this.know(trace);
    const campaign = this.#campaigns.get(trace.epoch);
    if (trace.kind === "run") return this.#sendRun(trace, campaign);
    if (campaign === undefined) return;
    const { attributes, status, endMs } = trace;
    this.#end(campaign, { ...attributes }, endMs, (span) => setStatus(span, status, endMs));
  }

  /** Campaigns that are still at work are told as far as they are. */
  close(nowMs: number): void {
    for (const campaign of this.#campaigns.values()) {
      if (campaign.span !== undefined) {
        this.#end(campaign, { "simrun.outcome": "working" }, nowMs, () => {});
      }
    }
  }

  #sendRun(trace: Extract<Trace, { readonly kind: "run" }>, campaign: Campaign | undefined): void {
    if (campaign !== undefined) {
      const isEnough = campaign.runs >= RUNS_MAX ||
        (trace.isOrdinary && campaign.ordinary >= ORDINARY_MAX);
      if (isEnough) {
        campaign.leftOut++;
        this.#sent.leftOut++;
        return;
      }
      campaign.runs++;
      if (trace.isOrdinary) campaign.ordinary++;
    }
    const { span } = trace;
    const attributes = { ...span.attributes, "simrun.tree": this.#tree };
    const links = campaign === undefined ? [] : [this.#spanOf(campaign)];
    this.#sent.spans += sendSpan(this.#tracer, { ...span, attributes }, { links });
    this.#sent.runs++;
  }

  #spanOf(campaign: Campaign): NativeSpan {
    const { startMs, attributes } = campaign.began;
    return campaign.span ??= this.#tracer.startSpan("campaign", {
      startTime: startMs,
      root: true,
      attributes: nativeAttributes({ ...attributes, "simrun.tree": this.#tree }),
    });
  }

  #end(
    campaign: Campaign,
    attributes: Record<string, string | number | boolean>,
    endMs: number,
    finish: (span: NativeSpan) => void,
  ): void {
    const span = this.#spanOf(campaign);
    const { runs, leftOut } = campaign;
    const counts = { "simrun.runs_traced": runs, "simrun.runs_left_out": leftOut };
    span.setAttributes(nativeAttributes({ ...attributes, ...counts }));
    finish(span);
    span.end(Math.max(campaign.began.startMs, endMs));
    this.#sent.spans++;
    this.#campaigns.delete(campaign.began.epoch);
  }
}
