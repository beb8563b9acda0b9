/** Digests of meaning: run ids and spec digests over canonical values, never over the manifest's text. */
import type Crypto from "node:crypto";
import type { Job, ParameterValue } from "../job/job.ts";
import type { Point } from "./sweep.ts";

/** 64 bits: among a million runs two share an id with a probability of 3·10⁻⁸. */
const DIGEST_CHARACTERS = 16;

/**
 * A run's id: the job's id, or for a sweep the digest of its point.
 * Adding or reordering points changes nobody else's id.
 */
export function runId(job: Job, point: Point): string {
  return job.sweep === undefined ? job.id : shortDigest(canonical(point));
}

/** Digests what a run computes: everything that its result depends on but the model and the steps. */
export class SpecDigester {
  readonly #fixed: Job["parameters"];
  readonly #rest: string;

  /** `inputDigests` holds the digest of each input file's content, by the input's name. */
  constructor(job: Job, inputDigests: { readonly [name: string]: string } = {}) {
    this.#fixed = job.parameters;
    this.#rest = canonical({
      seed: job.seed,
      measure: job.measureEverySteps ?? null,
      inputs: inputDigests,
    });
  }

  digest(point: Point): string {
    return shortDigest(canonical({ ...this.#fixed, ...point }) + this.#rest);
  }
}

/** 128 bits that seed a run's random generator: from parameters and seed, so that a rename changes nothing. */
export function randomSeed(job: Job, point: Point): Int32Array {
  const text = `${job.seed}\n${canonical({ ...job.parameters, ...point })}`;
  return new Int32Array(crypto().hash("sha256", text, "buffer").buffer.slice(0, 16));
}

/** Canonical JSON: keys sorted, numbers in their shortest exact form, nothing else between. */
export function canonical(value: unknown): string {
  if (typeof value === "string" || typeof value === "boolean" || value === null) {
    return JSON.stringify(value);
  }
  // Not JSON where it has no word: NaN, Infinity, and -0, which a model may tell from 0.
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  const record = value as Readonly<Record<string, ParameterValue>>;
  let text = "{";
  for (const key of Object.keys(record).sort()) {
    if (record[key] === undefined) continue;
    text += `${text.length > 1 ? "," : ""}${JSON.stringify(key)}:${canonical(record[key])}`;
  }
  return text + "}";
}

/** 16 hexadecimal characters, the head of a SHA-256. */
export function shortDigest(text: string | Uint8Array): string {
  return crypto().hash("sha256", text, "hex").slice(0, DIGEST_CHARACTERS);
}

let loaded: typeof Crypto | undefined;

/** Loaded when it is first needed: that takes 20 ms, and the thread of a model without random numbers never does. */
function crypto(): typeof Crypto {
  return loaded ??= process.getBuiltinModule("node:crypto");
}
