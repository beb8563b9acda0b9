/** The shapes of a job's own values: its id, model, paths, priority and when it is saved. */
import {
  type Cadence,
  type FileKind,
  KEEP_ALL,
  type ModelReference,
  type OnNan,
  type Priority,
  PRIORITY_NAMES,
} from "../job/job.ts";
import { choice } from "./choice_shape.ts";
import { commandSchema, readCommand } from "./command_shape.ts";
import { describe, findEntry, quote, type YamlMap } from "./node.ts";
import { pathShape } from "./path_shape.ts";
import { plecsSchema, readPlecs } from "./plecs_shape.ts";
import { COUNT_PATTERN, DURATION_PATTERN, parseCount, parseDuration } from "./quantity.ts";
import { count, duration, mustBe, quantity, type Report, type Shape, text } from "./shape.ts";
import { didYouMean } from "./suggest.ts";

export const JOB_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

const FILE_KINDS: { readonly [ending: string]: FileKind } = {
  ".ts": "module",
  ".js": "module",
  ".mjs": "module",
  ".wasm": "wasm",
};

const PRIORITIES: { readonly [name: string]: Priority } = {
  ...Object.fromEntries(PRIORITY_NAMES.map((name, index) => [name, index as Priority])),
  background: 3,
};

/** A name (with `*.` for all below it), an IPv4 address, or an IPv6 address in brackets; perhaps a port. */
const HOST =
  /^((\*\.)?[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*|\[[0-9A-Fa-f:]+(\.[0-9.]+)?\])(:[1-9][0-9]{0,4})?$/;

export function idShape(): Shape<string> {
  const anyText = text();
  return {
    schema: { type: "string", pattern: JOB_ID.source },
    read(node, name, report) {
      const id = anyText.read(node, name, report);
      if (id === undefined || JOB_ID.test(id)) return id;
      const message = `${quote(id)} cannot be the id of a job`;
      const hint = id.length > 100
        ? `It has ${id.length} characters; 100 are the most.`
        : "An id begins with a letter or digit and has only A-Z, a-z, 0-9, dots, dashes and _.";
      return report.error(node, "job-id", message, hint);
    },
  };
}

export function modelShape(): Shape<ModelReference> {
  const path = pathShape(/\.(ts|js|mjs|wasm)$/.source);
  return {
    schema: { anyOf: [path.schema, commandSchema, plecsSchema] },
    read(node, name, report) {
      if (node.kind === "map") return readModelMapping(node, name, report);
      const absolute = path.read(node, name, report);
      if (absolute === undefined) return undefined;
      const ending = /\.[^./\\]*$/.exec(absolute)?.[0] ?? "";
      const kind = Object.hasOwn(FILE_KINDS, ending) ? FILE_KINDS[ending] : undefined;
      if (kind !== undefined) return { kind, path: absolute };
      const message = `The model ${describe(node)} is neither a module nor WebAssembly`;
      const hint = "A model's file ends in .ts, .js, .mjs or .wasm; for any other program write " +
        "model: { command: [program, word, …] }.";
      return report.error(node, "value", message, hint);
    },
  };
}

function readModelMapping(
  node: YamlMap,
  name: string,
  report: Report,
): ModelReference | undefined {
  const isPlecs = findEntry(node, "plecs") !== undefined;
  return (isPlecs ? readPlecs : readCommand)(node, name, report);
}

export function inputShape(): Shape<string> {
  return pathShape();
}

/** A path that a model may read, with all that lies below it. */
export function grantedPathShape(): Shape<string> {
  return pathShape(undefined, "the path of a file or folder");
}

/** A host that a model may speak to. As strict as the runtime, which would end the slot over a bad one. */
export function hostShape(): Shape<string> {
  const anyText = text(undefined, "the name of a host");
  return {
    schema: { type: "string", pattern: HOST.source },
    read(node, name, report) {
      const host = anyText.read(node, name, report);
      if (host === undefined) return undefined;
      const port = /:(\d+)$/.exec(host)?.[1];
      if (HOST.test(host) && (port === undefined || Number(port) <= 65_535)) {
        return host.toLowerCase();
      }
      const bare = /^[a-z]+:\/\/([^/]+)/i.exec(host)?.[1];
      const hint = bare !== undefined && HOST.test(bare)
        ? `Write ${quote(bare)}.`
        : 'Write for example "data.example.org", "data.example.org:443", "*.example.org" or "[::1]:80".';
      return mustBe(node, name, "the name of a host", report, hint);
    },
  };
}

export function priorityShape(): Shape<Priority> {
  return {
    schema: { enum: [...Object.keys(PRIORITIES), 0, 1, 2, 3] },
    read(node, name, report) {
      const value = node.kind === "scalar" ? node.value : undefined;
      if (value === 0 || value === 1 || value === 2 || value === 3) return value;
      if (typeof value === "string" && Object.hasOwn(PRIORITIES, value)) return PRIORITIES[value];
      const hint = typeof value === "string"
        ? didYouMean(value, Object.keys(PRIORITIES))
        : undefined;
      return mustBe(node, name, "critical, high, normal, low or 0 to 3", report, hint);
    },
  };
}

/** Milliseconds, or `off`: a default is undone by it. */
export function timeoutShape(): Shape<number | "off"> {
  const limit = duration();
  return {
    schema: { anyOf: [limit.schema, { const: "off" }] },
    read(node, name, report) {
      const value = node.kind === "scalar" ? node.value : undefined;
      if (value === "off") return "off";
      if (isNone(value)) {
        return mustBe(node, name, "a duration or off", report, "Write off for no time limit.");
      }
      return limit.read(node, name, report);
    },
  };
}

export function onNanShape(): Shape<OnNan> {
  const synonyms = {
    error: "fail",
    stop: "fail",
    abort: "fail",
    raise: "fail",
    warning: "warn",
    log: "warn",
    continue: "warn",
    off: "ignore",
    none: "ignore",
    skip: "ignore",
    allow: "ignore",
    true: "fail",
    false: "ignore",
  };
  return choice<OnNan>({ fail: "fail", warn: "warn", ignore: "ignore" }, synonyms);
}

/** Words and values by which others say `off`. */
function isNone(value: unknown): boolean {
  return value === false || value === 0 || value === "never" || value === "none" ||
    value === "no";
}

/** How many checkpoints stay: all of them are more than anybody counts. */
export function keepShape(): Shape<number> {
  const some = count({ max: 1000 });
  return {
    schema: { anyOf: [some.schema, { const: "all" }] },
    read(node, name, report) {
      const isAll = node.kind === "scalar" && node.value === "all";
      return isAll ? KEEP_ALL : some.read(node, name, report);
    },
  };
}

export function cadenceShape(): Shape<Cadence> {
  return {
    schema: {
      anyOf: [
        { type: "integer", minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
        { type: "string", pattern: COUNT_PATTERN },
        { type: "string", pattern: DURATION_PATTERN },
        { enum: ["auto", "off"] },
      ],
    },
    read(node, name, report) {
      const value = node.kind === "scalar" ? node.value : undefined;
      if (value === "off" || value === "auto") return { kind: value };
      if (isNone(value)) {
        return mustBe(
          node,
          name,
          "steps, a duration, auto or off",
          report,
          "Write off for no checkpoints.",
        );
      }
      if (typeof value === "string" && parseDuration(value).ok) {
        const everyMs = quantity(node, name, report, parseDuration);
        return everyMs === undefined ? undefined : { kind: "time", everyMs };
      }
      const steps = quantity(node, name, report, (it) => {
        const parsed = parseCount(it);
        return parsed.ok || parsed.hint !== undefined || typeof it === "number" ? parsed : {
          ok: false,
          mistake: "must be a number of steps, a duration, auto or off",
          hint: "For example 10000, 5m, 1h30m, auto or off.",
        };
      });
      return steps === undefined ? undefined : { kind: "steps", steps };
    },
  };
}
