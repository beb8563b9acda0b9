/** The JSON Schema of a manifest, made of the same shapes that check it. For editors. */
import { NOTICE_EVENTS } from "../job/sink.ts";
import { fieldsSchema } from "./fields.ts";
import { JOB_FIELDS, REQUIRED_FIELDS } from "./job_fields.ts";
import { eventSchema, notifySchema } from "./notify_shape.ts";
import { slurmSchema } from "./slurm_shape.ts";
import type { JsonSchema } from "./shape.ts";

/** What `simrun schema` prints: draft 2020-12, one document of a manifest. */
export function manifestSchema(): object {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "simrun manifest",
    description: "A job, a list of jobs, or a mapping with jobs and their defaults.",
    type: ["object", "array"],
    if: { type: "array" },
    then: { items: { $ref: "#/$defs/job" }, minItems: 1 },
    else: {
      if: { type: "object", anyOf: [{ required: ["jobs"] }, { required: ["defaults"] }] },
      then: { $ref: "#/$defs/collection" },
      else: { $ref: "#/$defs/document" },
    },
    $defs: {
      job: {
        ...jobSchema(REQUIRED_FIELDS),
        anyOf: [{ required: ["steps"] }, COMMAND],
        title: "job",
      },
      document: {
        ...jobSchema(REQUIRED_FIELDS, besideSchema()),
        anyOf: [{ required: ["steps"] }, COMMAND],
        title: "job",
      },
      collection: collectionSchema(),
    },
  };
}

function collectionSchema(): JsonSchema {
  const { id: _id, ...shared } = JOB_FIELDS;
  // What a job needs may stand in the defaults instead.
  const shareable = REQUIRED_FIELDS.filter((key) => key !== "id");
  return {
    type: "object",
    required: ["jobs"],
    additionalProperties: false,
    properties: {
      defaults: {
        description:
          "Merged under each job; parameters, inputs, checkpoint, retry and allow key by key.",
        ...fieldsSchema(shared),
        ...oneCadence(),
        type: ["object", "null"],
      },
      jobs: {
        description: "The jobs, in the order in which they run at equal priority.",
        type: "array",
        minItems: 1,
        items: jobSchema(["id"]),
      },
      ...besideSchema(),
    },
    allOf: [
      ...shareable.map((key) => unlessShared({ required: [key] }, { required: [key] })),
      unlessShared({ anyOf: [{ required: ["steps"] }, COMMAND] }, {
        anyOf: [{ required: ["steps"] }, COMMAND],
      }),
    ],
  };
}

/** Counts no steps that it need be told of. */
const COMMAND: JsonSchema = { required: ["model"], properties: { model: { type: "object" } } };

/** What every job must have where the defaults do not have it. */
function unlessShared(shared: JsonSchema, own: JsonSchema): JsonSchema {
  return {
    if: { required: ["defaults"], properties: { defaults: { type: "object", ...shared } } },
    else: { properties: { jobs: { items: own } } },
  };
}

function jobSchema(required: readonly string[], more: JsonSchema = {}): JsonSchema {
  const schema = fieldsSchema(JOB_FIELDS, required);
  const properties = { ...schema.properties as JsonSchema, ...more };
  return { ...schema, properties, ...oneCadence() };
}

/** What a whole document may say beside its jobs: who is told, what Slurm is asked for. */
function besideSchema(): JsonSchema {
  return {
    notify: {
      description: "Who is told of what happens: a log, a chat, a program.",
      ...notifySchema,
    },
    slurm: {
      description: "What simrun submit --slurm asks of Slurm.",
      ...slurmSchema,
    },
    ...Object.fromEntries(NOTICE_EVENTS.map((event) => [event, {
      description: "A program that is started for each of these events.",
      ...eventSchema,
    }])),
  };
}

/** `checkpoint_every` and `checkpoint: { every }` exclude each other. */
function oneCadence(): JsonSchema {
  const cadence = { type: "object", required: ["every"] };
  return {
    not: {
      type: "object",
      required: ["checkpoint_every", "checkpoint"],
      properties: { checkpoint: cadence },
    },
  };
}
