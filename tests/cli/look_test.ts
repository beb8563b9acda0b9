/** What a scientist looks at after a run: results, series, exports; and what is checked before one. */
import assert from "node:assert/strict";
import { exportFormat } from "../../src/cli/export_checkpoint.ts";
import { EXIT } from "../../src/job/fault.ts";
import { COUNTER, simrun, withFolder } from "./program.ts";

const MODEL = `
export const params = { by: { default: 1 } };
export function init() { return { x: new Float64Array(3), n: 0 }; }
export function step(state, ctx) {
  if (ctx.params.by === 13 && ctx.step === 6) throw new Error("unlucky");
  state.x[0] += ctx.params.by;
  state.n++;
}
export function measure(state) { return { x: state.x[0] }; }
export function result(state) { return { x: state.x[0], time: 7 }; }
`;
const manifest = (by: string) =>
  `id: study\nmodel: ./m.js\nsteps: 10\nmeasure_every: 5\ncheckpoint_every: 5\n` +
  `sweep: { by: ${by} }\n`;

Deno.test("simrun results keeps the manifest's order and leaves earlier plans to --all", async () => {
  await withFolder({ "m.js": MODEL, "a.yaml": manifest("[3, 1, 2]") }, async (cwd) => {
    const by = async (...flags: string[]) => {
      const { out, err } = await simrun(["results", "--json", ...flags], { cwd });
      const rows: { parameters: { by: number } }[] = JSON.parse(out);
      return { by: rows.map(({ parameters }) => parameters.by), err };
    };
    await simrun(["-q", "a.yaml"], { cwd });
    assert.deepEqual(await by(), { by: [3, 1, 2], err: "" });
    await Deno.writeTextFile(`${cwd}/a.yaml`, manifest("[13, 2, 3]"));
    assert.equal((await simrun(["-q", "a.yaml"], { cwd })).code, EXIT.runsFailed.status);
    const now = await by();
    assert.deepEqual(now.by, [2, 3]);
    assert.match(now.err, /^2 of 3 runs; 1 failed\.\nfailed {2}study/);
    assert.match(now.err, /1 result of earlier plans: simrun results --all/);
    assert.deepEqual((await by("--all")).by, [2, 3, 1]);

    await Deno.writeTextFile(`${cwd}/m.js`, MODEL.replace("time: 7", "time: 8"));
    await simrun(["-q", "a.yaml"], { cwd });
    const older = await simrun(["results"], { cwd });
    assert.match(older.out, /took +model +x +time\n.* older +20 +7\n/);
    assert.match(older.err, /2 of 2 rows were computed by an older version of the model/);
  });
});

Deno.test("simrun results and status refuse a selector that stands for nothing", async () => {
  await withFolder({ "m.js": MODEL, "a.yaml": manifest("[1, 2]") }, async (cwd) => {
    await simrun(["-q", "a.yaml"], { cwd });
    for (const command of ["results", "status", "series"]) {
      const { code, err } = await simrun([command, "studdy"], { cwd });
      assert.equal(code, EXIT.usage.status, command);
      assert.match(err, /Did you mean study\?/, command);
      assert.equal((await simrun([command, "study"], { cwd })).code, 0, command);
    }
    assert.equal((await simrun(["status", "failed"], { cwd })).code, 0);
  });
});

Deno.test("simrun series prints one run as measured, several in long form, a failed one as far as it came", async () => {
  await withFolder({ "m.js": MODEL, "a.yaml": manifest("[2, 13]") }, async (cwd) => {
    await simrun(["-q", "a.yaml"], { cwd });
    const long = await simrun(["series", "study"], { cwd });
    const lines = long.out.split("\r\n").map((line) => line.replace(/^study,\w+,/, ""));
    assert.deepEqual(lines, [
      "job,run,by,step,x",
      "2,0,0",
      "2,5,10",
      "2,10,20",
      "13,0,0",
      "13,5,65",
      "",
    ]);
    const name = /^study,\w+/m.exec(long.out)![0].replace(",", "/");
    const one = await simrun(["series", name], { cwd });
    assert.equal(one.out, "step,x\r\n0,0\r\n5,10\r\n10,20\r\n");
    const json = JSON.parse((await simrun(["series", name, "--format", "json"], { cwd })).out);
    assert.deepEqual(json, [{ step: 0, x: 0 }, { step: 5, x: 10 }, { step: 10, x: 20 }]);
  });
});

Deno.test("simrun validate tells mistakes of manifest, model, parameters and inputs at once; so does run", async () => {
  const bad = "jobs:\n- {id: a, model: ./m.js, steps: 5, parameters: {buy: 1}}\n" +
    "- {id: b, model: ./m.js, stepz: 5}\n" +
    "- {id: c, model: ./gone.js, steps: 5}\n" +
    "- {id: d, model: ./m.js, steps: 5, inputs: {data: ./gone.dat}}\n";
  await withFolder({ "m.js": MODEL, "a.yaml": bad }, async (cwd) => {
    for (const command of ["validate", "run"]) {
      const { code, err } = await simrun([command, "a.yaml"], { cwd });
      assert.equal(code, EXIT.usage.status);
      assert.match(err, /"buy"[^]*"stepz"[^]*gone\.js[^]*gone\.dat/, "from top to bottom");
    }
    const text = (await simrun(["validate", "--syntax", "a.yaml"], { cwd })).err;
    assert.match(text, /"stepz"/);
    assert.doesNotMatch(text, /buy|gone/);
    await assert.rejects(Deno.stat(`${cwd}/simruns`), "nothing is written");
  });
});

Deno.test("exportFormat() goes by the name and refuses a contradiction", () => {
  assert.equal(exportFormat("q.npy", undefined), "npy");
  assert.equal(exportFormat("state/", undefined), "npy");
  assert.equal(exportFormat("q.safetensors", undefined), "safetensors");
  assert.equal(exportFormat("q", "npy"), "npy");
  assert.throws(() => exportFormat("q.npz", undefined), /does not tell in which format/);
  assert.throws(() => exportFormat("q.npy", "safetensors"), /contradicts/);
  assert.throws(() => exportFormat("state/", "safetensors"), /contradicts/);
});

Deno.test("simrun checkpoints export writes what the name of the file says", async () => {
  await withFolder({ "m.js": MODEL, "a.yaml": manifest("[13]") }, async (cwd) => {
    await simrun(["-q", "a.yaml"], { cwd });
    const { code, err } = await simrun(["checkpoints", "export", "study", "-o", "q.npy"], { cwd });
    assert.equal(code, 0, err);
    const head = (await Deno.readFile(`${cwd}/q.npy`)).subarray(1, 6);
    assert.equal(new TextDecoder().decode(head), "NUMPY");
  });
});

Deno.test("simrun tells of output that cannot be written, with the status of a full disk", async () => {
  await withFolder({ "m.js": MODEL, "a.yaml": manifest("[1]") }, async (cwd) => {
    await simrun(["-q", "a.yaml"], { cwd });
    const main = new URL("../../main.ts", import.meta.url).pathname;
    const line = `'${Deno.execPath()}' run -A --no-check --quiet '${main}' results > /dev/full`;
    const { code, stderr } = await new Deno.Command("sh", { args: ["-c", line], cwd }).output();
    assert.equal(code, EXIT.noSpace.status);
    const text = new TextDecoder().decode(stderr);
    assert.match(text, /the disk is full/);
    assert.doesNotMatch(text, /mistake in simrun/);
  });
});

Deno.test("simrun validate refuses memory that run would refuse, in the same words; --syntax does not look", async () => {
  const files = {
    "counter.js": COUNTER,
    "huge.yaml": "id: huge\nmodel: ./counter.js\nsteps: 3\nmemory: 900TiB\n",
  };
  await withFolder(files, async (cwd) => {
    const validated = await simrun(["validate", "huge.yaml"], { cwd });
    assert.equal(validated.code, EXIT.usage.status);
    assert.match(validated.err, /^huge\.yaml:4:9: error: A run of job huge needs /);
    const ran = await simrun(["run", "huge.yaml"], { cwd });
    assert.deepEqual([ran.code, ran.err], [validated.code, validated.err]);
    assert.equal((await simrun(["validate", "--syntax", "huge.yaml"], { cwd })).code, 0);
  });
});
