/** The counts of a campaign at work in words, for a picture and for a line. Pure. */
import type { GivesWay, Live, LiveCores } from "../job/live.ts";
import { formatCount } from "./format.ts";

/** What of those in the queue waits for something else than a slot, and what was given up: a phrase each. */
export interface WaitingTexts {
  readonly waiting: string;
  readonly delayed: string;
  /** Where there is no room for the words. */
  readonly delayedShort: string;
  readonly paused: string;
  readonly cancelled: string;
}

/** Empty where there is none. */
export function describeWaiting(
  { queued, held = 0, delayed = 0, cancelled = 0 }: Live["counts"],
): WaitingTexts {
  const waiting = queued - held - delayed;
  const some = (count: number, text: string): string =>
    count > 0 ? `${formatCount(count)} ${text}` : "";
  return {
    waiting: some(waiting, "waiting"),
    delayed: some(delayed, `${delayed === 1 ? "waits" : "wait"} to be tried again`),
    delayedShort: some(delayed, "delayed"),
    paused: some(held, "paused"),
    cancelled: some(cancelled, "cancelled"),
  };
}

/** `2 of 4 slots give way: others use 2.1 cores`. */
export function describeGivingWay({ slots, of, othersCores }: GivesWay): string {
  const give = slots === 1 ? "gives" : "give";
  const cores = othersCores.toFixed(1);
  return `${slots} of ${of} slots ${give} way: others use ${cores} core${
    cores === "1.0" ? "" : "s"
  }`;
}

/** How much is done; older pictures tell it in other ways. */
export function liveFraction({ progress, work, steps }: Live): number {
  return progress?.fraction ?? work?.fraction ?? (steps.total > 0 ? steps.done / steps.total : 0);
}

/** Nothing is computed and nothing will be before somebody says so. */
export function isAllPaused({ counts, running }: Live): boolean {
  const { held = 0 } = counts;
  return held > 0 && held === counts.queued && running.length === 0;
}

/** `4 cores: 2 of 6 are free`. */
export function coresText(cores: number, { total, free }: LiveCores): string {
  return `${cores} cores: ${free} of ${total} ${free === 1 ? "is" : "are"} free`;
}
