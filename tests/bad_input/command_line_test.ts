/** Wrong words on the command line, streams that close or fill up, an environment that holds nothing. */
import assert from "node:assert/strict";
import { inFolder } from "../helpers/folder.ts";
import { fromFileUrl } from "../helpers/program.ts";
import { attack, noneLeft, placeAll, resultsOf } from "./attack.ts";

const FILES = {
  "ok.yaml": "id: ok\nmodel: m.ts\nsteps: 10\nsweep: {a: {from: 1, to: 5000, count: 5000}}\n",
  "m.ts": "export function step() {}\nexport const result = (_, c) => c.params.a;",
};

Deno.test("wrong words are told with what would be right", async () => {
  await inFolder(async (folder) => {
    await placeAll(folder, FILES);
    for (
      const [words, said] of [
        ["ok.yaml --unknown-flag", "simrun run has no flag --unknown-flag."],
        [
          "ok.yaml -j 0",
          '-j takes a number of slots, a part of the cores or all but some, not "0".',
        ],
        [
          "ok.yaml -j abc",
          '-j takes a number of slots, a part of the cores or all but some, not "abc".',
        ],
        ["ok.yaml --tree", "--tree needs a value."],
        ["ok.yaml --tree=", "--tree needs a value."],
        ["frobnicate", '"frobnicate" is neither a command of simrun nor a file.'],
        ["status", `There is no tree at ${folder}/simruns.`],
        ["resume --tree nowhere", `There is no tree at ${folder}/nowhere.`],
      ] as const
    ) {
      const { status, stderr } = await attack(folder, words.split(" "));
      assert.equal(status, 2, words);
      assert.equal(stderr.split("\n")[0], `error: ${said}`);
    }
    const unset = await attack(folder, ["ok.yaml", "--tree", ""]);
    assert.match(unset.stderr, /^error: --tree needs a value\./, "a variable that is not set");
    await assert.rejects(Deno.stat(`${folder}/simruns`), Deno.errors.NotFound);
  });
});

Deno.test("output that nobody reads, or that finds no space, ends in peace", async () => {
  await inFolder(async (folder) => {
    await placeAll(folder, FILES);
    const ran = await attack(folder, ["ok.yaml", "-j", "1000"]);
    assert.match(ran.stderr, /^note: 1000 slots on \d+ cores would only wait for each other/);
    for (
      const [line, status, said] of [
        ["$S results | head -1; exit ${PIPESTATUS[0]}", 0, /^$/],
        ["$S status | true; exit ${PIPESTATUS[0]}", 0, /^$/],
        ["$S results --json | head -c 10 >&2; exit ${PIPESTATUS[0]}", 0, /^\[/],
        ["$S results > /dev/full", 5, /^error: The output cannot be written: the disk is full\.\n/],
        ["$S ok.yaml --tree t1 >&- 2>&-", 0, /^$/],
        ["$S ok.yaml --tree t2 2> /dev/full", 0, /^$/],
        ["$S ok.yaml --tree t3 <&- 2>&1 | true; exit ${PIPESTATUS[0]}", 0, /^$/],
        ['env -i SIMRUN_TEST_ATTACK="$PWD" $S ok.yaml -q --tree t4', 0, /^$/],
      ] as const
    ) {
      const told = await shell(folder, line);
      assert.deepEqual([told.code, line], [status, line], told.stderr);
      assert.match(told.stderr, said, line);
    }
    await noneLeft(folder);
    const whole = await resultsOf(folder);
    assert.equal(Object.keys(whole).length, 5000);
    for (const tree of ["t1", "t2", "t3", "t4"]) {
      assert.deepEqual(await resultsOf(folder, tree), whole);
    }
  });
});

async function shell(folder: string, line: string): Promise<{ code: number; stderr: string }> {
  const main = fromFileUrl(new URL("../../main.ts", import.meta.url));
  const simrun = `${Deno.execPath()} run -A --quiet --no-check ${main}`;
  const { code, stderr } = await new Deno.Command("bash", {
    cwd: folder,
    args: ["-c", line.replace("$S", simrun)],
    env: { NO_COLOR: "1", SIMRUN_TEST_ATTACK: folder },
  }).output();
  return { code, stderr: new TextDecoder().decode(stderr) };
}
