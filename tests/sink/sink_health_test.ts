/** What can be seen to be wrong with a sink without telling it anything: a line in `simrun doctor` and a note at the start. */
import assert from "node:assert/strict";
import { join } from "node:path";
import type { SinkTarget } from "../../src/job/sink.ts";
import { mistakeOf } from "../../src/sink/sink_health.ts";
import { inFolder, place } from "../helpers/folder.ts";

const mistake = (target: SinkTarget) =>
  mistakeOf({ ...target, name: "one", events: [], progressEveryMs: 1 });

function withVariable(name: string, value: string, use: () => void): void {
  const before = Deno.env.get(name);
  Deno.env.set(name, value);
  try {
    use();
  } finally {
    if (before === undefined) Deno.env.delete(name);
    else Deno.env.set(name, before);
  }
}

Deno.test("mistakeOf() names what each kind of sink lacks, and nothing where nothing lacks", () =>
  inFolder(async (folder) => {
    const there = await place(folder, "there.ts", "");
    const gone = join(folder, "gone", "x");
    const command = (word: string): SinkTarget => ({ kind: "command", command: [word], folder });
    assert.equal(mistake({ kind: "log", format: "text", bytesMax: 1, filesMax: 1 }), undefined);
    assert.equal(mistake({ kind: "module", path: there }), undefined);
    assert.equal(mistake({ kind: "module", path: gone }), `there is no file ${gone}`);
    assert.equal(mistake(command("sh")), undefined);
    assert.equal(mistake(command("simrun-no-such")), "there is no program simrun-no-such in PATH");
    assert.equal(mistake(command(gone)), `there is no file ${gone}`);
    const metrics = { kind: "metrics", everyMs: 1 } as const;
    assert.equal(mistake({ ...metrics, file: join(folder, "x.prom") }), undefined);
    assert.equal(
      mistake({ ...metrics, file: gone }),
      `there is no folder ${join(folder, "gone")}`,
    );
    assert.match(mistake({ kind: "slack", url: { env: "SIMRUN_NO_SUCH" } })!, /SIMRUN_NO_SUCH/);
    const secret = { file: gone };
    assert.match(mistake({ kind: "webhook", url: "https://example.org", secret })!, /gone/);
    withVariable("SENDMAIL", gone, () => {
      const mail = { kind: "email", to: ["me@example.org"] } as const;
      assert.equal(mistake(mail), `there is no file ${gone}`);
    });
    withVariable("OTEL_EXPORTER_OTLP_ENDPOINT", "nowhere", () => {
      assert.match(mistake({ kind: "traces" })!, /must be an address, not "nowhere"$/);
    });
    withVariable("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318", () => {
      assert.equal(mistake({ kind: "traces" }), undefined);
    });
  }));
