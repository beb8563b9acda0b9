/** Signals at any moment, to simrun and to its slots: the status of the table, nobody left over, nothing lost. */
import assert from "node:assert/strict";
import { inFolder } from "../helpers/folder.ts";
import { slotsOf, until } from "../helpers/processes.ts";
import { randomNumbers } from "../helpers/program.ts";
import { attack, endOf, placeAll, processesOf, resultsOf, startAttack } from "./attack.ts";

const SEED = Number(Deno.env.get("SIMRUN_SEED") ?? Date.now() % 1_000_000);

const FILES = {
  "run.yaml":
    "id: run\nmodel: run.ts\nsteps: 3000\ncheckpoint_every: 100\nmeasure_every: 100\nretry: {limit: 9, backoff: 1s}\n",
  "run.ts": `
export const init = () => ({ x: 0 });
export function step(s, ctx) {
  s.x += ctx.rng.uniform();
  for (const end = performance.now() + 0.2; performance.now() < end;);
}
export const measure = (s) => ({ x: s.x });
`,
  // So long that a signal comes before its end also where it comes late.
  "long.yaml":
    "id: run\nmodel: run.ts\nsteps: 9000\ncheckpoint_every: 100\nmeasure_every: 100\nretry: {limit: 9, backoff: 1s}\n",
  "stuck.yaml": "id: stuck\nmodel: stuck.ts\nsteps: 9\n",
  "stuck.ts": "export function step() { for (;;); }",
};

const STATUS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 75, SIGUSR2: 75, SIGXCPU: 75 } as const;

Deno.test(`a signal saves what runs; its status is that of the table; resume ends the same (seed ${SEED})`, async () => {
  await inFolder(async (folder) => {
    await placeAll(folder, FILES);
    assert.equal((await attack(folder, ["long.yaml", "-q", "--tree", "gold"])).status, 0);
    const gold = await resultsOf(folder, "gold");
    const random = randomNumbers(SEED);
    for (const signal of Object.keys(STATUS) as (keyof typeof STATUS)[]) {
      const tree = `tree-${signal}`;
      const running = startAttack(folder, ["long.yaml", "--tree", tree]);
      await until(() => journalOf(folder, tree).includes("runs.started"), "it runs");
      await new Promise((done) => setTimeout(done, random() * 400));
      running.kill(signal);
      const { status, stderr } = await endOf(running, folder);
      assert.equal(status, STATUS[signal], stderr);
      assert.match(stderr, new RegExp(`Stopped by ${signal}`));
      assert.match(journalOf(folder, tree), /"cause":"stopped","counted":false/);
      const resumed = await attack(folder, ["resume", "--tree", tree]);
      assert.equal(resumed.status, 0, resumed.stderr);
      assert.deepEqual(await resultsOf(folder, tree), gold, signal);
    }
  });
});

Deno.test("a signal before anything runs ends at once with the status of the table", async () => {
  await inFolder(async (folder) => {
    await placeAll(folder, {
      "loops.yaml": "id: loops\nmodel: loops.ts\nsteps: 9\n",
      "loops.ts": "for (;;);",
    });
    const running = startAttack(folder, ["loops.yaml"]);
    await until(() => exists(`${folder}/simruns/hot/owner.json`), "it looks at the model");
    await new Promise((done) => setTimeout(done, 200));
    running.kill("SIGUSR2");
    const { status, stderr } = await endOf(running, folder);
    assert.deepEqual([status, stderr], [75, "Stopped by SIGUSR2, before anything was run.\n"]);
  });
});

Deno.test("a simrun that was started with nohup outlives its terminal", async () => {
  await inFolder(async (folder) => {
    await placeAll(folder, FILES);
    const running = startAttack(folder, ["run.yaml"], {}, ["nohup"]);
    await until(() => journalOf(folder, "simruns").includes("runs.started"), "it runs");
    running.kill("SIGHUP");
    const { status, stderr } = await endOf(running, folder);
    assert.equal(status, 0, stderr);
  });
});

Deno.test("a second signal stops at once a run that cannot be saved, and leaves no process", async () => {
  await inFolder(async (folder) => {
    await placeAll(folder, FILES);
    const running = startAttack(folder, ["stuck.yaml"]);
    await until(
      () => textOf(`${folder}/simruns/hot/live.json`).includes('"job":"stuck"'),
      "it is at its step",
    );
    running.kill("SIGTERM");
    await new Promise((done) => setTimeout(done, 1500));
    assert.notEqual(processesOf(folder).length, 0, "it waits for the run");
    running.kill("SIGTERM");
    const since = performance.now();
    const { status, stderr } = await endOf(running, folder);
    assert.equal(status, 143);
    assert.ok(
      performance.now() - since < 3000,
      "within a second, and something for a busy machine",
    );
    assert.match(stderr, /stopping: what runs is saved first; a second signal stops at once\n/);
  });
});

Deno.test("a slot that is killed is replaced, a simrun that sleeps wakes up, and one that is killed leaves nobody", async () => {
  await inFolder(async (folder) => {
    await placeAll(folder, FILES);
    assert.equal((await attack(folder, ["run.yaml", "-q", "--tree", "gold"])).status, 0);
    const gold = await resultsOf(folder, "gold");

    const running = startAttack(folder, ["run.yaml", "--tree", "tree"]);
    const saved = () => count(journalOf(folder, "tree"), "run.checkpointed");
    for (let kills = 1; kills <= 2; kills++) {
      // Saved by the slot that is killed next: one that only starts has no run to lose.
      const before = saved();
      await until(() => saved() >= before + 2, "it saves");
      const [slot] = slotsOf(running.pid);
      Deno.kill(slot!, "SIGKILL");
      await until(() => count(journalOf(folder, "tree"), "slot-lost") >= kills, "it is noticed");
    }
    running.kill("SIGSTOP");
    await new Promise((done) => setTimeout(done, 1500));
    running.kill("SIGCONT");
    const { status, stderr } = await endOf(running, folder);
    assert.equal(status, 0, stderr);
    assert.match(
      stderr,
      /its slot was killed \(SIGKILL\).*; it is tried again in (?:1(?:\.\d)? s|9\d\d ms)\n/,
    );
    assert.deepEqual(await resultsOf(folder, "tree"), gold);

    const killed = startAttack(folder, ["run.yaml", "--tree", "killed"]);
    await until(() => journalOf(folder, "killed").includes("run.checkpointed"), "it saves");
    killed.kill("SIGKILL");
    assert.equal((await endOf(killed, folder)).status, 137);
    const resumed = await attack(folder, ["resume", "--tree", "killed"]);
    assert.match(resumed.stderr, /ended without a word; its tree was taken over\n/);
    assert.deepEqual(await resultsOf(folder, "killed"), gold);
  });
});

function count(text: string, word: string): number {
  return text.split(word).length - 1;
}

function journalOf(folder: string, tree: string): string {
  return textOf(`${folder}/${tree}/hot/journal.jsonl`);
}

function textOf(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
