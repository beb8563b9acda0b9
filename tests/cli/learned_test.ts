/** What a person is told of what the runs in a tree have taught, by the real program. */
import assert from "node:assert/strict";
import { simrun, withFolder } from "./program.ts";

const MODEL = `
export function init() { return { x: new Float64Array(3e5), n: 0 }; }
export function step(state) {
  const end = performance.now() + 10;
  while (performance.now() < end) state.n = (state.n + 1) % 1e6;
}
export function result() { return {}; }
`;
const manifest = (every: string, count: number) =>
  `id: field\nmodel: ./m.js\nsteps: 60\ncheckpoint_every: ${every}\n` +
  `sweep: { i: { from: 1, to: ${count}, count: ${count} } }\n`;

Deno.test("simrun run -n and explain tell what was learned", async () => {
  await withFolder({ "m.js": MODEL, "a.yaml": manifest("auto", 3) }, async (cwd) => {
    const nothing = await simrun(["run", "-n", "a.yaml"], { cwd });
    assert.doesNotMatch(nothing.out, /takes about|checkpoints:/);
    await Deno.writeTextFile(`${cwd}/a.yaml`, manifest("100ms", 3));
    assert.equal((await simrun(["-q", "-j", "1", "a.yaml"], { cwd })).code, 0);

    await Deno.writeTextFile(`${cwd}/a.yaml`, manifest("auto", 9));
    const plan = await simrun(["run", "-n", "-j", "2", "a.yaml"], { cwd });
    assert.match(
      plan.out,
      /field +checkpoints: about every \d+ \w+: one takes .*s, a failure a day/,
    );
    const { out } = await simrun(["run", "-n", "-j", "2", "--json", "a.yaml"], { cwd });
    const { eta_low_seconds: low, eta_high_seconds: high, learned } = JSON.parse(out);
    // Six runs of 0.6 s at least, on two slots.
    assert.ok(low > 0.9 && low < high, `${low} ${high}`);
    assert.equal(learned.field.runs, 3);
    assert.ok(learned.field.checkpoint_bytes > 2.4e6, JSON.stringify(learned));
    assert.ok(learned.field.peak_memory_bytes > 10e6, JSON.stringify(learned));

    // One failure in the hour that it has is more than one a day.
    const limited = await simrun(["run", "-n", "--time-limit", "1h", "--json", "a.yaml"], { cwd });
    const field = JSON.parse(limited.out).learned.field;
    assert.ok(field.checkpoint_every_seconds < learned.field.checkpoint_every_seconds / 2);

    const [run] = JSON.parse((await simrun(["results", "--json"], { cwd })).out);
    const story = await simrun(["explain", `field/${run.run}`], { cwd });
    assert.match(story.out, /completed 60 steps in .* with up to \d+ MB/);
    assert.match(story.out, /Learned from the runs in this tree:\n/);
    assert.match(story.out, /^ {2}a run +.*, by 3 runs of its model$/m);
    assert.match(story.out, /^ {2}failures +none in .* of work on the tree$/m);
    assert.match(story.out, /^ {2}memory +up to \d+ MB$/m);
    const json = JSON.parse((await simrun(["explain", "--json", `field/${run.run}`], { cwd })).out);
    assert.equal(json.learned.runs, 3);
    assert.equal(json.learned.crashes, 0);
  });
});
