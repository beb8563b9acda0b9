/** T1: kill -9 at every file operation of a campaign: of everything at once, of the orchestrator, of a slot. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { isTorture } from "../helpers/torture.ts";
import { faultTest, tryEach } from "./enumeration.ts";
import {
  assertGone,
  assertSavedIsThere,
  assertSound,
  assertSpoken,
  filesBelow,
  type Reference,
} from "./reference.ts";
import { CHANGES, type Ended, type Fault } from "./shim.ts";

/** What is left right after an operation is what is left right before the next one: fewer of these will do. */
const AFTER = { shortEvery: 32, longEvery: 4 };

/** A kill before a sync leaves what the operation before it left: the kernel keeps it. The long version tries it. */
const KINDS = isTorture ? CHANGES : CHANGES.filter((kind) => kind !== "sync");

faultTest(
  "T1: kill -9 of everything at every operation: sound, golden, nothing saved is lost",
  async (reference) => {
    await tryEach(
      reference,
      { hazard: "T1 kill all before", action: "kill-all", always: true, kinds: KINDS },
      (fault) => killAndFinish(reference, fault),
    );
  },
);

faultTest("T1: kill -9 of everything right after an operation", async (reference) => {
  await tryEach(
    reference,
    { hazard: "T1 kill all after", action: "kill-all-after", ...AFTER },
    (fault) => killAndFinish(reference, fault),
  );
});

for (const action of ["kill", "kill-after"] as const) {
  const when = action === "kill" ? "before" : "after";
  const parts = action === "kill" ? { shortEvery: 12 } : AFTER;

  // The slot is not waited for: whoever types resume does not know that it still writes.
  faultTest(
    `T1: kill -9 of the orchestrator alone ${when} an operation of it`,
    async (reference) => {
      await tryEach(
        reference,
        { hazard: `T1 kill orchestrator ${when}`, roles: ["orchestrator"], action, ...parts },
        (fault) => killAndFinish(reference, fault),
      );
    },
  );

  faultTest(
    `T1: kill -9 of a slot ${when} an operation of it: the campaign goes on to its end`,
    async (reference) => {
      await tryEach(
        reference,
        { hazard: `T1 kill slot ${when}`, roles: ["slot"], action, ...parts },
        async (fault) => {
          const tree = reference.newTree();
          const ended = await reference.start(tree, fault);
          assertSpoken(ended);
          assert.equal(ended.status, 0, ended.stderr);
          await reference.assertDone(tree);
          await assertGone(ended);
          return ended;
        },
      );
    },
  );
}

const PAGE_BYTES = 4096;

/** A kill comes between two pages of what the kernel is writing, if it comes in the middle of that; nowhere else. */
function assertTornAtPage(tree: string): void {
  for (const path of filesBelow(tree)) {
    const goodBytes = /journal-torn-at-(\d+)\.jsonl$/.exec(path)?.[1];
    if (goodBytes === undefined) continue;
    const { size } = Deno.statSync(join(tree, path));
    assert.equal((Number(goodBytes) + size) % PAGE_BYTES, 0, `${path} of ${size} bytes`);
  }
}

/** Runs into the kill, looks at what is left, and goes on. */
async function killAndFinish(reference: Reference, fault: Fault): Promise<Ended> {
  const tree = reference.newTree();
  const ended = await reference.start(tree, fault);
  if (ended.struck === undefined) {
    assert.equal(ended.status, 0, ended.stderr);
    await reference.assertDone(tree);
    return ended;
  }
  assert.equal(ended.signal, "SIGKILL");
  await assertSound(tree);
  assertSavedIsThere(tree);
  await reference.finish(tree, { torn: true });
  assertTornAtPage(tree);
  await assertGone(ended);
  return ended;
}
