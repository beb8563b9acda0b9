/** Distributions: the value below which a given share of one lies. The same bits on every machine. Pure. */
import type { ParameterValue } from "../job/job.ts";
import type { Distribution } from "../job/sweep.ts";
import { exp, log } from "./elementary.ts";
import { normalQuantile, normalShare } from "./normal.ts";

/** Of a share above 0 and below 1. */
export type Quantile = (share: number) => ParameterValue;

export function quantileOf(distribution: Distribution): Quantile {
  switch (distribution.kind) {
    case "uniform": {
      const { min, max } = distribution;
      const round = toDecimals(max - min);
      return (share) => within(round(min * (1 - share) + max * share), min, max);
    }
    case "log-uniform": {
      const { min, max } = distribution;
      const [least, most] = [log(min), log(max)];
      return (share) => {
        const exponent = least * (1 - share) + most * share;
        return within(toDigits(exp(exponent), exponent), min, max);
      };
    }
    case "normal": {
      const { mean, sd, min = -Infinity, max = Infinity } = distribution;
      const round = toDecimals(sd);
      const standard = truncated((min - mean) / sd, (max - mean) / sd);
      return (share) => within(round(mean + sd * standard(share)), min, max);
    }
    case "integer": {
      const { min, max } = distribution;
      const count = max - min + 1;
      return (share) => Math.min(min + Math.floor(share * count), max);
    }
    case "choice": {
      const { values } = distribution;
      return (share) => values[Math.min(Math.floor(share * values.length), values.length - 1)]!;
    }
  }
}

/** The share of a normal distribution that lies between its bounds. */
export function shareWithin({ mean, sd, min, max }: NormalBounds): number {
  const [from, to] = [min ?? -Infinity, max ?? Infinity].map((bound) => (bound - mean) / sd);
  return from! > 0
    ? normalShare(-from!) - normalShare(-to!)
    : normalShare(to!) - normalShare(from!);
}

type NormalBounds = Omit<Distribution & { readonly kind: "normal" }, "kind">;

// Far out only the lower tail has digits enough: what lies above the mean is mirrored.
function truncated(from: number, to: number): (share: number) => number {
  if (from === -Infinity && to === Infinity) return normalQuantile;
  if (from > 0) {
    const mirrored = truncated(-to, -from);
    return (share) => -mirrored(1 - share);
  }
  const [least, most] = [normalShare(from), normalShare(to)];
  return (share) => normalQuantile(least * (1 - share) + most * share);
}

/** Rounding may pass a bound by half a unit. */
function within(value: number, min: number, max: number): number {
  return value < min ? min : value > max ? max : value;
}

const POWERS = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/** To as many decimals as make twelve digits of `width`: fine enough to tell 2³² values of a range apart. */
function toDecimals(width: number): (value: number) => number {
  const decimals = DIGITS - decade(width);
  const scale = POWERS[decimals];
  if (scale === undefined) return (value) => value;
  return (value) => {
    const scaled = value * scale;
    return Math.abs(scaled) < 2 ** 52 ? Math.round(scaled) / scale : value;
  };
}

const DIGITS = 12;

function decade(positive: number): number {
  return positive > 0 && positive < Infinity
    ? Number(positive.toExponential().split("e")[1])
    : Infinity;
}

/** To twelve digits, or thirteen; the logarithm of the value is known already. */
function toDigits(value: number, logarithm: number): number {
  const decimals = DIGITS - 1 - Math.floor(logarithm / LN10);
  const scale = POWERS[Math.abs(decimals)];
  if (scale === undefined) return Number(value.toPrecision(DIGITS));
  return decimals < 0 ? Math.round(value / scale) * scale : Math.round(value * scale) / scale;
}

const LN10 = 2.302585092994045684;
