/** The points of a sample, each computed from its number alone. Pure. */
import type { ParameterValue } from "../job/job.ts";
import { type Sample, SAMPLE_NUMBER, type SampleMethod } from "../job/sweep.ts";
import { HALTON_DIMENSIONS, HaltonSequence } from "./halton.ts";
import { LatinHypercube } from "./latin_hypercube.ts";
import { type Quantile, quantileOf } from "./quantile.ts";
import { RandomSequence } from "./random_sequence.ts";
import type { Sequence } from "./sequence.ts";
import { SOBOL_DIMENSIONS } from "./sobol_table.ts";
import { SobolSequence } from "./sobol.ts";

/** How many parameters a method can sample together. */
export const SAMPLE_DIMENSIONS: { readonly [method in SampleMethod]: number } = {
  random: 2 ** 20,
  lhs: 2 ** 20,
  sobol: SOBOL_DIMENSIONS,
  halton: HALTON_DIMENSIONS,
};

/** Sets the number of the point, from 1, and its values. */
export function fillSample(
  point: Record<string, ParameterValue>,
  sample: Sample,
  index: number,
): void {
  const { sequence, quantiles } = prepare(sample);
  const { over } = sample;
  point[SAMPLE_NUMBER] = index + 1;
  for (let dimension = 0; dimension < over.length; dimension++) {
    point[over[dimension]!.name] = quantiles[dimension]!(sequence.at(index, dimension));
  }
}

interface Prepared {
  readonly sequence: Sequence;
  readonly quantiles: readonly Quantile[];
}

/** Direction numbers and permutations are the same for all points of a sample. */
const prepared = new WeakMap<Sample, Prepared>();

function prepare(sample: Sample): Prepared {
  const before = prepared.get(sample);
  if (before !== undefined) return before;
  const made = {
    sequence: sequenceOf(sample),
    quantiles: sample.over.map(({ distribution }) => quantileOf(distribution)),
  };
  prepared.set(sample, made);
  return made;
}

function sequenceOf({ method, count, seed, over }: Sample): Sequence {
  switch (method) {
    case "random":
      return new RandomSequence(seed);
    case "lhs":
      return new LatinHypercube(count, over.length, seed);
    case "sobol":
      return new SobolSequence(over.length, seed);
    case "halton":
      return new HaltonSequence(over.length, seed);
  }
}
