/**
 * Torn and rotten files, and what comes of a resume that no repair preceded (T6, T7): the newest checkpoint hurt in
 * every way, the journal cut at any byte of its last two lines. `SIMRUN_TORTURE=1` resumes for real after each.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { newestGood } from "../../src/store/checkpoint.ts";
import { Layout } from "../../src/store/layout.ts";
import { verifyTree } from "../../src/verify/verify.ts";
import { inFolder } from "../helpers/folder.ts";
import { simrun } from "../helpers/program.ts";
import { type Kept, keptResults } from "../helpers/real_run.ts";
import { cases, seeded, seedOf } from "../helpers/torture.ts";
import { checkpointsOf, copyTree, GOLDEN } from "./small_tree.ts";
import { Patient } from "./wounds.ts";

const FIRST = `${GOLDEN}/0.1.0`;
const JOBS = ["early", "late", "long"].map((name) => `${FIRST}/jobs/${name}.yaml`);
const LONG = "checkpoints/long/long";
const JOURNAL = "hot/journal.jsonl";
const SEED = seedOf();

interface Wound {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Cut at 40 lengths, a bit flipped at 200 places, a page of zeros at each place where one fits. */
function woundsOf(whole: Uint8Array): Wound[] {
  const wounds: Wound[] = [];
  for (let i = 0; i < 40; i++) {
    const length = Math.floor(i * whole.length / 40);
    wounds.push({ name: `cut at ${length}`, bytes: whole.slice(0, length) });
  }
  const random = seeded(SEED);
  for (let i = 0; i < 200; i++) {
    // The header as often as all the rest: there a bit means most.
    const at = i % 2 === 0 ? random.below(48) : random.below(whole.length);
    const bit = random.below(8);
    const bytes = whole.slice();
    bytes[at]! ^= 1 << bit;
    wounds.push({ name: `bit ${bit} of byte ${at} flipped`, bytes });
  }
  for (let at = 0; at < whole.length; at += 256) {
    wounds.push({ name: `zeros from ${at}`, bytes: whole.slice().fill(0, at, at + 256) });
  }
  return wounds;
}

Deno.test(`newestGood() and verifyTree() see every wound of the newest checkpoint, and the one before is taken (seed ${SEED})`, async () => {
  await inFolder(async (folder) => {
    const tree = new Patient(`${folder}/tree`);
    await copyTree(`${FIRST}/tree`, tree.root);
    const layout = new Layout(tree.root);
    const [, before, last] = checkpointsOf(tree.root, "long");
    const path = `${LONG}/${last}`;
    const whole = tree.read(path);
    const sound = await newestGood(layout, "long", "long", { digest: digestOf(tree) }, "look");
    assert.equal(sound.checkpoint?.file, last);
    for (const [i, { name, bytes }] of woundsOf(whole).entries()) {
      tree.write(path, bytes);
      const { checkpoint, rejected } = await newestGood(
        layout,
        "long",
        "long",
        { digest: digestOf(tree) },
        "look",
      );
      assert.deepEqual(
        [checkpoint?.file, rejected.map(({ file }) => file)],
        [before, [last]],
        name,
      );
      if (i % 5 > 0) continue;
      const { findings } = await verifyTree(tree.root);
      assert.deepEqual(
        findings.map(({ file, problem }) => [file, problem]),
        [[path, "damaged"]],
        name,
      );
    }
  });
});

Deno.test(`a resume after any wound of the newest checkpoint says so, and its results are golden (seed ${SEED})`, async () => {
  await inFolder(async (folder) => {
    const golden = goldenResults();
    const wounds = woundsOf(
      new Patient(FIRST).read(`tree/${LONG}/${checkpointsOf(`${FIRST}/tree`, "long").at(-1)}`),
    );
    const random = seeded(SEED);
    const count = cases({ short: 3, long: wounds.length });
    for (let i = 0; i < count; i++) {
      const { name, bytes } = count < wounds.length ? random.pick(wounds) : wounds[i]!;
      const tree = new Patient(`${folder}/tree`);
      await copyTree(`${FIRST}/tree`, tree.root);
      tree.write(`${LONG}/${checkpointsOf(tree.root, "long").at(-1)}`, bytes);
      const { status, stderr } = await simrun(["run", ...JOBS, "--tree", tree.root]);
      assert.equal(status, 0, `${name}: ${stderr}`);
      assert.match(stderr, /long: goes on at step 750; checkpoint \S+ is not used: /, name);
      assert.deepEqual(await resultsOf(tree.root), golden, name);
      tree.remove(".");
    }
  });
});

Deno.test("a resume with nothing but bad or no checkpoints begins at step 0 with a warning", async () => {
  await inFolder(async (folder) => {
    const golden = goldenResults();
    for (
      const [hurt, says] of [
        [
          (tree: Patient) =>
            checkpointsOf(tree.root, "long").forEach((name) =>
              tree.zero(`${LONG}/${name}`, 0, 500)
            ),
          /long: begins anew; checkpoint \S+ is not used: it does not begin as a checkpoint \(and 2 more\)/,
        ],
        [
          (tree: Patient) => tree.remove(LONG),
          /long: begins anew; its checkpoints are not there any more/,
        ],
      ] as const
    ) {
      const tree = new Patient(`${folder}/tree`);
      await copyTree(`${FIRST}/tree`, tree.root);
      hurt(tree);
      const { status, stderr } = await simrun(["run", ...JOBS, "--tree", tree.root]);
      assert.equal(status, 0, stderr);
      assert.match(stderr, says);
      assert.deepEqual(await resultsOf(tree.root), golden);
      assert.equal((await verifyTree(tree.root)).isSound, true);
      tree.remove(".");
    }
  });
});

Deno.test(`a journal cut at any byte of its last two lines comes to golden results (seed ${SEED})`, async () => {
  await inFolder(async (folder) => {
    const golden = goldenResults();
    const whole = new Patient(FIRST).read(`tree/${JOURNAL}`);
    const ends = [...whole.keys()].filter((at) => whole[at] === 10);
    const first = ends.at(-3)! + 1;
    const random = seeded(SEED);
    const count = cases({ short: 3, long: whole.length - first });
    for (let i = 0; i < count; i++) {
      const cut = count < whole.length - first
        ? first + random.below(whole.length - first)
        : first + i;
      const tree = new Patient(`${folder}/tree`);
      await copyTree(`${FIRST}/tree`, tree.root);
      tree.cut(JOURNAL, cut);
      assert.equal((await verifyTree(tree.root)).isSound, true, `cut at ${cut}`);
      const { status, stderr } = await simrun(["run", ...JOBS, "--tree", tree.root]);
      assert.equal(status, 0, `cut at ${cut}: ${stderr}`);
      assert.deepEqual(await resultsOf(tree.root), golden, `cut at ${cut}`);
      assert.equal((await verifyTree(tree.root)).isSound, true, `cut at ${cut}`);
      tree.remove(".");
    }
  });
});

function digestOf(tree: Patient): string {
  const [line] = tree.lines(JOURNAL).filter((one) => one.includes('"runs":["long",'));
  return JSON.parse(line!).runs[1];
}

function goldenResults(): Record<string, Kept> {
  return JSON.parse(Deno.readTextFileSync(join(FIRST, "results.json")));
}

async function resultsOf(root: string): Promise<Record<string, Kept>> {
  return JSON.parse(
    JSON.stringify(await keptResults(root)).replaceAll("x".repeat(70_000), "x*70000"),
  );
}
