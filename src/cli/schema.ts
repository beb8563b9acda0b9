/** `simrun schema`: the JSON Schema of manifests. */
import { EXIT } from "../job/fault.ts";
import { manifestSchema } from "../manifest/schema.ts";
import { type CliContext, type GlobalFlags, printJson } from "./context.ts";

export function schema(context: CliContext, _flags: GlobalFlags): Promise<number> {
  printJson(context.stdout, manifestSchema());
  return Promise.resolve(EXIT.completed.status);
}
