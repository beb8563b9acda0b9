/** `notify` in manifests: what it takes, what it refuses, and how sinks of several files come together. */
import assert from "node:assert/strict";
import { DEFAULT_EVENTS, DEFAULT_LOG, DEFAULT_PROGRESS_MS } from "../../src/job/sink.ts";
import { readManifests } from "../../src/manifest/manifest.ts";
import { mistakes } from "./read.ts";

const JOBS = "jobs: [{ id: a, model: a.ts, steps: 1 }]\n";

function sinksOf(...texts: readonly string[]) {
  const sources = texts.map((text, index) => ({
    path: `/m/${index}.yaml`,
    folder: "/m",
    text: text + JOBS.replace("id: a", `id: a${index}`),
  }));
  const { sinks, diagnostics } = readManifests(sources);
  assert.deepEqual(diagnostics, []);
  return sinks;
}

Deno.test("each sink has its kind's events and name, unless it says others", () => {
  const progressEveryMs = DEFAULT_PROGRESS_MS;
  assert.deepEqual(
    sinksOf("notify:\n- log: true\n- slack: { env: URL }\n  events: [on_end]\n  name: team\n"),
    [
      { kind: "log", ...DEFAULT_LOG, events: DEFAULT_EVENTS.log, progressEveryMs, name: "log" },
      { kind: "slack", url: { env: "URL" }, events: ["on_end"], progressEveryMs, name: "team" },
    ],
  );
  const [log, hook, mail] = sinksOf(
    "notify:\n- log: { format: json, size: 1MiB, keep: 2 }\n" +
      "- webhook: { url: { file: u }, secret: { env: S } }\n  progress_every: 5s\n" +
      "  events: [on_progress]\n- email: a@b.org\n",
  );
  assert.deepEqual(log, { ...log!, format: "json", bytesMax: 2 ** 20, filesMax: 2 });
  assert.deepEqual(hook, {
    ...{ kind: "webhook", url: { file: "/m/u" }, secret: { env: "S" } },
    ...{ events: ["on_progress"], progressEveryMs: 5_000, name: "webhook" },
  });
  assert.deepEqual(mail, { ...mail!, kind: "email", to: ["a@b.org"] });
});

Deno.test("sinks that differ in where they lead are two, and equal ones one", () => {
  const sinks = sinksOf(
    "notify: [{ slack: { env: A } }, { slack: { env: B } }, { slack: { env: A } }]\n",
    "notify: [{ metrics: { listen: 9464 } }, { metrics: { listen: 9465 } }]\n",
  );
  assert.deepEqual(sinks.map(({ name }) => name), ["slack", "slack-2", "metrics", "metrics-2"]);
});

Deno.test("an event beside jobs is a command; its files are those of the manifest", () => {
  const [command, module] = sinksOf("on_error: [./page.sh, now]\nnotify: [{ module: ../h.ts }]\n");
  assert.deepEqual(command, {
    ...{ kind: "command", command: ["/m/page.sh", "now"], folder: "/m", events: ["on_error"] },
    ...{ progressEveryMs: DEFAULT_PROGRESS_MS, name: "command" },
  });
  assert.deepEqual(module, { ...module!, path: "/h.ts" });
});

Deno.test("what several files ask for in the same words is one sink, what differs has names of its own", () => {
  const names = (...texts: string[]) => sinksOf(...texts).map(({ name }) => name);
  assert.deepEqual(names("notify: [{ log: true }]\n", "notify: [{ log: }]\n"), ["log"]);
  assert.deepEqual(
    names(
      "notify: [{ log: true }]\n",
      "notify: [{ log: { format: json } }, { log: true, name: log-2 }]\n",
    ),
    ["log-2", "log"],
  );
  const webhook = (url: string) => `notify: [{ webhook: "${url}" }]\n`;
  assert.deepEqual(names(webhook("https://a.org"), webhook("https://b.org")), [
    "webhook",
    "webhook-2",
  ]);
});

Deno.test("metrics go to a file or are asked for, on this machine unless it says more", () => {
  const [file, port, both, traces] = sinksOf(
    "notify:\n- metrics: ./simrun.prom\n- metrics: { listen: 9464, every: 1min }\n" +
      '- metrics: { file: /x.prom, listen: "0.0.0.0:9464" }\n- traces: true\n',
  );
  const rest = { events: [], progressEveryMs: DEFAULT_PROGRESS_MS };
  assert.deepEqual(file, {
    ...{ kind: "metrics", file: "/m/simrun.prom", everyMs: 15_000, ...rest, name: "metrics" },
  });
  const listen = { hostname: "127.0.0.1", port: 9464 };
  assert.deepEqual(port, { kind: "metrics", listen, everyMs: 60_000, ...rest, name: "metrics-2" });
  assert.equal(both?.kind === "metrics" && both.listen?.hostname, "0.0.0.0");
  assert.deepEqual(traces, { kind: "traces", ...rest, name: "traces" });
});

Deno.test("a single job has it beside its keys", () => {
  const text = "{ id: a, model: a.ts, steps: 1, notify: [{ log: true }], on_end: [./x] }";
  const { sinks, jobs, diagnostics } = readManifests([{ path: "/m/a.yaml", folder: "/m", text }]);
  assert.deepEqual([sinks.length, jobs.length, diagnostics], [2, 1, []]);
});

Deno.test("each mistake has its place, its sentence, and what to write", () => {
  const told = (text: string) => mistakes(text + JOBS).join("\n");
  assert.match(told("notify: { log: true }\n"), /"notify" must be a list of who is told/);
  assert.match(told("notify: [log]\n"), /"notify\[0\]" must be a mapping with who is told/);
  assert.match(told("notify: [{}]\n"), /says nobody who is told/);
  assert.match(told("notify: [{ log: true, slack: { env: A } }]\n"), /names "log" or "slack"/);
  assert.match(told("notify: [{ slak: { env: A } }]\n"), /Unknown key "slak"/);
  assert.match(told("notify: [{ slack: https://hooks.slack.com/x }]\n"), /must be \{ env: NAME \}/);
  assert.match(told("notify: [{ slack: { env: A, file: b } }]\n"), /must be \{ env: NAME \}/);
  assert.match(told("notify: [{ slack: { env: a-b } }]\n"), /the name of an environment variable/);
  assert.match(told("notify: [{ webhook: ftp://x }]\n"), /begins with http/);
  assert.match(told("notify: [{ email: me }]\n"), /an e-mail address/);
  assert.match(told("notify: [{ email: [] }]\n"), /must be an address/);
  assert.match(
    told("notify: [{ module: hooks.py }]\n"),
    /"notify\[0\]\.module" must be the path of a module/,
  );
  assert.match(told("notify: [{ log: true, events: [error] }]\n"), /must be on_begin/);
  assert.match(told("notify: [{ log: true, progress_every: often }]\n"), /progress_every/);
  assert.match(told("notify: [{ metrics: { listen: 0 } }]\n"), /must be a port/);
  assert.match(told("notify: [{ metrics: { every: 5s } }]\n"), /must be a file, or \{ file/);
  assert.match(told("notify: [{ traces: true, events: [on_end] }]\n"), /traces take no events/);
  assert.match(told("on_error: ./page.sh\n"), /"on_error" must be a list of words/);
  assert.match(told("on_erorr: [./page.sh]\n"), /on_erorr/);
});
