/** The state that a run begins with: as its model makes it, or as it makes it of another run's. */
import type { Job } from "../job/job.ts";
import { decodePlain } from "../job/plain.ts";
import type { RunContext } from "./context.ts";
import type { Instance } from "./model.ts";
import { describeReturned } from "./outcome.ts";
import type { BranchOrder } from "./protocol.ts";
import { RunFailure } from "./run_failure.ts";
import { BadState } from "./state.ts";

const OTHER_MODEL =
  "its model is not the one that has computed the state it begins from, and exports no " +
  "branch(state, ctx) that would fit it; --accept-model takes the state as it is";

export async function initialState(model: Instance, context: RunContext): Promise<object> {
  const made: unknown = model.init === undefined ? {} : model.init(context as never);
  const state: unknown = made instanceof Promise ? await made : made;
  if (isState(state)) return state;
  const what = describeReturned(state);
  throw new BadState(`init() returned ${what}; a state is an object, changed in place`);
}

/** Undefined where the state stays as it is. */
export async function branchedState(
  model: Instance,
  { model: { kind } }: Job,
  context: RunContext,
  state: unknown,
  { step, parameters: encoded, isOtherModel }: BranchOrder,
): Promise<object | undefined> {
  const { branch } = model;
  if (isOtherModel && (branch === undefined || kind === "wasm")) {
    throw new RunFailure("needs", OTHER_MODEL);
  }
  if (branch === undefined) return undefined;
  const parameters = context.withDefaults(decodePlain(encoded) as Record<string, unknown>);
  const returned: unknown = branch(state, context as never, { step, parameters });
  const made: unknown = returned instanceof Promise ? await returned : returned;
  if (made === undefined) return state as object;
  if (isState(made)) return made;
  const what = describeReturned(made);
  throw new BadState(`branch() returned ${what}; it changes the state in place, or returns one`);
}

function isState(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
