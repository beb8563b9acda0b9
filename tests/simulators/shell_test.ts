/** The template `shell`, with what every machine has, against the formula of a fall with drag. */
import { inFolder } from "../helpers/folder.ts";
import { assertNear, Study } from "./study.ts";

Deno.test("simrun init shell runs as it is, and its ball falls by the formula", async () => {
  await inFolder(async (folder) => {
    const study = await Study.begin(folder, "shell");
    await study.run();
    const rows = await study.rows();
    const [g, t] = [9.81, 10];
    for (const { parameters, result } of rows) {
      const drag = parameters.drag!;
      const rate = Math.sqrt(g * drag);
      assertNear(result.speed!, Math.sqrt(g / drag) * Math.tanh(rate * t), 1e-3, "speed");
      assertNear(result.way!, Math.log(Math.cosh(rate * t)) / drag, 1e-3, "way");
    }
    if (rows.length !== 5) throw new Error(`${rows.length} runs`);
    await study.assertFinished();
  });
});
