/** Keys as terminals send them, whole, cut and several at once. */
import assert from "node:assert/strict";
import { type Key, KeyReader } from "../../src/screen/keys.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const words = (keys: readonly Key[]) =>
  keys.map((key) => key.kind === "text" ? `'${key.text}'` : key.name);

Deno.test("KeyReader knows the keys of xterm, of rxvt and of the application mode, with modifiers too", () => {
  const reader = new KeyReader();
  const sent = "\x1b[A\x1bOB\x1b[1;5C\x1b[5~\x1b[6;2~\x1b[H\x1b[8~\x1b[Z\t\r\x7f\x03jé中";
  assert.deepEqual(
    words(reader.push(bytes(sent))),
    "up down right page-up page-down home end back-tab tab enter backspace interrupt 'j' 'é' '中'"
      .split(" "),
  );
  assert.equal(reader.isWaiting, false);
});

Deno.test("KeyReader reads the same keys wherever the bytes are cut", () => {
  const sent = bytes("a\x1b[1;5A/é\x1bOH\x1b[6~q");
  const whole = words(new KeyReader().push(sent));
  assert.equal(whole.length, 7);
  for (let cut = 1; cut < sent.length; cut++) {
    const reader = new KeyReader();
    const keys = [...reader.push(sent.subarray(0, cut)), ...reader.push(sent.subarray(cut))];
    assert.deepEqual(words(keys), whole, `cut at ${cut}`);
  }
});

Deno.test("KeyReader takes ESC for a key when nothing follows, or another ESC", () => {
  const reader = new KeyReader();
  assert.deepEqual(reader.push(bytes("\x1b")), []);
  assert.equal(reader.isWaiting, true);
  assert.deepEqual(words(reader.flush()), ["escape"]);
  assert.deepEqual(words([...reader.push(bytes("\x1b\x1b[A"))]), ["escape", "up"]);
});

Deno.test("KeyReader drops what it does not know, and keeps no more of it than a few bytes", () => {
  const reader = new KeyReader();
  assert.deepEqual(reader.push(bytes("\x1b[200~\x1b[15;2~\x1bx\x00\x1b[<0;1;1M")), []);
  assert.deepEqual(reader.push(bytes("\x1b[" + "1;".repeat(10_000))), []);
  assert.deepEqual(words(reader.push(bytes("q"))), ["'q'"]);
});
