/** What can be wrong with a PLECS model's parameters before PLECS is ever asked: their names and kinds. */
import type { Job } from "../job/job.ts";
import type { Diagnostic } from "../manifest/diagnostic.ts";
import type { ManifestReading } from "../manifest/manifest.ts";
import { sweptParameters } from "../plan/point_numbers.ts";
import { countPoints, pointAt } from "../plan/sweep.ts";
import { parameterProblem } from "../plecs/options.ts";

/** More are not looked at one by one: they are of the kind of the first ones. */
const POINTS_MAX = 10_000;

export function checkPlecs(job: Job, locate: ManifestReading["locate"]): Diagnostic[] {
  const problems = new Map<string, string>();
  const look = (parameters: Job["parameters"]) => {
    for (const [name, value] of Object.entries(parameters)) {
      const problem = problems.has(name) ? undefined : parameterProblem(name, value);
      if (problem !== undefined) problems.set(name, problem);
    }
  };
  look(job.parameters);
  const count = job.sweep === undefined ? 0 : Math.min(POINTS_MAX, countPoints(job.sweep));
  for (let at = 0; at < count; at++) look(sweptParameters(job.sweep, pointAt(job.sweep, at)));
  return [...problems].map(([name, problem]) => {
    const part = Object.hasOwn(job.parameters, name) ? "parameters" : "sweep";
    const place = locate(job.id, [part, name], "key") ?? locate(job.id, [part, name]);
    const inJob = place === undefined ? `Job ${job.id}: ` : "";
    return {
      code: "parameter",
      severity: "error",
      message: `${inJob}The parameter "${name}" ${problem}`,
      hint: "Parameters become the ModelVars of the model.",
      ...(place && { place }),
    };
  });
}
