/** What a run needs, as its model sees it: read when it is first looked at, frozen as deep as it goes. */
import type { Context, NeededResult } from "../job/model.ts";
import { decodePlain } from "../job/plain.ts";
import type { BatchNeeds } from "./slot_needs.ts";

/** Kept before a model takes the floor. */
const { parse } = JSON;
const { freeze, entries, fromEntries } = Object;

type Needs = Context["needs"];

const NOTHING: Needs = freeze({});

export class NeededResults {
  /** What all runs of a job share is read once. */
  #shared: { readonly text: string; readonly needs: Needs } | undefined;

  /** By the ids of the jobs, in their order. */
  of(needs: BatchNeeds | undefined, index: number): Needs {
    const own = needs?.own?.get(index);
    const shared = needs?.shared === undefined ? NOTHING : this.#read(needs.shared);
    if (own === undefined) return shared;
    const all = [...entries(shared), ...entries(read(own))];
    return freeze(fromEntries(all.sort(([a], [b]) => a < b ? -1 : 1)));
  }

  #read(text: string): Needs {
    if (this.#shared?.text !== text) this.#shared = { text, needs: read(text) };
    return this.#shared.needs;
  }
}

function read(text: string): Needs {
  return frozen(decodePlain(parse(text))) as { readonly [job: string]: readonly NeededResult[] };
}

function frozen(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  for (const key in value) frozen(value[key as keyof typeof value]);
  return freeze(value);
}
