/** Where an entry stands in the journal, for reading it again without reading all. Only the store goes there. */

export interface JournalLocation {
  /** Number of the sealed segment, 0 for the hot journal. */
  readonly segment: number;
  readonly offset: number;
  /** Length without the newline. */
  readonly bytes: number;
  readonly seq: number;
  /** Of a tree that is cut: in the journal of this shard. */
  readonly shard?: string;
}
