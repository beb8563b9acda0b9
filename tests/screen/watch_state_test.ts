/** What keys do while somebody watches. */
import assert from "node:assert/strict";
import type { Key, KeyName } from "../../src/screen/keys.ts";
import {
  afterKey,
  FIRST_STATE,
  type Shown,
  type WatchState,
  wishOf,
} from "../../src/screen/watch_state.ts";

const SHOWN: Shown = {
  list: "running",
  lists: ["running", "failed", "completed", "cancelled", "jobs"],
  page: 10,
  count: 35,
};
const named = (name: KeyName): Key => ({ kind: "named", name });
const text = (text: string): Key => ({ kind: "text", text });

function after(keys: readonly Key[], from: Partial<WatchState> = {}, shown = SHOWN): WatchState {
  return keys.reduce<WatchState>(
    (state, key) => afterKey(state, key, { ...shown, list: state.list ?? shown.list }),
    { ...FIRST_STATE, ...from },
  );
}

Deno.test("afterKey() scrolls by lines and pages, and never past the ends", () => {
  const tops = (keys: readonly Key[], top = 0) => after(keys, { top }).top;
  assert.equal(tops([named("down"), text("j")]), 2);
  assert.equal(tops([text("k")]), 0);
  assert.equal(tops([named("page-down")]), 9);
  assert.equal(tops([named("page-down"), text(" "), named("page-down"), text(" ")]), 25);
  assert.equal(tops([text("G")]), 25);
  assert.equal(tops([text("G"), named("up"), text("b")]), 15);
  assert.equal(tops([text("g")], 20), 0);
  // The list has become shorter meanwhile.
  assert.equal(tops([named("up")], 1000), 24);
  assert.equal(after([named("end")], {}, { ...SHOWN, count: 3 }).top, 0);
});

Deno.test("afterKey() goes round the lists that there are, and to one by the first letter of its name", () => {
  const list = (keys: readonly Key[]) => after(keys, { top: 5 });
  assert.deepEqual(list([named("tab")]), { ...FIRST_STATE, list: "failed" });
  assert.equal(list([named("back-tab")]).list, "jobs");
  assert.equal(list([named("left"), named("tab")]).list, "running");
  assert.equal(list([text("f")]).list, "failed");
  assert.equal(list([text("c")]).list, "completed");
  assert.equal(list([text("c"), text("c")]).list, "cancelled");
  assert.equal(list([text("c"), text("c"), text("c")]).list, "completed");
  assert.equal(list([text("w")]).list, "waiting", "one that is empty may be looked at, too");
  assert.equal(list([text("J")]).list, "jobs");
  assert.deepEqual(list([text("z")]), { ...FIRST_STATE, top: 5 });
});

Deno.test("afterKey() types a filter, in which letters are letters", () => {
  const typed = after([text("/"), text("q"), text("c"), named("backspace"), text("é")], { top: 9 });
  assert.deepEqual(typed, { list: undefined, top: 0, filter: "qé", isTyping: true });
  assert.deepEqual(after([named("enter")], typed), { ...typed, isTyping: false });
  assert.deepEqual(after([named("escape")], typed), FIRST_STATE);
  assert.deepEqual(after([named("enter"), named("escape")], typed), FIRST_STATE);
  assert.deepEqual(after([named("backspace"), named("backspace"), named("backspace")], typed), {
    ...FIRST_STATE,
  });
  const long = after([text("/"), ...Array.from({ length: 1000 }, () => text("x"))]);
  assert.equal(long.filter.length, 100);
});

Deno.test("wishOf() quits by q and Ctrl-C, and by Ctrl-C alone while a filter is typed", () => {
  const typing = { ...FIRST_STATE, isTyping: true };
  assert.equal(wishOf(text("q"), FIRST_STATE), "quit");
  assert.equal(wishOf(text("q"), typing), undefined);
  assert.equal(wishOf(named("interrupt"), typing), "quit");
  assert.equal(wishOf(named("suspend"), FIRST_STATE), "suspend");
  assert.equal(wishOf(text("j"), FIRST_STATE), undefined);
});
