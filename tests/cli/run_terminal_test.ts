/** The display of `simrun run` on a real terminal: failures stay, sizes change, and nothing is left of it at the end. */
import assert from "node:assert/strict";
import { EXIT } from "../../src/job/fault.ts";
import { leavesNoProcess, until } from "../helpers/processes.ts";
import { Pty, type PtyOptions } from "../helpers/pty.ts";
import { withFolder } from "./program.ts";

/** Waits at each step; throws at step 10 where `bad` is 1. */
const MODEL = `
export const params = { wait: { default: 20 }, bad: { default: 0 } };
export const init = () => ({ x: 0 });
export function step(state, ctx) {
  for (const end = performance.now() + ctx.params.wait; performance.now() < end;);
  if (ctx.params.bad > 0 && ctx.step === 10) throw new Error("went bad \\u001b[2J" + ctx.params.bad);
  state.x++;
}
export const result = (state) => state.x;
`;
const FILES = {
  "m.js": MODEL,
  "a.yaml": "id: long_name\nmodel: ./m.js\nsteps: 250\n---\n" +
    "id: bad\nmodel: ./m.js\nsteps: 50\nsweep: { bad: [1, 2] }\n",
};

async function run(
  options: Partial<PtyOptions>,
  use: (pty: Pty) => Promise<void>,
): Promise<void> {
  await withFolder(FILES, async (cwd) => {
    await leavesNoProcess(async () => {
      await use(new Pty(["run", "-j", "2", "a.yaml"], { cwd, columns: 80, rows: 24, ...options }));
    });
  });
}

Deno.test("simrun run keeps failures above its picture, through sizes and Ctrl-Z, and gives the terminal back whole", async () => {
  await run({}, async (pty) => {
    const { screen } = pty;
    await pty.sees(/^failed {2}bad\/\w+: the model threw an error at step 10: went bad \\x1b\[2J/m);
    await pty.sees(/long_name.*%/);
    assert.equal(screen.cursorShown, false);
    await pty.resize(20, 5);
    await pty.sees(/^ {2}3 runs.{1,10}…$/m);
    await pty.resize(100, 30);
    await pty.sees(/\/250 /);
    const { pid } = pty;
    Deno.kill(pid, "SIGTSTP");
    await until(() => / T /.test(Deno.readTextFileSync(`/proc/${pid}/stat`)), "it is stopped");
    // What it wrote before it stopped may still be on its way.
    await until(
      () => screen.cursorShown && !/long_name/.test(screen.seen.at(-1) ?? ""),
      "the picture is gone, and the cursor back",
    );
    Deno.kill(pid, "SIGCONT");
    await pty.sees(/long_name.*%|Done, with failures/);
    const { status, settings } = await pty.ended();
    assert.equal(status, EXIT.runsFailed.status);
    assert.match(settings, /\sicanon\s[^]*\secho\s/);
    assert.equal(screen.cursorShown, true);
    const seen = screen.seen.join("\n");
    // What stood above the picture when the window was made narrower is gone on a terminal that, like this one, does not
    // wrap its lines anew; and of a picture with more lines than the low window had, the upper ones have scrolled away.
    const atEnd = seen.slice(seen.search(/^Done, with failures/m));
    for (const bad of [1, 2]) assert.ok(atEnd.includes(`went bad \\x1b[2J${bad}`), seen);
    assert.doesNotMatch(atEnd, /running|steps\/s|[━─]/);
    for (const code of ["2J", "31m", "2m", "1m"]) {
      assert.ok(!pty.text.includes(`\x1b[${code}`), code);
    }
  });
});

Deno.test("simrun run on a dumb terminal and through tee says calm lines without any sequence", async () => {
  for (const options of [{ env: { TERM: "dumb" } }, { behind: "2>&1 | tee log.txt" }]) {
    await run(options, async (pty) => {
      await pty.ended();
      assert.ok(!pty.text.includes("\x1b"), pty.text);
      assert.equal(pty.text.match(/^\[[\d.]+ s\] failed: bad\//gm)?.length, 2, pty.text);
      assert.match(pty.text, /^3 runs, on 2 slots\r$/m);
    });
  }
});
