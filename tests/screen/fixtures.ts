/** What the tests of the screen share: a canvas without colours, and the story of a run told by invented events. */
import type { RunEvent } from "../../src/job/event.ts";
import type { Job } from "../../src/job/job.ts";
import { StoryFold } from "../../src/report/run_story.ts";
import type { Lacks } from "../../src/report/open_needs.ts";
import { type StatusOptions, treeStatus } from "../../src/report/status.ts";
import { paintFor } from "../../src/screen/paint.ts";
import { renderStory } from "../../src/screen/story_view.ts";
import { history, journal, NOW } from "../report/fixtures.ts";

export const PLAIN = paintFor(false);

export const CANVAS = {
  paint: PLAIN,
  glyphs: "unicode",
  columns: undefined,
  folder: "/home/ada",
  offsetMinutes: 0,
  jobsMax: 50,
} as const;

/** Nobody works on the tree. */
export const BASE: StatusOptions = {
  tree: "/data/simruns",
  nowMs: NOW,
  live: undefined,
  working: false,
};

export interface Told {
  readonly job: Job;
  readonly point?: { readonly [name: string]: unknown };
  readonly folder?: string;
  readonly working?: boolean;
  readonly needs?: readonly string[];
  readonly lacks?: Lacks;
  readonly isHeld?: boolean;
}

/** What `explain` prints of a run. */
export function storyLines(events: readonly RunEvent[], run: string, told: Told): string[] {
  const { job, point, folder = "/", working = false, needs = [], lacks, isHeld = false } = told;
  const story = new StoryFold(job.id, run);
  for (const entry of journal(events)) story.apply(entry);
  const selectors = [`${job.id}/${run}`];
  const [status] = treeStatus(history(events), { ...BASE, working, selectors }).runs;
  const { chapters, priority } = story;
  return renderStory(
    {
      status: status!,
      job,
      point,
      chapters,
      decision: [],
      priority,
      working,
      waits: needs,
      lacks,
      isHeld,
    },
    { paint: PLAIN, columns: undefined, folder, nowMs: NOW, offsetMinutes: 0 },
  );
}

/** Of these lines, what happened, without the times and the sizes. */
export function chaptersIn(lines: readonly string[]): string[] {
  return lines.flatMap((line) => /^ {2}2026\S+ \S+ {2}(.*)$/.exec(line)?.[1] ?? [])
    .map((text) => text.replace(/ (\(1.2 MB\)|in 1.5 s|, to .* steps?).*$/, ""));
}
