/** The shape of a model that PLECS simulates: its file, its server, its signals, and what of them is the result. */
import type { ParameterValue } from "../job/parameter.ts";
import {
  DEFAULT_PLECS_BATCH,
  DEFAULT_PLECS_URL,
  DEFAULT_PLECS_WAIT_MS,
  type PlecsModel,
} from "../job/plecs.ts";
import { choice } from "./choice_shape.ts";
import { fieldsSchema, type ForeignWords, readFields } from "./fields.ts";
import { findEntry, type YamlMap } from "./node.ts";
import { pathShape } from "./path_shape.ts";
import { checkSignals, settleSignals, signalResultsShape } from "./plecs_result_shape.ts";
import { solverShape, urlShape } from "./plecs_solver_shape.ts";
import { count, duration, list, mustBe, NAME, type Report, type Shape, text } from "./shape.ts";

const FIELDS = {
  plecs: {
    shape: plecsFileShape(),
    about: "The model's file, relative to the manifest. PLECS opens it by its absolute path.",
    examples: ["./buck.plecs"],
  },
  url: {
    shape: urlShape(),
    about: "Where the RPC interface of PLECS listens.",
    default: DEFAULT_PLECS_URL,
  },
  protocol: {
    shape: choice<PlecsModel["protocol"]>({ auto: "auto", json: "json", xml: "xml" }, {
      "json-rpc": "json",
      "xml-rpc": "xml",
      jsonrpc: "json",
      xmlrpc: "xml",
    }),
    about: "JSON-RPC, XML-RPC, or whichever is understood there.",
    default: "auto",
  },
  signals: {
    shape: list(text(NAME, "the name of a signal"), "Vout, IL"),
    about: "Names of the signals, in the order of the outports at the model's top level.",
    examples: [["Vout", "IL"]],
  },
  solver: {
    shape: solverShape(),
    about: "Options of the solver, as PLECS names them; those of the model's file where absent.",
    examples: [{ TimeSpan: 0.01, RelTol: 1e-6 }],
  },
  results: {
    shape: signalResultsShape(),
    about: "Numbers by name, each of a signal; the last value of every signal when absent.",
    examples: [{ ripple: { signal: "Vout", of: "pp", from: 0.005 } }],
  },
  measure: {
    shape: count({ min: 2, max: 1_000_000 }),
    about: "Keeps a series of the signals over time, of so many rows at most.",
    examples: [500],
  },
  waveforms: {
    shape: booleanShape(),
    about: "true keeps every sample of every signal as waveforms.csv.",
    default: false,
  },
  batch: {
    shape: count({ min: 1, max: 1000 }),
    about: "Runs that PLECS computes in one call, in parallel, at most.",
    default: DEFAULT_PLECS_BATCH,
  },
  segments: {
    shape: count({ min: 1, max: 1_000_000 }),
    about: "Simulates in so many pieces, with a checkpoint between; solver.TimeSpan is needed.",
    default: 1,
  },
  wait: {
    shape: duration({ zero: true }),
    about: "How long a run waits for a PLECS that is busy with something else.",
    default: `${DEFAULT_PLECS_WAIT_MS / 60_000}m`,
  },
} as const;

const FOREIGN: ForeignWords = {
  synonyms: {
    file: "plecs",
    server: "url",
    host: "url",
    port: `url: ${DEFAULT_PLECS_URL}`,
    rpc: "protocol",
    outports: "signals",
    outputs: "signals",
    result: "results",
    solver_options: "solver",
    SolverOpts: "solver",
    ModelVars: "parameters, a key of the job",
    parameters: "parameters, a key of the job",
    inputs: "inputs, a key of the job",
    timeout: "timeout, a key of the job",
    Timeout: "timeout, a key of the job",
    retry: "retry, a key of the job",
    batch_size: "batch",
  },
  notOffered: { callback: "It would be code that PLECS runs; simrun never sends any." },
};

export const plecsSchema = { ...fieldsSchema(FIELDS, ["plecs"]), title: "PLECS" };

export function readPlecs(map: YamlMap, name: string, report: Report): PlecsModel | undefined {
  const before = report.failures;
  const values = readFields(FIELDS, map, name, report, FOREIGN);
  const { plecs: path, signals = [], segments = 1, solver = {} } = values;
  checkSignals(signals, map, report);
  const results = settleSignals(values.results, signals, map, report);
  if (segments > 1) checkSegments(solver, values.waveforms ?? false, map, report);
  if (report.failures > before || path === undefined) return undefined;
  return {
    kind: "plecs",
    path,
    url: values.url ?? DEFAULT_PLECS_URL,
    protocol: values.protocol ?? "auto",
    signals,
    solver,
    ...(results !== undefined && { results }),
    ...(values.measure !== undefined && { measureRows: values.measure }),
    waveforms: values.waveforms ?? false,
    batch: values.batch ?? DEFAULT_PLECS_BATCH,
    segments,
    waitMs: values.wait ?? DEFAULT_PLECS_WAIT_MS,
  };
}

/** Keys of the job that mean nothing to PLECS: refused, for whoever writes them expects something of them. */
export function checkPlecsJob(map: YamlMap, report: Report): void {
  const instead = {
    steps:
      "PLECS knows no steps: say how long with solver: { TimeSpan: … } in the model, and how " +
      "many pieces with segments:.",
    measure_every: "Write measure: 500 in the model, for so many rows.",
    hang_after: "Write timeout:, which PLECS is told, too.",
  };
  for (const [key, hint] of Object.entries(instead)) {
    const entry = findEntry(map, key);
    if (entry === undefined) continue;
    report.error(entry.keyNode, "conflict", `"${key}" does not go with a PLECS model`, hint);
  }
}

function checkSegments(
  solver: { readonly [name: string]: ParameterValue },
  waveforms: boolean,
  map: YamlMap,
  report: Report,
): void {
  const node = findEntry(map, "segments")!.keyNode;
  if (typeof solver.TimeSpan !== "number" || !(solver.TimeSpan > 0)) {
    const hint = "Say how long is simulated, in seconds: solver: { TimeSpan: 0.01 }.";
    report.error(node, "conflict", `"segments" stands without "solver.TimeSpan"`, hint);
  }
  if (solver.StartTime !== undefined && typeof solver.StartTime !== "number") {
    report.error(node, "conflict", `With "segments" the solver's StartTime is a number`);
  }
  if (waveforms) {
    const hint = "Take measure:, whose rows a checkpoint holds, or leave segments out.";
    report.error(node, "conflict", `"segments" and "waveforms" exclude each other`, hint);
  }
}

function plecsFileShape(): Shape<string> {
  const wanted = "the path of a .plecs file";
  const path = pathShape(/\.plecs$/.source, wanted);
  return {
    schema: path.schema,
    read(node, name, report) {
      const absolute = path.read(node, name, report);
      if (absolute === undefined || absolute.endsWith(".plecs")) return absolute;
      return mustBe(node, name, wanted, report, "Models of PLECS Standalone end in .plecs.");
    },
  };
}

function booleanShape(): Shape<boolean> {
  return {
    schema: { type: "boolean" },
    read(node, name, report) {
      const value = node.kind === "scalar" ? node.value : undefined;
      return typeof value === "boolean" ? value : mustBe(node, name, "true or false", report);
    },
  };
}
