/** `simrun metrics`: a tree in Prometheus's words, once, kept in a file, or at an endpoint. Reads only, waits for no lock. */
import { EXIT, Fault } from "../job/fault.ts";
import { load } from "../job/load.ts";
import { absolutePath } from "../job/path.ts";
import type { Address } from "../metrics/metrics_server.ts";
import { openTree } from "../store/tree.ts";
import { type CliContext, dataText, type GlobalFlags, say, treeRoot } from "./context.ts";
import { durationOf } from "./overrides.ts";
import { StopSignals } from "./stop_signals.ts";

interface MetricsFlags extends GlobalFlags {
  readonly output: string | undefined;
  readonly listen: string | undefined;
  readonly every: string | undefined;
}

const EVERY_MS = 15_000;
const EVERY_MS_MIN = 1000;
const EVERY_MS_MAX = 86_400_000;

export async function metrics(context: CliContext, flags: MetricsFlags): Promise<number> {
  const everyMs = everyOf(flags);
  const listen = flags.listen === undefined ? undefined : addressOf(flags.listen);
  const layout = await openTree(treeRoot(context, flags), "read");
  const file = flags.output === undefined ? undefined : absolutePath(context.cwd, flags.output);
  if (listen === undefined && everyMs === undefined) {
    const { TreeMetrics } = await load<typeof import("../metrics/tree_metrics.ts")>(
      import.meta.resolve("../metrics/tree_metrics.ts"),
    );
    using tree = new TreeMetrics(layout);
    const { text, fault } = await tree.read();
    if (fault !== undefined) throw fault;
    if (file === undefined) context.stdout.write(dataText(context.stdout, text));
    else {
      const { writeMetricsFile } = await load<typeof import("../metrics/metrics_file.ts")>(
        import.meta.resolve("../metrics/metrics_file.ts"),
      );
      await writeMetricsFile(file, text);
    }
    return EXIT.completed.status;
  }
  const { keepMetrics } = await load<typeof import("../metrics/keep_metrics.ts")>(
    import.meta.resolve("../metrics/keep_metrics.ts"),
  );
  const stopped = new AbortController();
  const signals = new StopSignals(context, () => stopped.abort());
  try {
    await keepMetrics(layout, {
      file,
      listen,
      everyMs: everyMs ?? EVERY_MS,
      isUntilEnd: listen === undefined,
      onNote: (text) => say(context, flags, `note: ${text}`),
      onListen: ({ hostname, port }) =>
        say(context, flags, `http://${hostText(hostname)}:${port}/metrics until Ctrl-C`),
    }, stopped.signal);
  } finally {
    signals.close();
  }
  return EXIT.completed.status;
}

/** Undefined: once. */
function everyOf({ every, output }: MetricsFlags): number | undefined {
  if (every === undefined) return undefined;
  const hint = "--every 15s, --every 1m";
  if (output === undefined) {
    throw new Fault("usage", "--every needs a file to write to.", {
      hint: "Name one: simrun metrics -o simrun.prom --every 15s",
    });
  }
  const everyMs = durationOf("--every", every, { zero: false, hint });
  if (everyMs >= EVERY_MS_MIN && everyMs <= EVERY_MS_MAX) return everyMs;
  throw new Fault("usage", `--every takes from a second to a day, not ${every}.`, {
    hint: `For example ${hint}.`,
  });
}

/** `9464`, `:9464`, `0.0.0.0:9464`, `[::1]:9464`. */
function addressOf(text: string): Address {
  const parts = /^(?:(\[[0-9a-fA-F:.%a-z]+\]|[^:\[\]\s]*):)?([0-9]{1,5})$/.exec(text);
  const port = Number(parts?.[2] ?? NaN);
  if (!(port <= 65_535)) {
    throw new Fault("usage", `--listen takes a port, or host:port, not "${text}".`, {
      hint: "For example --listen 9464, --listen 0.0.0.0:9464, --listen [::1]:9464.",
    });
  }
  return { hostname: parts![1]?.replace(/^\[|\]$/g, "") || "127.0.0.1", port };
}

function hostText(hostname: string): string {
  return hostname.includes(":") ? `[${hostname}]` : hostname;
}
