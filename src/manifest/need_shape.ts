/** The shape of `needs`: the jobs that must have ended before the runs of this one begin. */
import type { Need } from "../job/job.ts";
import { choice } from "./choice_shape.ts";
import { fieldsSchema, readFields } from "./fields.ts";
import { idShape, JOB_ID } from "./job_shapes.ts";
import { findEntry, isNull, quote, type YamlNode } from "./node.ts";
import { mustBe, type Report, type Shape } from "./shape.ts";

const NEED_FIELDS = {
  job: { shape: idShape(), about: "Id of the job that must have ended." },
  match: {
    shape: choice<Need["runs"]>(
      { all: "all", point: "same-point" },
      { "same-point": "point", same: "point", each: "point", every: "all", true: "point" },
    ),
    about: "all its runs, or point: for each run the one that has the same parameters.",
    default: "all",
  },
  if: {
    shape: choice<Need["accept"]>(
      { completed: "completed", any: "any" },
      { success: "completed", ok: "completed", done: "completed", always: "any", ended: "any" },
    ),
    about: "completed, or any: runs that failed or were cancelled will do as well.",
    default: "completed",
  },
} as const;

const FOREIGN = {
  synonyms: {
    id: "job",
    name: "job",
    runs: "match",
    point: "match: point",
    accept: "if",
    when: "if",
    on: "if",
    condition: "if",
    status: "if",
    any: "if: any",
  },
};

const WANTED = "the id of a job or { job, match, if }";

export function needsShape(): Shape<readonly Need[]> {
  const one = [NEED_FIELDS.job.shape.schema, fieldsSchema(NEED_FIELDS, ["job"])];
  return {
    schema: { anyOf: [...one, { type: "array", items: { anyOf: one } }, { type: "null" }] },
    read(node, name, report) {
      if (isNull(node)) return [];
      if (node.kind !== "list") {
        const need = readNeed(node, name, report);
        return need === undefined ? undefined : [need];
      }
      const needs = node.items.map((item, index) => readNeed(item, `${name}[${index}]`, report));
      checkEachOnce(node, name, report);
      return needs.filter((need) => need !== undefined);
    },
  };
}

/** A job that is needed, where its id stands. */
export interface NeedPlace {
  /** Under which key it stands: who begins from a run needs it as well. */
  readonly key: "needs" | "from";
  readonly job: string;
  readonly node: YamlNode;
  /** What `match` is, where it is written. */
  readonly match: YamlNode | undefined;
}

/** What can be told apart in a value of `needs`, whatever else is wrong with it. */
export function needPlaces(node: YamlNode): NeedPlace[] {
  const items = node.kind === "list" ? node.items : [node];
  return items.flatMap((item) => {
    const id = item.kind === "map" ? findEntry(item, "job")?.value : item;
    if (id?.kind !== "scalar" || typeof id.value !== "string") return [];
    const match = item.kind === "map" ? findEntry(item, "match")?.value : undefined;
    return [{ key: "needs", job: id.value, node: id, match }];
  });
}

function readNeed(node: YamlNode, name: string, report: Report): Need | undefined {
  if (node.kind === "list") return mustBe(node, name, WANTED, report);
  if (node.kind === "scalar") {
    if (refuseSeveral(node.value, node, report)) return undefined;
    const job = NEED_FIELDS.job.shape.read(node, name, report);
    return job === undefined ? undefined : { job, runs: "all", accept: "completed" };
  }
  const before = report.failures;
  const { job, match = "all", if: accept = "completed" } = readFields(
    NEED_FIELDS,
    node,
    name,
    report,
    FOREIGN,
  );
  if (findEntry(node, "job") === undefined) {
    report.error(node, "missing-key", `"${name}" has no "job"`, "For example { job: climate }.");
  }
  return job === undefined || report.failures > before ? undefined : { job, runs: match, accept };
}

/** Several ids in one text: `needs: a, b` is no list. */
function refuseSeveral(value: unknown, node: YamlNode, report: Report): boolean {
  if (typeof value !== "string") return false;
  const words = value.split(/[\s,;]+/).filter((word) => word !== "");
  if (words.length < 2 || !words.every((word) => JOB_ID.test(word))) return false;
  const hint = `For several jobs write needs: [${words.join(", ")}].`;
  report.error(node, "job-id", `${quote(value)} cannot be the id of a job`, hint);
  return true;
}

function checkEachOnce(node: YamlNode, name: string, report: Report): void {
  const seen = new Set<string>();
  for (const { job, node: at } of needPlaces(node)) {
    if (seen.has(job)) {
      report.error(
        at,
        "conflict",
        `${quote(job)} stands twice in "${name}"`,
        "Remove one of them.",
      );
    }
    seen.add(job);
  }
}
