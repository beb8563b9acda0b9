/** The shape of `notify`: who is told of what happens while the jobs of a manifest run. */
import type { Word } from "../job/command.ts";
import {
  DEFAULT_EVENTS,
  DEFAULT_LOG,
  DEFAULT_METRICS_MS,
  DEFAULT_PROGRESS_MS,
  NOTICE_EVENTS,
  type NoticeEvent,
  type SinkKind,
  type SinkSpec,
  type SinkTarget,
} from "../job/sink.ts";
import { choice } from "./choice_shape.ts";
import { oneOrMore } from "./command_output_shape.ts";
import { wordsShape } from "./command_words_shape.ts";
import { fieldsSchema, listed, readFields } from "./fields.ts";
import { findEntry, isNull, quote, type YamlMap, type YamlNode } from "./node.ts";
import { duration, type JsonSchema, list, mustBe, type Report, text } from "./shape.ts";
import {
  ADDRESS,
  isOn,
  logShape,
  metricsShape,
  moduleShape,
  secretShape,
  webhookShape,
} from "./sink_shapes.ts";

/** A sink as it is written; one without a name gets one when all are known. */
export type NamelessSink = SinkTarget & Omit<SinkSpec, "name"> & { readonly name?: string };

const EVENT_WORDS = Object.fromEntries(NOTICE_EVENTS.map((event) => [event, event])) as {
  readonly [event in NoticeEvent]: NoticeEvent;
};
const EVENT_SYNONYMS = {
  ...Object.fromEntries(NOTICE_EVENTS.map((event) => [event.slice("on_".length), event])),
  on_failure: "on_error",
  on_fail: "on_error",
  failed: "on_error",
  on_success: "on_complete",
  completed: "on_complete",
  on_finish: "on_end",
};

/** In the order in which they are told of. */
const KIND_FIELDS = {
  log: { shape: logShape, about: "simulation.log in the tree." },
  slack: {
    shape: secretShape("the address of an incoming webhook"),
    about: "Slack, or who understands its webhooks.",
  },
  webhook: { shape: webhookShape, about: "Events as JSON by POST." },
  email: {
    shape: oneOrMore(text(ADDRESS, "an e-mail address")),
    about: "Addresses; mail goes by this machine's sendmail.",
  },
  command: { shape: wordsShape(), about: "A program, with the event as JSON on its stdin." },
  module: {
    shape: moduleShape,
    about: "A module with functions named as the events.",
  },
  metrics: {
    shape: metricsShape,
    about: "Prometheus's text of the tree: in a file, or to be asked.",
  },
  traces: { shape: isOn("traces"), about: "Runs as traces, by OpenTelemetry." },
} as const satisfies { readonly [kind in SinkKind]: unknown };

const SINK_FIELDS = {
  ...KIND_FIELDS,
  events: {
    shape: list(choice(EVENT_WORDS, EVENT_SYNONYMS), "on_error, on_end"),
    about: "What it is told of.",
  },
  progress_every: {
    shape: duration(),
    about: "How often it is told of the progress, where on_progress is among its events.",
    default: "1min",
  },
  name: {
    shape: text(/^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/, "a name of letters, digits, dots and dashes"),
    about: "Names it in doctor and in messages; its kind when absent.",
  },
} as const;

const KINDS = Object.keys(KIND_FIELDS) as SinkKind[];

const FOREIGN = {
  synonyms: {
    mail: "email",
    hooks: "module",
    hook: "webhook",
    exec: "command",
    run: "command",
    file: "log",
    event: "events",
    on: "events",
  },
};

export const notifySchema: JsonSchema = {
  type: ["array", "null"],
  items: fieldsSchema(SINK_FIELDS),
};

export const eventSchema: JsonSchema = wordsShape().schema;

export function readNotify(node: YamlNode, report: Report): NamelessSink[] {
  if (isNull(node)) return [];
  if (node.kind !== "list") {
    const hint = "Each begins with a dash: - log: true.";
    mustBe(node, "notify", "a list of who is told", report, hint);
    return [];
  }
  return node.items.flatMap((item, index) => readSink(item, `notify[${index}]`, report) ?? []);
}

/** Of `on_error: [./page-me.sh]`. */
export function readEventCommand(
  event: NoticeEvent,
  node: YamlNode,
  report: Report,
): NamelessSink | undefined {
  const words = wordsShape().read(node, event, report);
  if (words === undefined) return undefined;
  const target = commandTarget(words, node);
  return { ...target, events: [event], progressEveryMs: DEFAULT_PROGRESS_MS };
}

function readSink(node: YamlNode, name: string, report: Report): NamelessSink | undefined {
  if (node.kind !== "map") {
    const hint = `A sink is ${listed(KINDS)}, for example - log: true.`;
    return mustBe(node, name, "a mapping with who is told", report, hint);
  }
  const before = report.failures;
  const values = readSinkFields(node, name, report);
  const kinds = KINDS.filter((kind) => findEntry(node, kind) !== undefined);
  const [kind] = kinds;
  if (kind === undefined) {
    if (report.failures > before) return undefined;
    return report.error(node, "missing-key", `${quote(name)} says nobody who is told`, HINT);
  }
  if (kinds.length > 1) {
    const at = findEntry(node, kinds[1]!)!.keyNode;
    const hint = "Begin another one with a dash.";
    return report.error(at, "conflict", `${quote(name)} names ${listed(kinds)}`, hint);
  }
  if (values.events !== undefined && DEFAULT_EVENTS[kind].length === 0) {
    const at = findEntry(node, "events")!.keyNode;
    const hint = "They are made of everything that happens.";
    return report.error(at, "conflict", `${quote(name)}: ${kind} take no events`, hint);
  }
  const target = targetOf(values, node, name, report);
  if (target === undefined || report.failures > before) return undefined;
  return {
    ...target,
    ...(values.name !== undefined && { name: values.name }),
    events: values.events ?? DEFAULT_EVENTS[kind],
    progressEveryMs: values.progress_every ?? DEFAULT_PROGRESS_MS,
  };
}

const HINT = `Name one of ${listed(KINDS)}.`;

function targetOf(
  values: ReturnType<typeof readSinkFields>,
  node: YamlMap,
  name: string,
  report: Report,
): SinkTarget | undefined {
  const { log, slack, webhook, email, command, module, metrics, traces } = values;
  if (log !== undefined) {
    const { format = DEFAULT_LOG.format, size: bytesMax, keep: filesMax } = log;
    const { bytesMax: bytes, filesMax: files } = DEFAULT_LOG;
    return { kind: "log", format, bytesMax: bytesMax ?? bytes, filesMax: filesMax ?? files };
  }
  if (slack !== undefined) return { kind: "slack", url: slack };
  if (webhook?.url !== undefined) {
    const { url, secret } = webhook;
    return { kind: "webhook", url, ...(secret !== undefined && { secret }) };
  }
  if (email !== undefined) {
    if (email.length > 0) return { kind: "email", to: email };
    return mustBe(findEntry(node, "email")!.value, `${name}.email`, "an address", report);
  }
  if (command !== undefined) return commandTarget(command, node);
  if (module !== undefined) return { kind: "module", path: module };
  if (metrics !== undefined) {
    const { every: everyMs = DEFAULT_METRICS_MS, ...where } = metrics;
    return { kind: "metrics", ...where, everyMs };
  }
  return traces && { kind: "traces" };
}

function readSinkFields(node: YamlMap, name: string, report: Report) {
  return readFields(SINK_FIELDS, node, name, report, FOREIGN);
}

function commandTarget(words: readonly Word[], node: YamlNode): SinkTarget {
  const command = words.map((word) => typeof word === "string" ? word : word.file);
  return { kind: "command", command, folder: node.source.folder };
}
