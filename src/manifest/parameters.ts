/** Checks a job's parameters against what its model says of them. Ranges by their ends, never expanded. Pure. */
import type { Job, ParameterValue } from "../job/job.ts";
import type { ParameterRule, ParameterRules } from "../job/model.ts";
import { canonical } from "../plan/digest.ts";
import { numbersOf } from "../plan/point_numbers.ts";
import { sweepNames } from "../plan/sweep.ts";
import type { Diagnostic } from "./diagnostic.ts";
import type { ManifestReading, Part } from "./manifest.ts";
import { didYouMean } from "./suggest.ts";
import { sweptValues } from "./swept_values.ts";

/** Wrong values shown of one parameter. */
const SHOWN_VALUES = 3;

type Locate = ManifestReading["locate"];
type Path = readonly (string | number)[];

/** What is wrong with one value: how the sentence about it ends, and a hint. */
interface Objection {
  readonly message: string;
  readonly hint?: string;
}

/** Every parameter of the job, fixed or swept, that its model does not know or would not take. */
export function checkParameters(job: Job, rules: ParameterRules, locate: Locate): Diagnostic[] {
  const checker = new Checker(job, rules, locate);
  for (const [name, value] of Object.entries(job.parameters)) {
    if (checker.knows(name, ["parameters", name])) {
      checker.checkValues(name, [{ value, path: ["parameters", name] }]);
    }
  }
  if (job.sweep !== undefined) {
    const numbers = numbersOf(job.sweep);
    for (const name of sweepNames(job.sweep)) {
      if (numbers.includes(name)) checker.checkNumber(name);
      else if (checker.knows(name, ["sweep", name])) {
        const rule = rules[name]!;
        checker.checkValues(name, sweptValues(job.sweep, name, rule, typeOf(rule) === "integer"));
      }
    }
  }
  checker.checkRequired();
  return checker.diagnostics;
}

class Checker {
  readonly diagnostics: Diagnostic[] = [];
  readonly #job: Job;
  readonly #rules: ParameterRules;
  readonly #locate: Locate;

  constructor(job: Job, rules: ParameterRules, locate: Locate) {
    this.#job = job;
    this.#rules = rules;
    this.#locate = locate;
  }

  knows(name: string, path: Path): boolean {
    if (Object.hasOwn(this.#rules, name)) return true;
    const known = Object.keys(this.#rules);
    const hint = didYouMean(name, known) ??
      (known.length === 0
        ? "The model has no parameters."
        : `Its parameters: ${known.slice(0, 20).join(", ")}${known.length > 20 ? ", …" : ""}.`);
    this.#report(path, `The model has no parameter "${name}"`, hint, "key");
    return false;
  }

  checkValues(
    name: string,
    values: Iterable<{ readonly value: ParameterValue; readonly path: Path }>,
  ): void {
    const rule = this.#rules[name]!;
    let wrong = 0;
    for (const { value, path } of values) {
      const objection = objectionTo(value, rule);
      if (objection === undefined) continue;
      if (++wrong > SHOWN_VALUES) continue;
      this.#report(path, `"${name}" ${objection.message}`, objection.hint ?? rule.about);
    }
    if (wrong > SHOWN_VALUES) {
      const more = (wrong - SHOWN_VALUES).toLocaleString("en");
      this.#report(["sweep", name], `${more} more values of "${name}" are wrong`);
    }
  }

  /** The number of a sample or a repeat is nothing that a model sees. */
  checkNumber(name: string): void {
    if (!Object.hasOwn(this.#rules, name)) return;
    const message =
      `The model has a parameter "${name}" of its own, and "${name}" numbers the points here`;
    this.#report(["sweep", name], message, `Call the model's parameter otherwise.`, "key");
  }

  checkRequired(): void {
    const { parameters, sweep } = this.#job;
    const swept = new Set(sweep === undefined ? [] : sweepNames(sweep));
    for (const [name, rule] of Object.entries(this.#rules)) {
      if (rule.default !== undefined || Object.hasOwn(parameters, name)) continue;
      if (!swept.has(name)) {
        const unit = rule.unit === undefined ? "" : ` in ${rule.unit}`;
        const hint = `Give it under parameters${unit}, or sweep it.`;
        this.#report([], `The model needs the parameter "${name}", which has no default`, hint);
      } else this.#checkInEveryPoint(name);
    }
  }

  #checkInEveryPoint(name: string): void {
    for (const part of this.#job.sweep!.parts) {
      if (part.kind !== "points" || !part.points.some((point) => Object.hasOwn(point, name))) {
        continue;
      }
      const missing = part.points.findIndex((point) => !Object.hasOwn(point, name));
      if (missing < 0) continue;
      const message = `Point ${missing + 1} of the sweep lacks "${name}", which has no default`;
      this.#report(["sweep", name], message, `Give it in every point.`);
    }
  }

  #report(path: Path, message: string, hint?: string, what?: Part): void {
    const place = this.#locate(this.#job.id, path, what);
    this.diagnostics.push({
      code: "parameter",
      severity: "error",
      message,
      ...(place === undefined ? {} : { place }),
      ...(hint === undefined ? {} : { hint }),
    });
  }
}

function objectionTo(value: ParameterValue, rule: ParameterRule): Objection | undefined {
  const type = typeOf(rule);
  const shown = show(value);
  if (type !== undefined && !isOfType(value, type)) return wrongType(value, type);
  if (rule.choices !== undefined) {
    const wanted = canonical(value);
    if (rule.choices.some((choice) => canonical(choice) === wanted)) return undefined;
    const choices = rule.choices.map((choice) => show(choice as ParameterValue));
    const words = rule.choices.filter((choice) => typeof choice === "string");
    const meant = typeof value === "string" ? didYouMean(value, words) : undefined;
    const message = `is ${shown}, but must be one of ${choices.slice(0, 20).join(", ")}`;
    return meant === undefined ? { message } : { message, hint: meant };
  }
  if (typeof value !== "number") return undefined;
  const unit = rule.unit === undefined ? "" : ` ${rule.unit}`;
  if (rule.min !== undefined && !(value >= rule.min)) {
    return { message: `is ${shown}, but must be at least ${rule.min}${unit}` };
  }
  if (rule.max !== undefined && !(value <= rule.max)) {
    return { message: `is ${shown}, but must be at most ${rule.max}${unit}` };
  }
  return undefined;
}

type TypeName = NonNullable<ParameterRule["type"]>;

/** The rule's type: as declared, or that of its default. */
function typeOf(rule: ParameterRule): TypeName | undefined {
  if (rule.type !== undefined) return rule.type;
  const { default: value } = rule;
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value)) return "array";
  const type = typeof value;
  return type === "number" || type === "string" || type === "boolean" || type === "object"
    ? type
    : undefined;
}

function isOfType(value: ParameterValue, type: TypeName): boolean {
  switch (type) {
    case "integer":
      return Number.isInteger(value);
    case "array":
      return Array.isArray(value);
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    case "number":
      return typeof value === "number";
    case "string":
      return typeof value === "string";
    case "boolean":
      return typeof value === "boolean";
  }
}

function wrongType(value: ParameterValue, type: TypeName): Objection {
  const message = `must be ${TYPE_WORDS[type]}, but is ${show(value)}`;
  if ((type === "number" || type === "integer") && typeof value === "string") {
    const number = Number(value.replaceAll("_", ""));
    if (value.trim() !== "" && !Number.isNaN(number)) {
      return { message, hint: `Write ${number}, without quotes.` };
    }
  }
  if (type === "string") return { message, hint: `Quote it: ${JSON.stringify(show(value))}.` };
  if (type === "boolean" && /^(yes|no|on|off)$/i.test(String(value))) {
    return { message, hint: "YAML 1.2 knows only true and false." };
  }
  return { message };
}

const TYPE_WORDS: { readonly [type in TypeName]: string } = {
  number: "a number",
  integer: "a whole number",
  string: "text",
  boolean: "true or false",
  array: "a list",
  object: "a mapping",
};

function show(value: ParameterValue): string {
  const text = typeof value === "number" ? String(value) : canonical(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
