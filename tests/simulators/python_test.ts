/** The template `python`, run with numpy: what it computes, and that no way to stop it changes any of its bits. */
import assert from "node:assert/strict";
import { inFolder } from "../helpers/folder.ts";
import { leavesNoProcess } from "../helpers/processes.ts";
import { cases, isTorture } from "../helpers/torture.ts";
import { everything, killAll, needing, type Row, Study } from "./study.ts";

const { ignore, named } = needing(["python3", "-c", "import numpy"], "python3 with numpy");
const SHORT = isTorture ? {} : { "[0.5, 1, 2, 4]": "[1]", "50_000": "25_000" };

Deno.test({
  name: named("simrun init python: killed or stopped and resumed, it ends in the same bits"),
  ignore,
  async fn() {
    await inFolder((folder) =>
      leavesNoProcess(async () => {
        const study = await Study.begin(folder, "python", SHORT);
        await study.run();
        await study.assertFinished();
        for (const row of await study.rows()) assertTrapped(row);
        const golden = await everything(study.tree());

        const killed = study.tree("killed");
        await study.interrupt(killed, cases({ short: 1, long: 6 }), killAll);
        assert.deepEqual(await everything(killed), golden);
        await study.assertFinished(killed);

        const stopped = study.tree("stopped");
        await study.interrupt(stopped, cases({ short: 1, long: 6 }), stop);
        assert.deepEqual(await everything(stopped), golden);
        await study.assertFinished(stopped);
      })
    );
  },
});

/** Ctrl-C: the script is asked to end, and saves. */
async function stop(running: Deno.ChildProcess): Promise<void> {
  running.kill("SIGINT");
  assert.equal((await running.status).code, 130);
}

/** Of Euler's steps the mean square is D/(k·(1 − k·dt/2)); five times its error is never reached. */
function assertTrapped({ parameters, result }: Row): void {
  const { stiffness, diffusion, dt, particles } = parameters as Record<string, number>;
  const expected = diffusion! / (stiffness! * (1 - stiffness! * dt! / 2));
  const error = expected * Math.sqrt(2 / particles!);
  assert.ok(Math.abs(result.mean_square! - expected) < 5 * error, JSON.stringify(result));
  assert.ok(Math.abs(result.mean!) < 5 * Math.sqrt(expected / particles!), JSON.stringify(result));
}
