/** T3 and T4: kill -9 at every operation of a resume, of a tree that has seen better days; and twenty kills in a row. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { cases } from "../helpers/torture.ts";
import { faultTest, SEED, tryEach } from "./enumeration.ts";
import {
  assertGone,
  assertSavedIsThere,
  assertSpoken,
  filesBelow,
  INTERVAL,
  type Reference,
  STEPS_IN_ALL,
  ticksOf,
} from "./reference.ts";
import { CHANGES, type Fault } from "./shim.ts";
import { seeded } from "../helpers/seeded.ts";

/** In the middle of writing the last but one checkpoint of the last run. */
const MIDDLE: Fault = { role: "slot", kinds: ["rename"], at: 14, action: "kill-all" };

for (const isDamaged of [false, true]) {
  const what = isDamaged ? "a resume whose newest checkpoint is damaged" : "a resume";

  faultTest(
    `T3: kill -9 of everything at every operation of ${what}, then again`,
    async (reference) => {
      const worn = reference.newTree();
      assert.ok((await reference.start(worn, MIDDLE)).struck, "the first kill");
      await wear(worn, isDamaged);
      const copy = reference.newTree();
      await copyFolder(worn, copy);
      const { operations, status } = await reference.goOn(copy);
      assert.equal(status, 0);
      const enumeration = { hazard: `T3 kill in ${what}`, operations, action: "kill-all" } as const;
      await tryEach(
        reference,
        { ...enumeration, shortEvery: isDamaged ? 24 : 12 },
        async (fault) => {
          const tree = reference.newTree();
          await copyFolder(worn, tree);
          const ended = await reference.goOn(tree, fault);
          assertSpoken(ended);
          if (!isDamaged) assertSavedIsThere(tree);
          await reference.finish(tree, { torn: true, damaged: isDamaged });
          await assertGone(ended);
          if (isDamaged) {
            const aside = filesBelow(join(tree, "quarantine", "checkpoints"));
            assert.match(
              aside.toSorted().join(" "),
              /step-\d+\.ckpt .*step-\d+\.ckpt\.reason\.txt/,
              `kept aside: ${aside}`,
            );
          }
          return ended;
        },
      );
    },
  );
}

faultTest("T4: kills in a row: no more is computed twice than an interval a kill", killInRow);

async function killInRow(reference: Reference): Promise<void> {
  const random = seeded(SEED);
  const killsMax = cases({ short: 20, long: 100 });
  let kills = 0;
  let computed = 0;
  let campaigns = 0;
  while (kills < killsMax) {
    campaigns++;
    const tree = reference.newTree();
    for (let isDone = false; !isDone;) {
      const at = 4 + random.below(26);
      const fault: Fault = { role: "slot", kinds: CHANGES, at, action: "kill-all" };
      const ended = await reference.goOn(tree, kills < killsMax ? fault : undefined);
      computed += ticksOf(ended.operations);
      isDone = ended.struck === undefined;
      if (isDone) assert.equal(ended.status, 0, ended.stderr);
      else kills++;
    }
    await reference.assertDone(tree);
  }
  const again = computed - campaigns * STEPS_IN_ALL;
  console.log(`T4: ${kills} kills, ${again} steps computed again, ${kills * INTERVAL} allowed`);
  assert.ok(again <= kills * INTERVAL, `${again} steps computed again, SIMRUN_SEED=${SEED}`);
}

/** Tears the journal's end, and damages the newest checkpoint of the run that was at work. */
async function wear(tree: string, isDamaged: boolean): Promise<void> {
  await Deno.writeTextFile(join(tree, "hot", "journal.jsonl"), '{"crc":"0123', { append: true });
  if (!isDamaged) return;
  const folder = join(tree, "checkpoints", "loud", "loud");
  const newest = filesBelow(folder).filter((name) => !name.startsWith(".tmp-")).toSorted().at(-1)!;
  const bytes = await Deno.readFile(join(folder, newest));
  bytes[bytes.length - 9]! ^= 4;
  await Deno.writeFile(join(folder, newest), bytes);
}

async function copyFolder(from: string, to: string): Promise<void> {
  for (const name of filesBelow(from)) {
    await Deno.mkdir(join(to, name, ".."), { recursive: true });
    await Deno.copyFile(join(from, name), join(to, name));
  }
  for (const name of ["hot/inbox", "hot/answers"]) {
    await Deno.mkdir(join(to, name), { recursive: true });
  }
}
