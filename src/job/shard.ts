/** A shard: one part of a campaign that is cut into parts, each computed by a simrun of its own. */
import { Fault } from "./fault.ts";

export interface Shard {
  /** From 1. */
  readonly number: number;
  readonly of: number;
}

/** More are not planned for: readers look into each of them. */
export const SHARDS_MAX = 10_000;

const HINT = "The third of eight is --shard 3/8; shards are counted from 1.";

/** `3/8`. Throws a `Fault` of usage that says what is wrong with it. */
export function parseShard(text: string): Shard {
  const match = /^(\d{1,9})\/(\d{1,9})$/.exec(text.trim());
  if (match === null) {
    throw new Fault("usage", `--shard takes a number of a number, not "${text}".`, { hint: HINT });
  }
  const [number, of] = [Number(match[1]), Number(match[2])];
  if (of < 1 || of > SHARDS_MAX) {
    throw new Fault("usage", `A campaign is cut into 1 to ${SHARDS_MAX} shards, not ${of}.`, {
      hint: HINT,
    });
  }
  if (number < 1 || number > of) {
    throw new Fault("usage", `There is no shard ${number} of ${of}.`, { hint: HINT });
  }
  return { number, of };
}

/** As people read it: `3/8`. */
export function shardText({ number, of }: Shard): string {
  return `${number}/${of}`;
}

/** As its folder is called. */
export function shardName({ number, of }: Shard): string {
  return `${number}-of-${of}`;
}

/** The shard whose folder is called so; undefined when simrun would never give that name. */
export function shardOfName(name: string): Shard | undefined {
  const match = /^(\d{1,5})-of-(\d{1,5})$/.exec(name);
  if (match === null) return undefined;
  const shard = { number: Number(match[1]), of: Number(match[2]) };
  const isOne = shard.number >= 1 && shard.number <= shard.of && shard.of <= SHARDS_MAX;
  return isOne && shardName(shard) === name ? shard : undefined;
}
