/** Numbers as people read them: counts, bytes, durations, ages, rates, percentages. Pure. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `1000000` as `1,000,000`. */
export function formatCount(count: number): string {
  return String(Math.trunc(count)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** The beginning of what is too long to be read, and how long it is; other texts as they are. */
export function formatLong(text: string, charactersMax: number): string {
  if (text.length <= charactersMax) return text;
  // No half of a character stays.
  const head = text.slice(0, charactersMax).replace(/[\uD800-\uDBFF]$/, "");
  return `${head}… (${formatCount(text.length)} characters)`;
}

/** `1` and `run` as `1 run`, `2` as `2 runs`. */
export function formatNumberOf(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** Decimal units, as disks and the founding example have them: `3.2 GB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let value = Math.max(0, bytes);
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 || value >= 99.5 ? 0 : value >= 9.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

/** The two largest units: `0.4 s`, `12 s`, `1 min 20 s`, `2 h 05 min`, `3 d 4 h`. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return "unknown";
  const span = Math.max(0, ms);
  if (span < 10) return `${Number(span.toPrecision(2))} ms`;
  if (span < SECOND) return `${Math.round(span)} ms`;
  if (span < 9.95 * SECOND) return `${(span / SECOND).toFixed(1)} s`;
  if (span < 59.5 * SECOND) return `${Math.round(span / SECOND)} s`;
  if (span < HOUR - 500) {
    const seconds = Math.round(span / SECOND);
    return `${Math.floor(seconds / 60)} min ${pad(seconds % 60)} s`;
  }
  if (span < DAY - MINUTE / 2) {
    const minutes = Math.round(span / MINUTE);
    return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
  }
  const hours = Math.round(span / HOUR);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** A wait that nobody measures: `5 s`, `21 s`, `1 min 20 s`; below a second as it is. */
export function formatWait(ms: number): string {
  const isShort = ms >= 950 && ms < 9.95 * SECOND;
  return isShort ? `${Math.round(ms / SECOND)} s` : formatDuration(ms);
}

/** Time gone by as a clock shows it: `0:06`, `12:31`, `1:02:03`, `50:00:00`. */
export function formatClock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / SECOND));
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${pad(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${pad(minutes % 60)}:${pad(seconds % 60)}`;
}

/** What is left, rounded to what can be known: `40 s`, `12 min`, `2 h 10 min`, `3 d 4 h`. */
export function formatRemaining(ms: number): string {
  if (!Number.isFinite(ms) || ms < 0) return "unknown";
  if (ms < 10 * SECOND) return `${Math.max(1, Math.ceil(ms / SECOND))} s`;
  if (ms < 90 * SECOND) return `${Math.ceil(ms / (5 * SECOND)) * 5} s`;
  if (ms < HOUR) return `${Math.ceil(ms / MINUTE)} min`;
  if (ms < 10 * HOUR) return formatDuration(Math.ceil(ms / (5 * MINUTE)) * 5 * MINUTE);
  if (ms < DAY) return `${Math.ceil(ms / HOUR)} h`;
  return formatDuration(Math.ceil(ms / HOUR) * HOUR);
}

/** How long ago: `just now`, `12 s ago`, `10 mins ago`, `2 h ago`, `3 days ago`. A clock that went back is now. */
export function formatAge(ms: number): string {
  if (!Number.isFinite(ms)) return "unknown";
  if (ms < 2 * SECOND) return "just now";
  if (ms < 60 * SECOND) return `${Math.floor(ms / SECOND)} s ago`;
  const minutes = Math.floor(ms / MINUTE);
  if (minutes < 60) return minutes === 1 ? "1 min ago" : `${minutes} mins ago`;
  const hours = Math.floor(ms / HOUR);
  if (hours < 48) return `${hours} h ago`;
  return `${Math.floor(ms / DAY)} days ago`;
}

/** Three digits are as much as a rate is worth: `0.25/s`, `42 steps/s`, `4,210/s`, `1.24M/s`. */
export function formatRate(perSecond: number, noun = ""): string {
  const unit = noun === "" ? "/" : ` ${noun}/`;
  if (!Number.isFinite(perSecond) || perSecond <= 0) return "–";
  if (perSecond < 0.01) return `${Number((perSecond * 3600).toPrecision(2))}${unit}h`;
  if (perSecond < 10) return `${Number(perSecond.toPrecision(2))}${unit}s`;
  if (perSecond < 999_500) return `${formatCount(Number(perSecond.toPrecision(3)))}${unit}s`;
  if (perSecond < 999.5e6) return `${(perSecond / 1e6).toPrecision(3)}M${unit}s`;
  return `${(perSecond / 1e9).toPrecision(3)}G${unit}s`;
}

/** Rounded down, so that `100%` means all of it; something begun is never `0%`. */
export function formatPercent(fraction: number): string {
  if (!(fraction > 0)) return "0%";
  if (fraction >= 1) return "100%";
  const percent = Math.floor(fraction * 100 + 1e-9);
  return percent === 0 ? "<1%" : `${Math.min(percent, 99)}%`;
}

/** Rounded: `94%`, near the ends `99.4%` and `0.6%`. `100%` is all of it, and `0%` nothing. */
export function formatShare(fraction: number): string {
  if (!(fraction > 0)) return "0%";
  if (fraction >= 1) return "100%";
  const tenths = Math.min(999, Math.max(1, Math.round(fraction * 1000)));
  return tenths > 990 || tenths < 10 ? `${tenths / 10}%` : `${Math.round(fraction * 100)}%`;
}

/** `2026-11-21 18:24:31`, in UTC as the journal keeps it, or in the given zone's offset. */
export function formatTime(iso: string, offsetMinutes = 0): string {
  const ms = Date.parse(iso);
  if (Number.isNaN(ms)) return iso;
  return new Date(ms + offsetMinutes * MINUTE).toISOString().slice(0, 19).replace("T", " ");
}

/** A moment near `nowMs`: `12:03:10`, and with its date when that is another day. */
export function formatMoment(iso: string, nowMs: number, offsetMinutes = 0): string {
  const time = formatTime(iso, offsetMinutes);
  const now = formatTime(new Date(nowMs).toISOString(), offsetMinutes);
  return time.slice(0, 10) === now.slice(0, 10) ? time.slice(11) : time;
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}
