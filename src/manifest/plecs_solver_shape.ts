/** Where PLECS listens and how it solves, as a manifest says it. */
import type { ParameterValue } from "../job/parameter.ts";
import { DEFAULT_PLECS_URL } from "../job/plecs.ts";
import { isNull, quote } from "./node.ts";
import { mustBe, parameterValue, type Shape, text } from "./shape.ts";
import { didYouMean } from "./suggest.ts";

/** What is simrun's own to say, and with what. */
const OWN_OPTIONS: { readonly [name: string]: string } = {
  Timeout: "Write timeout: in the job; PLECS is told.",
  InitialSystemState: "Write segments: 10 for checkpoints; simrun hands the state on.",
};

export function solverShape(): Shape<{ readonly [name: string]: ParameterValue }> {
  const any = parameterValue();
  return {
    schema: {
      type: ["object", "null"],
      propertyNames: { pattern: /^[A-Za-z][A-Za-z0-9_]*$/.source },
    },
    read(node, name, report) {
      if (isNull(node)) return {};
      if (node.kind !== "map") {
        const hint = "For example solver: { TimeSpan: 0.01, RelTol: 1e-6 }.";
        return mustBe(node, name, "a mapping of options", report, hint);
      }
      const options: Record<string, ParameterValue> = {};
      for (const { key, keyNode, value } of node.entries) {
        if (Object.hasOwn(OWN_OPTIONS, key)) {
          report.error(keyNode, "unknown-key", `"${key}" is set by simrun`, OWN_OPTIONS[key]);
          continue;
        }
        if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(key)) {
          const hint = didYouMean(key, SOLVER_OPTIONS) ?? "As the manual of PLECS writes it.";
          report.error(keyNode, "unknown-key", `${quote(key)} is no option of a solver`, hint);
          continue;
        }
        const known = didYouMean(key, SOLVER_OPTIONS);
        if (!SOLVER_OPTIONS.includes(key) && known !== undefined) {
          report.error(keyNode, "unknown-key", `PLECS knows no option ${quote(key)}`, known);
          continue;
        }
        const read = any.read(value, `${name}.${key}`, report);
        if (read !== undefined) options[key] = read;
      }
      return options;
    },
  };
}

/** Others are handed on as they are: versions of PLECS differ. */
const SOLVER_OPTIONS = [
  "Solver",
  "StartTime",
  "TimeSpan",
  "OutputTimes",
  "OutputTimesOption",
  "MaxStep",
  "InitStep",
  "FixedStep",
  "AbsTol",
  "RelTol",
  "Refine",
];

/** An address of HTTP without a name and password, which would stand in the journal. */
export function urlShape(): Shape<string> {
  const anyText = text(undefined, "an address");
  return {
    schema: { type: "string", pattern: "^http://[^@]+$" },
    read(node, name, report) {
      const written = anyText.read(node, name, report);
      if (written === undefined) return undefined;
      const hint = `For example ${DEFAULT_PLECS_URL}.`;
      const url = URL.canParse(written) ? new URL(written) : undefined;
      const isRight = url?.protocol === "http:" && url.username === "" && url.password === "" &&
        !written.includes("@");
      return isRight ? url.href.replace(/\/$/, "") : mustBe(node, name, "an address", report, hint);
    },
  };
}
