/** The shapes of what sinks need to know: addresses, secrets, files, formats. */
import { DEFAULT_LOG, type Secret } from "../job/sink.ts";
import { choice } from "./choice_shape.ts";
import { fields, fieldsSchema, readFields } from "./fields.ts";
import { findEntry, isNull } from "./node.ts";
import { pathShape } from "./path_shape.ts";
import { count, duration, type JsonSchema, mustBe, type Shape, size, text } from "./shape.ts";

/** Where a secret stands; the text itself is refused, since manifests are copied, mailed and kept. */
export function secretShape(what: string): Shape<Secret> {
  const table = {
    env: {
      shape: text(/^[A-Za-z_][A-Za-z0-9_]*$/, "the name of an environment variable"),
      about: `The environment variable that holds ${what}.`,
    },
    file: { shape: pathShape(), about: `The file whose first line is ${what}.` },
  };
  return {
    schema: { ...fieldsSchema(table), minProperties: 1, maxProperties: 1 },
    read(node, name, report) {
      const hint = `For example ${name}: { env: SIMRUN_SECRET }.`;
      const wanted = `{ env: NAME } or { file: PATH }, where ${what} stands`;
      if (node.kind !== "map") return mustBe(node, name, wanted, report, hint);
      const { env, file } = readFields(table, node, name, report);
      if (node.entries.length !== 1) return mustBe(node, name, wanted, report, hint);
      return env !== undefined ? { env } : file !== undefined ? { file } : undefined;
    },
  };
}

/** An address that is no secret may stand in the manifest. */
function urlShape(): Shape<string | Secret> {
  const secret = secretShape("the address");
  return {
    schema: { anyOf: [{ type: "string", pattern: "^https?://" }, secret.schema] },
    read(node, name, report) {
      if (node.kind === "map") return secret.read(node, name, report);
      const url = node.kind === "scalar" && typeof node.value === "string" ? node.value : "";
      if (/^https?:\/\//.test(url) && URL.canParse(url)) return url;
      const hint = `For example ${name}: https://example.org/hook.`;
      return mustBe(node, name, "an address that begins with http:// or https://", report, hint);
    },
  };
}

const WEBHOOK_FIELDS = {
  url: { shape: urlShape(), about: "The address, or { env: NAME } or { file: PATH } with it." },
  secret: { shape: secretShape("the secret"), about: "Signs what is sent, with HMAC-SHA256." },
};
const webhookMap = fields(WEBHOOK_FIELDS);

export const webhookShape: Shape<{ readonly url?: string | Secret; readonly secret?: Secret }> = {
  schema: { anyOf: [WEBHOOK_FIELDS.url.shape.schema, webhookMap.schema] },
  read(node, name, report) {
    const isWhole = node.kind === "map" && findEntry(node, "url") !== undefined;
    if (isWhole) return webhookMap.read(node, name, report);
    const url = WEBHOOK_FIELDS.url.shape.read(node, name, report);
    return url === undefined ? undefined : { url };
  },
};

const LOG_FIELDS = {
  format: {
    shape: choice({ text: "text", json: "json" } as const),
    about: "Lines to read, or JSON lines.",
    default: DEFAULT_LOG.format,
  },
  size: {
    shape: size({ min: 2 ** 20 }),
    about: "A longer file is put aside as simulation.log.1.",
    default: "10MiB",
  },
  keep: {
    shape: count({ min: 1, max: 1000 }),
    about: "How many of those are kept.",
    default: DEFAULT_LOG.filesMax,
  },
};
const logMap = fields(LOG_FIELDS);

type LogValues = NonNullable<ReturnType<typeof logMap.read>>;

export const logShape: Shape<LogValues> = {
  schema: { anyOf: [...isOn("log").schema.anyOf as JsonSchema[], logMap.schema] },
  read(node, name, report) {
    if (node.kind === "map") return logMap.read(node, name, report);
    return isOn("log").read(node, name, report) && {};
  },
};

const MODULE = /\.(ts|js|mjs)$/;

export const moduleShape: Shape<string> = {
  ...pathShape(MODULE.source),
  read(node, name, report) {
    const path = pathShape().read(node, name, report);
    if (path === undefined || MODULE.test(path)) return path;
    const hint = "It ends in .ts, .js or .mjs; for any other program write command: [program].";
    return mustBe(node, name, "the path of a module", report, hint);
  },
};

/** `true`, or nothing behind it. */
export function isOn(name: string): Shape<true> {
  return {
    schema: { anyOf: [{ const: true }, { type: "null" }] },
    read(node, path, report) {
      const isPlain = isNull(node) || node.kind === "scalar" && node.value === true;
      return isPlain ? true : mustBe(node, path, "true", report, `Write ${name}: true.`);
    },
  };
}

const LISTEN = /^(?:(.+):)?([0-9]{1,5})$/;

const listenShape: Shape<{ readonly hostname: string; readonly port: number }> = {
  schema: { anyOf: [{ type: "integer" }, { type: "string", pattern: LISTEN.source }] },
  read(node, name, report) {
    const [, hostname = "127.0.0.1", digits = ""] =
      LISTEN.exec(node.kind === "scalar" ? node.written : "") ?? [];
    const port = Number(digits);
    if (digits !== "" && port > 0 && port < 2 ** 16) return { hostname, port };
    const hint = `For example ${name}: 9464, or "0.0.0.0:9464" for all who can reach this machine.`;
    return mustBe(node, name, "a port, or an address and a port", report, hint);
  },
};

const METRICS_FIELDS = {
  file: { shape: pathShape(), about: "Replaced as a whole; for node_exporter it ends in .prom." },
  listen: { shape: listenShape, about: "The port that Prometheus asks, on this machine only." },
  every: { shape: duration(), about: "How often the file is written.", default: "15s" },
};
const metricsMap = fields(METRICS_FIELDS);

type MetricsValues = NonNullable<ReturnType<typeof metricsMap.read>>;

export const metricsShape: Shape<MetricsValues> = {
  schema: { anyOf: [METRICS_FIELDS.file.shape.schema, metricsMap.schema] },
  read(node, name, report) {
    if (node.kind !== "map") {
      const file = METRICS_FIELDS.file.shape.read(node, name, report);
      return file === undefined ? undefined : { file };
    }
    const values = metricsMap.read(node, name, report);
    if (values?.file !== undefined || values?.listen !== undefined) return values;
    const hint = `For example ${name}: { listen: 9464 }.`;
    return mustBe(node, name, "a file, or { file, listen, every }", report, hint);
  },
};

export const ADDRESS = /^[^\s@,;<>"]+@[^\s@,;<>"]+$/;
