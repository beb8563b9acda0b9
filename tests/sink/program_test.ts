/** Sinks of a real campaign: told of every run through kill and resume, and no matter of the runs. */
import assert from "node:assert/strict";
import { Ajv2020 } from "npm:ajv@8.17.1/dist/2020.js";
import { join } from "node:path";
import type { Notice } from "../../src/notice/notice.ts";
import { noticeSchema } from "../../src/notice/notice_schema.ts";
import { readJournal } from "../../src/store/journal.ts";
import { openTree } from "../../src/store/tree.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { isAlive, leavesNoProcess, until } from "../helpers/processes.ts";
import { simrun, startSimrun } from "../helpers/program.ts";

const MODEL = `
export function init({ params }) { return { x: 0, bad: params.bad ?? 0, slow: params.slow ?? 0, waits: params.waits ?? "" }; }
export function step(state) {
  state.x++;
  if (state.slow) for (const end = performance.now() + 5; performance.now() < end;);
  if (state.bad && state.x === 30) throw new Error("no\\nluck");
  const go = state.waits && state.x === 30 ? Deno.statSync : undefined;
  for (const end = performance.now() + 60_000; go !== undefined && performance.now() < end;) {
    try {
      return void go(state.waits);
    } catch {
      continue;
    }
  }
}
export function result(state) { return { x: state.x, nan: NaN }; }
`;

/** Collects what webhooks send; answers as the test says. */
class Collector {
  readonly notices: Notice[] = [];
  status = 200;
  /** Called with what has come. */
  hear: (event: Notice["event"]) => void = () => {};
  readonly #server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      const { events } = await request.json();
      if (this.status === 200) {
        this.notices.push(...events);
        for (const { event } of events) this.hear(event);
      }
      return new Response("", { status: this.status });
    },
  );

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/`;
  }

  completed(): string[] {
    return this.notices.flatMap((one) => one.event === "on_complete" ? [one.run] : []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

Deno.test("every event of a campaign comes to a webhook as the published schema has it", () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      await using collector = new Collector();
      await place(folder, "m.ts", MODEL);
      // One run waits for it: how far all is is told of what takes long enough.
      const told = join(folder, "told");
      collector.hear = (event) => {
        if (event === "on_progress") Deno.writeTextFileSync(told, "");
      };
      const manifest = await place(
        folder,
        "jobs.yaml",
        `notify: [{ webhook: "${collector.url}", events: [${"on_begin, on_submit, on_start, on_progress, on_complete, on_error, on_checkpoint, on_end"}], progress_every: 50ms }, { log: true }, { metrics: m.prom }]
defaults: { model: m.ts, steps: 60, checkpoint_every: 20 }
jobs:
  - { id: good, parameters: { slow: 1 }, sweep: { n: [1, 2, 3] } }
  - { id: broken, parameters: { bad: 1 } }
  - { id: patient, parameters: { waits: "${told}" }, allow: { read: ["${folder}"] } }
`,
      );
      const ran = await simrun([manifest, "--tree", "T"], { cwd: folder });
      assert.equal(ran.status, 3, ran.stderr);
      const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(
        noticeSchema(),
      );
      for (const notice of collector.notices) {
        assert.ok(validate(notice), JSON.stringify([notice, validate.errors]));
      }
      const kinds = new Set(collector.notices.map(({ event }) => event));
      assert.deepEqual([...kinds].toSorted(), [
        ..."on_begin on_checkpoint on_complete on_end on_error on_progress on_start on_submit"
          .split(" "),
      ]);
      assert.equal(new Set(collector.completed()).size, 4);
      const { host: _, ...error } = collector.notices.find(({ event }) => event === "on_error")!;
      assert.match(JSON.stringify(error), /"message":"no\\nluck"/);
      const log = await Deno.readTextFile(join(folder, "T/simulation.log"));
      assert.match(log, /error {3}broken failed: the model threw an error at step 29: no⏎luck/);
      const metrics = await Deno.readTextFile(join(folder, "m.prom"));
      assert.match(metrics, /^simrun_runs_failed_total\{.*\} 1$/m, metrics);
      // The log is no stranger in the tree.
      const { status, stdout, stderr } = await simrun(["verify", "--tree", "T"], { cwd: folder });
      assert.equal(status, 0, stderr);
      assert.ok(!(stdout + stderr).includes("simulation.log"), stdout + stderr);
    })
  ));

Deno.test("a campaign that is killed, and resumed with sinks from its tree, tells each run's end", () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      await using collector = new Collector();
      await place(folder, "m.ts", MODEL);
      const tree = join(folder, "T");
      const manifest = await place(
        folder,
        "jobs.yaml",
        `notify: [{ webhook: "${collector.url}" }]
jobs: [{ id: j, model: m.ts, steps: 100, parameters: { slow: 1 }, sweep: { n: { from: 1, to: 12, step: 1 } } }]
`,
      );
      const child = startSimrun([manifest, "--tree", tree, "-j", "1"]);
      for (let looks = 0; collector.completed().length < 3; looks++) {
        assert.ok(looks < 1_000, "nobody was told of anything");
        await new Promise((soon) => setTimeout(soon, 20));
      }
      child.kill("SIGKILL");
      await child.status;
      const ran = await simrun(["resume", "--tree", tree]);
      assert.equal(ran.status, 0, ran.stderr);
      assert.equal(new Set(collector.completed()).size, 12);
      const ids = collector.notices.map(({ id }) => id);
      // One by one in the order of the journal, but for what the killed process told without having noted it.
      const begins = collector.notices.filter(({ event }) => event === "on_begin");
      assert.equal(new Set(begins.map(({ id }) => id)).size, 2);
      assert.ok(new Set(ids).size >= 12 * 2 + 4, `${ids}`);
    })
  ));

Deno.test("a campaign that is killed before anybody was told of it is told by simrun notify, to its last entry", () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      await using collector = new Collector();
      await place(folder, "m.ts", MODEL);
      const tree = join(folder, "T");
      const manifest = await place(
        folder,
        "jobs.yaml",
        `notify: [{ webhook: "${collector.url}" }, { log: true }]
jobs: [{ id: j, model: m.ts, steps: 20, parameters: { slow: 1 }, sweep: { n: { from: 1, to: 400, step: 1 } } }]
`,
      );
      const child = startSimrun([manifest, "--tree", tree, "-j", "1"]);
      const completed = async () => {
        const runs: string[] = [];
        try {
          readJournal(await openTree(tree, "read"), (entry) => {
            if (entry.type === "runs.completed") runs.push(...entry.runs.map(({ run }) => run));
          });
        } catch {
          // It is not there yet.
        }
        return runs;
      };
      await until(async () => (await completed()).length > 0, "a run has ended");
      child.kill("SIGKILL");
      await child.status;
      const notified = await simrun(["notify", "--tree", tree]);
      assert.equal(notified.status, 0, notified.stdout + notified.stderr);
      assert.deepEqual([...new Set(collector.completed())], await completed());
      const count = collector.notices.filter(({ event }) => event === "on_begin").length;
      assert.ok(count > 0, "the beginning is told");
      const log = await Deno.readTextFile(join(tree, "simulation.log"));
      assert.match(log, /^\S+ info {4}simrun \S+ begins on/);
    })
  ));

Deno.test("a module that never returns ends with the process that called it, however that ended", () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      await place(folder, "m.ts", MODEL);
      const hooks = await place(
        folder,
        "hooks.ts",
        `export function on_begin() {
  Deno.writeTextFileSync(new URL("new", import.meta.url), Deno.pid + " " + Deno.ppid);
  Deno.renameSync(new URL("new", import.meta.url), new URL("pids", import.meta.url));
  for (;;);
}
`,
      );
      const manifest = await place(folder, "jobs.yaml", "{ id: j, model: m.ts, steps: 5 }\n");
      const ran = simrun([manifest, "--tree", "T", "--hooks", hooks], { cwd: folder });
      const pids = () => Deno.readTextFileSync(join(folder, "pids")).split(" ").map(Number);
      await until(
        () => Deno.readDirSync(folder).some(({ name }) => name === "pids"),
        "it is called",
      );
      const [module, caller] = pids() as [number, number];
      Deno.kill(caller, "SIGKILL");
      await until(() => !isAlive(module), "it has ended");
      const { status, stderr } = await ran;
      assert.equal(status, 0, "the run is done");
      assert.match(stderr, /note: their process was not told of everything: it was ended/);
    })
  ));

Deno.test("sinks that fail or hang change nothing of a campaign, and are told later by simrun notify", () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      await using collector = new Collector();
      collector.status = 503;
      await place(folder, "m.ts", MODEL);
      const hooks = await place(
        folder,
        "hooks.ts",
        "export function on_complete() { for (;;); }\n",
      );
      const manifest = await place(
        folder,
        "jobs.yaml",
        `notify: [{ webhook: "${collector.url}" }]
on_end: [sh, -c, "exit 4"]
jobs: [{ id: j, model: m.ts, steps: 5, sweep: { n: { from: 1, to: 4, step: 1 } } }]
`,
      );
      const ran = await simrun([manifest, "--tree", "T", "--hooks", hooks], { cwd: folder });
      assert.equal(ran.status, 0, "the runs are done");
      assert.match(ran.stderr, /note: webhook was not told of everything: it answered 503/);
      assert.match(
        ran.stderr,
        /note: command was not told of 1 event, and will not be: sh ended with status 4/,
      );
      assert.match(ran.stderr, /note: module was not told of everything: .*has not/);
      const doctor = await simrun(["doctor", "--tree", "T"], { cwd: folder });
      assert.match(doctor.stdout, /note +told: webhook +is not told since .* it answered 503/);
      collector.status = 200;
      await Deno.writeTextFile(hooks, "export function on_end() {}\n");
      const notified = await simrun(["notify", "--tree", "T"], { cwd: folder });
      assert.equal(notified.status, 0, notified.stdout + notified.stderr);
      assert.equal(new Set(collector.completed()).size, 4);
      const again = await simrun(["notify", "--tree", "T"], { cwd: folder });
      assert.deepEqual([again.status, new Set(collector.completed()).size], [0, 4]);
      const test = await simrun(["notify", "--test", "--tree", "T"], { cwd: folder });
      assert.match(test.stdout, /not told {2}command: sh ended with status 4/);
      assert.equal(collector.notices.at(-1)!.id, "test");
    })
  ));

Deno.test("a hooks file that is not there, and a tree without sinks, are told of before anything is done", () =>
  inFolder(async (folder) => {
    await place(folder, "m.ts", MODEL);
    const manifest = await place(folder, "jobs.yaml", "{ id: j, model: m.ts, steps: 5 }\n");
    const ran = await simrun([manifest, "--tree", "T", "--hooks", "hoks.ts"], { cwd: folder });
    assert.deepEqual([ran.status, ran.stdout], [2, ""]);
    assert.match(ran.stderr, /There is no file .*hoks\.ts, which is to be told of events/);
    const plain = await simrun([manifest, "--tree", "T"], { cwd: folder });
    assert.equal(plain.status, 0, plain.stderr);
    assert.ok(!plain.stderr.includes("taken over"), plain.stderr);
    const deaf = await place(
      folder,
      "deaf.yaml",
      "notify: [{ slack: { env: SIMRUN_TEST_UNSET } }]\njobs: [{ id: j, model: m.ts, steps: 5 }]\n",
    );
    const planned = await simrun(["run", "-n", deaf, "--tree", "U"], { cwd: folder });
    assert.match(planned.stdout, /Told of events: slack \(on_error, on_end\)/);
    const unset = await simrun([deaf, "--tree", "U"], { cwd: folder });
    assert.match(unset.stderr, /note: slack cannot be told .* SIMRUN_TEST_UNSET is not set/);
    assert.equal(unset.status, 0);
    const notify = await simrun(["notify", "--tree", "T"], { cwd: folder });
    assert.match(notify.stderr, /Nobody is told of what happens in this tree/);
  }));
