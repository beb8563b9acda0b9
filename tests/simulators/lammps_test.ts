/** The template `lammps`, run by LAMMPS itself: what it computes, and that a kill changes none of its bits. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { inFolder } from "../helpers/folder.ts";
import { leavesNoProcess } from "../helpers/processes.ts";
import { cases, isTorture } from "../helpers/torture.ts";
import { assertNear, everything, killAll, namesBelow, needing, Study } from "./study.ts";

const { ignore, named } = needing(["lmp", "-help"], "lammps");
const SHORT = isTorture ? {} : { "10_000": "6_000", "[1.44, 2.0]": "[1.44]" };

Deno.test({
  name: named(
    "simrun init lammps: killed with its slots and resumed, the melt ends in the same bits",
  ),
  ignore,
  async fn() {
    await inFolder((folder) =>
      leavesNoProcess(async () => {
        const study = await Study.begin(folder, "lammps", SHORT);
        await study.run();
        await study.assertFinished();
        const [run] = namesBelow(study.tree(), "recent").filter((name) => name.endsWith(".dump"));
        assertMelted(Deno.readTextFileSync(join(study.tree(), run!)), await study.rows());

        const killed = study.tree("killed");
        await study.interrupt(killed, cases({ short: 1, long: 4 }), killAll);
        assert.deepEqual(await everything(killed), await everything(study.tree()));
        if (!isTorture) assert.match(await study.log(killed), /Reading restart file/);
        await study.assertFinished(killed);
      })
    );
  },
});

/** 1372 atoms; half of the kinetic energy has gone into the potential, and none was lost. */
function assertMelted(dump: string, rows: Awaited<ReturnType<Study["rows"]>>): void {
  assert.match(dump, /ITEM: NUMBER OF ATOMS\n1372\n/);
  const atoms = dump.trimEnd().split("\n").slice(9).map((line) => line.split(" ").map(Number));
  assert.equal(atoms.length, 1372);
  const squares = atoms.reduce((sum, [, , , , x, y, z]) => sum + x! ** 2 + y! ** 2 + z! ** 2, 0);
  const [{ parameters, result }] = rows as [typeof rows[number]];
  const temperature = squares / (3 * (atoms.length - 1));
  assert.ok(temperature > 0.4 * parameters.T! && temperature < 0.6 * parameters.T!);
  const perfect = -6.7733680532535745;
  assertNear(result.energy!, perfect + 1.5 * parameters.T! * 1371 / 1372, 0.005, "energy");
  assert.ok(result.pressure! > 0.3 && result.pressure! < 1.2);
}
