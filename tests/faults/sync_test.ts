/** T9: EIO at every sync. No handle is synced again, nothing is called saved that is not, the results are golden. */
import assert from "node:assert/strict";
import { assertNeverSyncedTwice, assertSavedWasDurable } from "./durability.ts";
import { faultTest, tryEach } from "./enumeration.ts";
import { assertSavedIsThere, assertSound, assertSpoken, readEntries } from "./reference.ts";

for (const stays of [false, true]) {
  const name = stays ? "EIO at every sync from one on" : "EIO at every sync, once";

  faultTest(
    `T9: ${name}: never twice on one handle, never called saved, golden`,
    async (reference) => {
      const hazard = `T9 ${name}`;
      const enumeration = { kinds: ["sync"], action: "EIO", stays, always: !stays } as const;
      await tryEach(reference, { hazard, ...enumeration, shortEvery: 12 }, async (fault) => {
        const tree = reference.newTree();
        const ended = await reference.start(tree, fault);
        assertSpoken(ended);
        assertNeverSyncedTwice(ended.operations);
        assertSavedWasDurable(tree, ended.operations, readEntries(tree));
        await assertSound(tree);
        assertSavedIsThere(tree);
        if (ended.status !== 0) assert.match(ended.stderr, /error:.*input\/output error/s);
        await reference.finish(tree);
        return ended;
      });
    },
  );
}

faultTest(
  "T9: the log of a campaign left alone shows every saved checkpoint durable",
  async (reference) => {
    const tree = reference.newTree();
    const { operations } = await reference.start(tree);
    assertNeverSyncedTwice(operations);
    const entries = readEntries(tree);
    assertSavedWasDurable(tree, operations, entries);
    // And the judge is no yes-man: without its syncs not one of them is.
    const unsynced = operations.filter(({ kind }) => kind !== "sync");
    assert.throws(() => assertSavedWasDurable(tree, unsynced, entries), /not durable/);
    // Nor is it misled by what the orchestrator writes between a slot's temporary and its new name.
    const other = { role: "orchestrator", kind: "open", path: `${tree}/hot/.tmp-other` } as const;
    const crossed = operations.flatMap((one) =>
      one.kind !== "rename" ? [one] : [
        { ...one, ...other, from: "" },
        { ...one, ...other, kind: "write" as const, from: "" },
        one,
      ]
    );
    assertSavedWasDurable(tree, crossed, entries);
  },
);
