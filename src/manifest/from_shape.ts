/** The shape of `from`: the run whose state the runs of a job begin from. */
import type { Origin } from "../job/run.ts";
import { choice } from "./choice_shape.ts";
import { fieldsSchema, readFields } from "./fields.ts";
import { idShape, JOB_ID } from "./job_shapes.ts";
import { findEntry, isNull, quote, type YamlNode } from "./node.ts";
import { count, mustBe, named, parameterValue, type Report, type Shape, text } from "./shape.ts";

const WANTED = "a job, job/run, or { run, job, match, where, step }";

const FROM_FIELDS = {
  run: {
    shape: runShape(),
    about: "A job of one run, or job/run: its id, or the beginning of it.",
    examples: ["spinup", "grid/3fa9c1"],
  },
  job: {
    shape: idShape(),
    about: "In place of run: a job of one run, or with match or where a job of many.",
  },
  match: {
    shape: choice<"same-point">({ point: "same-point" }, {
      "same-point": "point",
      same: "point",
      each: "point",
      true: "point",
    }),
    about: "point: each run begins from the run that has its values of what that job sweeps.",
  },
  where: {
    shape: named(parameterValue()),
    about: "Values of what that job sweeps: the one run that has them.",
    examples: [{ co2: 450 }],
  },
  step: {
    shape: stepShape(),
    about: "The step whose state it is, or last: where that run ended.",
    default: "last",
    examples: [5000, "last"],
  },
} as const;

const FOREIGN = {
  synonyms: {
    id: "run",
    name: "run",
    parent: "run",
    checkpoint: "step",
    at: "step",
    steps: "step",
    time: "step",
    point: "match: point",
    runs: "match: point",
    values: "where",
    parameters: "where",
    params: "where",
  },
};

export function fromShape(): Shape<Origin> {
  return {
    schema: { anyOf: [FROM_FIELDS.run.shape.schema, fieldsSchema(FROM_FIELDS), { type: "null" }] },
    read(node, name, report) {
      if (isNull(node)) return undefined;
      if (node.kind === "list") {
        return mustBe(node, name, WANTED, report, "A run begins from one other run.");
      }
      if (node.kind === "scalar") {
        const run = FROM_FIELDS.run.shape.read(node, name, report);
        return run === undefined ? undefined : { ...run, step: "last" };
      }
      const before = report.failures;
      const { run, job, match, where, step = "last" } = readFields(
        FROM_FIELDS,
        node,
        name,
        report,
        FOREIGN,
      );
      const [runEntry, jobEntry] = [findEntry(node, "run"), findEntry(node, "job")];
      if (runEntry === undefined && jobEntry === undefined) {
        const hint = "For example { run: spinup, step: 5000 }.";
        report.error(node, "missing-key", `"${name}" names no run`, hint);
      }
      if (runEntry !== undefined && jobEntry !== undefined) {
        const message = `"${name}" has both "run" and "job"`;
        report.error(jobEntry.keyNode, "conflict", message, "Remove one of them.");
      }
      if (run?.run !== undefined && match !== undefined) {
        const message = `"${name}" names one run, and matches each of its own to another`;
        const hint = `Write { job: ${run.job}, match: point }, or remove match.`;
        report.error(findEntry(node, "match")!.keyNode, "conflict", message, hint);
      }
      if (run?.run !== undefined && where !== undefined) {
        const message = `"${name}" names one run, and says by its values which one it is`;
        const hint = `Write { job: ${run.job}, where: … }, or remove where.`;
        report.error(findEntry(node, "where")!.keyNode, "conflict", message, hint);
      }
      const id = run ?? (job === undefined ? undefined : { job });
      if (id === undefined || report.failures > before) return undefined;
      const values = where === undefined || Object.keys(where).length === 0 ? {} : { where };
      return { ...id, ...(match !== undefined && { match }), ...values, step };
    },
  };
}

/** Where a value of `from` says which job it is, whatever else is wrong with it. */
export function fromPlace(
  node: YamlNode,
): { readonly job: string; readonly node: YamlNode } | undefined {
  const at = node.kind === "map" ? (findEntry(node, "run") ?? findEntry(node, "job"))?.value : node;
  if (at?.kind !== "scalar" || typeof at.value !== "string") return undefined;
  const [job = ""] = at.value.split("/");
  return JOB_ID.test(job) ? { job, node: at } : undefined;
}

/** `spinup`, `spinup/spinup` or `grid/3fa9c1`. */
function runShape(): Shape<Pick<Origin, "job" | "run">> {
  const anyText = text(undefined, WANTED);
  return {
    schema: {
      type: "string",
      pattern: "^[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)?$",
    },
    read(node, name, report) {
      const written = anyText.read(node, name, report);
      if (written === undefined) return undefined;
      const [job = "", run, ...more] = written.split("/");
      const isName = JOB_ID.test(job) && (run === undefined || JOB_ID.test(run));
      if (!isName || more.length > 0) return refuse(node, written, report);
      return { job, ...(run !== undefined && run !== job && { run }) };
    },
  };
}

function refuse(node: YamlNode, written: string, report: Report): undefined {
  const at = /^([^@:\s]+)[@:\s]\s*(\d+)$/.exec(written);
  const hint = at === null
    ? "Write the id of a job, or job/run as simrun status shows it."
    : `Write { run: ${at[1]}, step: ${at[2]} }.`;
  return report.error(node, "value", `${quote(written)} is no run`, hint);
}

function stepShape(): Shape<number | "last"> {
  const step = count();
  return {
    schema: { anyOf: [step.schema, { const: "last" }] },
    read(node, name, report) {
      const value = node.kind === "scalar" ? node.value : undefined;
      if (value === "last") return "last";
      if (value === 0) {
        const hint = "At step 0 a run begins without from.";
        return mustBe(node, name, "a step from 1, or last", report, hint);
      }
      if (value === "end" || value === "final" || value === "newest" || value === "latest") {
        return mustBe(node, name, "a step, or last", report, "Write last.");
      }
      return step.read(node, name, report);
    },
  };
}
