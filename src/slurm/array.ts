/** Which tasks of an array are meant, as sbatch writes them: `1-8`, `3,5-7`, `1-8%4`. Pure. */
import { Fault } from "../job/fault.ts";

export interface ArrayChoice {
  /** From 1, ascending; undefined when all are meant. */
  readonly shards: readonly number[] | undefined;
  /** So many at a time, at most. */
  readonly atOnceMax: number | undefined;
}

const HINT = "For example --array 1-8, --array 3,5, --array %4 or --array 1-8%4.";

/** Throws a usage fault that says what is wrong with it. */
export function parseArray(text: string): ArrayChoice {
  const match = /^([0-9,-]*)(?:%([0-9]{1,6}))?$/.exec(text.trim());
  if (match === null || match[0] === "") throw wrong(`takes numbers of shards, not "${text}"`);
  const atOnceMax = match[2] === undefined ? undefined : Number(match[2]);
  if (atOnceMax === 0) throw wrong("%0 would let none of them begin");
  if (match[1] === "") return { shards: undefined, atOnceMax };
  const shards = new Set<number>();
  for (const part of match[1]!.split(",")) {
    const range = /^([0-9]{1,5})(?:-([0-9]{1,5}))?$/.exec(part);
    if (range === null) throw wrong(`takes numbers of shards, not "${text}"`);
    const first = Number(range[1]);
    const last = Number(range[2] ?? first);
    if (first < 1) throw wrong("counts shards from 1");
    if (last < first) throw wrong(`has ${part}, which ends before it begins`);
    for (let shard = first; shard <= last; shard++) shards.add(shard);
  }
  return { shards: [...shards].sort((a, b) => a - b), atOnceMax };
}

/** As sbatch takes it: neighbours as a range. */
export function arrayText(shards: readonly number[], atOnceMax?: number): string {
  const parts: string[] = [];
  for (let at = 0; at < shards.length;) {
    let end = at;
    while (shards[end + 1] === shards[end]! + 1) end++;
    parts.push(end === at ? `${shards[at]}` : `${shards[at]}-${shards[end]}`);
    at = end + 1;
  }
  return parts.join(",") + (atOnceMax === undefined ? "" : `%${atOnceMax}`);
}

function wrong(what: string): Fault {
  return new Fault("usage", `--array ${what}.`, { hint: HINT });
}
