/** When something will be done, as people read it: a time, or the range in which it is. Pure. */
import { formatDuration, formatRemaining } from "./format.ts";

export interface TimeLeft {
  readonly etaMs: number | undefined;
  /** Nine times in ten it is between these two; undefined where nobody knows how much runs differ. */
  readonly lowMs?: number | undefined;
  readonly highMs?: number | undefined;
}

const UNITS = [
  { name: "s", ms: 1_000, below: 120_000 },
  { name: "min", ms: 60_000, below: 180 * 60_000 },
  { name: "h", ms: 3_600_000, below: 72 * 3_600_000 },
  { name: "d", ms: 86_400_000, below: Infinity },
] as const;

/** `12 min`, `10 to 14 min`, `40 s to 3 min`; nothing where nothing is known. */
export function formatTimeLeft({ etaMs, lowMs, highMs }: TimeLeft): string {
  if (etaMs === undefined) return "";
  return lowMs === undefined || highMs === undefined || !Number.isFinite(highMs)
    ? formatRemaining(etaMs)
    : formatRange(lowMs, highMs);
}

/** The low end is rounded down and the high one up, as far as that tells them apart. */
export function formatRange(lowMs: number, highMs: number): string {
  const unit = unitOf(highMs);
  const low = lowMs / unit.ms;
  const high = highMs / unit.ms;
  if (Math.round(low) === Math.round(high)) return `${Math.max(1, Math.round(high))} ${unit.name}`;
  if (low >= 1) return `${Math.floor(low)} to ${Math.ceil(high)} ${unit.name}`;
  const smaller = unitOf(lowMs);
  const least = Math.floor(lowMs / smaller.ms);
  return smaller === unit || least === 0
    ? `up to ${Math.ceil(high)} ${unit.name}`
    : `${least} ${smaller.name} to ${Math.ceil(high)} ${unit.name}`;
}

/** A span that is not worth two units: `30 s`, `2 min`, `14 h`. */
export function formatAbout(ms: number): string {
  if (ms < 950) return formatDuration(ms);
  const [second, minute, hour, day] = UNITS;
  const unit = ms < 59.5 * second.ms
    ? second
    : ms < 59.5 * minute.ms
    ? minute
    : ms < 47.5 * hour.ms
    ? hour
    : day;
  return `${Math.round(ms / unit.ms)} ${unit.name}`;
}

function unitOf(ms: number): (typeof UNITS)[number] {
  return UNITS.find(({ below }) => ms < below) ?? UNITS[0];
}
