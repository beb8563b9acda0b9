/** The dashboard in Chromium: every view and action at desktop and phone size, accessible and without an error. */
import assert from "node:assert/strict";
import { inFolder } from "../helpers/folder.ts";
import { leavesNoProcess } from "../helpers/processes.ts";
import { startSimrun } from "../helpers/program.ts";
import { inBrowser, isWithoutBrowser, named } from "./browser.ts";
import { addressSaid, sharedTree, withShown, workedTree } from "./shown_tree.ts";

/** Set to a folder to look at the pictures. */
const SHOTS = Deno.env.get("DASHBOARD_SHOTS");

async function play(script: string, url: string): Promise<Record<string, unknown>> {
  const found = await inBrowser(script, { url, ...SHOTS === undefined ? {} : { shots: SHOTS } });
  assert.deepEqual(found.errors, []);
  return found;
}

Deno.test({
  name: named("every view of the dashboard is accessible and fits a desktop and a phone"),
  ignore: isWithoutBrowser,
  fn: () =>
    leavesNoProcess(async () => {
      await withShown(await sharedTree(), [], async ({ url }) => {
        await play("views", url);
        const { text } = await play("minute", url);
        const said = String(text);
        assert.match(said, /15 of 16 runs done, 1 failed/);
        assert.match(said, /No simrun is working/);
        assert.match(said, /the model threw an error: x left the <b>table<\/b> at drive 3/);
        assert.match(said, /Results so far/);
        assert.match(said, /completed on first attempt\s+15/);
        await play("table", url);
      });
    }),
});

Deno.test({
  name: named(
    "the dashboard's buttons pause, continue, cancel after a question, retry and set priorities",
  ),
  ignore: isWithoutBrowser,
  fn: () =>
    inFolder((folder) =>
      leavesNoProcess(async () => {
        const worked = await workedTree(folder);
        try {
          await withShown(worked.tree, ["--control"], ({ url }) =>
            play("control", url).then(() => {}));
        } finally {
          await worked.end();
        }
      })
    ),
});

Deno.test({
  name: named("resume --dashboard shows in a browser what goes on"),
  ignore: isWithoutBrowser,
  fn: () =>
    inFolder((folder) =>
      leavesNoProcess(async () => {
        const { tree, end } = await workedTree(folder);
        await end();
        const words = ["resume", "--tree", tree, "-j", "2", "--dashboard"];
        const child = startSimrun(words, { stderr: "piped" });
        try {
          const { url, said } = await addressSaid(child);
          const { text } = await play("look", url);
          assert.match(String(text), /simrun is working on .*, 2 slots/);
          assert.match(String(text), /Running now 2/);
          assert.match(String(text), /simrun ended, before everything was done/);
          await said.cancel();
        } finally {
          child.kill("SIGINT");
          await child.status;
        }
      })
    ),
});
