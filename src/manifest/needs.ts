/** Checks over the needs of all jobs of all files: circles, points without a match, misspelt ids. */
import type { Job } from "../job/job.ts";
import { searchOf } from "../job/sweep.ts";
import { findCircles } from "../plan/circles.ts";
import { canonical } from "../plan/digest.ts";
import { sweepNames } from "../plan/sweep.ts";
import { findEntry, quote, type YamlMap } from "./node.ts";
import { fromPlace } from "./from_shape.ts";
import { type NeedPlace, needPlaces } from "./need_shape.ts";
import { shorten } from "./quote.ts";
import type { Report } from "./shape.ts";
import { suggest } from "./suggest.ts";

/** A job as it was read; `job` is absent when there is a mistake in it. */
export interface ReadJob {
  readonly map: YamlMap;
  readonly job: Job | undefined;
  /** Of the file it stands in. */
  readonly report: Report;
}

/** More are not told at once: each names up to all the jobs there are. */
const CIRCLES_MAX = 1000;
/** A path of more characters is told by its beginning and its end. */
const PATH_CHARACTERS_MAX = 500;
/** So many ids are compared in search of the one that was meant. */
const COMPARISONS_MAX = 200_000;

/** Reports what is wrong, each in its own file, and answers the ids of the jobs that are to blame. */
export function checkNeeds(read: ReadonlyMap<string, ReadJob>): ReadonlySet<string> {
  const places = new Map<string, readonly NeedPlace[]>();
  for (const [id, { map }] of read) {
    const needs = findEntry(map, "needs");
    const from = findEntry(map, "from");
    const begins = from && fromPlace(from.value);
    places.set(id, [
      ...needs === undefined ? [] : needPlaces(needs.value),
      ...begins === undefined ? [] : [{ ...begins, key: "from" as const, match: undefined }],
    ]);
  }
  const refused = new Set<string>();
  checkCircles(read, places, refused);
  checkPoints(read, places, refused);
  suggestIds(read, places);
  return refused;
}

type Places = ReadonlyMap<string, readonly NeedPlace[]>;

function checkCircles(
  read: ReadonlyMap<string, ReadJob>,
  places: Places,
  refused: Set<string>,
): void {
  const needs = new Map([...places].map(([id, list]) => [id, list.map(({ job }) => job)]));
  let told = 0;
  for (const circle of findCircles(needs)) {
    const [last, needed] = circle.slice(-2) as [string, string];
    const { map, report } = read.get(last)!;
    const { node, key } = places.get(last)!.find(({ job }) => job === needed)!;
    const message = circle.length === 2
      ? `Job ${quote(last)} ${key === "from" ? "begins from" : "needs"} itself`
      : `Jobs need each other in a circle: ${pathText(circle)}`;
    report.error(node, key, message, circleHint(map, key, last, circle.length === 2));
    refused.add(last);
    if (++told === CIRCLES_MAX) return;
  }
}

function circleHint(map: YamlMap, key: NeedPlace["key"], job: string, isSelf: boolean): string {
  const { keyNode } = findEntry(map, key)!;
  if (keyNode.start < map.start || keyNode.end > map.end) {
    return key === "needs"
      ? `It comes from the defaults: give job ${quote(job)} needs of its own, or needs: [].`
      : `It comes from the defaults: give job ${quote(job)} from: null.`;
  }
  return isSelf
    ? "It would never begin. Remove it."
    : "None of them would ever begin. Remove one of these needs.";
}

function pathText(circle: readonly string[]): string {
  const whole = circle.join(" → ");
  if (whole.length <= PATH_CHARACTERS_MAX) return whole;
  const ids = circle.map((id) => shorten(id));
  return [
    ...ids.slice(0, 3),
    ...(ids.length > 6
      ? [`… ${(ids.length - 5).toLocaleString("en")} others …`]
      : ids.slice(3, -2)),
    ...ids.slice(-2),
  ].join(" → ");
}

/** `match: point` where no two runs could be told to belong together. */
function checkPoints(
  read: ReadonlyMap<string, ReadJob>,
  places: Places,
  refused: Set<string>,
): void {
  for (const [id, { job, report }] of read) {
    for (const need of job?.needs ?? []) {
      if (need.runs !== "same-point") continue;
      const message = whyNoMatch(job!, need.job, read.get(need.job)?.job);
      if (message === undefined) continue;
      const { match } = places.get(id)!.find(({ job, key }) =>
        job === need.job && key === "needs"
      )!;
      const hint = `Without match each run needs all runs of ${quote(need.job)}.`;
      report.error(match!, "needs", message, hint);
      refused.add(id);
    }
  }
}

function whyNoMatch(job: Job, neededId: string, needed: Job | undefined): string | undefined {
  if (job.sweep === undefined) {
    return `Job ${quote(job.id)} has no sweep, and so no points to match`;
  }
  const search = [job, needed].find((one) => searchOf(one?.sweep) !== undefined);
  if (search !== undefined) {
    return `Job ${quote(search.id)} is a search, whose points are known one after the other`;
  }
  if (needed === undefined) return undefined;
  const jobs = `Jobs ${quote(job.id)} and ${quote(neededId)}`;
  if (!haveCommonParameter(job, needed)) {
    return `${jobs} sweep no common parameter to match their points by`;
  }
  const differs = Object.keys(job.parameters).find((name) =>
    Object.hasOwn(needed.parameters, name) &&
    canonical(job.parameters[name]!) !== canonical(needed.parameters[name]!)
  );
  if (differs === undefined) return undefined;
  return `${jobs} have no runs with the same parameters: ${quote(differs)} is another in each`;
}

/** Whether one of them sweeps a parameter that the other one gives as well, swept or fixed. */
function haveCommonParameter(a: Job, b: Job): boolean {
  return isGivenBy(b, sweptBy(a)) || isGivenBy(a, sweptBy(b));
}

function sweptBy({ sweep }: Job): readonly string[] {
  return sweep === undefined ? [] : sweepNames(sweep);
}

function isGivenBy(job: Job, names: readonly string[]): boolean {
  const given = new Set([...Object.keys(job.parameters), ...sweptBy(job)]);
  return names.some((name) => given.has(name));
}

/** A job that is not here may be done in the tree already; one that has nearly such a name was perhaps meant. */
function suggestIds(read: ReadonlyMap<string, ReadJob>, places: Places): void {
  const meantFor = new Map<string, string | undefined>();
  let left = COMPARISONS_MAX;
  for (const [id, { report }] of read) {
    for (const { job, node, key } of places.get(id)!) {
      if (read.has(job)) continue;
      if (!meantFor.has(job)) {
        left -= read.size;
        if (left < 0) return;
        meantFor.set(job, suggest(job, [...read.keys()].filter((one) => isLike(job, one))));
      }
      const meant = meantFor.get(job);
      if (meant === undefined || meant === id) continue;
      const message = `There is no job ${quote(job)} in these manifests`;
      report.warning(node, key, message, `Did you mean ${quote(meant)}?`);
    }
  }
}

/** `run_3` is no slip of the pen for `run_2`, and of very short ids each is like every other. */
function isLike(a: string, b: string): boolean {
  return a.length > 3 && a.replace(/\D+/g, " ").trim() === b.replace(/\D+/g, " ").trim();
}
