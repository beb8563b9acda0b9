/** Several notices as one message for people: a headline, and lines, of which not more than can be read. Pure. */
import type { Notice } from "../notice/notice.ts";
import { noticeText } from "../notice/notice_text.ts";
import { formatCount, formatLong, formatNumberOf } from "../report/format.ts";

export interface Digest {
  readonly headline: string;
  readonly lines: readonly string[];
}

const LINES_MAX = 20;
const LINE_CHARACTERS_MAX = 400;

const NOUNS: { readonly [event: string]: (count: number) => string } = {
  on_error: (count) => `${formatNumberOf(count, "run")} failed`,
  on_complete: (count) => `${formatNumberOf(count, "run")} completed`,
  on_start: (count) => `${formatNumberOf(count, "run")} started`,
  on_cancel: (count) => `${formatNumberOf(count, "run")} cancelled`,
  on_retry: (count) => `${formatNumberOf(count, "run")} to be tried again`,
  on_warning: (count) => formatNumberOf(count, "warning"),
  on_checkpoint: (count) => formatNumberOf(count, "checkpoint"),
  on_submit: (count) => `${formatNumberOf(count, "job")} submitted`,
};

export function digestOf(notices: readonly Notice[]): Digest {
  const counts = new Map<string, number>();
  for (const { event } of notices) counts.set(event, (counts.get(event) ?? 0) + 1);
  const counted = [...counts].flatMap(([event, count]) => NOUNS[event]?.(count) ?? []);
  const own = notices.filter(({ event }) => NOUNS[event] === undefined).map(noticeText);
  const told = notices.filter(({ event }) => NOUNS[event] !== undefined);
  const [first] = notices;
  const headline = notices.length === 1
    ? noticeText(first!)
    : [...counted, ...own.slice(-1)].join("; ");
  const lines = notices.length === 1 ? [] : told.slice(0, LINES_MAX).map(noticeText);
  const more = told.length - lines.length;
  const bounded = lines.map((line) => formatLong(line, LINE_CHARACTERS_MAX));
  if (more > 0 && notices.length > 1) bounded.push(`and ${formatCount(more)} more`);
  return { headline: formatLong(headline, LINE_CHARACTERS_MAX), lines: bounded };
}
