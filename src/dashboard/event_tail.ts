/**
 * The last events of a journal, each made into a message once for all who listen, and who began where before: so that
 * events further back can be made as well. What is made of a journal that is followed; nothing is kept of all before.
 */
import type { JournalEntry } from "../job/event.ts";
import { NOTICE_EVENTS, type NoticeEvent } from "../job/sink.ts";
import { NoticeMaker } from "../notice/notice_maker.ts";
import type { JournalLocation } from "../store/journal_line.ts";

export interface EventMessage {
  readonly event: NoticeEvent;
  /** Of the journal's entry, and from 0 among its events. */
  readonly seq: number;
  readonly index: number;
  readonly id: string;
  readonly text: string;
}

interface Kept {
  readonly entry: JournalEntry;
  readonly bytes: number;
  messages: readonly EventMessage[] | undefined;
}

/** Of the journal's lines; who is further behind reads them again. */
const KEPT_BYTES_MAX = 1 << 20;
/** Those that are passed are let go together. */
const PASSED_MAX = 1_024;

const ALL: ReadonlySet<NoticeEvent> = new Set(NOTICE_EVENTS);

export class EventTail {
  readonly #root: string;
  readonly #bytesMax: number;
  /** In their order; the first holds of what stands before any beginning. */
  readonly #makers: { readonly seq: number; readonly maker: NoticeMaker }[];
  #kept: Kept[] = [];
  #passed = 0;
  #bytes = 0;
  /** Of the last entry that is not kept. */
  #passedSeq = 0;
  #lastSeq = 0;

  constructor(root: string, bytesMax = KEPT_BYTES_MAX) {
    this.#root = root;
    this.#bytesMax = bytesMax;
    this.#makers = [{ seq: 0, maker: new NoticeMaker(root, ALL) }];
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** What entries events are made of. */
  get types(): ReadonlySet<JournalEntry["type"]> {
    return this.#makers[0]!.maker.types;
  }

  /** For what is said of a moment. */
  get lastMaker(): NoticeMaker {
    return this.#makers.at(-1)!.maker;
  }

  apply(entry: JournalEntry, { bytes }: JournalLocation): void {
    this.#lastSeq = entry.seq;
    if (entry.type === "campaign.started") {
      this.#makers.push({ seq: entry.seq, maker: new NoticeMaker(this.#root, ALL, entry.host) });
    }
    this.#kept.push({ entry, bytes, messages: undefined });
    this.#bytes += bytes;
    while (this.#bytes > this.#bytesMax && this.#kept.length - this.#passed > 1) {
      const { entry: { seq }, bytes } = this.#kept[this.#passed++]!;
      this.#passedSeq = seq;
      this.#bytes -= bytes;
    }
    if (this.#passed > PASSED_MAX) {
      this.#kept = this.#kept.slice(this.#passed);
      this.#passed = 0;
    }
  }

  /** Whether it holds all that stands behind this entry. */
  hasAllBehind(seq: number): boolean {
    return seq >= this.#passedSeq;
  }

  /** The first kept entry behind that one, and its events; undefined where there is none. */
  behind(
    seq: number,
  ): { readonly seq: number; readonly messages: readonly EventMessage[] } | undefined {
    let [low, high] = [this.#passed, this.#kept.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#kept[middle]!.entry.seq > seq) high = middle;
      else low = middle + 1;
    }
    const kept = this.#kept[low];
    if (kept === undefined) return undefined;
    kept.messages ??= this.messagesOf(kept.entry);
    return { seq: kept.entry.seq, messages: kept.messages };
  }

  /** Of an entry that it has heard before. */
  messagesOf(entry: JournalEntry): readonly EventMessage[] {
    const { maker } = this.#makers.findLast(({ seq }) => seq <= entry.seq)!;
    return maker.of(entry).map((notice, index) => ({
      ...{ event: notice.event, seq: entry.seq, index, id: notice.id },
      text: JSON.stringify(notice),
    }));
  }
}
