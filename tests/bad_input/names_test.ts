/** Folders and files whose names hold all that a URL, a shell or a pattern could trip over. */
import assert from "node:assert/strict";
import { inFolder } from "../helpers/folder.ts";
import { attack, placeAll, resultsOf } from "./attack.ts";

const MODEL = `models #?/he at?%20#'"$x.ts`;

Deno.test("names with spaces, quotes, #, ?, % and beyond ASCII are names like others", async () => {
  await inFolder(async (top) => {
    const folder = `${top}/ü n/it's #1?/%20 "q" (x)`;
    await Deno.mkdir(folder, { recursive: true });
    await placeAll(folder, {
      "ma ni#fest?.yaml": `id: odd\nmodel: ${JSON.stringify(MODEL)}\nsteps: 10\n` +
        `inputs: { file: "in put/a b#?.txt", js: "in put/j.json" }\nsweep: { bad: [0, 1] }\n`,
      [MODEL]: `import { k } from "./né bo%23r%2520.ts";
import d from "./d ä.json" with { type: "json" };
export function init(ctx) {
  const { file, js } = ctx.inputs;
  return { x: 0, text: file.text(), a: js.json().a, bytes: file.bytes().length };
}
export function step(state, ctx) {
  if (ctx.params.bad && ctx.step === 4) throw new Error("bäd");
  state.x += k + d.k;
}
export function result(state) { return state; }
`,
      "models #?/né bo#r%20.ts": "export const k = 1;",
      "models #?/d ä.json": '{"k": 2}',
      "in put/a b#?.txt": "hello ü",
      "in put/j.json": '{"a": 7}',
    });
    const { status, stderr } = await attack(folder, ["ma ni#fest?.yaml", "--tree", "tr ee#%20'ü"]);
    assert.equal(status, 3);
    assert.match(
      stderr,
      /: the model threw an error at step 4: bäd \(models #\?\/he at\?%20#'"\$x\.ts:8:47\)\n/,
    );
    assert.match(stderr, /^simrun results --tree 'tr ee#%20'\\''ü' /m, "can be typed as it stands");
    const [result] = Object.values(await resultsOf(folder, "tr ee#%20'ü"));
    assert.deepEqual(result, { steps: 10, result: { x: 30, text: "hello ü", a: 7, bytes: 8 } });

    // What the model imports belongs to what it is, whatever it is called.
    await Deno.writeTextFile(`${folder}/models #?/né bo#r%20.ts`, "export const k = 2;");
    const changed = await attack(folder, [
      "run",
      "-n",
      "ma ni#fest?.yaml",
      "--tree",
      "tr ee#%20'ü",
    ]);
    assert.match(changed.stdout, /model/);
  });
});

Deno.test("inputs that are missing, folders or without end are refused with their place", async () => {
  await inFolder(async (folder) => {
    await placeAll(folder, {
      "jobs.yaml":
        "id: a\nmodel: m.ts\nsteps: 1\ninputs:\n  gone: gone.txt\n  folder: .\n  zero: /dev/zero\n",
      "m.ts": "export function step() {}",
    });
    const { status, stderr } = await attack(folder, ["jobs.yaml"]);
    assert.equal(status, 2);
    const said = stderr.split("\n").filter((line) => line.startsWith("jobs.yaml:"));
    assert.deepEqual(said, [
      `jobs.yaml:5:9: error: Input gone of job a: There is no file ${folder}/gone.txt`,
      `jobs.yaml:6:11: error: Input folder of job a: ${folder} is a folder, not a file`,
      "jobs.yaml:7:9: error: Input zero of job a: /dev/zero is a pipe or a device, not a file",
    ]);
  });
});
