/** Where a job stands whose runs are led by results: the best so far, and why no more are needed. Pure. */
import type { ParameterValue } from "../job/parameter.ts";
import { runName } from "../job/run.ts";
import { formatCount } from "./format.ts";
import { parametersText } from "./points.ts";

export interface LedJob {
  readonly job: string;
  readonly metric: string;
  readonly stopped?: { readonly after: number; readonly of: number; readonly why: string };
  /** Of a search, as soon as a run has come to something. */
  readonly best?: {
    readonly run: string;
    readonly value: number;
    readonly parameters: { readonly [name: string]: ParameterValue };
  };
  /** Of a rule that goes by the mean: how well that is known. */
  readonly standing?: string;
}

/** `stopped after 57 of 200: …`, `best loss 0.0049 in fit/0028: x: 1.02, y: 1.05`. */
export function ledTexts({ job, metric, stopped, best, standing }: LedJob): string[] {
  const texts: string[] = [];
  if (stopped !== undefined) texts.push(stoppedText(stopped));
  else if (standing !== undefined) texts.push(standing);
  if (best !== undefined) {
    const value = Number(best.value.toPrecision(6));
    const parameters = parametersText(rounded(best.parameters));
    texts.push(`best ${metric} ${value} in ${runName(job, best.run)}: ${parameters}`);
  }
  return texts;
}

export function stoppedText({ after, of, why }: NonNullable<LedJob["stopped"]>): string {
  return `stopped after ${formatCount(after)} of ${formatCount(of)}: ${why}`;
}

export function ledJson({ metric, stopped, best, standing }: LedJob): Record<string, unknown> {
  return {
    metric,
    ...(stopped !== undefined && {
      stopped_after: stopped.after,
      stopped_of: stopped.of,
      stopped_because: stopped.why,
    }),
    ...(best !== undefined && { best }),
    ...(standing !== undefined && { standing }),
  };
}

/** For eyes. */
function rounded(parameters: { readonly [name: string]: ParameterValue }) {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [
      name,
      typeof value === "number" ? Number(value.toPrecision(6)) : value,
    ]),
  );
}
