/** T30: links planted under every name that simrun writes. What they lead to is untouched, and a sentence says why. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { RunEvent } from "../../src/job/event.ts";
import { Fault } from "../../src/job/fault.ts";
import { TreeSession } from "../../src/runner/tree_session.ts";
import { useFileSystem } from "../../src/store/file_system.ts";
import { Inbox } from "../../src/store/inbox.ts";
import { openInPlace } from "../../src/store/plain_file.ts";
import { makeRequest, postRequest } from "../../src/store/postbox.ts";
import { quarantine } from "../../src/store/quarantine.ts";
import { openTree } from "../../src/store/tree.ts";
import { RunFiles } from "../../src/worker/run_files.ts";
import { completed } from "../helpers/events.ts";
import { inFolder } from "../helpers/folder.ts";
import { aJob } from "../helpers/jobs.ts";
import { until } from "../helpers/processes.ts";
import { isTorture, seeded, seedOf } from "../helpers/torture.ts";
import { attack, endOf, placeAll, resultsOf, startAttack } from "../bad_input/attack.ts";
import { Canary, entriesBelow, type Plant, PLANTS } from "./planted.ts";

const SEED = seedOf();

/** Every name that a tree can hold, and whether it is a file. A name that is missing here fails the first test. */
const NAMES: readonly (readonly [name: string, isFile: boolean])[] = [
  ["simrun.json", true],
  ["hot", false],
  ["hot/lock", true],
  ["hot/owner.json", true],
  ["hot/journal.jsonl", true],
  ["hot/live.json", true],
  ["hot/inbox", false],
  ["hot/inbox/request.json", true],
  ["hot/answers", false],
  ["hot/answers/request.json", true],
  ["recent", false],
  ["recent/walk", false],
  ["recent/walk/walk", false],
  ["recent/walk/walk/series.csv", true],
  ["recent/walk/walk/log.txt", true],
  ["recent/walk/walk/result.json", true],
  ["checkpoints", false],
  ["checkpoints/walk", false],
  ["checkpoints/walk/walk", false],
  ["checkpoints/walk/walk/step-000000000010.ckpt", true],
  ["checkpoints/walk/walk/step-000000000020.ckpt", true],
  ["archive", false],
  ["archive/manifests", false],
  ["archive/manifests/0123456789abcdef.yaml", true],
  ["archive/journal-000001.zip", true],
  ["archive/runs-000001.zip", true],
  ["quarantine", false],
  ["quarantine/checkpoints", false],
  ["quarantine/checkpoints/walk", false],
  ["quarantine/checkpoints/walk/walk", false],
  ["quarantine/checkpoints/walk/walk/step-000000000010.ckpt", true],
  ["quarantine/checkpoints/walk/walk/step-000000000010.ckpt.reason.txt", true],
  ["quarantine/journal-torn-at-0.jsonl", true],
];

/** Never as it is: `.tmp-`, some letters that nobody can guess, and the name of the file it becomes. */
const TEMPORARY = /(^|\/)\.tmp-[0-9a-f-]{13}-/;

const SNAPSHOT = {
  plain: '{"state":{},"rng":null,"columns":["x"]}',
  tensors: [{ name: "T", dtype: "U8" as const, length: 3, bytes: new Uint8Array([1, 2, 3]) }],
};

const LIVE = {
  at: "2026-01-02T03:04:05Z",
  epoch: 1,
  pid: 1,
  host: "h",
  startedAt: "2026-01-02T03:04:05Z",
  slots: 1,
  running: [],
  counts: { total: 1, skipped: 0, completed: 0, failed: 0, queued: 0 },
  steps: { total: 1, done: 0 },
};

const MODEL = `
export const init = () => ({ x: 0 });
export function step(s, ctx) {
  s.x += ctx.rng.uniform();
  for (const end = performance.now() + (ctx.params.ms ?? 0); performance.now() < end;);
  if (ctx.step % 10 === 0) ctx.log("words ".repeat(20) + ctx.step);
}
export const measure = (s) => ({ x: s.x });
export const result = (s) => ({ big: "y".repeat(70000), x: s.x });
`;

const FILES = {
  "walk.yaml": "{id: walk, model: m.ts, steps: 2000, checkpoint_every: 500, measure_every: 5}",
  "long.yaml": "{id: long, model: m.ts, steps: 3000, checkpoint_every: 20, measure_every: 1, " +
    "parameters: {ms: 1}}",
  "m.ts": MODEL,
};

interface Stage {
  /** Called in the middle: the run has begun, and has written everything once. */
  readonly amid?: () => void;
}

/** All that a simrun and its slots write in their lives, in one process. */
async function work(root: string, { amid }: Stage = {}): Promise<void> {
  const session = await TreeSession.open({ root, journalBytesMax: 1, recentFoldersMax: 0 });
  try {
    const { layout, epoch } = session;
    session.beat(LIVE);
    const inbox = await Inbox.open(layout);
    await postRequest(layout, {
      ...makeRequest({ type: "pause", selectors: ["all"] }, new Date()),
      id: "request",
    });
    await session.keepManifest("0123456789abcdef", "id: walk\n");
    const started: RunEvent = {
      type: "runs.started",
      job: "walk",
      model: "m",
      steps: 100,
      attempt: 1,
      runs: ["walk", "d"],
    };
    await session.append(started);
    const job = aJob({ id: "walk", checkpoint: { every: { kind: "steps", steps: 10 }, keep: 2 } });
    const writer = { layout, job, modelDigest: "m", anyModel: false, epoch };
    const files = new RunFiles(writer, { run: "walk", digest: "d", attempt: 1 });
    const { checkpoint } = await files.resume();
    const from = checkpoint?.identity.step ?? 0;
    const write = async (step: number) => {
      await files.appendLog(`[step ${step}] words\n`);
      const rows = `${step === 10 ? "step,x\n" : ""}${step},1\n`;
      await files.save({ step, ms: 1, dependsOnSteps: false }, SNAPSHOT, rows);
      await files.prune();
      await files.writeResult("result.json", "[1]");
    };
    await write(from + 10);
    amid?.();
    for (const id of await inbox.waiting()) {
      if (await inbox.take(id) !== undefined) {
        await inbox.answer(id, { ok: true, message: "Done." });
      }
    }
    await write(from + 20);
    if (from === 0) {
      const rejected = join(layout.checkpointFolder("walk", "walk"), "step-000000000010.ckpt");
      await quarantine(layout, rejected, "it is a test");
    }
    const model = "m";
    const runs = [completed("walk", "d")];
    await session.append({ type: "runs.completed", job: "walk", model, runs });
    await session.tidy();
  } finally {
    await session.close();
  }
}

/** Works until it is done or refuses in words; anything but a Fault that names a place in the tree is a mistake. */
async function workOrRefuse(root: string, stage: Stage = {}): Promise<void> {
  try {
    await work(root, stage);
  } catch (error) {
    if (!(error instanceof Fault && error.message.includes(root))) throw error;
  }
}

Deno.test("the list of names that can be planted holds every name of a tree", async () => {
  await inFolder(async (folder) => {
    const root = join(folder, "tree");
    const seen = new Map<string, boolean>();
    const look = () => {
      for (const { path, isFile } of entriesBelow(root)) seen.set(path, isFile);
    };
    const torn = join(root, "hot/journal.jsonl");
    await openTree(root, "write");
    await Deno.writeTextFile(torn, "torn");
    await work(root, { amid: look });
    look();
    const known = new Map(NAMES);
    for (const [path, isFile] of seen) {
      if (TEMPORARY.test(path)) continue;
      assert.equal(known.get(path), isFile, `${path} can be planted, and is not in the list`);
    }
    for (const [path] of NAMES) assert.ok(seen.has(path), `${path} was never written`);
  });
});

for (const stage of ["before it begins", "while it runs", "before it goes on"] as const) {
  Deno.test(`a link planted ${stage} is replaced or refused under every name, never followed`, async () => {
    const harms: string[] = [];
    let tried = 0;
    for (const [at, [name, isFile]] of NAMES.entries()) {
      for (const plant of plantsFor(at, isFile)) {
        const harm = await harmOf(name, plant, stage);
        if (harm !== undefined) harms.push(`${name}, ${plant}: ${harm}`);
        tried++;
      }
    }
    assert.ok(tried >= 2 * NAMES.length);
    assert.deepEqual(harms, []);
  });
}

Deno.test("a link planted between the look and the opening is found before a byte goes through it", async () => {
  for (const plant of ["to a file", "dangling", "hard"] as const) {
    await inFolder(async (folder) => {
      const canary = new Canary(join(folder, "outside"));
      for (const options of [{}, { append: true }, { create: true }]) {
        const path = join(folder, "series.csv");
        await Deno.remove(path).catch(() => {});
        await Deno.writeTextFile(path, "step,x\n");
        const open = (name: string, mode: Deno.OpenOptions) => {
          if (name === path) canary.plant(path, plant);
          return Deno.open(name, mode);
        };
        useFileSystem(Object.assign(Object.create(Deno), { open }));
        try {
          await assert.rejects(openInPlace(path, options), `${plant} ${JSON.stringify(options)}`);
        } finally {
          useFileSystem();
        }
        assert.equal(canary.harm(), undefined);
      }
    });
  }
});

Deno.test("simrun with planted links says what it does not follow, and the rest is done", async () => {
  await inCanaryFolder(async (folder, canary) => {
    await placeAll(folder, FILES);
    assert.equal((await attack(folder, ["walk.yaml", "-q", "--tree", "gold"])).status, 0);
    const gold = await resultsOf(folder, "gold");
    for (
      const [name, plant, status, said] of [
        ["recent/walk/walk/log.txt", "to a file", 0, /^Done: 1 run/m],
        ["recent/walk/walk/series.csv", "hard", 0, /^Done: 1 run/m],
        [
          "recent/walk/walk",
          "to a folder",
          3,
          /recent\/walk\/walk is a link; simrun does not write/,
        ],
        [
          "checkpoints/walk",
          "to a folder",
          3,
          /checkpoints\/walk is a link; simrun does not write/,
        ],
        ["checkpoints", "to a folder", 2, /^error: .*checkpoints is a link; simrun does not write/],
        ["hot", "to a folder", 2, /^error: .*hot is a link; simrun does not write/],
        ["hot/journal.jsonl", "hard", 0, /^Done: 1 run/m],
        ["hot/journal.jsonl", "to /dev/null", 2, /^error: .*journal.jsonl is a link; simrun does/],
        ["archive/journal-000001.zip", "dangling", 0, /^Done: 1 run/m],
      ] as const
    ) {
      await Deno.mkdir(join(folder, "tree"));
      await Deno.copyFile(join(folder, "gold/simrun.json"), join(folder, "tree/simrun.json"));
      canary.plant(join(folder, "tree", name), plant);
      const told = await attack(folder, ["walk.yaml", "--tree", "tree"]);
      assert.deepEqual([name, told.status], [name, status], told.stderr);
      assert.match(told.stderr, said, name);
      assert.equal(canary.harm(), undefined, name);
      if (status === 0) assert.deepEqual(await resultsOf(folder, "tree"), gold, name);
      await Deno.remove(join(folder, "tree"), { recursive: true });
    }
  });
});

Deno.test("links that come and go under the files of a run while it writes lead nobody out of the tree", async () => {
  await inCanaryFolder(async (folder, canary) => {
    await placeAll(folder, FILES);
    const running = startAttack(folder, ["long.yaml", "--tree", "tree"]);
    const ended = endOf(running, folder);
    let isOver = false;
    void ended.finally(() => isOver = true);
    let planted = 0;
    await until(
      () => entriesBelow(folder).some(({ path }) => path.endsWith(".ckpt")),
      "it has saved something",
    );
    const names = ["recent/long/long/log.txt", "recent/long/long/series.csv", "checkpoints/long"];
    const random = seeded(SEED);
    while (!isOver) {
      const name = random.pick(names);
      const plant = name === "checkpoints/long"
        ? "to a folder"
        : random.pick(["to a file", "hard", "dangling"] as const);
      try {
        canary.plant(join(folder, "tree", name), plant);
        planted++;
        await new Promise((done) => setTimeout(done, random.below(20)));
        await Deno.remove(join(folder, "tree", name));
      } catch {
        // The program was quicker; the next one may be in time.
      }
    }
    const { stderr } = await ended;
    assert.equal(canary.harmToFiles(), undefined, `seed ${SEED}: ${stderr}`);
    assert.ok(planted > 20, `${planted} links`);
  });
});

/** The canary stands beside the folder: the temporaries in it are no one's to look for. */
async function inCanaryFolder(
  use: (folder: string, canary: Canary) => Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    await Deno.mkdir(join(folder, "mine"));
    await use(join(folder, "mine"), new Canary(join(folder, "outside")));
  });
}

/** All kinds with SIMRUN_TORTURE; else those that would do harm, and one of the others in turn. */
function plantsFor(at: number, isFile: boolean): readonly Plant[] {
  const all = PLANTS.filter((plant) => isFile || plant !== "hard");
  if (isTorture) return all;
  const worst: readonly Plant[] = isFile ? ["to a file", "hard"] : ["to a folder"];
  const others = all.filter((plant) => !worst.includes(plant));
  return [...worst, others[(at + SEED) % others.length]!];
}

async function harmOf(name: string, plant: Plant, stage: string): Promise<string | undefined> {
  let harm: string | undefined;
  await inFolder(async (folder) => {
    const canary = new Canary(join(folder, "outside"));
    const root = join(folder, "tree");
    const put = () => canary.plant(join(root, name), plant);
    await openTree(root, "write");
    if (stage === "before it goes on") await workOrRefuse(root);
    if (stage !== "while it runs") put();
    try {
      await workOrRefuse(root, stage === "while it runs" ? { amid: put } : {});
      harm = canary.harm();
    } catch (error) {
      harm = `it said ${error}`;
    }
  });
  return harm;
}
