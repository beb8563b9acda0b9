/** Moments in the past as people write them: `30d`, `2026-11-01`, `2026-11-01T12:30`, `12:30`. In the reader's own time. */
import { Fault } from "../job/fault.ts";
import { parseDuration } from "../manifest/quantity.ts";

const HINT =
  "For example --since 30d, --since 2026-11-01, --since 2026-11-01T12:30, --since 12:30.";
const DAY = "(\\d{4})-(\\d\\d)-(\\d\\d)";
const CLOCK = "(\\d\\d?):(\\d\\d)(?::(\\d\\d)(?:[.]\\d+)?)?";
const MOMENT = new RegExp(`^${DAY}(?:[T ]${CLOCK}(Z|[+-]\\d\\d:?\\d\\d)?)?$`, "i");
const TIME_OF_DAY = /^(\d\d?):(\d\d)$/;

/** Milliseconds since 1970. Throws a usage fault that names the flag. */
export function sinceMs(text: string, now: Date): number {
  const atMs = readMoment(text.trim(), now);
  if (atMs > now.getTime()) {
    throw new Fault("usage", `--since ${text} is in the future.`, { hint: HINT });
  }
  return atMs;
}

function readMoment(text: string, now: Date): number {
  const moment = MOMENT.exec(text);
  if (moment !== null) {
    const [year, month, day, hours, minutes, seconds] = moment.slice(1, 7)
      .map((part) => Number(part ?? 0)) as [number, number, number, number, number, number];
    const local = new Date(year, month - 1, day, hours, minutes, seconds);
    const written = [year, month, day, hours, minutes, seconds];
    // A clock that is put forward leaves out an hour, and a day that is not there is the next month's.
    const utc = new Date(Date.UTC(year, month - 1, day, hours, minutes, seconds));
    if (utc.toISOString().slice(0, 19) !== isoOf(written)) throw unknownDay(text);
    const zone = moment[7];
    if (zone === undefined) return local.getTime();
    return utc.getTime() - offsetMs(zone);
  }
  const time = TIME_OF_DAY.exec(text);
  if (time !== null) {
    const [hours, minutes] = [Number(time[1]), Number(time[2])];
    if (hours > 23 || minutes > 59) throw unknownDay(text);
    return new Date(now.getFullYear(), now.getMonth(), now.getDate(), hours, minutes).getTime();
  }
  if (/^\d\d?:\d\d:\d\d$/.test(text)) {
    throw new Fault("usage", `--since ${text} may be a time or a duration.`, {
      hint: `Write --since ${text.replace(/:\d\d$/, "")} for the time of day, --since ${
        text.replace(/^(\d+):(\d+):(\d+)$/, "$1h$2m$3s")
      } for how long ago.`,
    });
  }
  const ago = parseDuration(text);
  // Further back than there are dates nothing has ever happened.
  if (ago.ok) return Math.max(0, now.getTime() - ago.value);
  const isBare = /^\d+([.]\d+)?$/.test(text);
  throw new Fault(
    "usage",
    isBare
      ? `--since needs a unit, and ${text} has none.`
      : `--since takes a date, a time or a duration, not "${text}".`,
    { hint: isBare ? `Write --since ${text}d for days, --since ${text}h for hours.` : HINT },
  );
}

function isoOf([year, ...others]: readonly number[]): string {
  const [month, day, hours, minutes, seconds] = others.map((part) => String(part).padStart(2, "0"));
  return `${String(year).padStart(4, "0")}-${month}-${day}T${hours}:${minutes}:${seconds}`;
}

/** `Z`, `+02:00`, `-0530`. */
function offsetMs(zone: string): number {
  const parts = /^([+-])(\d\d):?(\d\d)$/.exec(zone);
  if (parts === null) return 0;
  const minutes = Number(parts[2]) * 60 + Number(parts[3]);
  return (parts[1] === "-" ? -minutes : minutes) * 60_000;
}

function unknownDay(text: string): Fault {
  return new Fault("usage", `--since takes a day and time that there are, not "${text}".`, {
    hint: HINT,
  });
}
