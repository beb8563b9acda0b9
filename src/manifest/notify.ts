/** What a document says beside its jobs of who is told: `notify`, and `on_error: [./page-me.sh]` for short. */
import { NOTICE_EVENTS, type NoticeEvent, type SinkSpec } from "../job/sink.ts";
import { canonical } from "../plan/digest.ts";
import type { YamlMap } from "./node.ts";
import { type NamelessSink, readEventCommand, readNotify } from "./notify_shape.ts";
import type { Report } from "./shape.ts";

export type { NamelessSink };

/** Adds the sinks of a document to the others, and answers the rest of it. */
export function takeSinks(root: YamlMap, sinks: NamelessSink[], report: Report): YamlMap {
  const rest = root.entries.filter(({ key, value }) => {
    if (key === "notify") sinks.push(...readNotify(value, report));
    else if (isEvent(key)) {
      const sink = readEventCommand(key, value, report);
      if (sink !== undefined) sinks.push(sink);
    } else return true;
    return false;
  });
  return rest.length === root.entries.length ? root : { ...root, entries: rest };
}

function isEvent(key: string): key is NoticeEvent {
  return (NOTICE_EVENTS as readonly string[]).includes(key);
}

/** Each once, under the first name that it was given, and each with a name of its own. */
export function nameSinks(sinks: readonly NamelessSink[]): SinkSpec[] {
  const different = new Map<string, NamelessSink>();
  for (const sink of sinks) {
    const { name, ...rest } = sink;
    const key = canonical(rest);
    const known = different.get(key);
    if (known === undefined || known.name === undefined && name !== undefined) {
      different.set(key, sink);
    }
  }
  const taken = new Set<string>();
  for (const { name } of different.values()) if (name !== undefined) taken.add(name);
  return [...different.values()].map((sink) => {
    if (sink.name !== undefined) return { ...sink, name: sink.name };
    let name: string = sink.kind;
    for (let number = 2; taken.has(name); number++) name = `${sink.kind}-${number}`;
    taken.add(name);
    return { ...sink, name };
  });
}
