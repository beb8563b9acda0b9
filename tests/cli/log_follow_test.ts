/** What `simrun logs -f` tells when lines of the journal were taken back under it: what came in their place, and nothing twice. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { CliContext } from "../../src/cli/context.ts";
import { followLogs } from "../../src/cli/log_follow.ts";
import { inFolder } from "../helpers/folder.ts";
import { append, makeTree } from "../metrics/fixtures.ts";
import { completed, planned, SESSION, started } from "../report/fixtures.ts";

const FLAGS = {
  tree: undefined,
  json: true,
  quiet: false,
  debug: false,
  follow: true,
  lines: undefined,
  since: undefined,
};

Deno.test("simrun logs -f tells what comes in the place of lines that were taken back, and nothing a second time", () =>
  inFolder(async (folder) => {
    const layout = await makeTree(join(folder, "simruns"));
    const ends = (run: string) => completed("climate", run, 1, { log: `of ${run}\n` });
    await append(layout, [
      SESSION,
      planned("climate", 3),
      started("climate", ["a", "b", "c"]),
      ends("a"),
    ]);
    const before = await Deno.readFile(layout.journal);
    await append(layout, [ends("b")]);
    const withB = await Deno.readFile(layout.journal);
    await Deno.writeFile(layout.journal, before);
    await append(layout, [ends("c")]);
    const withC = await Deno.readFile(layout.journal);
    await Deno.writeFile(layout.journal, withB);

    let text = "";
    const stdout = { write: (more: string) => text += more, color: false, isTerminal: false };
    const context = {
      cwd: folder,
      env: () => undefined,
      stdout,
      stderr: stdout,
      now: () => new Date(),
      clockMs: () => {
        // Between its first look and the second: a group that could not be synced is cut off, and another one comes.
        Deno.writeFileSync(layout.journal, withC);
        return performance.now();
      },
    } as unknown as CliContext;
    assert.equal(await followLogs(context, FLAGS, ["all"]), 0);
    const told = text.trimEnd().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(told.flatMap(({ line }) => line ?? []), ["of c"]);
    assert.deepEqual(told.at(-1)?.event, "ended");
  }));
