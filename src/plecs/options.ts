/** What a run is for PLECS: its parameters as ModelVars, and how it is solved. Pure. */
import type { Parameters, ParameterValue } from "../job/parameter.ts";
import { MODEL_VARIABLE, type PlecsModel } from "../job/plecs.ts";
import type { RpcStruct, RpcValue } from "./value.ts";

/** Where a segment begins, and how it goes on. */
export interface Piece {
  readonly startTime: number;
  readonly timeSpan: number;
  /** Of the end of the piece before, as PLECS told it. */
  readonly state?: RpcValue;
}

export function simulateOptions(
  { solver }: PlecsModel,
  parameters: Parameters,
  timeoutMs: number,
  piece?: Piece,
): RpcStruct {
  const variables = Object.entries(parameters).map(([name, value]) => [name, variable(value)]);
  return {
    ModelVars: Object.fromEntries(variables),
    SolverOpts: {
      ...solver as RpcStruct,
      ...(piece !== undefined && {
        StartTime: piece.startTime,
        TimeSpan: piece.timeSpan,
        ...(piece.state !== undefined && { InitialSystemState: piece.state }),
      }),
      // There is no other way to end a simulation.
      Timeout: timeoutMs / 1000,
    },
  };
}

function variable(value: ParameterValue): RpcValue {
  if (typeof value === "boolean") return Number(value);
  if (Array.isArray(value)) return value.map(variable);
  return value as RpcValue;
}

/** One of equally long pieces, counted from 0. */
export function pieceOf({ solver, segments }: PlecsModel, at: number): Omit<Piece, "state"> {
  const start = Number(solver.StartTime ?? 0);
  const span = Number(solver.TimeSpan);
  // Both ends by the same sum: what one piece ends with the next one begins with.
  const edge = (of: number) => start + span * of / segments;
  return { startTime: edge(at), timeSpan: edge(at + 1) - edge(at) };
}

/** Why a parameter cannot be handed over; undefined when it can. */
export function parameterProblem(name: string, value: ParameterValue): string | undefined {
  if (!MODEL_VARIABLE.test(name)) {
    return "cannot be the name of a variable in PLECS: it begins with a letter and has letters, digits and _";
  }
  return isVariable(value)
    ? undefined
    : "is neither a number, text, a list nor a matrix of numbers";
}

function isVariable(value: ParameterValue): boolean {
  if (typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (!Array.isArray(value)) return false;
  const isNumber = (one: unknown) => typeof one === "number" && Number.isFinite(one);
  const isRow = (one: unknown): one is unknown[] => Array.isArray(one) && one.every(isNumber);
  return value.every(isNumber) ||
    value.every(isRow) &&
      value.every((row) => (row as unknown[]).length === (value[0] as unknown[]).length);
}
