/** Many runs in one call; when that fails as a whole, in halves, until the guilty one is alone. */
import { isOfServer, PlecsFault } from "./plecs_fault.ts";
import { faultOf } from "./plecs_fault.ts";
import type { RpcStruct, RpcValue } from "./value.ts";

export type Simulated = { readonly answer: RpcValue } | { readonly fault: PlecsFault };

export interface BatchPorts {
  /** One run alone, or a list of them. */
  simulate(options: RpcStruct | readonly RpcStruct[]): Promise<RpcValue>;
  /** What became of a run; told as soon as it is known. `together`: of so many in one call. */
  tell(at: number, simulated: Simulated, together: number): void;
  /** Asked before each call but the first. */
  mayGoOn(): boolean;
}

/** Answers the places of runs that were not simulated because it might not go on. */
export async function simulateBatch(
  options: readonly RpcStruct[],
  ports: BatchPorts,
  oneByOne = false,
): Promise<number[]> {
  const all = options.map((_, at) => at);
  // The first is taken last.
  const waiting = oneByOne ? all.map((at) => [at]).reverse() : [all];
  for (let isFirst = true; waiting.length > 0; isFirst = false) {
    if (!isFirst && !ports.mayGoOn()) break;
    const group = waiting.pop()!;
    const fault = await simulateGroup(group, options, ports);
    if (fault === undefined) continue;
    // What one of them did to PLECS, or what PLECS lacks, befalls the rest as well.
    const isLast = isOfServer(fault);
    const failed = isLast ? [...group, ...waiting.splice(0).flat()] : group;
    if (isLast || group.length === 1) {
      for (const at of failed) ports.tell(at, { fault }, failed.length);
      continue;
    }
    const middle = Math.ceil(group.length / 2);
    waiting.push(group.slice(middle), group.slice(0, middle));
  }
  return waiting.flat().toSorted((a, b) => a - b);
}

/** A fault of the whole call, of which nothing was told. */
async function simulateGroup(
  group: readonly number[],
  options: readonly RpcStruct[],
  ports: BatchPorts,
): Promise<PlecsFault | undefined> {
  const list = group.map((at) => options[at]!);
  let answer: RpcValue;
  try {
    answer = await ports.simulate(list.length === 1 ? list[0]! : list);
  } catch (error) {
    if (error instanceof PlecsFault) return error;
    throw error;
  }
  const items: readonly RpcValue[] = Array.isArray(answer) ? answer : [answer];
  if (items.length !== group.length) {
    return new PlecsFault("own", `PLECS answered ${items.length} results for ${group.length} runs`);
  }
  for (const [i, at] of group.entries()) {
    const item = items[i]!;
    // An item that is text says why that run failed; the others have not.
    const simulated = typeof item === "string" ? { fault: faultOf(item) } : { answer: item };
    ports.tell(at, simulated, group.length);
  }
  return undefined;
}
