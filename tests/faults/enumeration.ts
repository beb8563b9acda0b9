/** Faults enumerated: one at every operation, two campaigns at a time; which ones held, and in what time. */
import { isTorture, seeded, seedOf } from "../helpers/torture.ts";
import { Reference } from "./reference.ts";
import {
  type Action,
  CAN_FAULT,
  CHANGES,
  describeFault,
  type Ended,
  type Fault,
  type Kind,
  NEEDS,
  type Operation,
  type Role,
} from "./shim.ts";

/** More would only wait for each other: each campaign is two processes. */
const AT_A_TIME = 2;
/** So many failures tell enough. */
const FAILURES_SHOWN = 5;
/** Of the faults that the short version does not all try, it tries one of so many, beginning anywhere. */
const SHORT_EVERY = 12;

/** One fault alone, as a failing test names it. */
const ONLY = Deno.env.get("SIMRUN_FAULT");

export const SEED = seedOf();
const random = seeded(SEED);

/** A test on the reference campaign; left out where faults cannot be made. */
export function faultTest(name: string, work: (reference: Reference) => Promise<void>): void {
  Deno.test({
    name: `${name}${NEEDS}`,
    ignore: !CAN_FAULT,
    fn: async () => await work(await Reference.shared()),
  });
}

export interface Enumeration {
  /** What the figures are printed under. */
  readonly hazard: string;
  readonly roles?: readonly Role[];
  readonly kinds?: readonly Kind[];
  readonly action: Action;
  readonly stays?: boolean;
  /** All of them in the short version, too. */
  readonly always?: boolean;
  /** One of so many is tried in the short version; of a dozen if it does not say. */
  readonly shortEvery?: number;
  /** One of so many in the long version; all if it does not say. */
  readonly longEvery?: number;
  /** Operations of a whole campaign, if they are not those of the reference. */
  readonly operations?: readonly Operation[];
}

/**
 * Does the work for a fault at every operation of these kinds, in each of these roles; and on beyond the
 * last one that was counted, as long as there are more. Prints the figures, and throws with what did not hold.
 */
export async function tryEach(
  reference: Reference,
  enumeration: Enumeration,
  work: (fault: Fault) => Promise<Ended>,
): Promise<void> {
  const { hazard, roles = ["orchestrator", "slot"], kinds = CHANGES, action, stays } = enumeration;
  const began = performance.now();
  const all: Fault[] = roles.flatMap((role) => {
    const count = countOf(enumeration.operations ?? reference.operations, role, kinds);
    return Array.from({ length: count }, (_, i) => ({
      role,
      kinds,
      at: i + 1,
      action,
      ...(stays && { stays }),
    }));
  });
  const { always = false, shortEvery, longEvery = 1 } = enumeration;
  const chosen = always ? all : some(all, isTorture ? longEvery : shortEvery);
  const failures: string[] = [];
  let tried = 0;
  let struck = 0;
  const attempt = async (fault: Fault): Promise<boolean> => {
    tried++;
    try {
      const ended = await work(fault);
      if (ended.struck === undefined) return false;
      struck++;
      return true;
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      failures.push(`${describeFault(fault)}: ${text}`);
      if (ONLY !== undefined) console.log(error);
      return false;
    }
  };
  await inPairs(
    ONLY === undefined ? chosen : all.filter((one) => describeFault(one) === ONLY),
    attempt,
  );
  // A journal group more or less: what came after the last operation counted is tried as well.
  for (const role of ONLY === undefined ? roles : []) {
    let last = all.findLast((fault) => fault.role === role);
    while (last !== undefined && await attempt(last = { ...last, at: last.at + 1 }));
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  console.log(
    `${hazard}: ${all.length} operations, ${tried} cases, ${struck} struck, ` +
      `${tried - failures.length} held, ${seconds} s`,
  );
  if (failures.length === 0) return;
  throw new Error(
    `${failures.length} of ${tried} cases of "${hazard}" did not hold (SIMRUN_SEED=${SEED}):\n` +
      failures.slice(0, FAILURES_SHOWN).join("\n\n"),
  );
}

/** How many operations of these kinds a role did. */
export function countOf(
  operations: readonly Operation[],
  role: Role,
  kinds: readonly Kind[],
): number {
  return operations.filter((one) => one.role === role && (kinds as string[]).includes(one.kind))
    .length;
}

/** Works through a list with two at a time. */
export async function inPairs<T>(
  list: readonly T[],
  work: (one: T) => Promise<unknown>,
): Promise<void> {
  const rest = list.values();
  const take = async () => {
    for (const one of rest) await work(one);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, take));
}

function some<T>(all: readonly T[], every = SHORT_EVERY): T[] {
  const from = random.below(every);
  return all.filter((_, i) => i % every === from);
}
