/** A program that reads one manifest and says what it cost: `deno run -A read_bomb.ts FILE`. Measures itself alone. */
import { readManifests } from "../../src/manifest/manifest.ts";
import { renderDiagnostics } from "../../src/manifest/render.ts";

export interface Cost {
  /** Of this process, however busy the machine is. */
  readonly cpuMs: number;
  /** By which its memory grew at the most. */
  readonly bytes: number;
  readonly jobs: number;
  readonly said: string;
}

if (import.meta.main) {
  const text = Deno.readTextFileSync(Deno.args[0]!);
  const source = { path: "bomb.yaml", folder: "/", text };
  // What loading and compiling the parser costs is not the bomb's.
  readManifests([{ ...source, text: "{ id: a, model: m.ts, steps: 1, sweep: { x: [1, 2] } }" }]);
  const before = { bytes: peakBytes(), cpuMs: cpuMs() };
  const { jobs, diagnostics } = readManifests([source]);
  const rendered = renderDiagnostics(diagnostics, [source]);
  const cost: Cost = {
    cpuMs: cpuMs() - before.cpuMs,
    bytes: peakBytes() - before.bytes,
    jobs: jobs.length,
    said: rendered.length > 50_000 ? "too much" : rendered,
  };
  console.log(JSON.stringify(cost));
}

function cpuMs(): number {
  // Fields 14 and 15 of the process, in ticks of 10 ms, would be too coarse.
  const [, ns] = /(\d+)/.exec(Deno.readTextFileSync("/proc/self/schedstat"))!;
  return Number(ns) / 1e6;
}

/** The most that was ever resident. */
function peakBytes(): number {
  const kilobytes = /^VmHWM:\s*(\d+)/m.exec(Deno.readTextFileSync("/proc/self/status"))![1];
  return Number(kilobytes) * 1024;
}
