/** The keys of a job: what each may hold, what it is for, and the words that are not keys. */
import {
  DEFAULT_BACKOFF,
  DEFAULT_CHECKPOINT,
  DEFAULT_HANG_MS,
  DEFAULT_ON_NAN,
  DEFAULT_RETRIES,
} from "../job/job.ts";
import { fields, type ForeignWords } from "./fields.ts";
import {
  cadenceShape,
  grantedPathShape,
  hostShape,
  idShape,
  inputShape,
  keepShape,
  modelShape,
  onNanShape,
  priorityShape,
  timeoutShape,
} from "./job_shapes.ts";
import { fromShape } from "./from_shape.ts";
import { needsShape } from "./need_shape.ts";
import { optimizeShape } from "./optimize_shape.ts";
import { count, duration, list, named, parameterValue, size, text } from "./shape.ts";
import { sweepShape } from "./sweep_shape.ts";
import { untilShape } from "./until_shape.ts";

export const JOB_FIELDS = {
  id: {
    shape: idShape(),
    about:
      "Names the job. Letters, digits, dots, dashes and underscores; unique over all manifests.",
    examples: ["climate_2030"],
  },
  description: {
    shape: text(),
    about: "A note for people. Changes nothing.",
  },
  model: {
    shape: modelShape(),
    about:
      "The model's file, relative to the manifest: .ts, .js, .mjs, or .wasm; or any program as a command.",
    examples: ["../models/energy_balance.ts", { command: ["./simulate.py", "--co2", "${co2}"] }],
  },
  steps: {
    shape: count(),
    about: "How many steps each run computes. A command need not count any.",
    examples: [100000, "1_000_000"],
  },
  priority: {
    shape: priorityShape(),
    about: "Which jobs come first: critical, high, normal, low (or background); or 0 to 3.",
    default: "normal",
  },
  parameters: {
    shape: named(parameterValue()),
    about: "Values for the model's parameters, the same for all runs of the job.",
    examples: [{ co2: 450 }],
  },
  sweep: {
    shape: sweepShape(),
    about: "Parameters that differ from run to run: every combination of the values given here; " +
      "or grid, zip, points, sample and repeat, which are multiplied with each other.",
    examples: [
      { co2: [280, 420, 560], albedo: { from: 0.28, to: 0.34, count: 7 } },
      { sample: { count: 256, over: { co2: { uniform: [280, 560] } } }, repeat: 5 },
    ],
  },
  optimize: {
    shape: optimizeShape(),
    about: "A search instead of a sweep: points that are proposed from the results of those " +
      "before, until one is as good as can be or the budget is used up.",
    examples: [{ metric: "loss", budget: 200, over: { x: { uniform: [-5, 5] } } }],
  },
  until: {
    shape: untilShape(),
    about: "When no more runs are needed, judged by the results of those before: of a search, or " +
      "of a sweep with sample or repeat.",
    examples: [{ below: 1e-6 }, { metric: "mean", standard_error: "1%" }],
  },
  seed: {
    shape: count({ min: 0 }),
    about: "Another seed gives other random numbers for the same parameters.",
    default: 0,
  },
  checkpoint_every: {
    shape: cadenceShape(),
    about:
      "When to save a run's state: a number of steps, a duration like 5m, auto (by what a checkpoint costs " +
      "and how often work was lost), or off.",
    default: DEFAULT_CHECKPOINT.every.kind,
    examples: ["auto", 10000, "5m", "off"],
  },
  checkpoint: {
    shape: fields({
      every: {
        shape: cadenceShape(),
        about: "A number of steps, a duration like 5m, auto or off. The same as checkpoint_every.",
        examples: ["auto", 10000, "5m", "off"],
      },
      keep: {
        shape: keepShape(),
        about: "How many of a run's newest checkpoints stay on disk; or all.",
        default: DEFAULT_CHECKPOINT.keep,
      },
      keep_every: {
        shape: count(),
        about: "At every multiple of so many steps a checkpoint is taken that stays for good.",
        examples: [10000],
      },
    }),
    about: "When to save a run's state, and how many of the saved ones to keep.",
    examples: [{ every: "5m", keep: 3 }],
  },
  measure_every: {
    shape: count(),
    about: "Take a row of measurements every so many steps. Without it only the end is measured.",
    examples: [1000],
  },
  inputs: {
    shape: named(inputShape()),
    about: "Files that the model reads, by name; relative to the manifest.",
    examples: [{ insolation: "./data/insolation.csv" }],
  },
  allow: {
    shape: fields({
      read: {
        shape: list(grantedPathShape(), "../data"),
        about: "Files and folders that the model may read; relative to the manifest.",
        examples: [["../data"]],
      },
      net: {
        shape: list(hostShape(), "data.example.org"),
        about: "Hosts that the model may speak to: name, name:port, or *.name.",
        examples: [["data.example.org:443"]],
      },
    }, {
      notOffered: {
        write: "A model hands out results by result() and measure().",
        run: "A model starts no programs.",
        env: "A model gets its settings as parameters.",
        ffi: "Compile native code to WebAssembly.",
      },
      synonyms: { network: "net", hosts: "net", files: "read", paths: "read" },
    }),
    about: "What the model may reach beside its own folder and its inputs. It is no part of what " +
      "is computed.",
    examples: [{ read: ["../data"], net: ["data.example.org"] }],
  },
  hang_after: {
    shape: duration(),
    about: "A run that makes no step for so long, and for longer than its own rate explains, is " +
      "stopped as hung. A duration, or seconds.",
    default: `${DEFAULT_HANG_MS / 60_000}m`,
  },
  timeout: {
    shape: timeoutShape(),
    about: "A run that computes for longer, all its attempts from its first step on, fails. A " +
      "duration, or seconds, or off.",
    default: "off",
    examples: ["2h", "off"],
  },
  memory: {
    shape: size({ min: 2 ** 20 }),
    about: "What one run needs, with its checkpoints: where it is more than a slot's even share, " +
      "fewer run at a time. A size.",
    examples: ["8GiB", "512MiB"],
  },
  cores: {
    shape: count({ max: 4096 }),
    about:
      "Of a command: how many cores one run computes on, with threads or processes of its own; " +
      "so many fewer others run beside it.",
    default: 1,
  },
  on_nan: {
    shape: onNanShape(),
    about: "What to do when a measurement is not a finite number: fail, warn or ignore.",
    default: DEFAULT_ON_NAN,
  },
  retry: {
    shape: fields({
      limit: {
        shape: count({ min: 0, max: 100 }),
        about: "How often a run is tried again when its slot died or hung.",
        default: DEFAULT_RETRIES,
      },
      backoff: {
        shape: duration({ zero: true }),
        about: "How long to wait before the first of these attempts; before each further one " +
          "twice as long. 0s is at once.",
        default: `${DEFAULT_BACKOFF.firstMs / 1000}s`,
        examples: ["5s", "0s"],
      },
      backoff_max: {
        shape: duration({ zero: true }),
        about: "No wait is longer than this.",
        default: `${DEFAULT_BACKOFF.mostMs / 60_000}m`,
      },
    }, {
      synonyms: {
        times: "limit",
        count: "limit",
        max: "limit",
        attempts: "limit",
        retries: "limit",
        wait: "backoff",
        delay: "backoff",
        interval: "backoff",
        max_backoff: "backoff_max",
        max_wait: "backoff_max",
        max_delay: "backoff_max",
        cap: "backoff_max",
      },
    }),
    about: "What to do about a run that failed for a passing reason.",
    examples: [{ limit: 3 }, { limit: 5, backoff: "10s", backoff_max: "10m" }],
  },
  from: {
    shape: fromShape(),
    about: "The run whose state the runs of this job begin from, with parameters of their own: " +
      "a job, job/run, or { run, job, match, where, step }.",
    examples: [
      "spinup",
      { run: "spinup", step: 5000 },
      { job: "grid", match: "point" },
      { job: "grid", where: { co2: 450 } },
    ],
  },
  needs: {
    shape: needsShape(),
    about: "Jobs that must have completed before the runs of this one begin: ids, or " +
      "{ job, match, if }.",
    examples: ["climate", ["climate", "mesh"], [{ job: "climate", if: "any" }]],
  },
} as const;

export const REQUIRED_FIELDS = ["id", "model"] as const;

export const JOB_FOREIGN: ForeignWords = {
  notOffered: {
    order: "Runs are ordered by priority, then as they are written; or see simrun run --order.",
  },
  synonyms: {
    name: "id",
    params: "parameters",
    args: "parameters",
    random_seed: "seed",
    retries: "retry: { limit: 3 }",
    max_retries: "retry: { limit: 3 }",
    backoff: "retry: { backoff: 5s }",
    backoff_max: "retry: { backoff_max: 5m }",
    retry_delay: "retry: { backoff: 5s }",
    keep: "checkpoint: { keep: 3 }",
    every: "checkpoint_every",
    iterations: "steps",
    n_steps: "steps",
    script: "model",
    command: "model: { command: [ … ] }",
    shell: "model: { shell: … }",
    grid: "sweep",
    matrix: "sweep",
    zip: "sweep: { zip: … }",
    points: "sweep: { points: … }",
    sample: "sweep: { sample: … }",
    samples: "sweep: { sample: … }",
    repeat: "sweep: { repeat: … }",
    repeats: "sweep: { repeat: … }",
    replicates: "sweep: { repeat: … }",
    search: "optimize",
    optimise: "optimize",
    minimize: "optimize: { goal: minimize, … }",
    maximize: "optimize: { goal: maximize, … }",
    stop: "until",
    stop_when: "until",
    comment: "description",
    needs_inputs: "inputs",
    hang_limit: "hang_after",
    threads: "cores",
    cpus: "cores",
    ncpus: "cores",
    ncores: "cores",
    n_cores: "cores",
    procs: "cores",
    nprocs: "cores",
    processes: "cores",
    ntasks: "cores",
    cpus_per_task: "cores",
    walltime: "timeout",
    time_limit: "timeout",
    max_time: "timeout",
    max_runtime: "timeout",
    deadline: "timeout",
    start_from: "from",
    restart_from: "from",
    branch: "from",
    branch_from: "from",
    parent: "from",
    continue_from: "from",
    initial_state: "from",
    depends_on: "needs",
    depends: "needs",
    dependencies: "needs",
    after: "needs",
    requires: "needs",
    require: "needs",
    need: "needs",
    match: "needs: { job: …, match: point }",
    nan: "on_nan",
    nans: "on_nan",
    if_nan: "on_nan",
    nan_policy: "on_nan",
    permissions: "allow: { read: [data/] }",
    grants: "allow: { read: [data/] }",
  },
};
