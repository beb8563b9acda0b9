/** `simrun status --watch` on a real terminal: it is seen, keys move it, and the terminal is left as it was found. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { EXIT } from "../../src/job/fault.ts";
import { leavesNoProcess, sleep, until } from "../helpers/processes.ts";
import { Pty, type PtyOptions } from "../helpers/pty.ts";
import { COUNTER, programCommand, simrun, withFolder } from "./program.ts";

const FILES = {
  "m.js": COUNTER,
  "a.yaml": "id: count\nmodel: ./m.js\nsteps: 5\nsweep: { by: { from: 1, to: 30, step: 1 } }\n",
  "b.yaml": "id: wrong\nmodel: ./m.js\nsteps: 5\nparameters: { bad: 1 }\n",
};

/** A tree with thirty completed runs and one that failed. */
async function inTree(use: (cwd: string) => Promise<void>): Promise<void> {
  await withFolder(FILES, async (cwd) => {
    await leavesNoProcess(async () => {
      const { code } = await simrun(["-q", "a.yaml", "b.yaml"], { cwd });
      assert.equal(code, EXIT.runsFailed.status);
      await use(cwd);
    });
  });
}

function watch(cwd: string, options: Partial<PtyOptions> = {}, ...args: string[]): Pty {
  return new Pty(["status", "--watch", ...args], { cwd, ...options });
}

/** What a shell expects of the terminal that it gets back. */
function assertRestored({ screen, text }: Pty, settings: string): void {
  assert.ok(text.includes("\x1b[?1049h"), "it had a screen of its own");
  assert.ok(!screen.isSecondScreen && screen.cursorShown && screen.wraps, "the screen is back");
  for (const name of ["icanon", "echo", "isig", "icrnl", "opost"]) {
    assert.match(settings, new RegExp(`(?:^|\\s)${name}[\\s;]`), name);
  }
}

Deno.test("simrun status --watch shows what failed and why, moves by keys, and follows the window's size", async () => {
  await inTree(async (cwd) => {
    const pty = watch(cwd, { columns: 80, rows: 16 });
    await pty.sees(/failed {2}wrong .*x went bad/);
    await pty.sees(/30\/31 done · 1 failed/);
    await pty.sees(/\[failed 1\]/);
    await pty.type("c");
    await pty.sees(/\[completed 30\].* 1–\d of 30\n/);
    await pty.type("\x1b[6~");
    await pty.sees(/ (?:[6-9])–\d\d of 30\n/);
    await pty.type("/by: 17\r");
    await pty.sees(/\/by: 17 {2}1–1 of 1\n/);
    assert.equal(pty.screen.seen.filter((line) => line.includes("count/")).length, 1);
    await pty.resize(20, 5);
    await pty.sees(/^ {2}30\/31 · 1 failed\n[^]*wrong {2}x went/);
    pty.screen.overruns = 0;
    await pty.type("f\x1b");
    await pty.sees(/^ {2}30\/31 · 1 failed\n[^]*wrong {2}the mod/);
    assert.equal(pty.screen.overruns, 0);
    assert.ok(pty.screen.lines.length <= 5, "nothing is left of the larger window");
    await pty.resize(100, 30);
    await pty.sees(/simrun is working|No simrun is working/);
    await pty.type("q");
    const { status, settings } = await pty.ended();
    assert.equal(status, EXIT.completed.status);
    assertRestored(pty, settings);
    assert.equal(pty.screen.seen[0], `status=${status}`, "nothing of it is left on the screen");
  });
});

/** Ctrl-Z, and `fg`. */
async function stopAndGoOn(pty: Pty): Promise<void> {
  const { pid } = pty;
  await pty.type("\x1a");
  await until(() => !pty.screen.isSecondScreen, "the terminal is given back");
  await until(() => / T /.test(Deno.readTextFileSync(`/proc/${pid}/stat`)), "it is stopped");
  Deno.kill(pid, "SIGCONT");
  await until(() => pty.screen.isSecondScreen, "it is back");
  await pty.sees(/\[failed 1\]/);
}

Deno.test("simrun status --watch leaves the terminal as it was at Ctrl-Z, Ctrl-C, SIGTERM and when the tree vanishes", async () => {
  await inTree(async (cwd) => {
    const ends: readonly [how: (pty: Pty) => unknown, status: number][] = [
      [(pty) => pty.type("\x03"), EXIT.completed.status],
      [(pty) => Deno.kill(pty.pid, "SIGTERM"), EXIT.completed.status],
      [(pty) => Deno.kill(pty.pid, "SIGHUP"), EXIT.completed.status],
      [() => Deno.rename(join(cwd, "simruns"), join(cwd, "away")), EXIT.usage.status],
    ];
    for (const [how, wanted] of ends) {
      const pty = watch(cwd);
      await pty.sees(/\[failed 1\]/);
      if (how === ends[0]![0]) await stopAndGoOn(pty);
      await how(pty);
      const { status, settings } = await pty.ended();
      assert.equal(status, wanted);
      assertRestored(pty, settings);
      const isGone = wanted === EXIT.usage.status;
      const seen = pty.screen.seen.join("\n");
      assert.equal(/There is no tree at /.test(seen), isGone, seen);
    }
  });
});

Deno.test("simrun status --watch without keys, on a dumb terminal and in a pipe, has no screen of its own; --json has lines", async () => {
  await inTree(async (cwd) => {
    const deaf = watch(cwd, { behind: "< /dev/null" });
    await deaf.sees(/Ctrl-C ends it/);
    Deno.kill(deaf.pid, "SIGINT");
    assertRestored(deaf, (await deaf.ended()).settings);
    const plain = [{ env: { TERM: "dumb" } }, { behind: "| cat" }, { env: { CI: "1" } }];
    await Promise.all(plain.map(async (options) => {
      const pty = watch(cwd, options);
      await pty.sees(/x went bad/);
      // Another look: nothing has happened, so nothing is said.
      await sleep(1_500);
      Deno.kill(pty.pid, "SIGINT");
      await pty.ended();
      assert.ok(!pty.text.includes("\x1b"), JSON.stringify(options));
      assert.equal(pty.text.match(/x went bad/g)?.length, 1, JSON.stringify(options));
    }));
    await readsLines(cwd);
  });
});

/** A line of JSON each time, until nobody reads. */
async function readsLines(cwd: string): Promise<void> {
  const child = programCommand(["status", "--watch", "--json"], { cwd }).spawn();
  const lines: string[] = [];
  let rest = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    rest += text;
    const parts = rest.split("\n");
    rest = parts.pop()!;
    lines.push(...parts);
    if (lines.length >= 2) break;
  }
  for (const line of lines) assert.equal(JSON.parse(line).runs_failed, 1);
  assert.equal((await child.status).code, EXIT.completed.status);
  await child.stderr.cancel();
}
