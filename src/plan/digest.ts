/** Digests of meaning: run ids and spec digests over canonical values, never over the manifest's text. */
import { isModelFile, type Job, type ParameterValue } from "../job/job.ts";
import { searchOf, TRIAL_NUMBER } from "../job/sweep.ts";
import { takeRepeat } from "./point_numbers.ts";
import { Sha256 } from "./sha256.ts";
import type { Point } from "./sweep.ts";

/** 64 bits: among a million runs two share an id with a probability of 3·10⁻⁸. */
const DIGEST_CHARACTERS = 16;

/** From here on the system's library, which takes 20 ms to load, is the quicker one. */
const LONG = 2 ** 20;

/**
 * A run's id: the job's id, or for a sweep the digest of its point, in a search its number.
 * Adding or reordering points changes nobody else's id.
 */
export function runId(job: Job, point: Point): string {
  if (job.sweep === undefined) return job.id;
  return searchOf(job.sweep) === undefined ? shortDigest(canonical(point)) : trialId(point);
}

/** By its number: its values are not known before it begins. In the order of the numbers, as far as four digits go. */
function trialId({ [TRIAL_NUMBER]: number }: Point): string {
  return String(number).padStart(4, "0");
}

const encoder = new TextEncoder();
const sha256 = new Sha256();

/** Digests what a run computes: everything that its result depends on but the model and the steps. */
export class SpecDigester {
  readonly #job: Job;
  readonly #rest: Uint8Array;
  /** All points have the same names. */
  readonly #isUniform: boolean;
  /** Made at the first point: mostly all points of a sweep have the same names. */
  #pointForm: CanonicalForm | undefined;
  #specForm: CanonicalForm | undefined;

  /** `inputDigests` holds the digest of each input file's content, by the input's name. */
  constructor(job: Job, inputDigests: { readonly [name: string]: string } = {}) {
    this.#job = job;
    // A point of a search that is not settled yet has its number only.
    this.#isUniform =
      job.sweep?.parts.every(({ kind }) => kind !== "points" && kind !== "search") ??
        true;
    const rest = canonical({
      seed: job.seed,
      measure: job.measureEverySteps ?? null,
      inputs: inputDigests,
      // What runs outside cannot be asked for more steps than it was told of.
      ...(!isModelFile(job.model) && { steps: job.steps }),
    });
    this.#rest = encoder.encode(rest);
  }

  digest(point: Point): string {
    const { once, repeat } = takeRepeat(this.#job.sweep, point);
    if (this.#specForm === undefined || !(this.#isUniform || this.#specForm.fits(once))) {
      this.#specForm = new CanonicalForm(this.#job.parameters, Object.keys(once));
    }
    this.#specForm.addTo(sha256, once);
    return sha256.add(this.#rest).add(repeatText(repeat)).head();
  }

  /** As {@linkcode runId} answers it. */
  runId(point: Point): string {
    if (this.#job.sweep === undefined) return this.#job.id;
    if (searchOf(this.#job.sweep) !== undefined) return trialId(point);
    if (this.#pointForm === undefined || !(this.#isUniform || this.#pointForm.fits(point))) {
      this.#pointForm = new CanonicalForm({}, Object.keys(point));
    }
    this.#pointForm.addTo(sha256, point);
    return sha256.head();
  }
}

/** Canonical JSON of records that have the same names: sorted once, what is fixed written once. */
class CanonicalForm {
  /** What stands before each value of the record, in the order of its names, and after the last one. */
  readonly #before: Uint8Array[] = [];
  readonly #names: string[] = [];

  /** `fixed` stands beneath the record, whose names these are. */
  constructor(fixed: Job["parameters"], names: readonly string[]) {
    const own = new Set(names);
    let text = "{";
    for (const name of [...new Set([...Object.keys(fixed), ...names])].sort()) {
      if (!own.has(name) && fixed[name] === undefined) continue;
      text += `${text === "{" && this.#names.length === 0 ? "" : ","}${JSON.stringify(name)}:`;
      if (own.has(name)) {
        this.#before.push(encoder.encode(text));
        this.#names.push(name);
        text = "";
      } else text += canonical(fixed[name]);
    }
    this.#before.push(encoder.encode(text + "}"));
  }

  fits(record: Point): boolean {
    let names = 0;
    for (const name in record) {
      if (record[name] === undefined) return false;
      names++;
    }
    return names === this.#names.length && this.#names.every((name) => Object.hasOwn(record, name));
  }

  addTo(sha256: Sha256, record: Point): void {
    for (let i = 0; i < this.#names.length; i++) {
      sha256.add(this.#before[i]!).add(canonical(record[this.#names[i]!]));
    }
    sha256.add(this.#before[this.#names.length]!);
  }
}

/**
 * 128 bits that seed a run's random generator: from parameters and seed, so that a rename changes nothing. Of one that
 * begins from another's state also from the step, so that it does not draw again what was drawn before it.
 */
export function randomSeed(job: Job, point: Point, fromStep = 0): Int32Array {
  const { once, repeat } = takeRepeat(job.sweep, point);
  const begins = fromStep === 0 ? "" : `\nfrom step ${fromStep}`;
  const text = `${job.seed}\n${canonical({ ...job.parameters, ...once })}${
    repeatText(repeat)
  }${begins}`;
  return new Int32Array(sha256.add(text).bytes().buffer, 0, 4);
}

/** Nothing for the first one: it is the same run as without repeats. */
function repeatText(repeat: number): string {
  return repeat === 1 ? "" : `\nrepeat ${repeat}`;
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
  if (text.length <= LONG) return sha256.add(text).head();
  return process.getBuiltinModule("node:crypto").hash("sha256", text, "hex")
    .slice(0, DIGEST_CHARACTERS);
}
