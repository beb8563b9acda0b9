/** T8, T10, T11, T12 and their like: a full disk, a quota, short writes, renames that lie, a broken disk, at every operation. */
import assert from "node:assert/strict";
import { assertSavedWasDurable } from "./durability.ts";
import { faultTest, tryEach } from "./enumeration.ts";
import {
  assertGone,
  assertSavedIsThere,
  assertSound,
  assertSpoken,
  readEntries,
  type Reference,
} from "./reference.ts";
import type { Ended, Fault, Kind } from "./shim.ts";

/** All that may need room. */
const TAKES_ROOM = [
  "open",
  "write",
  "sync",
  "rename",
  "mkdir",
  "link",
  "truncate",
  "copy",
] as const;

const NO_SPACE = 5;

for (const stays of [false, true]) {
  const name = stays ? "from one on" : "once";

  faultTest(
    `T8: ENOSPC at every operation that takes room, ${name}: what is saved stays, golden when there is room`,
    async (reference) => {
      const enumeration = {
        hazard: `T8 ENOSPC ${name}`,
        kinds: TAKES_ROOM,
        action: "ENOSPC",
      } as const;
      await tryEach(
        reference,
        { ...enumeration, stays, shortEvery: 24 },
        (fault) =>
          // What is full once is waited for; where it stays so, nobody frees anything.
          strikeAndFinish(reference, fault, ({ status, stderr }) => {
            if (status === 0) return;
            assert.equal(status, NO_SPACE, stderr);
            assert.match(stderr, /[Tt]he disk is full/);
          }, stays ? ["--disk-wait", "0s"] : []),
      );
    },
  );
}

faultTest(
  "T10: EDQUOT once at every write: waited for by who is at work, classified, golden when there is room",
  async (reference) => {
    const enumeration = { hazard: "T10 EDQUOT", kinds: ["write"], action: "EDQUOT" } as const;
    await tryEach(
      reference,
      { ...enumeration },
      (fault) =>
        strikeAndFinish(reference, fault, ({ status, stderr }, tree) => {
          if (status === 0) return;
          // Once it is at work it waits for room, also with a line of the journal, and finds it at once.
          const types = readEntries(tree).map(({ type }) => type);
          assert.ok(!types.includes("runs.started"), `it stopped at work: ${stderr}`);
          assert.equal(status, NO_SPACE, stderr);
          assert.match(stderr, /[Tt]he disk quota is used up/);
        }),
    );
  },
);

faultTest("T11: a short write at every write: nobody notices", async (reference) => {
  const enumeration = { hazard: "T11 short write", kinds: ["write"], action: "short" } as const;
  await tryEach(
    reference,
    { ...enumeration },
    (fault) => strikeUnnoticed(reference, fault),
  );
});

faultTest("T12: EIO from every rename that was done: nobody notices", async (reference) => {
  const enumeration = {
    hazard: "T12 rename done, EIO",
    kinds: ["rename"],
    action: "done-EIO",
  } as const;
  await tryEach(reference, { ...enumeration }, (fault) => strikeUnnoticed(reference, fault));
});

const OTHERS: readonly (readonly [kinds: readonly Kind[], shortEvery: number])[] = [
  [["open", "write", "rename"], 24],
  [["mkdir", "truncate", "lock", "link", "copy"], 6],
  [["remove"], 2],
  [["look"], 24],
  [["utime"], 1],
];

for (const [kinds, shortEvery] of OTHERS) {
  faultTest(
    `EIO at every ${kinds.join(", ")}: it goes on or stops with a sentence, golden afterwards`,
    async (reference) => {
      const enumeration = { hazard: `EIO at ${kinds}`, kinds, action: "EIO" } as const;
      await tryEach(
        reference,
        { ...enumeration, shortEvery },
        (fault) =>
          strikeAndFinish(reference, fault, ({ status, stderr }) => {
            if (status !== 0) assert.match(stderr, /input\/output error/);
          }),
      );
    },
  );
}

/** Whatever happens: what was saved is there, the user gets a sentence, and once the disk is well it ends golden. */
async function strikeAndFinish(
  reference: Reference,
  fault: Fault,
  judge: (ended: Ended, tree: string) => void,
  flags: readonly string[] = [],
): Promise<Ended> {
  const tree = reference.newTree();
  const ended = await reference.start(tree, fault, flags);
  assertSpoken(ended);
  judge(ended, tree);
  await assertSound(tree);
  assertSavedIsThere(tree);
  assertSavedWasDurable(tree, ended.operations, readEntries(tree));
  await reference.finish(tree, { torn: true });
  await assertGone(ended);
  return ended;
}

/** Golden at once, every checkpoint saved. */
async function strikeUnnoticed(reference: Reference, fault: Fault): Promise<Ended> {
  const tree = reference.newTree();
  const ended = await reference.start(tree, fault);
  assertSpoken(ended);
  assert.equal(ended.status, 0, ended.stderr);
  await reference.assertDone(tree);
  const types = readEntries(tree).map(({ type }) => type);
  for (const type of ["run.degraded", "run.failed", "runs.requeued"] as const) {
    assert.ok(!types.includes(type), `the journal tells of ${type}`);
  }
  return ended;
}
