/** Where lines stand, a row each: a few bytes a line, and one place for all runs of it. */
import type { JournalLocation } from "../job/journal_location.ts";
import { Column } from "./column.ts";
import { Distinct } from "./distinct.ts";

export class Places {
  readonly #segments = new Column();
  readonly #offsets = new Column();
  readonly #bytes = new Column();
  readonly #seqs = new Column();
  readonly #shards = new Column();
  readonly #names = new Distinct<string>();
  #last: JournalLocation | undefined;
  #size = 0;

  /** The number of a place, from 1; 0 of none. Those who ask in a row about one line are answered the same. */
  numberOf(place: JournalLocation | undefined): number {
    if (place === undefined) return 0;
    if (place === this.#last) return this.#size;
    this.#last = place;
    const row = this.#size++;
    this.#segments.set(row, place.segment);
    this.#offsets.set(row, place.offset);
    this.#bytes.set(row, place.bytes);
    this.#seqs.set(row, place.seq);
    this.#shards.set(row, this.#names.numberOf(place.shard));
    return this.#size;
  }

  at(number: number): JournalLocation | undefined {
    if (number === 0) return undefined;
    const row = number - 1;
    const shard = this.#names.at(this.#shards.get(row));
    return {
      segment: this.#segments.get(row),
      offset: this.#offsets.get(row),
      bytes: this.#bytes.get(row),
      seq: this.#seqs.get(row),
      ...(shard !== undefined && { shard }),
    };
  }
}
