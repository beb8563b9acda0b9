/** The JSON Schema of a notice, as it is sent to webhooks, programs and modules: draft 2020-12. Pure. */
import { NOTICE_EVENTS, type NoticeEvent } from "../job/sink.ts";

type Schema = { readonly [keyword: string]: unknown };

const TEXT: Schema = { type: "string" };
const COUNT: Schema = { type: "integer", minimum: 0 };
const NUMBER: Schema = { type: "number", minimum: 0 };
const STEP = { ...COUNT, description: "Steps done." };
const RUN = {
  job: { ...TEXT, description: "Id of the job." },
  run: { ...TEXT, description: "Id of the run; that of the job where it has one run only." },
};

interface Shape {
  readonly about: string;
  readonly required: { readonly [name: string]: Schema };
  readonly optional?: { readonly [name: string]: Schema };
}

const EVENTS: { readonly [event in NoticeEvent]: Shape } = {
  on_begin: {
    about: "A simrun begins to work on the tree.",
    required: {
      version: { ...TEXT, description: "Of simrun." },
      slots: { ...COUNT, description: "Runs that are computed at a time, at most." },
      manifests: { type: "array", items: TEXT, description: "Paths." },
    },
  },
  on_submit: {
    about: "A job is new, or differs from the last one of that id.",
    required: {
      job: RUN.job,
      runs: COUNT,
      priority: { enum: [0, 1, 2, 3], description: "0 is critical, 3 is low." },
      model: TEXT,
    },
  },
  on_start: {
    about: "A run begins to be computed, or an attempt of it.",
    required: { ...RUN, attempt: COUNT, steps: { ...COUNT, description: "Steps asked for." } },
  },
  on_resume: {
    about: "A run goes on from a checkpoint; at step 0 when none of them can be used.",
    required: { ...RUN, step: STEP },
  },
  on_progress: {
    about: "How far everything is, from time to time.",
    required: {
      fraction: { type: "number", minimum: 0, maximum: 1, description: "Of all planned work." },
      total: COUNT,
      completed: COUNT,
      failed: COUNT,
      queued: COUNT,
      running: {
        type: "array",
        items: {
          type: "object",
          required: ["job", "run", "step", "steps"],
          properties: { ...RUN, step: STEP, steps: COUNT },
        },
      },
    },
    optional: { etaMs: { ...NUMBER, description: "Milliseconds until all is done." } },
  },
  on_checkpoint: {
    about: "A checkpoint is durable.",
    required: {
      ...RUN,
      step: STEP,
      bytes: { ...COUNT, description: "As it is on the disk." },
      file: { ...TEXT, description: "Its name in the run's folder below checkpoints/." },
    },
  },
  on_warning: {
    about: "The run goes on; somebody should know.",
    required: { ...RUN, message: TEXT },
  },
  on_retry: {
    about: "A run goes back to the queue.",
    required: {
      ...RUN,
      cause: { ...TEXT, description: "slot-lost, hang, transient, out-of-memory, preempted, …" },
      counted: { type: "boolean", description: "False where it gave way: no attempt is used up." },
    },
    optional: {
      message: TEXT,
      waitMs: { ...NUMBER, description: "Milliseconds for which it is not tried again." },
    },
  },
  on_complete: {
    about: "A run has its result.",
    required: {
      ...RUN,
      attempt: COUNT,
      steps: STEP,
      ms: { ...NUMBER, description: "Milliseconds computed." },
      result: { description: "A plain value; numbers that JSON lacks as {$number: NaN}." },
    },
    optional: {
      ending: { ...TEXT, description: "Why it ended before its last step." },
      point: { type: "object", description: "The sweep's values of this run." },
      reusedFrom: { ...TEXT, description: "The run whose result it took." },
      from: { type: "object", description: "The run whose state it began from." },
    },
  },
  on_error: {
    about: "A run failed, and is not tried again.",
    required: {
      ...RUN,
      attempt: COUNT,
      class: { ...TEXT, description: "model-error, hang, timeout, out-of-memory, …" },
      message: TEXT,
      step: STEP,
    },
    optional: { place: { ...TEXT, description: "file:line:column in the user's own source." } },
  },
  on_cancel: { about: "Somebody cancelled a run.", required: RUN },
  on_end: {
    about: "The simrun ends.",
    required: {
      outcome: { enum: ["completed", "failed", "stopped"] },
      completed: COUNT,
      failed: COUNT,
      remaining: COUNT,
    },
  },
};

const ABOUT = {
  id: { ...TEXT, description: "The same whenever it is told again; of its tree no other has it." },
  at: { ...TEXT, format: "date-time" },
  tree: { ...TEXT, description: "The tree's folder." },
  host: TEXT,
};

/** What `simrun schema events` prints. */
export function noticeSchema(): object {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "simrun event",
    description: "What sinks, webhooks, hooks and commands are told. One of these:",
    oneOf: NOTICE_EVENTS.map((event) => ({ $ref: `#/$defs/${event}` })),
    $defs: Object.fromEntries(NOTICE_EVENTS.map((event) => [event, schemaOf(event)])),
  };
}

function schemaOf(event: NoticeEvent): Schema {
  const { about, required, optional = {} } = EVENTS[event];
  return {
    description: about,
    type: "object",
    required: ["event", ...Object.keys(ABOUT), ...Object.keys(required)],
    properties: { event: { const: event }, ...ABOUT, ...required, ...optional },
    additionalProperties: false,
  };
}
