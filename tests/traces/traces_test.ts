/** `simrun traces` before a collector: a real server that takes OTLP as JSON, one that hangs, and none at all. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { JournalEntry } from "../../src/job/event.ts";
import { readJournal } from "../../src/store/journal_read.ts";
import { openTree } from "../../src/store/tree.ts";
import { COUNTER, programCommand, simrun } from "../cli/program.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { leavesNoProcess, until } from "../helpers/processes.ts";
import { append, ENDED, EVENTS, makeTree } from "../metrics/fixtures.ts";
import { completed, planned, SESSION, started } from "../report/fixtures.ts";

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly {
    readonly key: string;
    readonly value: Readonly<Record<string, unknown>>;
  }[];
  readonly events: readonly { readonly name: string; readonly timeUnixNano: string }[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly status: { readonly code: number; readonly message: string };
}

/** A collector on this machine, as long as it is used. */
async function withCollector(
  use: (env: Record<string, string>, spans: readonly Span[]) => Promise<void>,
): Promise<void> {
  const spans: Span[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const body = await request.json();
      for (const { scopeSpans } of body.resourceSpans ?? []) {
        for (const scope of scopeSpans) spans.push(...scope.spans);
      }
      return Response.json({});
    },
  );
  try {
    await use({
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${server.addr.port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_BSP_SCHEDULE_DELAY: "100",
    }, spans);
  } finally {
    await server.shutdown();
  }
}

/** Nanoseconds are rounded by who sends them: a double holds no more of them. */
const msOf = (nanoseconds: string) => Math.round(Number(BigInt(nanoseconds) / 1000n) / 1000);
const attributeOf = ({ attributes }: Span, name: string) =>
  Object.values(attributes.find(({ key }) => key === name)?.value ?? {})[0];
const childrenOf = (spans: readonly Span[], { spanId }: Span) =>
  spans.filter(({ parentSpanId }) => parentSpanId === spanId);

Deno.test("simrun traces sends each run as a trace of its own, with the times of the journal, linked to its campaign", () =>
  inFolder((folder) =>
    leavesNoProcess(() =>
      withCollector(async (env, spans) => {
        await place(folder, "count.ts", COUNTER);
        const jobs =
          "{ id: bad, model: ./count.ts, steps: 9, sweep: { bad: [0, 1] }, checkpoint_every: 4 }";
        await place(folder, "jobs.yaml", jobs);
        const ran = await simrun(["run", "-q", "-j", "1", "jobs.yaml"], { cwd: folder });
        assert.equal(ran.code, 3, ran.err);
        const { code, err } = await simrun(["traces"], { cwd: folder, env });
        assert.deepEqual([code, err], [0, "Sent 2 traces of runs.\n"]);

        const entries: JournalEntry[] = [];
        readJournal(
          await openTree(join(folder, "simruns"), "read"),
          (entry) => entries.push(entry),
        );
        const timeOf = (type: JournalEntry["type"]) =>
          Date.parse(entries.find((entry) => entry.type === type)!.at);
        const [campaign] = spans.filter(({ name }) => name === "campaign") as [Span];
        assert.equal(msOf(campaign.startTimeUnixNano), timeOf("campaign.started"));
        assert.equal(msOf(campaign.endTimeUnixNano), timeOf("campaign.ended"));
        assert.equal(attributeOf(campaign, "simrun.outcome"), "failed");

        const runs = spans.filter(({ name }) => name === "run bad");
        const [good, bad] = [0, 1].map((value) =>
          runs.find((run) => attributeOf(run, "simrun.outcome") === ["completed", "failed"][value])
        ) as [Span, Span];
        assert.equal(new Set(spans.map(({ traceId }) => traceId)).size, 3);
        for (const run of [good, bad]) {
          assert.equal(run.parentSpanId, "");
          assert.deepEqual(run.links.map(({ spanId }) => spanId), [campaign.spanId]);
          const begun = entries.find((entry) =>
            entry.type === "runs.started" &&
            entry.runs.includes(String(attributeOf(run, "simrun.run")))
          );
          assert.equal(msOf(run.startTimeUnixNano), Date.parse(begun!.at));
          assert.equal(childrenOf(spans, run).length, 1);
        }
        assert.equal(msOf(good.endTimeUnixNano), timeOf("runs.completed"));
        assert.equal(msOf(bad.endTimeUnixNano), timeOf("run.failed"));
        assert.deepEqual([good.status.code, bad.status], [1, { code: 2, message: "x went bad" }]);
        assert.equal(attributeOf(good, "simrun.steps"), "9");
        assert.equal(attributeOf(bad, "error.type"), "model-error");
        const [attempt] = childrenOf(spans, bad) as [Span];
        assert.equal(attempt.status.code, 2);
        const exception = attempt.events.find(({ name }) => name === "exception")!;
        assert.equal(msOf(exception.timeUnixNano), timeOf("run.failed"));
      })
    )
  ));

Deno.test("simrun traces --since sends what ended since then, with what it was before; more spans than fit a queue arrive", () =>
  inFolder((folder) =>
    withCollector(async (env, spans) => {
      const layout = await makeTree(join(folder, "simruns"));
      const runs = Array.from({ length: 3000 }, (_, i) => `r${i}`);
      await append(layout, [
        ...EVENTS,
        ENDED,
        { ...SESSION, epoch: 8 } as typeof SESSION,
        planned("heat", 3000),
        started("heat", runs),
        ...runs.map((run) => completed("heat", run, 1, { ms: 2000 })),
      ]);
      const args = ["traces", "--json", "--since", "2026-03-01T12:00:18Z"];
      const { code, out, err } = await simrun(args, { cwd: folder, env });
      assert.equal(code, 0, err);
      assert.deepEqual(JSON.parse(out), { runs: 3000, spans: 6002, leftOut: 0, open: 1 });
      assert.equal(spans.length, 6002);
      const campaigns = spans.filter(({ name }) => name === "campaign");
      const outcomes = campaigns.map((one) => attributeOf(one, "simrun.outcome"));
      assert.deepEqual(outcomes.toSorted(), ["failed", "working"]);
    })
  ));

Deno.test("simrun traces --follow sends what ends beside it, until it is told to stop", () =>
  inFolder((folder) =>
    leavesNoProcess(() =>
      withCollector(async (env, spans) => {
        await place(
          folder,
          "slow.ts",
          "export const init = () => ({}); export const step = () => { const end = Date.now() + 5; while (Date.now() < end); }; export const result = () => 1;",
        );
        await place(
          folder,
          "jobs.yaml",
          "[{ id: first, model: ./slow.ts, steps: 9 }, { id: long, model: ./slow.ts, steps: 1000000 }]",
        );
        const campaign = programCommand(["run", "-q", "-j", "1", "jobs.yaml"], { cwd: folder })
          .spawn();
        const live = join(folder, "simruns/hot/live.json");
        await until(() => Deno.stat(live).then(() => true, () => false), "the campaign");
        const tracing = programCommand(["traces", "--follow"], { cwd: folder, env }).spawn();
        const named = (name: string) => spans.find((span) => span.name === name);
        await until(() => named("run first") !== undefined, "the first run's trace");
        assert.equal(named("campaign"), undefined);
        campaign.kill("SIGINT");
        await campaign.output();
        // The campaign's end is what ends it, too.
        const { code, stderr } = await tracing.output();
        const said = new TextDecoder().decode(stderr);
        assert.deepEqual([code, said.split("\n")[0]], [0, "Sent 1 trace of runs."]);
        assert.match(said, /^1 run has not ended/m);
        assert.equal(attributeOf(named("campaign")!, "simrun.outcome"), "stopped");
      })
    )
  ));

Deno.test("traces are sent of what comes in the place of lines that were taken back, and of another tree in the place", () =>
  inFolder((folder) =>
    leavesNoProcess(() =>
      withCollector(async (env, spans) => {
        const root = join(folder, "simruns");
        const layout = await makeTree(root);
        const head = [SESSION, planned("heat", 3), started("heat", ["a", "b", "c"])];
        await append(layout, head);
        const { size } = await Deno.stat(layout.journal);
        await append(layout, [completed("heat", "a", 1)]);
        const module = import.meta.resolve("../../src/traces/traces_process.ts");
        const program = await place(
          folder,
          "follow.ts",
          `import { runTraces } from ${JSON.stringify(module)};\n` +
            `await runTraces(${JSON.stringify(root)}, { everyMs: 20 });\n`,
        );
        const tracing = new Deno.Command(Deno.execPath(), {
          args: ["run", "-A", "--no-check", "--quiet", program],
          env: { ...env, OTEL_DENO: "true" },
          stdin: "piped",
          stdout: "piped",
        }).spawn();
        const isTold = (run: string) =>
          until(
            () => spans.some((span) => attributeOf(span, "simrun.run") === run),
            `the trace of ${run}`,
          );
        await isTold("a");
        // As a writer does whose sync has failed.
        await Deno.truncate(layout.journal, size);
        await append(layout, [completed("heat", "b", 1)]);
        await isTold("b");
        const other = await makeTree(join(folder, "other"));
        await append(other, [...head, completed("heat", "c", 1)]);
        await Deno.rename(root, join(folder, "away"));
        await Deno.rename(join(folder, "other"), root);
        await isTold("c");
        await tracing.stdin.close();
        const { code, stdout } = await tracing.output();
        assert.equal(code, 0);
        assert.equal(JSON.parse(new TextDecoder().decode(stdout)).runs, 3);
        const runs = spans.filter(({ name }) => name === "run heat");
        assert.deepEqual(runs.map((span) => attributeOf(span, "simrun.run")), ["a", "b", "c"]);
      })
    )
  ));

Deno.test("simrun traces says what a collector refuses, and one that never answers", () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      await append(await makeTree(join(folder, "simruns")), EVENTS);
      const late = new AbortController();
      const hung = Promise.withResolvers<Response>();
      late.signal.addEventListener("abort", () => hung.resolve(new Response()));
      const server = Deno.serve(
        { hostname: "127.0.0.1", port: 0, onListen: () => {} },
        ({ url }) => {
          if (!url.endsWith("/v1/traces")) return new Response("", { status: 404 });
          return url.includes("/hangs/") ? hung.promise : new Response("", { status: 500 });
        },
      );
      try {
        for (const [path, why] of [["refuses", "status 500"], ["hangs", "timed out"]]) {
          const env = {
            OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${server.addr.port}/${path}`,
            OTEL_EXPORTER_OTLP_TIMEOUT: "500",
          };
          const { code, err } = await simrun(["traces"], { cwd: folder, env });
          assert.equal(code, 1, err);
          assert.match(err, /^error: The collector at .* has not taken all traces: /);
          assert.ok(err.includes(why!), err);
        }
      } finally {
        late.abort();
        await server.shutdown();
      }
    })
  ));

Deno.test("simrun traces says where nobody listens, and what is no address", () =>
  inFolder(async (folder) => {
    await append(await makeTree(join(folder, "simruns")), EVENTS);
    const none = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const endpoint = `http://127.0.0.1:${(none.addr as Deno.NetAddr).port}`;
    none.close();
    const cases: readonly (readonly [string, RegExp])[] = [
      [endpoint, /^error: Nobody takes traces at http:\/\/127\.0\.0\.1:\d+\.\n +Start a collector/],
      ["nowhere", /^error: OTEL_EXPORTER_OTLP_ENDPOINT must be an address, not "nowhere"\./],
    ];
    const grpc = await simrun(["traces"], {
      cwd: folder,
      env: { OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" },
    });
    assert.match(grpc.err, /^error: OTEL_EXPORTER_OTLP_PROTOCOL must be .*, not "grpc"\./);
    for (const [text, pattern] of cases) {
      const env = { OTEL_EXPORTER_OTLP_ENDPOINT: text };
      const { code, err } = await simrun(["traces"], { cwd: folder, env });
      assert.equal(code, 2);
      assert.match(err, pattern);
    }
  }));
