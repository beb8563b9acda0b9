/** The commands that steer a simrun at work, as the real program: what is asked, what is told, and which status. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { parseArguments } from "../../src/cli/parse.ts";
import { findCommand } from "../../src/cli/commands.ts";
import type { ControlAction } from "../../src/job/control.ts";
import { EXIT, type Fault } from "../../src/job/fault.ts";
import { Controller } from "../../src/runner/controller.ts";
import type { Layout } from "../../src/store/layout.ts";
import { writeSinks } from "../../src/sink/sink_list.ts";
import { acquireLock, type TreeLock } from "../../src/store/lock.ts";
import type { Answer } from "../../src/store/request.ts";
import { openTree } from "../../src/store/tree.ts";
import { entriesBelow } from "../hostile/planted.ts";
import { until } from "../helpers/processes.ts";
import { COUNTER, programCommand, simrun, withFolder } from "./program.ts";

const GOOD = "id: count\nmodel: ./counter.js\nsteps: 10\n";

/** Somebody who works on `simruns`, remembers what it is asked, and answers as it is told. */
async function withHolder(
  files: Readonly<Record<string, string>>,
  use: (cwd: string, holder: Holder) => Promise<void>,
): Promise<void> {
  await withFolder(files, async (cwd) => {
    const layout = await openTree(join(cwd, "simruns"), "write");
    const holder = new Holder(layout, await acquireLock(layout, { now: () => new Date() }));
    const controller = await Controller.open(layout, { everyMs: 20 });
    controller.start(holder);
    try {
      await use(cwd, holder);
    } finally {
      await controller.stop();
      await holder.lock.release();
    }
  });
}

class Holder {
  readonly asked: ControlAction[] = [];
  answer: Answer = { ok: true, message: "Done to 2 runs.", runs: 2 };

  constructor(readonly layout: Layout, readonly lock: TreeLock) {}

  perform(action: ControlAction): Promise<Answer> {
    this.asked.push(action);
    return Promise.resolve(this.answer);
  }
}

Deno.test("simrun with nobody at work says what to type instead, and leaves no request", async () => {
  await withFolder({ "a.yaml": GOOD }, async (cwd) => {
    const layout = await openTree(join(cwd, "my tree"), "write");
    for (
      const [args, hint] of [
        [["submit", "a.yaml", "b.yaml"], /simrun run --tree 'my tree' a\.yaml b\.yaml\n/],
        [["retry"], /simrun resume --tree 'my tree' \(or simrun run --tree 'my tree' FILES\)\n/],
        [["continue", "all"], /To go on .* simrun resume --tree 'my tree'\n/],
        [["slots", "1"], /simrun resume --tree 'my tree' -j 1\n/],
        [["priority", "background", "all"], /simrun resume --tree 'my tree' --priority low\n/],
        [["pause", "all"], /None of what is meant waits to be computed; simrun status --tree/],
        [["cancel", "all"], /None of what is meant waits to be computed; simrun status --tree/],
      ] as const
    ) {
      const { code, out, err } = await simrun([...args, "--tree", "my tree"], { cwd });
      assert.deepEqual([code, out], [EXIT.usage.status, ""], err);
      assert.match(err, /^error: Nothing runs on .*my tree; there is no simrun to ask\.\n {7}/);
      assert.match(err, hint);
    }
    assert.deepEqual(entriesBelow(layout.inbox), []);
    // A holder that has gone is nobody either.
    await (await acquireLock(layout, { now: () => new Date() })).release();
    const gone = await simrun(["cancel", "all", "--tree", "my tree"], { cwd });
    assert.match(gone.err, /Nothing runs on/);
    const none = await simrun(["cancel", "all", "--tree", "none"], { cwd });
    assert.equal(none.code, EXIT.usage.status);
    assert.match(none.err, /There is no tree at/);
  });
});

Deno.test("simrun cancel, pause, continue, priority and slots without their words are wrong usage that says which", async () => {
  const message = async (...words: string[]): Promise<string> => {
    try {
      await parseArguments(findCommand(words[0]!)!, words.slice(1));
    } catch (error) {
      const { message, hint, exitStatus } = error as Fault;
      assert.equal(exitStatus, EXIT.usage.status);
      return `${message} ${hint}`;
    }
    return "";
  };
  assert.match(await message("cancel"), /needs a SELECTOR\. .*simrun cancel all$/);
  assert.match(await message("pause"), /needs a SELECTOR\. .*simrun pause all$/);
  assert.match(await message("continue"), /needs a SELECTOR\. .*simrun continue all$/);
  assert.match(await message("priority", "high"), /needs a LEVEL and a SELECTOR\. For example/);
  assert.match(await message("slots"), /needs a number\. For example simrun slots 4/);
  assert.match(await message("slots", "1", "2"), /"2" is one too many/);
  // To Slurm it may be submitted once more without any.
  assert.equal(await message("submit"), "");
  assert.equal(await message("retry"), "");
  assert.match(await message("cancel", "-1"), /has no flag -1/);
  const { args, flags } = await parseArguments(findCommand("slots")!, ["-1", "--no-wait"]);
  assert.deepEqual([args, flags.noWait], [["-1"], true]);
});

Deno.test("simrun tells a wrong level and a wrong number of slots before it asks anybody", async () => {
  await withHolder({}, async (cwd, holder) => {
    for (
      const [args, words] of [
        [
          ["priority", "hihg", "all"],
          /takes a level first: .*, not "hihg"\.\n.*Did you mean high\?/,
        ],
        [["priority", "crit", "all"], /not "crit"\.\n {7}Did you mean critical\?/],
        [
          ["priority", "4", "all"],
          /or 0 to 3, not "4"\.\n {7}For example simrun priority high all/,
        ],
        [["slots", "0"], /simrun slots takes a number of slots, .*, not "0"\.\n.*simrun slots -1/],
        [["slots", "many"], /simrun slots takes a number of slots, .*, not "many"/],
      ] as const
    ) {
      const { code, err } = await simrun(args, { cwd });
      assert.equal(code, EXIT.usage.status);
      assert.match(err, words);
    }
    assert.deepEqual(holder.asked, []);
  });
});

Deno.test("simrun asks the simrun at work, prints its answer, and leaves nothing behind", async () => {
  await withHolder({}, async (cwd, holder) => {
    const cores = navigator.hardwareConcurrency;
    for (
      const [args, action] of [
        [["cancel", "a", "ising*"], { type: "cancel", selectors: ["a", "ising*"] }],
        [["pause", "all"], { type: "pause", selectors: ["all"] }],
        [["continue", "all"], { type: "continue", selectors: ["all"] }],
        [["retry"], { type: "retry", selectors: ["failed"] }],
        [["retry", "a"], { type: "retry", selectors: ["a"] }],
        [["priority", "background", "a"], { type: "priority", selectors: ["a"], priority: 3 }],
        [["priority", "0", "a"], { type: "priority", selectors: ["a"], priority: 0 }],
        [["slots", String(cores)], { type: "slots", slots: cores }],
      ] as const
    ) {
      const { code, out, err } = await simrun(args, { cwd });
      assert.deepEqual([code, out, err], [0, "", "Done to 2 runs.\n"]);
      assert.deepEqual(holder.asked.splice(0), [action]);
    }
    const { layout } = holder;
    assert.deepEqual([entriesBelow(layout.inbox), entriesBelow(layout.answers)], [[], []]);
  });
});

Deno.test("simrun cancel --json prints the answer, -q says nothing, and a no is told with status 2", async () => {
  await withHolder({}, async (cwd, holder) => {
    const told = await simrun(["cancel", "all", "--json", "-q"], { cwd });
    const { id, ...answer } = JSON.parse(told.out);
    assert.deepEqual(answer, { format: 1, ...holder.answer });
    assert.match(id, /^\d{17}-0001-[0-9a-f]{8}$/);
    assert.deepEqual([told.code, told.err], [0, ""]);

    holder.answer = { ok: true, message: "Did \x1b[2Ja\nand b." };
    assert.equal((await simrun(["cancel", "a"], { cwd })).err, "Did \\x1b[2Ja\nand b.\n");

    holder.answer = { ok: false, message: "There is no run \x1b[2J.\nDid you mean \x1b]0;a?" };
    const refused = await simrun(["cancel", "b", "--json"], { cwd });
    assert.deepEqual([refused.code, JSON.parse(refused.out).ok], [EXIT.usage.status, false]);
    const words = "error: There is no run \\x1b[2J.\n       Did you mean \\x1b]0;a?\n";
    assert.equal(refused.err, words);
  });
});

Deno.test("simrun cancel --no-wait asks and returns; the answer is where it said", async () => {
  await withHolder({}, async (cwd, { layout, asked }) => {
    const { code, out, err } = await simrun(["cancel", "a", "--no-wait", "--json"], { cwd });
    assert.equal(code, 0, err);
    const { id, answered } = JSON.parse(out);
    assert.equal(answered, false);
    assert.match(err, /^Asked; the answer will be in .*hot\/answers\//);
    // For a moment it stands there by another name.
    const read = () => Deno.readTextFile(layout.answerFile(id)).catch(() => "");
    await until(async () => await read() !== "", "it is answered");
    assert.equal(JSON.parse(await read()).runs, 2);
    assert.equal(asked.length, 1);
  });
});

Deno.test("simrun submit shows every mistake first and asks nobody; without one it sends texts and places", async () => {
  const files = {
    "counter.js": COUNTER,
    "a.yaml": GOOD,
    "bad.yaml": GOOD.replace("steps", "stepz"),
  };
  await withHolder(files, async (cwd, holder) => {
    await Deno.writeTextFile(`${cwd}/buy.yaml`, `${GOOD}parameters: { buy: 1 }\n`);
    const bad = await simrun(["submit", "bad.yaml", "buy.yaml"], { cwd });
    assert.equal(bad.code, EXIT.usage.status);
    assert.match(bad.err, /bad\.yaml:3:1: error: .*stepz/);
    const model = await simrun(["submit", "buy.yaml"], { cwd });
    assert.equal(model.code, EXIT.usage.status);
    assert.match(model.err, /buy\.yaml:4:15: error: .*buy/);
    assert.deepEqual(holder.asked, []);
    const good = await simrun(["submit", "./a.yaml"], { cwd });
    assert.deepEqual([good.code, good.err], [0, "Done to 2 runs.\n"]);
    const path = `${Deno.realPathSync(cwd)}/a.yaml`;
    assert.deepEqual(holder.asked, [{ type: "submit", manifests: [{ path, text: GOOD }] }]);
  });
});

Deno.test("simrun submit says of whom a manifest names that the simrun at work does not tell", async () => {
  const named = (variable: string) =>
    `notify: [{ slack: { env: ${variable} } }]\njobs: [{ ${
      GOOD.trim().split("\n").join(", ")
    } }]\n`;
  const files = { "counter.js": COUNTER, "a.yaml": named("OURS"), "b.yaml": named("THEIRS") };
  await withHolder(files, async (cwd, { layout }) => {
    const about = {
      kind: "slack",
      events: ["on_error", "on_end"],
      progressEveryMs: 60_000,
    } as const;
    await writeSinks(layout, [{ ...about, url: { env: "OURS" }, name: "slack" }], 0);
    const known = await simrun(["submit", "a.yaml"], { cwd });
    assert.deepEqual([known.code, known.err], [0, "Done to 2 runs.\n"]);
    const other = await simrun(["submit", "b.yaml"], { cwd });
    assert.equal(other.code, 0);
    assert.match(other.err, /^note: slack: not told of anything by the simrun at work/);
  });
});

Deno.test("simrun cancel takes its request back at Ctrl-C, and when the one it asked has ended", async () => {
  await withFolder({}, async (cwd) => {
    const layout = await openTree(join(cwd, "simruns"), "write");
    // Works, and hears nobody.
    const lock = await acquireLock(layout, { now: () => new Date() });
    const begin = async () => {
      const child = programCommand(["cancel", "all"], { cwd }).spawn();
      await until(() => {
        return entriesBelow(layout.inbox).some(({ path }) => path.endsWith(".json"));
      }, "it has asked");
      return child;
    };
    const stopped = await begin();
    stopped.kill("SIGINT");
    const { code, stderr } = await stopped.output();
    assert.equal(code, EXIT.interrupted.status);
    assert.equal(new TextDecoder().decode(stderr), "Taken back; nothing was done.\n");
    assert.deepEqual(entriesBelow(layout.inbox), []);

    const alone = await begin();
    await lock.release();
    const told = await alone.output();
    assert.equal(told.code, EXIT.usage.status);
    const text = new TextDecoder().decode(told.stderr);
    assert.match(text, /^error: Nothing runs on .*simruns; there is no simrun to ask\.\n/);
    assert.deepEqual(entriesBelow(layout.inbox), []);
  });
});

Deno.test("simrun cancel, pause, continue and retry with nobody at work tell what the runs are that are meant", async () => {
  await withFolder({ "counter.js": COUNTER, "a.yaml": GOOD }, async (cwd) => {
    assert.equal((await simrun(["a.yaml"], { cwd })).code, 0);
    for (
      const [type, wanted] of [
        ["cancel", "is running or waiting"],
        ["pause", "is running or waiting"],
        ["continue", "is paused"],
        ["retry", "failed or was cancelled"],
      ] as const
    ) {
      const { code, err } = await simrun([type, "count"], { cwd });
      const words = `error: Nothing was done: none of what is meant ${wanted}: it is completed.\n`;
      assert.deepEqual([code, err], [EXIT.usage.status, words]);
    }
    const none = "error: Nothing was done: none of what is meant failed or was cancelled.\n";
    assert.equal((await simrun(["retry"], { cwd })).err, none);
  });
});

Deno.test("simrun cancel takes no empty name", async () => {
  await withHolder({}, async (cwd, { asked }) => {
    const { code, err } = await simrun(["cancel", "a", ""], { cwd });
    assert.equal(code, EXIT.usage.status);
    assert.match(err, /^error: simrun cancel takes names of jobs and runs, not ""\.\n/);
    assert.deepEqual(asked, []);
  });
});

Deno.test("simrun submit shows what the simrun at work finds wrong as run does, in the words the files were named with", async () => {
  await withHolder({ "counter.js": COUNTER, "a.yaml": GOOD }, async (cwd, holder) => {
    const path = `${Deno.realPathSync(cwd)}/a.yaml`;
    const excerpt = "   1 | id: count\n     | ^^\n     = Ask\x1b for less.";
    holder.answer = { ok: false, message: `${path}:1:1: error: Too large\n${excerpt}` };
    const { code, err } = await simrun(["submit", "./a.yaml"], { cwd });
    assert.equal(code, EXIT.usage.status);
    assert.equal(err, `./a.yaml:1:1: error: Too large\n${excerpt.replace("\x1b", "\\x1b")}\n`);
  });
});

Deno.test("simrun run beside another says how to add work to it and how to watch it", async () => {
  await withHolder({ "counter.js": COUNTER, "a.yaml": GOOD }, async (cwd) => {
    const { code, err } = await simrun(["a.yaml"], { cwd });
    assert.equal(code, EXIT.treeBusy.status);
    assert.match(err, /simrun status --watch shows how far it is; simrun submit FILES adds work/);
  });
});
