/** The shards of a campaign in the dashboard: what each says of itself, and what Slurm says, which nobody waits for. */
import assert from "node:assert/strict";
import { shardsJson, type ShardsNow } from "../../src/dashboard/shards.ts";
import type { Live } from "../../src/job/live.ts";
import type { Notice } from "../../src/notice/notice.ts";
import type { ShardCounts } from "../../src/report/shard_counts.ts";
import { Layout } from "../../src/store/layout.ts";
import { openTree } from "../../src/store/tree.ts";
import type { ShardWork } from "../../src/store/work.ts";
import { inFolder } from "../helpers/folder.ts";
import { leavesNoProcess, until } from "../helpers/processes.ts";
import { simrun } from "../helpers/program.ts";
import { inBrowser, isWithoutBrowser, named } from "./browser.ts";
import { cutTree, noteSubmission, StandInSlurm, taskLine } from "./cut_tree.ts";
import { type Shown, withShown } from "./shown_tree.ts";

// deno-lint-ignore no-explicit-any -- JSON
type Json = any;

const NOW_MS = Date.parse("2026-11-23T12:00:00Z");

/** A thousand at work, each on a machine of its own; `change` says what is otherwise. */
function thousand(change: (number: number) => Partial<ShardWork & ShardCounts> = () => ({})) {
  const shards: ShardWork[] = [];
  const counts = new Map<string, ShardCounts>();
  for (let number = 1; number <= 1000; number++) {
    const own = change(number);
    const name = `${number}-of-1000`;
    const host = `node-${number}`;
    const live = {
      ...{ at: new Date(NOW_MS - 500).toISOString(), slots: 16, running: [] },
      work: { fraction: 0.5, etaMs: number * 1000 },
    } as unknown as Live;
    const owner = { uuid: "u", epoch: 1, host, pid: 7, startedAt: "2026-11-23T11:00:00Z" };
    shards.push({
      ...{ number, of: 1000, layout: new Layout(`/t/shards/${name}`), working: true, live, owner },
      ...own,
    });
    counts.set(name, { total: 9, completed: 4, failed: 0, cancelled: 0, paused: 0, ...own });
  }
  return { shards, slurm: { tasks: [] }, counts, nowMs: NOW_MS } satisfies ShardsNow;
}

const numbersOf = (told: Json) => told.listed.map(({ number }: Json) => number);

Deno.test("shardsJson() of a thousand lists those that need eyes and those that will be done last, and counts the rest", () => {
  const told = shardsJson(thousand((number) => {
    switch (number) {
      case 33:
        return { failed: 2 };
      case 500:
        return { working: false, live: undefined };
      case 700:
        return { working: false, live: undefined, owner: released(), completed: 9 };
      case 701:
        return { working: false, live: undefined, owner: released() };
      default:
        return {};
    }
  })) as Json;
  assert.equal(told.count, 1000);
  assert.deepEqual(numbersOf(told), [500, 33, 701, 1000, 999, 998]);
  const [lost, failed, left] = told.listed;
  assert.deepEqual([lost.state, left.state], ["lost", "ended"]);
  assert.match(lost.why[0], /gone without a word/);
  assert.deepEqual(failed.why, ["2 runs failed"]);
  assert.deepEqual(left.why, ["ended with 5 runs left"]);
  assert.deepEqual(told.unlisted, { working: 993, ended: 1 });
  assert.ok(JSON.stringify(told).length < 4_000);
});

Deno.test("shardsJson() stays small when all of a thousand shards need eyes", () => {
  const told = shardsJson(thousand(() => ({ failed: 1 }))) as Json;
  assert.ok(told.listed.length <= 20);
  assert.equal(told.more, 1000 - told.listed.length);
  assert.deepEqual(told.unlisted, {});
  assert.ok(JSON.stringify(told).length < 8_000);
});

Deno.test("shardsJson() leaves a shard alone that is gone while Slurm starts it again, and tells of one that is silent", () => {
  const away = { working: false, live: undefined };
  const task = { shard: 5, id: "7_5", state: "PENDING", verdict: "waits" } as const;
  const late = { at: new Date(NOW_MS - 120_000).toISOString(), slots: 1, running: [] };
  const silent = { live: late as unknown as Live };
  const now = thousand((number) => number === 5 ? away : number === 6 ? silent : {});
  const last = { id: "8", state: "PENDING", verdict: "waits", log: "slurm/1/then.log" } as const;
  const told = shardsJson({ ...now, slurm: { tasks: [task], last } }) as Json;
  assert.deepEqual(numbersOf(told), [6, 1000, 999, 998]);
  assert.deepEqual(told.listed[0].why, ["last heard of 2 mins ago"]);
  assert.equal(told.slurm, "Slurm job 7: 1 waits.");
  assert.equal(told.last, "last job 8: waits for the pilots");
});

function released() {
  return {
    ...{ uuid: "u", epoch: 1, host: "h", pid: 7, startedAt: "2026-11-23T11:00:00Z" },
    releasedAt: "2026-11-23T11:30:00Z",
  };
}

Deno.test("simrun dashboard tells of each shard what it says itself, and of the rest what status tells", () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      const cut = await cutTree(folder);
      try {
        await withShown(cut.tree, [], async (shown) => {
          const { shards, status, activities } = await shown.json("/api/picture");
          const [first, second, third, fourth] = shards.listed;
          assert.deepEqual(
            shards.listed.map(({ shard, state }: Json) => [shard, state]),
            [["1/4", "working"], ["2/4", "lost"], ["3/4", "unbegun"], ["4/4", "ended"]],
          );
          assert.deepEqual([first.runs_total, first.runs_completed, first.slots], [2, 0, 1]);
          assert.equal(first.host, Deno.hostname());
          assert.equal(second.pid, cut.killedPid);
          assert.match(second.why.join(), /gone without a word/);
          assert.equal(third.runs_total, undefined);
          assert.deepEqual([fourth.runs_completed, fourth.runs_failed], [1, 1]);
          assert.deepEqual(fourth.why, ["1 run failed"]);
          assert.equal(shards.slurm, undefined);
          const { stdout } = await simrun(["status", "--tree", cut.tree]);
          assert.equal(shards.text, stdout.split("\n")[0]);
          assert.equal(status.shards, undefined);
          const text = activities.map((one: Json) => one.text).join("\n");
          assert.match(text, /shard 4\/4 ended, with failures/);
          const times = activities.map((one: Json) => one.at);
          assert.deepEqual(times, times.toSorted().toReversed());
          await tellsEvents(shown);
          // In the timeline each has slots of its own, and who begins does not end what others compute.
          const timeline = await shown.json("/api/timeline?width=800");
          assert.deepEqual(timeline.shards, ["1/4", "2/4", "4/4"]);
          const states = timeline.lanes.map((lane: Json[]) => lane.at(-1)!.state);
          assert.deepEqual(states.slice(0, 2), ["running", "lost"]);
        });
      } finally {
        await cut.end();
      }
    })
  ));

/** Each shard has a journal, and so events, of its own; the third has not begun. */
async function tellsEvents(shown: Shown): Promise<void> {
  const upgrade = {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
  };
  const cases = [["", 409], ["shard=5", 400], ["shard=0", 400], ["shard=1/8", 400]] as const;
  for (const [query, status] of [...cases, ["shard=..", 400]] as const) {
    const answer = await shown.get(`/events?${query}`, upgrade);
    assert.equal(answer.status, status, query);
    assert.match(await answer.text(), /1.* to 4/);
  }
  const address = `${shown.origin.replace("http", "ws")}/events?token=${shown.token}&after=0`;
  const heard = new Map<number, Notice[]>([[1, []], [3, []], [4, []]]);
  const lines = [...heard].map(([number, events]) => {
    const socket = new WebSocket(`${address}&shard=${number}`);
    const opened = new Promise((done) => socket.onopen = done);
    const closed = new Promise((done) => socket.onclose = done);
    socket.onmessage = ({ data }) => events.push(JSON.parse(data));
    return { socket, opened, closed };
  });
  await Promise.all(lines.map(({ opened }) => opened));
  const ended = (events: Notice[]) => events.some(({ event }) => event === "on_end");
  await until(() => ended(heard.get(4)!) && heard.get(1)!.length > 2, "both shards tell");
  const errors = heard.get(4)!.filter(({ event }) => event === "on_error");
  assert.equal(errors.length, 1);
  assert.ok(errors[0]!.tree.endsWith("shards/4-of-4"), errors[0]!.tree);
  assert.equal(ended(heard.get(1)!), false);
  assert.deepEqual(heard.get(3), []);
  for (const { socket } of lines) socket.close();
  await Promise.all(lines.map(({ closed }) => closed));
}

Deno.test("simrun dashboard asks Slurm when somebody looks, and nobody waits for its answer", () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      const cut = await cutTree(folder);
      const slurm = await StandInSlurm.place(folder);
      await noteSubmission(cut.tree, "70", 4);
      await slurm.beSilent();
      await slurm.answer(
        taskLine("70", 1, "RUNNING", "Reason=None NodeList=n1 ExitCode=0:0") +
          taskLine("70", 2, "TIMEOUT", "NodeList=n2 ExitCode=0:1") +
          taskLine("70", 3, "PENDING", "Reason=Priority"),
      );
      try {
        const beganMs = performance.now();
        await withShown(cut.tree, [], async (shown) => {
          // It has looked at the tree by then, for nobody.
          await shown.get("/page/app.js").then((answer) => answer.body?.cancel());
          assert.deepEqual(await slurm.asked(), []);
          const before = await shown.json("/api/picture");
          assert.equal(before.shards.slurm, undefined);
          await until(async () => (await slurm.asked()).length > 0, "Slurm is asked");
          await slurm.speak();
          const told = await withSlurm(shown);
          assert.equal(
            told.slurm,
            "Slurm job 70: 1 runs on n1, 1 waits (Priority), 1 it has forgotten, 1 ended otherwise.",
          );
          const [first, second, third, fourth] = told.listed;
          assert.deepEqual([first.slurm.state, first.slurm.nodes], ["RUNNING", "n1"]);
          assert.match(second.why.join("; "), /gone without.*; submit it again/);
          assert.equal(third.slurm.reason, "Priority");
          assert.equal(fourth.slurm.state, "UNKNOWN");
          for (let looks = 0; looks < 20; looks++) await shown.json("/api/picture");
          const most = 1 + Math.floor((performance.now() - beganMs) / 15_000);
          const asked = await slurm.asked();
          assert.ok(asked.length <= most, `asked ${asked.length} times`);
          assert.equal(asked[0], "show job --oneliner 70");
        }, slurm.env);
      } finally {
        await cut.end();
      }
    })
  ));

Deno.test("simrun dashboard shows what Slurm holds before any shard has begun, and says when it does not answer", () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      const { root } = await openTree(`${folder}/tree`, "write");
      const slurm = await StandInSlurm.place(folder);
      await noteSubmission(root, "70", 2);
      const waits = "Reason=Resources";
      await slurm.answer(taskLine("70", 1, "PENDING", waits) + taskLine("70", 2, "PENDING", waits));
      await withShown(root, [], async (shown) => {
        const told = await withSlurm(shown);
        assert.equal(told.text, "None of 2 shards has begun.");
        assert.equal(told.slurm, "Slurm job 70: 2 wait (Resources).");
        assert.deepEqual(
          told.listed.map(({ shard, state, slurm }: Json) => [shard, state, slurm.state]),
          [["1", "unbegun", "PENDING"], ["2", "unbegun", "PENDING"]],
        );
      }, slurm.env);
      await slurm.refuse();
      await withShown(root, [], async (shown) => {
        const told = await withSlurm(shown);
        assert.match(told.slurm, /^Slurm does not answer: .*Unable to contact slurm controller\.$/);
        assert.ok(told.listed.every(({ slurm, why }: Json) => slurm === undefined && !why));
      }, slurm.env);
    })
  ));

async function withSlurm(shown: Shown): Promise<Json> {
  let shards: Json;
  await until(async () => {
    ({ shards } = await shown.json("/api/picture"));
    return shards?.slurm !== undefined;
  }, "Slurm's answer is told");
  return shards;
}

Deno.test({
  name: named("the shards are shown in a browser, with what Slurm says, and fit a phone"),
  ignore: isWithoutBrowser,
  fn: () =>
    inFolder((folder) =>
      leavesNoProcess(async () => {
        const cut = await cutTree(folder);
        const slurm = await StandInSlurm.place(folder);
        await noteSubmission(cut.tree, "70", 4);
        await slurm.answer(taskLine("70", 3, "PENDING", "Reason=Priority"));
        try {
          await withShown(cut.tree, [], async ({ url }) => {
            const shots = Deno.env.get("DASHBOARD_SHOTS");
            const { errors, text } = await inBrowser("shards", {
              url,
              ...shots === undefined ? {} : { shots },
            });
            assert.deepEqual(errors, []);
            assert.match(String(text), /1 of 4 shards is at work/);
            assert.match(String(text), /2\/4\s+! lost\s*gone without a word/);
            assert.match(String(text), /PENDING\s+Priority/);
          }, slurm.env);
        } finally {
          await cut.end();
        }
      })
    ),
});
