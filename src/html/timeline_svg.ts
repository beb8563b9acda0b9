/** A timeline as SVG: a lane for each run at a time, colours for how attempts ended, marks above them. Pure. */
import { runName } from "../job/run.ts";
import { formatCount, formatDuration, formatNumberOf, formatTime } from "../report/format.ts";
import { describeCause } from "../report/requeue_text.ts";
import type { BarEnd, MarkKind, Timeline, TimelineBar, TimelineMark } from "../report/timeline.ts";
import { type Html, markup } from "./markup.ts";

const WIDTH = 1000;
const LEFT = 34;
const RIGHT = 12;
const TOP = 6;
const AXIS = 34;
/** Nothing ran for so long a part of the time: the gap is drawn short, and told. */
const GAP_SHARE = 0.06;
const GAP_WIDTH = 44;
const SPANS_MAX = 12;
const BAR_WIDTH_MIN = 1.2;
/** Those that failed are seen however short they were. */
const FAILED_WIDTH_MIN = 3;

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
  readonly x: number;
  readonly width: number;
}

interface TimeScale {
  readonly spans: readonly Span[];
  readonly at: (ms: number) => number;
}

/** `label` is what a reader who does not see it is told. */
export function timelineSvg(timeline: Timeline, label: string, offsetMinutes: number): Html {
  const { lanes } = timeline;
  const pitch = lanes.length <= 12 ? 26 : lanes.length <= 40 ? 14 : 7;
  const barHeight = pitch <= 7 ? 5 : pitch - 8;
  const height = TOP + lanes.length * pitch + AXIS;
  const scale = timeScale(timeline);
  const bottom = TOP + lanes.length * pitch;
  const named = pitch >= 14;
  const rows = lanes.map(({ bars, marks }, i) => {
    const y = TOP + i * pitch + (pitch - barHeight) / 2;
    const number = named &&
      markup`<text class="lane" x="${LEFT - 8}" y="${y + barHeight / 2 + 4}">${i + 1}</text>`;
    // What failed stands before the hundreds around it.
    const sorted = bars.toSorted((a, b) => rank(a.ended) - rank(b.ended));
    return markup`${number}${sorted.map((bar) => barSvg(bar, y, barHeight, scale))}${
      marks.map((mark) => markSvg(mark, y, barHeight, scale))
    }`;
  });
  return markup`<svg class="timeline" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${label}">${
    scale.spans.map((span) => spanSvg(span, bottom, offsetMinutes, scale.spans.length > 1))
  }${gapsSvg(scale.spans, bottom)}${rows}</svg>`;
}

/** Which signs the timeline needs a legend for. */
export function timelineLegend({ lanes, marks }: Timeline): Html {
  const ends = new Set(lanes.flatMap(({ bars }) => bars.map(({ ended }) => classOf(ended))));
  const entries = LEGEND.filter(([name]) => ends.has(name)).map(([name, words]) =>
    markup`<li><svg viewBox="0 0 16 10" aria-hidden="true"><rect class="bar ${name}" width="16" height="10" rx="2"/></svg> ${words}</li>`
  );
  const signs = (Object.keys(MARK_WORDS) as MarkKind[]).filter((kind) => marks[kind] > 0).map((
    kind,
  ) =>
    markup`<li><svg viewBox="0 0 10 10" aria-hidden="true">${markShape(kind, 5, 5)}</svg> ${
      MARK_WORDS[kind]
    } (${formatCount(marks[kind])})</li>`
  );
  return markup`<ul class="legend">${entries}${signs}</ul>`;
}

const LEGEND: readonly (readonly [name: string, words: string])[] = [
  ["completed", "completed"],
  ["running", "running"],
  ["failed", "failed"],
  ["requeued", "given back, tried again"],
  ["preempted", "made way for another run"],
  ["stopped", "stopped or paused"],
  ["cancelled", "cancelled"],
  ["lost", "under way when simrun was gone"],
];

const MARK_WORDS: { readonly [kind in MarkKind]: string } = {
  checkpoint: "checkpoints",
  retry: "retries",
  resumed: "went on from a checkpoint",
  preempted: "preemptions",
};

function classOf(ended: BarEnd): string {
  switch (ended) {
    case "requeued: preempted":
    case "requeued: load":
    case "requeued: memory":
      return "preempted";
    case "requeued: stopped":
    case "requeued: control":
      return "stopped";
    default:
      return ended.startsWith("requeued") ? "requeued" : ended;
  }
}

function rank(ended: BarEnd): number {
  return ended === "failed" ? 2 : ended === "completed" ? 0 : 1;
}

function barSvg(bar: TimelineBar, y: number, height: number, { at }: TimeScale): Html {
  const { fromMs, toMs, ended } = bar;
  const x = at(fromMs);
  const least = ended === "failed" ? FAILED_WIDTH_MIN : BAR_WIDTH_MIN;
  // A hair between two that follow each other.
  const width = Math.max(least, at(toMs) - x - 0.6);
  const rx = Math.min(3, width / 3);
  return markup`<rect class="bar ${classOf(ended)}" x="${round(x)}" y="${round(y)}" width="${
    round(width)
  }" height="${height}" rx="${round(rx)}"><title>${barText(bar)}</title></rect>`;
}

function barText({ job, run, attempt, fromMs, toMs, ended, count }: TimelineBar): string {
  const who = count > 1
    ? `${formatNumberOf(count, "run")} of ${job ?? "several jobs"}`
    : runName(job ?? "", run);
  const number = attempt > 1 ? `, attempt ${attempt}` : "";
  return `${who}${number}: ${endText(ended)}, ${formatDuration(toMs - fromMs)}`;
}

function endText(ended: BarEnd): string {
  if (ended === "lost") return "simrun was gone";
  return ended.startsWith("requeued: ")
    ? describeCause(ended.slice("requeued: ".length) as Parameters<typeof describeCause>[0])
    : ended;
}

function markSvg(
  { atMs, kind, count }: TimelineMark,
  y: number,
  height: number,
  { at }: TimeScale,
) {
  const shape = markShape(kind, at(atMs), y + (kind === "checkpoint" ? height / 2 : 0));
  const words = count > 1 ? `${formatCount(count)} ${MARK_WORDS[kind]}` : MARK_WORDS[kind];
  return markup`<g><title>${words}</title>${shape}</g>`;
}

/** Told apart by their shapes as well: a point, a triangle up, a ring, a triangle down. */
function markShape(kind: MarkKind, x: number, y: number): Html {
  const [cx, cy] = [round(x), round(y)];
  switch (kind) {
    case "checkpoint":
      return markup`<circle class="mark checkpoint" cx="${cx}" cy="${cy}" r="2" />`;
    case "resumed":
      return markup`<circle class="mark resumed" cx="${cx}" cy="${cy}" r="3" />`;
    case "retry":
      return markup`<path class="mark retry" d="M${round(x - 4)} ${round(y + 4)}h8l-4 -7z" />`;
    case "preempted":
      return markup`<path class="mark preempted" d="M${round(x - 4)} ${round(y - 4)}h8l-4 7z" />`;
  }
}

/** Time runs evenly, but for long gaps in which nothing ran: those at which a simrun was at work are seldom long. */
function timeScale({ lanes, sessions, fromMs, toMs }: Timeline): TimeScale {
  const bars = lanes.flatMap(({ bars }) => bars).toSorted((a, b) => a.fromMs - b.fromMs);
  const workedMs = sessions.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  let gapMs = Math.max(1, workedMs) * GAP_SHARE;
  let busy = busySpans(bars, gapMs);
  while (busy.length > SPANS_MAX) busy = busySpans(bars, gapMs *= 2);
  if (busy.length === 0) busy.push({ fromMs, toMs });
  const total = busy.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0) || 1;
  const room = WIDTH - LEFT - RIGHT - (busy.length - 1) * GAP_WIDTH;
  let x = LEFT;
  const spans = busy.map((one): Span => {
    const width = Math.max(4, (one.toMs - one.fromMs) / total * room);
    const span = { ...one, x, width };
    x += width + GAP_WIDTH;
    return span;
  });
  return {
    spans,
    at: (ms) => {
      const span = spans.findLast((one) => ms >= one.fromMs) ?? spans[0]!;
      const share = (ms - span.fromMs) / (span.toMs - span.fromMs || 1);
      return span.x + Math.min(1, Math.max(0, share)) * span.width;
    },
  };
}

/** Of bars in their order: what lies closer together than the gap is one span. */
function busySpans(
  bars: readonly TimelineBar[],
  gapMs: number,
): { fromMs: number; toMs: number }[] {
  const busy: { fromMs: number; toMs: number }[] = [];
  for (const { fromMs, toMs } of bars) {
    const last = busy.at(-1);
    if (last === undefined || fromMs - last.toMs >= gapMs) busy.push({ fromMs, toMs });
    else last.toMs = Math.max(last.toMs, toMs);
  }
  return busy;
}

function spanSvg(
  { fromMs, toMs, x, width }: Span,
  bottom: number,
  offsetMinutes: number,
  isOneOfMany: boolean,
): Html {
  const step = tickStep((toMs - fromMs) / Math.max(1, width / 110));
  const ticks: Html[] = [];
  const offsetMs = offsetMinutes * 60_000;
  const first = Math.ceil((fromMs + offsetMs) / step) * step - offsetMs;
  for (let ms = first; ms <= toMs; ms += step) {
    const at = x + (ms - fromMs) / (toMs - fromMs || 1) * width;
    // Words at both ends would stand out of the picture.
    if (at > x + width - 26 && isOneOfMany) continue;
    const where = round(Math.min(Math.max(at, LEFT + 2), WIDTH - RIGHT - 28));
    ticks.push(
      markup`<line class="tick" x1="${round(at)}" x2="${round(at)}" y1="${TOP}" y2="${
        bottom + 4
      }" /><text class="time" x="${where}" y="${bottom + 17}">${
        tickText(
          ms,
          step,
          offsetMinutes,
        )
      }</text>`,
    );
  }
  const day = formatTime(new Date(fromMs).toISOString(), offsetMinutes).slice(0, 10);
  return markup`${ticks}<line class="axis" x1="${round(x)}" x2="${
    round(x + width)
  }" y1="${bottom}" y2="${bottom}" />${
    width > 60 &&
    markup`<text class="day" x="${round(x)}" y="${bottom + 31}">${day}</text>`
  }`;
}

function gapsSvg(spans: readonly Span[], bottom: number): Html[] {
  return spans.slice(1).map((span, i) => {
    const before = spans[i]!;
    const middle = span.x - GAP_WIDTH / 2;
    return markup`<text class="gap" x="${round(middle)}" y="${
      bottom + 4
    }">⋯</text><text class="gap" x="${round(middle)}" y="${bottom + 17}">${
      shortDuration(
        span.fromMs - before.toMs,
      )
    }</text>`;
  });
}

/** `3 d`, `2 h`: there is little room. */
function shortDuration(ms: number): string {
  const [size, unit] = formatDuration(ms).split(" ");
  return `${size} ${unit}`;
}

const STEPS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((s) => s * 1000),
  ...[1, 2, 5, 10, 15, 30].map((m) => m * 60_000),
  ...[1, 2, 3, 6, 12].map((h) => h * 3_600_000),
  ...[1, 2, 7, 14, 28, 91, 182, 364].map((d) => d * 86_400_000),
];

function tickStep(leastMs: number): number {
  return STEPS.find((step) => step >= leastMs) ??
    Math.ceil(leastMs / STEPS.at(-1)!) * STEPS.at(-1)!;
}

function tickText(ms: number, stepMs: number, offsetMinutes: number): string {
  const text = formatTime(new Date(ms).toISOString(), offsetMinutes);
  if (stepMs >= 86_400_000) return text.slice(5, 10);
  if (stepMs >= 60_000) return text.slice(11, 16);
  return text.slice(11) + (stepMs < 1000 ? `.${String(ms % 1000).padStart(3, "0")}` : "");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
