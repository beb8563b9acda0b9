/**
 * T2: the shipped climate and Ising campaigns, killed with -9 again and again, resumed, and compared with the
 * same campaigns left alone. `SIMRUN_KILLS=2000 SIMRUN_SEED=7` repeats it longer or exactly.
 */
import assert from "node:assert/strict";
import { inFolder } from "../helpers/folder.ts";
import { leavesNoProcess } from "../helpers/processes.ts";
import { fromFileUrl, simrun, startSimrun } from "../helpers/program.ts";
import { cases, seeded, seedOf } from "../helpers/torture.ts";

const KILLS = Number(Deno.env.get("SIMRUN_KILLS") ?? cases({ short: 2, long: 120 }));
const SEED = seedOf();
/** A kill comes so many milliseconds after the start: while it opens, runs, saves or ends. */
const KILL_AFTER_MS = { min: 100, max: 1500 };

const MANIFESTS = ["climate.yaml", "ising.yaml"].map((name) =>
  fromFileUrl(new URL(`../../jobs/${name}`, import.meta.url))
);

Deno.test(`resume after ${KILLS} kills gives the results of campaigns left alone (seed ${SEED})`, () =>
  inFolder((folder) =>
    leavesNoProcess(async () => {
      const alone = `${folder}/alone`;
      const killed = `${folder}/killed`;
      const golden = await simrun(["run", ...MANIFESTS, "--tree", alone, "-q"]);
      assert.equal(golden.status, 0, golden.stderr);

      const random = seeded(SEED);
      let kills = 0;
      let command = ["run", ...MANIFESTS];
      // A campaign that ends before its kill is begun again in a new tree: all kills are real ones.
      for (let round = 0; kills < KILLS; round++) {
        const tree = `${killed}-${round}`;
        command = ["run", ...MANIFESTS];
        for (let done = false; !done;) {
          const process = startSimrun([...command, "--tree", tree, "-q"]);
          if (kills < KILLS) {
            const { min, max } = KILL_AFTER_MS;
            const timer = setTimeout(
              () => process.kill("SIGKILL"),
              min + random.next() * (max - min),
            );
            const { signal, code } = await process.status;
            clearTimeout(timer);
            if (signal === "SIGKILL") kills++;
            else assert.equal(code, 0, `kill ${kills}, seed ${SEED}`);
            done = signal !== "SIGKILL";
          } else {
            const { code } = await process.status;
            assert.equal(code, 0, `last resume, seed ${SEED}`);
            done = true;
          }
          // A kill before anything was planned leaves nothing to resume: then it is simply run again.
          const planned = await simrun(["status", "--json", "--tree", tree]);
          const jobs = planned.status === 0 ? JSON.parse(planned.stdout).jobs : {};
          command = Object.keys(jobs).length === 4 ? ["resume"] : ["run", ...MANIFESTS];
        }
        assert.equal(await outcomeOf(tree), await outcomeOf(alone), `round ${round}, seed ${SEED}`);
      }
      assert.equal(kills, KILLS);
    })
  ));

/** All that must not depend on interruptions: parameters, steps, endings, results and series. */
async function outcomeOf(tree: string): Promise<string> {
  const { stdout, status, stderr } = await simrun(["results", "--json", "--tree", tree]);
  assert.equal(status, 0, stderr);
  const rows = JSON.parse(stdout) as Record<string, unknown>[];
  for (const row of rows) for (const key of ["ms", "attempt", "duration_ms"]) delete row[key];
  const series: string[] = [];
  for (const job of ["climate_2030", "climate_2040", "climate_2050"]) {
    series.push(await Deno.readTextFile(`${tree}/recent/${job}/${job}/series.csv`));
  }
  return JSON.stringify(rows, null, 1) + series.join("\n");
}
