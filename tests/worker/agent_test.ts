/** The agent between an orchestrator and a thread that are the test's own: what it passes on, and what it refuses. */
import assert from "node:assert/strict";
import type { FromSlot } from "../../src/campaign/slot_messages.ts";
import { EXIT_GAVE_UP } from "../../src/campaign/slot_messages.ts";
import type { Grants, Job } from "../../src/job/job.ts";
import { pointAt } from "../../src/plan/sweep.ts";
import { openTree } from "../../src/store/tree.ts";
import { Agent } from "../../src/worker/agent.ts";
import {
  ACTIVITY,
  CONTROL,
  type FromSimulation,
  type ToSimulation,
} from "../../src/worker/protocol.ts";
import { RunFiles } from "../../src/worker/run_files.ts";
import type { ThreadGrants, ThreadHandlers } from "../../src/worker/simulation_thread.ts";
import { parseFromSlot } from "../../src/worker/slot_wire.ts";
import { inFolder, place } from "../helpers/folder.ts";
import { aJob, module } from "../helpers/jobs.ts";
import { COUNT } from "../helpers/models.ts";
import { sleep, until } from "../helpers/processes.ts";
import { aSearch } from "../search/landscapes.ts";

class Stage {
  readonly told: FromSlot[] = [];
  readonly threads: {
    grants: ThreadGrants;
    handlers: ThreadHandlers;
    posted: ToSimulation[];
    control: SharedArrayBuffer;
  }[] = [];
  /** What was loaded for models that run outside. */
  readonly outside: string[] = [];
  exit: number | undefined;
  /** Threads that go on after they were to end. */
  threadsLeft = 0;
  #threadsThere = 0;
  /** What the thread was made, in the order it was. */
  readonly niceness: number[] = [];
  mayBeLessNice = true;
  readonly agent = new Agent({
    tell: (line) => {
      const message = parseFromSlot(line);
      assert.ok(message !== undefined && !line.includes("\n"), `no message: ${line}`);
      this.told.push(message);
    },
    startThread: ({ control }, grants, handlers) => {
      const posted: ToSimulation[] = [];
      this.threads.push({ grants, handlers, posted, control });
      this.#threadsThere++;
      return { post: (message) => posted.push(message), terminate: () => this.#threadsThere-- };
    },
    loadOutside: (kind) => {
      this.outside.push(kind);
      return Promise.resolve(() => ({ post: () => {}, terminate: () => {} }));
    },
    memoryBytes: () => 1,
    countThreads: () => this.#threadsThere + this.threadsLeft,
    setNiceness: (beyond) => {
      this.niceness.push(beyond);
      return beyond > 0 || this.mayBeLessNice;
    },
    exit: (status) => this.exit ??= status,
  });

  /** Orders one run of a job, and waits until a thread has it. */
  async order(
    batch: number,
    job: Job,
    number = batch,
    modelDigest = "none",
    root = "/nowhere",
  ): Promise<void> {
    const past = root === "/nowhere" ? "none" : "look";
    const more = { modelDigest, root, epoch: 1, holder: "h", anyModel: false };
    this.agent.receive({ type: "job", number, job, ...more });
    const runs = [{ index: 0, run: "run", digest: "d", past } as const];
    this.agent.receive({
      type: "batch",
      batch,
      job: number,
      attempt: 1,
      priority: job.priority,
      runs,
    });
    await until(
      () => this.exit !== undefined || this.posted("batch").some((one) => one.batch === batch),
      `batch ${batch} is posted`,
    );
  }

  posted<T extends ToSimulation["type"]>(type: T): Extract<ToSimulation, { type: T }>[] {
    return this.threads.flatMap(({ posted }) => posted)
      .filter((message): message is Extract<ToSimulation, { type: T }> => message.type === type);
  }

  async says(message: Exclude<FromSimulation, { type: "alive" }>): Promise<void> {
    this.threads.at(-1)!.handlers.onMessage(message);
    for (let i = 0; i < 20; i++) await Promise.resolve();
  }
}

const FAILURE = { class: "model-error", message: "m", step: 0 } as const;
const RESULT = '{"index":0,"step":1,"ms":1,"result":"forged"}';

async function staged(use: (stage: Stage, job: Job) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const path = await place(folder, "models/count.ts", COUNT);
    const { identifyModel } = await import("../../src/worker/model_identity.ts");
    const { digest } = await identifyModel({ kind: "module", path });
    const stage = new Stage();
    const job = aJob({ model: module(path) });
    await stage.order(1, job, 1, digest);
    await use(stage, job);
  });
}

Deno.test("a results text that goes on with other keys speaks of its own batch all the same", async () => {
  await staged(async (stage) => {
    await stage.says({
      type: "results",
      batch: 1,
      text: `[${RESULT}],"batch":7,"type":"failed","x":[]`,
    });
    const [message] = stage.told.slice(-1);
    assert.deepEqual([message!.type, (message as { batch?: number }).batch], ["results", 1]);
  });
});

const NONSENSE: readonly (readonly [string, Exclude<FromSimulation, { type: "alive" }>])[] = [
  ["a line of its own", { type: "results", batch: 1, text: `[]}\n{"type":"ready"}\n{"runs":[]` }],
  ["results of a batch it was not given", { type: "results", batch: 2, text: `[${RESULT}]` }],
  ["the failure of another's run", { type: "failed", batch: 1, index: 5, failure: FAILURE }],
  ["a file of a run that is not in the batch", {
    type: "file",
    batch: 1,
    index: 9,
    name: "result.json",
    text: "1",
  }],
  ["a warning of a run that is not in the batch", {
    type: "warned",
    batch: 1,
    index: 9,
    step: 1,
    message: "m",
  }],
  ["more runs given back than it has", { type: "yielded", batch: 1, indices: [0, 0, 0] }],
  ["the end of a batch twice removed", { type: "ended", batch: 99 }],
];

for (const [what, message] of NONSENSE) {
  Deno.test(`a thread that says ${what} is not believed: its run fails, its slot ends`, async () => {
    await staged(async (stage) => {
      const before = stage.told.length;
      await stage.says(message);
      await until(() => stage.exit !== undefined, "the agent ends");
      assert.ok(stage.told.slice(before).every(({ type }) => type === "failed"));
    });
  });
}

Deno.test("a warning is passed on as it is", async () => {
  await staged(async (stage) => {
    const warned = { type: "warned", batch: 1, index: 0, step: 30, message: "m is NaN" } as const;
    await stage.says(warned);
    assert.deepEqual(stage.told.at(-1), warned);
    assert.equal(stage.exit, undefined);
  });
});

Deno.test("a result is told when the files of all runs before it are kept, whichever is durable first", async (t) => {
  for (const word of ["results", "failed", "ended"] as const) {
    await t.step(word, () =>
      staged(async (stage) => {
        const kept: (() => void)[] = [];
        const { keepFiles } = RunFiles.prototype;
        RunFiles.prototype.keepFiles = () => new Promise((done) => kept.push(done));
        try {
          const keep = { folder: "/w", names: ["a"], others: 0, areResult: true };
          for (let i = 0; i < 3; i++) {
            await stage.says({ type: "keep", batch: 1, index: 0, ...keep });
          }
          if (word === "results") await stage.says({ type: word, batch: 1, text: `[${RESULT}]` });
          else if (word === "failed") {
            await stage.says({ type: word, batch: 1, index: 0, failure: FAILURE });
          } else await stage.says({ type: word, batch: 1 });
          await until(() => kept.length === 3, "all three are kept at the same time");
          kept[2]!();
          kept[0]!();
          await sleep(20);
          assert.ok(!stage.told.some(({ type }) => type === word), "one is not durable");
          if (word === "ended") return kept[1]!();
          kept[1]!();
          await until(() => stage.told.some(({ type }) => type === word), `${word} is told`);
        } finally {
          RunFiles.prototype.keepFiles = keepFiles;
        }
      }));
  }
});

Deno.test("a checkpoint is told with its stall, and the thread hears how long it was written", async () => {
  await staged(async (stage, job) => {
    await inFolder(async (root) => {
      await openTree(root, "write");
      await stage.says({ type: "ended", batch: 1 });
      await stage.order(2, job, 2, "m", root);
      await stage.says({
        type: "snapshot",
        batch: 2,
        index: 0,
        step: 40,
        ms: 1,
        plain: '{"state":{},"rng":null,"columns":null}',
        tensors: [],
        buffer: 0,
        shared: new SharedArrayBuffer(64),
        series: "",
        dependsOnSteps: false,
        stallMs: 3.5,
      });
      const progress = new Float64Array(stage.threads.at(-1)!.control);
      await until(() => progress[CONTROL.writtenStep] === 40, "it is written");
      const saved = stage.told.find((message) => message.type === "saved")!;
      assert.equal(saved.stallMs, 3.5);
      // With what comes after it: the old ones that go.
      assert.ok(progress[CONTROL.writtenMs]! >= saved.ms, `${progress[CONTROL.writtenMs]}`);
    });
  });
});

Deno.test("a run in a step without end is given what its checkpoint leaves of its timeout", async () => {
  await staged(async (stage, job) => {
    await inFolder(async (root) => {
      const late = { ...job, timeoutMs: 3_600_000 };
      const layout = await openTree(root, "write");
      const writer = { layout, job: late, modelDigest: "m", anyModel: false, epoch: 1 };
      const files = new RunFiles(writer, { run: "run", digest: "d", attempt: 1 });
      const ms = 1.2 * late.timeoutMs;
      const plain = '{"state":{},"rng":null,"columns":null}';
      await files.save({ step: 60, ms, dependsOnSteps: false }, { plain, tensors: [] }, "");
      await stage.says({ type: "ended", batch: 1 });
      await stage.order(2, late, 2, "m", root);
      const { control } = stage.threads.at(-1)!;
      Atomics.store(new Int32Array(control), CONTROL.batch, 2);
      Atomics.store(new Int32Array(control), CONTROL.activity, ACTIVITY.computing);
      new Float64Array(control)[CONTROL.step] = 60;
      stage.agent.watch(Infinity);
      await until(() => stage.exit !== undefined, "the agent ends");
      const last = stage.told.at(-1)!;
      assert.ok(last.type === "failed" && last.failure.class === "timeout", JSON.stringify(last));
      assert.match(
        last.failure.message,
        /^it computed for 1h 12m, longer than its timeout of 1h, /,
      );
    });
  });
});

Deno.test("what models of a kind take is loaded once, when they are expected, and starts nothing", async () => {
  const stage = new Stage();
  stage.agent.receive({ type: "expect", kind: "command" });
  await until(() => stage.outside.length > 0, "it is loaded");
  // The answer of the first one has been heard.
  await sleep(0);
  stage.agent.receive({ type: "expect", kind: "command" });
  await sleep(0);
  assert.deepEqual(stage.outside, ["command"]);
  assert.deepEqual([stage.threads.length, stage.told.length], [0, 0]);
});

Deno.test("a thread is granted the model's folder, its inputs and what is allowed, and jobs with other grants get another", async () => {
  await staged(async (stage, job) => {
    const allow: Grants = { read: ["/data/a"], net: ["h:1"] };
    const digest = "none";
    const folder = job.model.path.replace(/\/[^/]*$/, "");
    assert.deepEqual(stage.threads[0]!.grants, { read: [folder], net: [] });
    await stage.says({ type: "ended", batch: 1 });
    stage.agent.receive({ type: "inspect", model: "file:///m.ts", allow });
    await until(() => stage.threads.length === 2, "the next thread begins");
    assert.deepEqual(stage.threads[1]!.grants.net, ["h:1"]);
    assert.ok(stage.threads[1]!.grants.read.includes("/data/a"));
    assert.equal(digest, "none");
  });
});

Deno.test("a thread that is to be nicer is idle first, and one that may not be less nice again is replaced", async () => {
  for (const mayBeLessNice of [true, false]) {
    await staged(async (stage, job) => {
      stage.mayBeLessNice = mayBeLessNice;
      assert.deepEqual(stage.niceness, [], "nothing is asked for what is normal");
      const { identifyModel } = await import("../../src/worker/model_identity.ts");
      const { digest } = await identifyModel(job.model);
      const nicely = stage.order(2, { ...job, priority: 3 }, 2, digest);
      await sleep(50);
      assert.equal(stage.posted("batch").length, 1, "the first one is computed");
      assert.deepEqual(stage.niceness, []);
      await stage.says({ type: "ended", batch: 1 });
      await nicely;
      assert.deepEqual(stage.niceness, [10]);
      assert.equal(stage.threads.length, 1);

      await stage.says({ type: "ended", batch: 2 });
      await stage.order(3, { ...job, priority: 1 }, 3, digest);
      assert.deepEqual(stage.niceness, [10, 0]);
      assert.equal(stage.threads.length, mayBeLessNice ? 1 : 2);
      const known = stage.threads.at(-1)!.posted.filter(({ type }) => type === "job");
      assert.equal(known.length, mayBeLessNice ? 3 : 1, "a fresh one is told of the job");
    });
  }
});

Deno.test("a thread is told of a search anew before a batch whose points it does not know, also while the one before begins", async () => {
  await staged(async (stage, job) => {
    const { identifyModel } = await import("../../src/worker/model_identity.ts");
    const { digest: modelDigest } = await identifyModel(job.model);
    const more = { modelDigest, root: "/nowhere", epoch: 1, holder: "h", anyModel: false };
    for (const index of [0, 1, 2]) {
      const known = [0, 1, 2].slice(0, index + 1);
      const at = Object.fromEntries(known.map((one) => [one, { x0: one }]));
      const searching = { ...job, id: "fit", sweep: { parts: [{ ...aSearch(), at }] } };
      stage.agent.receive({ type: "job", number: 7, job: searching, ...more });
      const runs = [{ index, run: `000${index + 1}`, digest: "d", past: "none" } as const];
      const batch = { type: "batch", batch: 10 + index, job: 7, attempt: 1, priority: 2 } as const;
      stage.agent.receive({ ...batch, runs });
      // The last one comes while the one before is being handed on.
      if (index === 0) await until(() => stage.posted("batch").length === 2, "it is posted");
      else await Promise.resolve();
    }
    await until(() => stage.posted("batch").length === 4, "all are posted");
    let told: Job | undefined;
    for (const message of stage.threads.at(-1)!.posted) {
      if (message.type === "job") told = message.job;
      if (message.type !== "batch" || message.job !== 7) continue;
      const { index } = message.runs[0]!;
      assert.deepEqual(pointAt(told!.sweep, index), { trial: index + 1, x0: index });
    }
  });
});

Deno.test("a process that cannot get rid of a thread computes for no other model", async () => {
  await staged(async (stage) => {
    await stage.says({ type: "ended", batch: 1 });
    stage.threadsLeft = 1;
    const allow = { read: [], net: [] };
    stage.agent.receive({ type: "inspect", model: "file:///other.ts", allow });
    await new Promise((done) => setTimeout(done, 1300));
    assert.equal(stage.exit, undefined, "whoever is inspected is not to blame");
    await stage.order(2, aJob({ id: "next", model: module("/models/next.ts") }));
    assert.equal(stage.exit, EXIT_GAVE_UP);
  });
});
