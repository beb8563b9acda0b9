/** The template `ngspice`, run by ngspice itself, against the formulas of the textbook. */
import assert from "node:assert/strict";
import { inFolder } from "../helpers/folder.ts";
import { assertNear, namesBelow, needing, Study } from "./study.ts";

const { ignore, named } = needing(["ngspice", "--version"], "ngspice");

Deno.test({
  name: named("simrun init ngspice runs as it is, and its buck converter is the textbook's"),
  ignore,
  async fn() {
    await inFolder(async (folder) => {
      const study = await Study.begin(folder, "ngspice");
      await study.run(study.tree(), "-j", "2");
      const rows = await study.rows();
      assert.equal(rows.length, 9);
      for (const { parameters, result } of rows) assertTextbook(parameters, result);
      // The waveforms are kept, and nothing else is.
      const kept = namesBelow(study.tree(), "recent").filter((name) => name.includes("/files/"));
      assert.equal(kept.length, 9);
      assert.ok(kept.every((name) => name.endsWith("/buck.dat")));
      const [head, ...lines] = Deno.readTextFileSync(`${study.tree()}/${kept[0]}`).trim().split(
        "\n",
      );
      assert.match(head!, /^\s*time\s+v\(out\)\s+i\(L1\)/);
      assert.ok(lines.length > 1000);
      await study.assertFinished();
    });
  },
});

/** What the deck gives its parts: ohms of the switch, and of the diode its model. */
const [RON, RS, IS, NVT] = [20e-3, 10e-3, 1e-9, 1.05 * 25.865e-3];

function assertTextbook(
  { inductance: L, load: R }: Readonly<Record<string, number>>,
  result: Readonly<Record<string, number>>,
): void {
  const [vin, D, f, C, esr] = [12, 0.5, 200e3, 22e-6, 10e-3];
  const { voltage: v, current: i, current_ripple: di } = result as Record<string, number>;
  assertNear(i!, v! / R!, 1e-3, "current");
  // ΔI = (Vin − Vout)·D/(L·f); nearer when what is lost in the switch is taken away.
  assertNear(di!, (vin - v!) * D / (L! * f), 0.02, "ripple of the current");
  assertNear(di!, (vin - RON * i! - v!) * D / (L! * f), 0.003, "ripple of the current");
  // The capacitor's own, and what its resistance adds while ESR·C is shorter than both halves of a period.
  const ripple = di! * (1 / (8 * f * C) + esr * esr * C * f / (2 * D * (1 - D)));
  assertNear(result.voltage_ripple!, ripple, 0.015, "ripple of the voltage");
  const diode = NVT * Math.log(i! / IS) + RS * i!;
  assertNear(v!, D * (vin - RON * i!) - (1 - D) * diode, 0.003, "voltage");
  const lost = (1 - D) * i! * diode + D * RON * i! * i!;
  assertNear(result.efficiency!, v! * i! / (v! * i! + lost), 0.003, "efficiency");
}
