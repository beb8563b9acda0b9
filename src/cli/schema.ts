/** `simrun schema`: the JSON Schema of manifests, or of the events that sinks are told. */
import { EXIT, Fault } from "../job/fault.ts";
import { manifestSchema } from "../manifest/schema.ts";
import { noticeSchema } from "../notice/notice_schema.ts";
import { type CliContext, type GlobalFlags, printJson } from "./context.ts";

const SCHEMAS: { readonly [name: string]: () => object } = {
  manifest: manifestSchema,
  events: noticeSchema,
};

export function schema(
  context: CliContext,
  _flags: GlobalFlags,
  [name = "manifest"]: readonly string[],
): Promise<number> {
  const make = Object.hasOwn(SCHEMAS, name) ? SCHEMAS[name] : undefined;
  if (make === undefined) {
    throw new Fault("usage", `There is no schema of "${name}".`, {
      hint: "Type simrun schema manifest, or simrun schema events.",
    });
  }
  printJson(context.stdout, make());
  return Promise.resolve(EXIT.completed.status);
}
