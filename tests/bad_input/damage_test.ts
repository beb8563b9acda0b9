/** Trees in which something is torn, rotten, gone or foreign: a resume says so and comes to the same results. */
import assert from "node:assert/strict";
import { inFolder } from "../helpers/folder.ts";
import { until } from "../helpers/processes.ts";
import { attack, endOf, placeAll, resultsOf, startAttack } from "./attack.ts";

/** Numbers that JSON does not have, in the state as plain values and in an array; 0.1 ms a step. */
const MODEL = `
export function init() {
  return { x: 0, n: NaN, i: -Infinity, z: -0, sub: 5e-324, a: new Float64Array([-NaN, -0, 1 / 0, 5e-324]) };
}
export function step(s, ctx) {
  s.x += ctx.rng.uniform();
  for (const end = performance.now() + 0.1; performance.now() < end;);
}
export const measure = (s) => ({ x: s.x });
export const result = (s) => ({ ...s, bits: new Uint32Array(s.a.buffer) });
`;

/** What is done to a tree, and what the resume says of it. `$` is the run's folder of checkpoints. */
const DAMAGES: readonly (readonly [name: string, shell: string, said: RegExp])[] = [
  ["nothing", "true", /goes on at step [\d,]+\n/],
  [
    "the newest checkpoint is torn",
    "truncate -s 100 $(ls $K/* | tail -1)",
    /is not used: it is torn: 100 of \d+ bytes\n/,
  ],
  [
    "the newest checkpoint is rotten",
    "printf '\\xff' | dd of=$(ls $K/* | tail -1) bs=1 seek=300 conv=notrunc",
    /is not used: its checksum does not match\n/,
  ],
  [
    "all checkpoints are bad",
    "for f in $K/*; do echo x > $f; done",
    /: begins anew; checkpoint step-\d+\.ckpt is not used: it is torn: 2 bytes \(and \d more\)\n/,
  ],
  [
    "a checkpoint is of another run",
    "cp other/checkpoints/run/run/step-000000001500.ckpt $K/step-000000002999.ckpt",
    /is not used: it was computed with other parameters|is not used: it belongs to|is not used: it is of step/,
  ],
  ["a checkpoint is a link", "ln -s /etc/passwd $K/step-000000002999.ckpt", /goes on at step/],
  ["the checkpoints are gone", "rm -r tree/checkpoints", /^Done: 1 run in /m],
  ["temporaries were left", "touch $K/.tmp-abc tree/hot/.tmp-x", /goes on at step/],
  ["the journal is torn", "truncate -s -50 tree/hot/journal.jsonl", /goes on at step/],
  [
    "garbage in the middle of the journal",
    "sed -i '3i garbage' tree/hot/journal.jsonl",
    /note: .*the journal is damaged at \S+journal\.jsonl, line 3: it has no checksum/,
  ],
  [
    "a changed line of the journal",
    "sed -i '4s/run/rum/' tree/hot/journal.jsonl",
    /line 4: its checksum does not match its content/,
  ],
  [
    "the series is gone",
    "rm -r tree/recent",
    /begins anew; checkpoint \S+ is not used: its series is missing/,
  ],
  [
    "owner and picture are garbage",
    "echo x | tee tree/hot/owner.json > tree/hot/live.json",
    /goes on at step/,
  ],
];

Deno.test("a damaged tree is told of, and its results are those of one left alone", async () => {
  await inFolder(async (folder) => {
    await placeAll(folder, {
      "run.yaml":
        "id: run\nmodel: run.ts\nsteps: 3000\ncheckpoint_every: 250\nmeasure_every: 100\n",
      "other.yaml":
        "id: run\nmodel: run.ts\nseed: 1\nsteps: 1500\ncheckpoint_every: 250\nmeasure_every: 100\n",
      "run.ts": MODEL,
    });
    assert.equal((await attack(folder, ["run.yaml", "-q", "--tree", "gold"])).status, 0);
    assert.equal((await attack(folder, ["other.yaml", "-q", "--tree", "other"])).status, 0);
    const gold = await resultsOf(folder, "gold");
    const series = await Deno.readTextFile(`${folder}/gold/recent/run/run/series.csv`);

    for (let tries = 1;; tries++) {
      const stopped = startAttack(folder, ["run.yaml", "--tree", "base"]);
      await until(
        () => namesIn(`${folder}/base/checkpoints/run/run`).length >= 3,
        "three checkpoints",
      );
      stopped.kill("SIGUSR2");
      if ((await endOf(stopped, folder)).status === 75) break;
      // On a busy machine it comes to its end before it hears the signal.
      assert.ok(tries < 5, "it is never stopped in time");
      await Deno.remove(`${folder}/base`, { recursive: true });
    }

    for (const [name, line, said] of DAMAGES) {
      await shell(folder, `rm -rf tree; cp -a base tree; K=tree/checkpoints/run/run; ${line}`);
      const { status, stderr } = await attack(folder, ["resume", "--tree", "tree"]);
      assert.equal(status, 0, `${name}: ${stderr}`);
      assert.match(stderr, said, name);
      assert.deepEqual(await resultsOf(folder, "tree"), gold, name);
      assert.equal(
        await Deno.readTextFile(`${folder}/tree/recent/run/run/series.csv`),
        series,
        name,
      );
    }
  });
});

Deno.test("a tree without its journal asks for the manifests, and goes on from its checkpoints", async () => {
  await inFolder(async (folder) => {
    await placeAll(folder, {
      "run.yaml": "id: run\nmodel: run.ts\nsteps: 1e9\ncheckpoint_every: 100ms\n",
      "run.ts": MODEL,
    });
    const stopped = startAttack(folder, ["run.yaml"]);
    const names = () => namesIn(`${folder}/simruns/checkpoints/run/run`);
    await until(() => names().some((name) => name.endsWith(".ckpt")), "a checkpoint");
    stopped.kill("SIGKILL");
    await endOf(stopped, folder).catch(() => {});
    await shell(
      folder,
      "rm -r simruns/hot; find simruns -name '.tmp-*' -delete; sed -i s/1e9/6000/ run.yaml",
    );
    const blind = await attack(folder, ["resume"]);
    assert.deepEqual([blind.status, blind.stderr], [
      2,
      "error: The journal does not know run, of which there are unfinished runs.\n" +
      "       Run the manifests again, e.g. simrun jobs/*.yaml: the runs go on from their checkpoints.\n",
    ]);
    const told = await attack(folder, ["run.yaml"]);
    assert.equal(told.status, 0, told.stderr);
    assert.match(told.stderr, /run: goes on at step/);
  });
});

Deno.test("verify names what is damaged, and --repair sets it aside and keeps the rest", async () => {
  await inFolder(async (folder) => {
    await placeAll(folder, {
      "run.yaml": "id: run\nmodel: run.ts\nsteps: 3000\ncheckpoint_every: 1000\n",
      "run.ts": MODEL,
    });
    assert.equal((await attack(folder, ["run.yaml", "-q"])).status, 0);
    const sound = await attack(folder, ["verify"]);
    assert.deepEqual([sound.status, sound.stdout], [0, ""]);
    assert.match(sound.stderr, /^Sound: \d+ events in the journal, 3 checkpoints, .*\.\n$/);

    await shell(folder, "sed -i '3i garbage' simruns/hot/journal.jsonl");
    const bad = await attack(folder, ["verify"]);
    assert.deepEqual([bad.status, bad.stdout], [
      1,
      "hot/journal.jsonl, line 3: it has no checksum; --repair sets it aside and keeps the rest\n",
    ]);
    assert.match(bad.stderr, /\n {7}simrun verify --repair mends what can be mended/);

    const repaired = await attack(folder, ["verify", "--repair"]);
    assert.equal(repaired.status, 0, repaired.stderr);
    assert.equal(repaired.stdout, "mended hot/journal.jsonl, line 3: it has no checksum\n");
    assert.match(repaired.stderr, /^Mended 1 place; .*\nSound: /);
    const [aside] = [...Deno.readDirSync(`${folder}/simruns/quarantine`)];
    const kept = await Deno.readTextFile(`${folder}/simruns/quarantine/${aside!.name}`);
    assert.equal(kept, "garbage\n");
  });
});

async function shell(folder: string, line: string): Promise<void> {
  const { success, stderr } = await new Deno.Command("bash", { cwd: folder, args: ["-c", line] })
    .output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

function namesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name)
      .filter((name) => name.endsWith(".ckpt"));
  } catch {
    return [];
  }
}
