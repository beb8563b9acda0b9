/** The controller with real files and a target that only remembers: order, words of failures, and how it ends. */
import assert from "node:assert/strict";
import type { ControlAction, ControlAnswer } from "../../src/job/control.ts";
import { Fault } from "../../src/job/fault.ts";
import { Controller, type ControllerOptions } from "../../src/runner/controller.ts";
import { JobProblems } from "../../src/runner/prepare.ts";
import type { Layout } from "../../src/store/layout.ts";
import { acquireLock } from "../../src/store/lock.ts";
import { useFileSystem } from "../../src/store/file_system.ts";
import { makeRequest, postRequest, waitForAnswer } from "../../src/store/postbox.ts";
import type { Answer } from "../../src/store/request.ts";
import { entriesBelow } from "../hostile/planted.ts";
import { sleep, until } from "../helpers/processes.ts";
import { inTree } from "../store/fixtures.ts";

const now = () => new Date();

/** Remembers what it was asked, and does as the test says. */
class Target {
  readonly begun: string[] = [];
  most = 0;
  #atOnce = 0;

  constructor(readonly answer: (name: string) => Answer | Promise<Answer>) {}

  async perform(action: ControlAction): Promise<Answer> {
    const name = "selectors" in action ? action.selectors.join(" ") : action.type;
    this.begun.push(name);
    this.most = Math.max(this.most, ++this.#atOnce);
    try {
      return await this.answer(name);
    } finally {
      this.#atOnce--;
    }
  }
}

const done = (name: string): Answer => ({ ok: true, message: `Did ${name}.`, runs: 1 });

async function post(layout: Layout, selector: string): Promise<string> {
  const request = makeRequest({ type: "cancel", selectors: [selector] }, now());
  await postRequest(layout, request);
  return request.id;
}

async function answerTo(layout: Layout, id: string): Promise<ControlAnswer> {
  const isWorkedOn = () => Promise.resolve(true);
  const asked = await waitForAnswer(layout, id, {
    takenMs: 30_000,
    answeredMs: 30_000,
    isWorkedOn,
  });
  assert.ok(asked.kind === "answered", asked.kind);
  return asked.answer;
}

async function withController(
  use: (layout: Layout, controller: Controller) => Promise<void>,
  options: ControllerOptions = {},
): Promise<void> {
  await inTree(async (layout) => {
    const controller = await Controller.open(layout, { everyMs: 10, ...options });
    try {
      await use(layout, controller);
    } finally {
      await controller.stop();
    }
  });
}

Deno.test("Controller performs one request at a time, in the order in which they came", () =>
  withController(async (layout, controller) => {
    const ids: string[] = [];
    for (let number = 0; number < 8; number++) ids.push(await post(layout, `job${number}`));
    const target = new Target(async (name) => {
      await sleep(20);
      return done(name);
    });
    controller.start(target);
    const answers = await Promise.all(ids.map((id) => answerTo(layout, id)));
    assert.deepEqual(target.begun, ids.map((_, number) => `job${number}`));
    assert.equal(target.most, 1);
    assert.deepEqual(answers.map(({ message }) => message), target.begun.map((n) => `Did ${n}.`));
  }));

Deno.test("Controller tells a Fault with its hint, mistakes in jobs with their places, and anything else plainly", () =>
  withController(async (layout, controller) => {
    const manifest = { path: "/jobs/a.yaml", text: "id: a\nmodel: ./m.js\nsteps: 5\n" };
    const problem = {
      code: "parameter",
      severity: "error",
      message: 'The model takes no parameter "buy"',
      place: { path: manifest.path, line: 2, column: 8 },
    } as const;
    controller.start({
      perform(action) {
        if (action.type === "submit") throw new JobProblems([problem]);
        if (action.type === "slots") throw new TypeError("x is not a function");
        throw new Fault("not-found", "There is no run b", { hint: "Did you mean a?" });
      },
    });
    const ask = async (action: ControlAction) => {
      const request = makeRequest(action, now());
      await postRequest(layout, request);
      const { ok, message } = await answerTo(layout, request.id);
      assert.equal(ok, false);
      return message;
    };
    assert.equal(
      await ask({ type: "cancel", selectors: ["b"] }),
      "There is no run b. Did you mean a?",
    );
    assert.equal(
      await ask({ type: "slots", slots: 1 }),
      "simrun itself failed at it: x is not a function",
    );
    const told = await ask({ type: "submit", manifests: [manifest] });
    assert.match(told, /^\/jobs\/a\.yaml:2:8: error: The model takes no parameter "buy"\n.*m\.js/);
  }));

Deno.test("Controller.stop() answers what is in hand when it is done, and refuses what has come meanwhile", () =>
  withController(async (layout, controller) => {
    let finish: (answer: Answer) => void = () => {};
    const target = new Target(() => new Promise((resolve) => finish = resolve));
    controller.start(target);
    const first = await post(layout, "first");
    await until(() => target.begun.length === 1, "the first is in hand");
    const second = await post(layout, "second");
    const stopped = controller.stop();
    const third = await post(layout, "third");
    finish(done("first"));
    await stopped;
    assert.equal((await answerTo(layout, first)).message, "Did first.");
    for (const id of [second, third]) {
      const { ok, message } = await answerTo(layout, id);
      assert.deepEqual([ok, message], [false, "It came too late: this simrun has just ended."]);
    }
    assert.deepEqual(target.begun, ["first"]);
    assert.deepEqual(entriesBelow(layout.inbox), []);
    assert.equal(controller.stop(), controller.stop(), "a second time is nothing new");
  }));

Deno.test("Controller.stop() does not wait for ever, and touches nothing when it is over", async () => {
  let finish: (answer: Answer) => void = () => {};
  await withController(async (layout, controller) => {
    const target = new Target(() => new Promise((resolve) => finish = resolve));
    const id = await post(layout, "endless");
    const next = makeRequest({ type: "cancel", selectors: ["next"] }, now());
    await postRequest(layout, next);
    controller.start(target);
    await until(() => target.begun.length === 1, "it is in hand");
    await controller.stop();
    const { ok, message } = await answerTo(layout, id);
    assert.equal(ok, false);
    assert.match(message, /has just ended before all of it was done/);
    assert.match((await answerTo(layout, next.id)).message, /has just ended/);
    // The same once more, for whoever holds the tree by now.
    await postRequest(layout, next);
    finish(done("endless"));
    await sleep(100);
    assert.deepEqual(entriesBelow(layout.answers), []);
    assert.deepEqual(entriesBelow(layout.inbox).map(({ path }) => path), [`${next.id}.json`]);
    assert.deepEqual(target.begun, ["endless"]);
  }, { stopMs: 50 });
});

Deno.test("Controller.stop() that comes while a request is being taken lets it not be performed", async () => {
  for (const isSlow of [false, true]) {
    await withController(async (layout, controller) => {
      const id = await post(layout, "a");
      const target = new Target(done);
      const remove = async (path: string, options?: Deno.RemoveOptions) => {
        await Deno.remove(path, options);
        if (path !== layout.requestFile(id)) return;
        const stopped = controller.stop();
        // A disk so slow that the tree is given back before the controller hears that the request is its own.
        if (isSlow) await stopped;
      };
      useFileSystem(Object.assign(Object.create(Deno), { remove }));
      try {
        controller.start(target);
        await until(() => entriesBelow(layout.inbox).length === 0, "it is taken");
        await controller.stop();
      } finally {
        useFileSystem();
      }
      await sleep(20);
      assert.deepEqual(target.begun, []);
      assert.equal(entriesBelow(layout.answers).length, isSlow ? 0 : 1);
      if (!isSlow) assert.match((await answerTo(layout, id)).message, /has just ended/);
    }, { stopMs: 50 });
  }
});

Deno.test("Controller that was never started refuses at its end what has come", () =>
  withController(async (layout, controller) => {
    const id = await post(layout, "early");
    await controller.stop();
    assert.match((await answerTo(layout, id)).message, /has just ended/);
  }));

Deno.test("Controller.open() refuses what lay there before it, and the next request is heard", () =>
  inTree(async (layout) => {
    const old = await post(layout, "old");
    const target = new Target(done);
    const answered: string[] = [];
    const controller = await Controller.open(layout, {
      everyMs: 10,
      onAnswered: ({ id }, { message }) => answered.push(`${id} ${message}`),
    });
    controller.start(target);
    const id = await post(layout, "new");
    assert.match((await answerTo(layout, old)).message, /came before the simrun that works here/);
    assert.equal((await answerTo(layout, id)).message, "Did new.");
    await controller.stop();
    assert.deepEqual([target.begun, answered], [["new"], [`${id} Did new.`]]);
  }));

Deno.test("Controller goes on when the disk does not let it look, and says so once", async () => {
  const warnings: string[] = [];
  await withController(async (layout, controller) => {
    const target = new Target(done);
    let looks = 0;
    // deno-lint-ignore require-yield -- it fails before there is anything to yield
    async function* readDir(): AsyncIterable<Deno.DirEntry> {
      looks++;
      await sleep(1);
      throw new Error("Input/output error (os error 5)");
    }
    useFileSystem(Object.assign(Object.create(Deno), { readDir }));
    try {
      controller.start(target);
      await until(() => looks > 3, "it looks again and again");
    } finally {
      useFileSystem();
    }
    const id = await post(layout, "a");
    assert.equal((await answerTo(layout, id)).ok, true);
  }, { onWarning: (message) => warnings.push(message) });
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!, /^Requests from other terminals are not heard .*input\/output error/);
});

Deno.test("Controller hears soon after a look that seemed to take an hour, because the machine slept", async () => {
  let nowMs = 0;
  const clockMs = () => nowMs += 3_600_000;
  await withController(async (layout, controller) => {
    controller.start(new Target(done));
    await sleep(50);
    assert.equal((await answerTo(layout, await post(layout, "a"))).ok, true);
  }, { clockMs });
});

Deno.test("Controller falls silent when another holder has the tree: requests are that one's", async () => {
  const warnings: string[] = [];
  await inTree(async (layout) => {
    const lock = await acquireLock(layout, { now });
    const target = new Target(done);
    const onWarning = (message: string) => warnings.push(message);
    const controller = await Controller.open(layout, { everyMs: 10, onWarning });
    const record = await Deno.readTextFile(layout.owner);
    const request = makeRequest({ type: "pause", selectors: ["all"] }, now());
    await postRequest(layout, request);
    await Deno.writeTextFile(layout.owner, record.replace(lock.owner.uuid, "another"));
    controller.start(target);
    await sleep(100);
    await controller.stop();
    assert.deepEqual([target.begun, warnings], [[], []]);
    assert.deepEqual(entriesBelow(layout.inbox).map(({ path }) => path), [`${request.id}.json`]);
    await lock.release();
  });
});
