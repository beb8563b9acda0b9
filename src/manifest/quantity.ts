/** Counts, durations and sizes as people write them: `1_000_000`, `1h30m`, `2GiB`. Pure. */

export type Quantity =
  | { readonly ok: true; readonly value: number }
  /** `mistake` goes on after the name of the value: "steps" *must be …*. */
  | { readonly ok: false; readonly mistake: string; readonly hint?: string };

/** Counts as text; numbers need no pattern. */
export const COUNT_PATTERN = "^[+]?[0-9]+(_[0-9]+)*(([.][0-9]*)?[eE][+]?[0-9]+|[.]0*)?$";

const NUMBER = "[0-9]+(?:[.][0-9]+)?";
const UNITS = [["d", 86_400_000], ["h", 3_600_000], ["m", 60_000], ["s", 1000], ["ms", 1]] as const;

/** `1h30m`, `90 s`, `1.5h`: units from large to small, each once, at least one. */
const UNIT_DURATION = `(?=[0-9])` +
  UNITS.map(([unit]) => `(?:${NUMBER} ?${unit === "m" ? "m(?:in)?(?!s)" : unit} ?)?`).join("");
/** `01:30:00`, and `2-12:00:00` as batch systems write days. */
const CLOCK = "(?:[0-9]+-)?[0-9]+:[0-5][0-9]:[0-5][0-9]";

/** Durations as text, whole. */
export const DURATION_PATTERN = `^(?:${UNIT_DURATION}|${CLOCK})$`;

/** No pattern is asked about more: one with a choice in every place costs stack for each. */
const CHARACTERS_MAX = 64;

const COUNT = new RegExp(COUNT_PATTERN);
const DURATION = new RegExp(DURATION_PATTERN);
/** Sizes as text: `2GiB`, `512 MB`, `1.5G`. */
export const SIZE_PATTERN = "^([0-9]+(?:[.][0-9]+)?) ?([kKMGTP]?)(i?)(B?)$";
const SIZE = new RegExp(SIZE_PATTERN);

/** A whole number from `min` to `max`. `1000000`, `1_000_000`, `1e6` and these in quotes are the same. */
export function parseCount(
  value: unknown,
  { min = 1, max = Number.MAX_SAFE_INTEGER }: { readonly min?: number; readonly max?: number } = {},
): Quantity {
  const wanted = max === Number.MAX_SAFE_INTEGER
    ? `a whole number, at least ${min}`
    : `a whole number from ${min} to ${max}`;
  const number = typeof value === "string" && value.length <= CHARACTERS_MAX && COUNT.test(value)
    ? Number(value.replaceAll("_", ""))
    : value;
  if (typeof number !== "number" || Number.isNaN(number)) {
    return { ok: false, mistake: `must be ${wanted}` };
  }
  if (number > Number.MAX_SAFE_INTEGER) {
    return { ok: false, mistake: "is beyond 2^53, the largest number that can be counted to" };
  }
  if (!Number.isInteger(number)) {
    return {
      ok: false,
      mistake: `must be ${wanted}`,
      hint: `Write ${Math.min(max, Math.max(min, Math.round(number)))}.`,
    };
  }
  if (number < min || number > max) return { ok: false, mistake: `must be ${wanted}` };
  return { ok: true, value: number };
}

/** Milliseconds. A plain number is seconds; text needs a unit or has the form hh:mm:ss. */
export function parseDuration(
  value: unknown,
  { zero = false }: { readonly zero?: boolean } = {},
): Quantity {
  const ms = typeof value === "number" ? value * 1000 : readDuration(value);
  if (ms === undefined || Number.isNaN(ms)) {
    return {
      ok: false,
      mistake: "must be a duration",
      hint: "Write for example 90s, 5m, 1h30m, 500ms, 2d or 01:30:00.",
    };
  }
  if (zero && ms < 0) return { ok: false, mistake: "must not be negative" };
  if (!zero && ms <= 0) return { ok: false, mistake: "must be longer than nothing" };
  if (ms > Number.MAX_SAFE_INTEGER) return { ok: false, mistake: "is longer than can be counted" };
  return { ok: true, value: ms };
}

/** Bytes. `2GiB` and `2G` are 2³¹, `2GB` is 2·10⁹; a plain number is bytes. */
export function parseSize(value: unknown): Quantity {
  const bytes = typeof value === "number" ? value : readSize(value);
  if (bytes === undefined || !(bytes >= 0) || bytes > Number.MAX_SAFE_INTEGER) {
    return {
      ok: false,
      mistake: "must be a size",
      hint: "Write for example 512MiB, 2GiB, 2GB or a number of bytes.",
    };
  }
  return { ok: true, value: Math.round(bytes) };
}

function readDuration(value: unknown): number | undefined {
  if (typeof value !== "string" || value.length > CHARACTERS_MAX || !DURATION.test(value)) {
    return undefined;
  }
  if (value.includes(":")) {
    const [clock, days] = value.split("-").reverse() as [string, string | undefined];
    const [hours, minutes, seconds] = clock.split(":").map(Number) as [number, number, number];
    return (((Number(days ?? 0) * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
  }
  let ms = 0;
  for (const [, amount, unit] of value.matchAll(/([0-9.]+) ?([a-z]+)/g)) {
    ms += Number(amount) * UNITS.find(([name]) => name === unit || `${name}in` === unit)![1];
  }
  return ms;
}

function readSize(value: unknown): number | undefined {
  const match = typeof value === "string" ? SIZE.exec(value) : null;
  if (match === null) return undefined;
  const [, amount, prefix, i, b] = match as unknown as [string, string, string, string, string];
  if (prefix === "") return i === "" ? Number(amount) : undefined;
  const base = i === "" && b === "B" ? 1000 : 1024;
  return Number(amount) * base ** ("KMGTP".indexOf(prefix.toUpperCase()) + 1);
}
