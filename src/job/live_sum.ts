/** The live pictures of several shards as one, of the campaign. Pure. */
import type { Live } from "./live.ts";

/** Undefined of none. Slots are numbered through; what only one process can say of itself is left out. */
export function sumLive(lives: readonly Live[]): Live | undefined {
  const [first] = lives;
  if (first === undefined || lives.length === 1) return first;
  const sum = (of: (live: Live) => number | undefined) =>
    lives.reduce((total, live) => total + (of(live) ?? 0), 0);
  const running: Live["running"][number][] = [];
  let slots = 0;
  for (const live of lives) {
    for (const run of live.running) running.push({ ...run, slot: slots + run.slot, at: live.at });
    slots += live.slots;
  }
  const at = lives.reduce((last, live) => live.at > last ? live.at : last, first.at);
  const startedAt = lives.reduce(
    (begin, live) => live.startedAt < begin ? live.startedAt : begin,
    first.startedAt,
  );
  const hosts = new Set(lives.map(({ host }) => host));
  const work = sumWork(lives);
  return {
    at,
    epoch: 0,
    pid: first.pid,
    host: hosts.size === 1 ? first.host : `${hosts.size} machines`,
    startedAt,
    slots,
    running,
    counts: {
      total: sum(({ counts }) => counts.total),
      skipped: sum(({ counts }) => counts.skipped),
      completed: sum(({ counts }) => counts.completed),
      failed: sum(({ counts }) => counts.failed),
      queued: sum(({ counts }) => counts.queued),
      held: sum(({ counts }) => counts.held),
      delayed: sum(({ counts }) => counts.delayed),
      cancelled: sum(({ counts }) => counts.cancelled),
    },
    steps: {
      total: sum(({ steps }) => steps.total),
      done: sum(({ steps }) => steps.done),
    },
    ...(work !== undefined && { work }),
  };
}

/** It is all done when the last of them is. */
function sumWork(lives: readonly Live[]): Live["work"] {
  const works = lives.flatMap(({ work }) => work ?? []);
  if (works.length < lives.length) return undefined;
  const last = works.reduce((a, b) => b.etaMs > a.etaMs ? b : a);
  const weight = lives.reduce((total, { steps }) => total + steps.total, 0);
  const done = lives.reduce((total, { steps, work }) => total + steps.total * work!.fraction, 0);
  return { ...last, fraction: weight === 0 ? last.fraction : done / weight };
}
