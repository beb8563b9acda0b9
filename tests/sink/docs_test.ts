/** docs/events.md says what the code does, and its examples work. */
import assert from "node:assert/strict";
import { DEFAULT_EVENTS, NOTICE_EVENTS } from "../../src/job/sink.ts";
import type { Notice } from "../../src/notice/notice.ts";
import { noticeSchema } from "../../src/notice/notice_schema.ts";
import { HooksModule } from "../../src/sink/hooks.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { mistakes } from "../manifest/read.ts";
import { aSpec } from "./stage.ts";

const DOCS = await Deno.readTextFile(new URL("../../docs/events.md", import.meta.url));

function rows(head: string): string[][] {
  const table = DOCS.slice(DOCS.indexOf(`| ${head} |`)).split("\n\n")[0]!.trimEnd();
  return table.split("\n").slice(2).map((row) => row.split("|").slice(1, -1).map((s) => s.trim()));
}

const codes = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code!);

type Defs = {
  readonly [event: string]: { readonly properties: { readonly [name: string]: object } };
};

Deno.test("docs/events.md has every event with its fields, as the schema has them", () => {
  const { $defs } = noticeSchema() as { readonly $defs: Defs };
  const own = (event: string) =>
    Object.keys($defs[event]!.properties).filter((name) =>
      !["event", "id", "at", "tree", "host"].includes(name)
    );
  const documented = rows("event").map(([event, , fields]) => [codes(event!)[0]!, codes(fields!)]);
  assert.deepEqual(documented.map(([event]) => event), [...NOTICE_EVENTS]);
  for (const [event, fields] of documented as [string, string[]][]) {
    assert.deepEqual(fields.toSorted(), own(event).toSorted(), event);
  }
});

Deno.test("docs/events.md tells of every sink what it is told of", () => {
  const documented = rows("key").map(([key, , told]) => [codes(key!)[0]!.split(":")[0]!, told!]);
  assert.deepEqual(
    documented.map(([kind]) => kind).toSorted(),
    Object.keys(DEFAULT_EVENTS).toSorted(),
  );
  for (const [kind, told] of documented as [keyof typeof DEFAULT_EVENTS, string][]) {
    if (DEFAULT_EVENTS[kind].length === 0) continue;
    const named = codes(told);
    const events = told.startsWith("all")
      ? NOTICE_EVENTS.filter((event) => !named.includes(event))
      : named;
    assert.deepEqual(DEFAULT_EVENTS[kind], events, kind);
  }
});

Deno.test("the examples of docs/events.md are right", () =>
  inFolder(async (folder) => {
    const [, manifest] = /^```yaml\n([^]*?)^```$/m.exec(DOCS)!;
    assert.deepEqual(mistakes(manifest!), []);
    const [, hooks] = /^```ts file=hooks.ts\n([^]*?)^```$/m.exec(DOCS)!;
    const path = await place(folder, "hooks.ts", hooks!);
    const { events, progressEveryMs, name } = aSpec;
    const sink = new HooksModule({ kind: "module", path, events, progressEveryMs, name });
    const about = { id: "1", at: "2026-01-02T03:04:05.678Z", tree: "/t", host: "h" };
    const failed: Notice = {
      ...{ ...about, event: "on_error", job: "j", run: "r", attempt: 1 },
      ...{ class: "hang", message: "m", step: 1 },
    };
    try {
      await sink.deliver([failed], AbortSignal.timeout(10_000));
      const counts = { completed: 1, failed: 1, remaining: 0 };
      const ended: Notice = { ...about, event: "on_end", outcome: "failed", ...counts };
      await sink.deliver([ended], AbortSignal.timeout(10_000));
    } finally {
      sink.close();
    }
  }));
