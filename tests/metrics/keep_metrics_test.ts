/** Metrics beside a campaign: the file that is replaced, the endpoint, trees that vanish, ports in use; and the command. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { keepMetrics, type KeepOptions } from "../../src/metrics/keep_metrics.ts";
import { writeMetricsFile } from "../../src/metrics/metrics_file.ts";
import { TreeMetrics } from "../../src/metrics/tree_metrics.ts";
import { rotateJournal } from "../../src/store/seal.ts";
import { COUNTER, programCommand, simrun } from "../cli/program.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { sleep, until } from "../helpers/processes.ts";
import { completed, planned, SESSION, started } from "../report/fixtures.ts";
import { append, ENDED, EVENTS, makeTree, valuesOf } from "./fixtures.ts";

const COMPLETED = 'simrun_runs_completed_total{job_name="climate"}';

async function isRefused(promise: Promise<unknown>, pattern: RegExp): Promise<void> {
  await assert.rejects(promise, (error: Error) => pattern.test(error.message));
}

Deno.test("TreeMetrics.read() goes on where it was, across sealings, and sees nothing twice", () =>
  inFolder(async (folder) => {
    const layout = await makeTree(join(folder, "tree"));
    using metrics = new TreeMetrics(layout);
    const read = async () => valuesOf((await metrics.read(true)).text).get(COMPLETED);
    assert.equal(await read(), undefined);
    await append(layout, EVENTS);
    assert.equal(await read(), 2);
    await append(layout, [completed("climate", "b", 1)]);
    assert.ok(await rotateJournal(layout, 0));
    assert.equal(await read(), 3);
    await append(layout, [completed("climate", "c", 1)]);
    assert.equal(await read(), 4);
    assert.equal(await read(), 4);
  }));

Deno.test("TreeMetrics.read() answers those who ask at once with one reading", () =>
  inFolder(async (folder) => {
    const layout = await makeTree(join(folder, "tree"));
    await append(layout, EVENTS);
    using metrics = new TreeMetrics(layout);
    const answers = await Promise.all(Array.from({ length: 50 }, () => metrics.read()));
    assert.equal(new Set(answers).size, 1);
    // What is asked for now is not what was read before.
    await append(layout, [completed("climate", "b", 1)]);
    assert.equal(valuesOf((await metrics.read(true)).text).get(COMPLETED), 3);
  }));

Deno.test("TreeMetrics.read() begins anew when lines are taken back, and for another tree in the place", () =>
  inFolder(async (folder) => {
    const root = join(folder, "tree");
    const layout = await makeTree(root);
    const head = [SESSION, planned("climate", 9), started("climate", ["a", "b"])];
    await append(layout, head);
    const { size } = await Deno.stat(layout.journal);
    using metrics = new TreeMetrics(layout);
    await append(layout, [completed("climate", "a", 1)]);
    const read = async () => valuesOf((await metrics.read(true)).text).get(COMPLETED);
    assert.equal(await read(), 1);
    // As a writer does whose sync has failed: what it had written is cut off, and something else comes.
    await Deno.truncate(layout.journal, size);
    await append(layout, [ENDED]);
    assert.equal(await read(), 0);
    await Deno.remove(root, { recursive: true });
    const { text, fault } = await metrics.read(true);
    assert.equal(fault?.code, "tree-missing");
    assert.deepEqual([...valuesOf(text)].slice(1), [["simrun_tree_readable", 0]]);
    await append(await makeTree(root), [...head, completed("climate", "b", 1)]);
    assert.equal(await read(), 1);
  }));

Deno.test("writeMetricsFile() replaces a file as a whole, for everybody to read, and leaves nothing beside it", () =>
  inFolder(async (folder) => {
    const path = join(folder, "simrun.prom");
    const before = Deno.umask(0o077);
    try {
      await writeMetricsFile(path, "a 1\n");
    } finally {
      Deno.umask(before);
    }
    assert.equal((await Deno.stat(path)).mode! & 0o777, 0o644);
    await writeMetricsFile(path, "a 2\n");
    assert.equal(await Deno.readTextFile(path), "a 2\n");
    await Deno.mkdir(join(folder, "folder.prom"));
    await isRefused(writeMetricsFile(join(folder, "folder.prom"), "a"), /folder\.prom/);
    await isRefused(writeMetricsFile(join(folder, "none", "x.prom"), "a"), /x\.prom/);
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).toSorted();
    assert.deepEqual(names, ["folder.prom", "simrun.prom"]);
  }));

Deno.test("writeMetricsFile() has nothing in the folder that the collector would read before it is whole", () =>
  inFolder(async (folder) => {
    const names = new Set<string>();
    const { rename } = Deno;
    Deno.rename = async (from, to) => {
      for (const { name } of Deno.readDirSync(folder)) names.add(name);
      await rename(from, to);
    };
    try {
      await writeMetricsFile(join(folder, "simrun.prom"), "a 1\n");
    } finally {
      Deno.rename = rename;
    }
    assert.equal(names.size, 1);
    for (const name of names) assert.doesNotMatch(name, /\.prom$/);
  }));

/** Keeps metrics while something is done, and answers what was told. */
async function whileKept(
  root: string,
  options: Partial<KeepOptions>,
  use: (notes: readonly string[]) => Promise<void>,
): Promise<void> {
  const notes: string[] = [];
  const ended = new AbortController();
  const kept = keepMetrics(
    await makeTree(root),
    { everyMs: 20, onNote: (text) => notes.push(text), ...options },
    ended.signal,
  );
  try {
    await Promise.race([use(notes), kept]);
  } finally {
    ended.abort();
    await kept;
  }
}

Deno.test("keepMetrics() keeps a file up to date, also past a tree that vanishes, and writes a last time at the end", () =>
  inFolder(async (folder) => {
    const root = join(folder, "tree");
    const file = join(folder, "simrun.prom");
    const layout = await makeTree(root);
    await append(layout, EVENTS);
    const valueOf = (line: string) => {
      try {
        return valuesOf(Deno.readTextFileSync(file)).get(line);
      } catch {
        return undefined;
      }
    };
    await whileKept(root, { file }, async (notes) => {
      await until(() => valueOf(COMPLETED) === 2, "the first writing");
      await append(layout, [completed("climate", "b", 1)]);
      await until(() => valueOf(COMPLETED) === 3, "a later writing");
      await Deno.rename(root, `${root}.away`);
      await until(() => valueOf("simrun_tree_readable") === 0, "the tree's end");
      assert.equal(valueOf(COMPLETED), undefined);
      await sleep(60);
      assert.deepEqual(notes.length, 1);
      assert.match(notes[0]!, /^There is no tree at .*\. Goes on trying\.$/);
      await Deno.rename(`${root}.away`, root);
      await until(() => valueOf(COMPLETED) === 3, "its return");
      assert.deepEqual(notes.slice(1), ["The tree can be read again."]);
    });
    // Told to end in the middle of a writing: what has come since is in another one.
    const ended = new AbortController();
    const { rename } = Deno;
    Deno.rename = async (from, to) => {
      if (!ended.signal.aborted) await append(layout, [completed("climate", "c", 1)]);
      ended.abort();
      await rename(from, to);
    };
    try {
      await keepMetrics(layout, { file, everyMs: 3_600_000 }, ended.signal);
    } finally {
      Deno.rename = rename;
    }
    assert.equal(valueOf(COMPLETED), 4);
  }));

Deno.test("keepMetrics() says what it cannot do: a port in use, a folder that is not there, at once", () =>
  inFolder(async (folder) => {
    const layout = await makeTree(join(folder, "tree"));
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = taken.addr as Deno.NetAddr;
    const { signal } = new AbortController();
    const keep = (options: Partial<KeepOptions>) =>
      keepMetrics(layout, { everyMs: 20, ...options }, signal);
    await isRefused(
      keep({ listen: { hostname: "127.0.0.1", port } }),
      new RegExp(`^Somebody else listens on 127\\.0\\.0\\.1:${port} already\\.$`),
    );
    await isRefused(
      keep({ listen: { hostname: "192.0.2.1", port: 0 } }),
      /^Cannot listen on 192\.0\.2\.1:0: /,
    );
    await isRefused(keep({ file: join(folder, "none", "x.prom") }), /x\.prom/);
    // What goes wrong later is told, and gone on from.
    const file = join(folder, "out", "x.prom");
    await place(folder, "out/x.prom", "");
    await whileKept(join(folder, "tree"), { file }, async (notes) => {
      await until(() => Deno.statSync(file).size > 0, "the first writing");
      await Deno.rename(join(folder, "out"), join(folder, "away"));
      await until(() => notes.length === 1, "a note");
      await Deno.rename(join(folder, "away"), join(folder, "out"));
      await until(() => notes.length === 2, "another note");
      assert.equal(notes[1], `${file} can be written again.`);
    });
  }));

Deno.test("the endpoint answers /metrics and nothing else", () =>
  inFolder(async (folder) => {
    const root = join(folder, "tree");
    await append(await makeTree(root), EVENTS);
    let base = "";
    const listen = { hostname: "127.0.0.1", port: 0 };
    const onListen = ({ port }: { port: number }) => base = `http://127.0.0.1:${port}`;
    await whileKept(root, { listen, onListen }, async () => {
      await until(() => base !== "", "the endpoint");
      const answer = await fetch(`${base}/metrics`);
      assert.equal(answer.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
      assert.equal(valuesOf(await answer.text()).get(COMPLETED), 2);
      for (const [path, method, status] of [["/x", "GET", 404], ["/metrics", "POST", 405]]) {
        const other = await fetch(`${base}${path}`, { method: String(method) });
        await other.body?.cancel();
        assert.equal(other.status, status);
      }
    });
    await assert.rejects(fetch(`${base}/metrics`));
  }));

Deno.test("simrun metrics prints a tree, writes it, keeps it until the campaign ends, and refuses wrong words", () =>
  inFolder(async (folder) => {
    await place(folder, "count.ts", COUNTER);
    await place(
      folder,
      "jobs.yaml",
      "{ id: bad, model: ./count.ts, steps: 9, sweep: { bad: [0, 1] } }",
    );
    const run = (...args: string[]) => simrun(args, { cwd: folder });
    assert.equal((await run("run", "-q", "-j", "1", "jobs.yaml")).code, 3);
    const printed = await run("metrics");
    assert.deepEqual([printed.code, printed.err], [0, ""]);
    const values = valuesOf(printed.out);
    assert.equal(values.get('simrun_runs_failed_total{job_name="bad",class="model-error"}'), 1);
    assert.equal(values.get('simrun_steps_completed_total{job_name="bad"}'), 9);
    assert.equal(values.get("simrun_campaign_active"), 0);
    // Nobody works here: that is the end of it.
    const kept = await run("metrics", "-o", "x.prom", "--every", "1s");
    assert.deepEqual([kept.code, kept.out, kept.err], [0, "", ""]);
    assert.deepEqual(valuesOf(Deno.readTextFileSync(join(folder, "x.prom"))), values);
    const wrong: readonly (readonly [readonly string[], RegExp])[] = [
      [["--listen", "99999"], /--listen takes a port, or host:port, not "99999"/],
      [["--listen", "a b:1"], /--listen takes a port/],
      [["--every", "15s"], /--every needs a file/],
      [["-o", "x", "--every", "1ms"], /--every takes from a second to a day/],
      [["-o", "x", "--every", "15"], /--every needs a unit/],
      [["--tree", "none"], /There is no tree at/],
    ];
    for (const [words, pattern] of wrong) {
      const { code, err } = await run("metrics", ...words);
      assert.equal(code, 2, words.join(" "));
      assert.match(err, pattern);
    }
  }));

const SLOW = `
export const init = () => ({});
export const step = () => { for (const end = Date.now() + 5; Date.now() < end;); };
`;

Deno.test("simrun metrics -o --every tells of a campaign at work, ends with it, and has its end in the file", () =>
  inFolder(async (folder) => {
    await place(folder, "slow.ts", SLOW);
    await place(folder, "jobs.yaml", "{ id: long, model: ./slow.ts, steps: 1000000 }");
    const campaign = programCommand(["run", "-q", "-j", "1", "jobs.yaml"], { cwd: folder }).spawn();
    const live = join(folder, "simruns/hot/live.json");
    await until(() => Deno.stat(live).then(() => true, () => false), "the campaign");
    const words = ["metrics", "-o", "x.prom", "--every", "1s"];
    const keeping = programCommand(words, { cwd: folder }).spawn();
    const values = () => {
      try {
        return valuesOf(Deno.readTextFileSync(join(folder, "x.prom")));
      } catch {
        return new Map<string, number>();
      }
    };
    await until(() => values().get("simrun_slots_busy") === 1, "a slot at work");
    const atWork = values();
    assert.equal(atWork.get("simrun_campaign_active"), 1);
    assert.equal(atWork.get("simrun_slots"), 1);
    assert.equal(atWork.get('simrun_runs{job_name="long",state="running"}'), 1);
    assert.ok(atWork.get("simrun_slots_memory_bytes")! > 1e6);
    await until(() => values().get("simrun_steps_per_second")! > 0, "its pace");
    campaign.kill("SIGINT");
    await campaign.output();
    const { code, stderr } = await keeping.output();
    assert.deepEqual([code, new TextDecoder().decode(stderr)], [0, ""]);
    const atEnd = values();
    assert.equal(atEnd.get("simrun_campaign_active"), 0);
    assert.equal(atEnd.get('simrun_campaigns_ended_total{outcome="stopped"}'), 1);
    const stopped =
      'simrun_attempts_requeued_total{job_name="long",cause="stopped",counted="false"}';
    assert.equal(atEnd.get(stopped), 1);
  }));

Deno.test("simrun metrics --listen serves until it is told to stop, and says where", () =>
  inFolder(async (folder) => {
    await append(await makeTree(join(folder, "simruns")), EVENTS);
    const child = programCommand(["metrics", "--listen", "0"], { cwd: folder }).spawn();
    const lines = child.stderr.pipeThrough(new TextDecoderStream());
    let told = "";
    for await (const piece of lines.values({ preventCancel: true })) {
      told += piece;
      if (told.includes("\n")) break;
    }
    const url = /^(http:\/\/127\.0\.0\.1:\d+\/metrics) until Ctrl-C\n$/.exec(told)?.[1];
    assert.ok(url !== undefined, told);
    assert.equal(valuesOf(await (await fetch(url)).text()).get(COMPLETED), 2);
    child.kill("SIGINT");
    await lines.cancel();
    await child.stdout.cancel();
    assert.equal((await child.status).code, 0);
  }));
