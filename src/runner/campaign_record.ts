/** What the journal says of a campaign as a whole: who works here, on which jobs and manifests, and how it ended. */
import { load } from "../job/load.ts";
import type { Outcome } from "../campaign/outcome.ts";
import type { Job } from "../job/job.ts";
import { encodeFields } from "../job/plain.ts";
import { VERSION } from "../job/version.ts";
import { canonical, shortDigest } from "../plan/digest.ts";
import type { PlannedJob } from "../plan/plan.ts";
import type { History } from "../queue/history.ts";
import type { RunRequest } from "./run_request.ts";
import type { TreeSession } from "./tree_session.ts";

type SourceRequest = Pick<RunRequest, "jobs" | "manifests" | "tellsSources">;

interface Manifest {
  readonly path: string;
  readonly text: string;
}

/** By then a short campaign is over, and looks for its sources while its slots end. */
const SOURCES_AFTER_MS = 200;

export class CampaignRecord {
  readonly #session: TreeSession;
  readonly #slots: number;

  /** Writes down at which commits the sources are; absent where nobody asked. */
  #tellSources: (() => void) | undefined;
  #telling: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(session: TreeSession, slots: number) {
    this.#session = session;
    this.#slots = slots;
  }

  /** From a while after the beginning on, so that no start takes longer for it. */
  watchSources({ jobs, manifests = [], tellsSources }: SourceRequest): void {
    if (!tellsSources) return;
    this.#tellSources = () => {
      this.#telling ??= this.#writeSources(jobs, manifests).catch(() => {});
    };
    this.#timer = setTimeout(this.#tellSources, SOURCES_AFTER_MS);
    Deno.unrefTimer(this.#timer);
  }

  async #writeSources(jobs: readonly Job[], manifests: readonly Manifest[]): Promise<void> {
    const { readCommits, sourceFiles } = await load<typeof import("./sources.ts")>(
      import.meta.resolve("./sources.ts"),
    );
    const commits = await readCommits(sourceFiles(jobs, manifests));
    if (commits.length > 0 && this.#session.isSound) {
      await this.#session.append({ type: "campaign.sources", commits });
    }
  }

  /** When it resolves nothing more is to be written of this campaign, which perhaps has computed nothing. */
  async closed(hasComputed: boolean): Promise<void> {
    clearTimeout(this.#timer);
    if (hasComputed) this.#tellSources?.();
    await this.#telling;
  }

  /** Who works here now: the first line of every campaign in the journal. */
  async began(manifests: readonly Manifest[]): Promise<void> {
    await this.#session.append({
      type: "campaign.started",
      epoch: this.#session.epoch,
      version: VERSION,
      deno: Deno.version.deno,
      host: Deno.hostname(),
      pid: Deno.pid,
      slots: this.#slots,
      manifests: await this.keep(manifests),
    });
  }

  /** Manifests as they were submitted stay in the tree. */
  async keep(manifests: readonly Manifest[]): Promise<{ path: string; digest: string }[]> {
    const kept: { path: string; digest: string }[] = [];
    for (const { path, text } of manifests) {
      const digest = shortDigest(text);
      await this.#session.keepManifest(digest, text);
      kept.push({ path, digest });
    }
    return kept;
  }

  /** Jobs that are new, or differ from the last ones of their ids in the history. */
  async planned(jobs: readonly PlannedJob[], history: History): Promise<void> {
    const lines: Promise<void>[] = [];
    for (const { job, model, count } of jobs) {
      const known = history.jobs.get(job.id);
      const same = known?.job !== undefined && known.model?.digest === model.digest &&
        canonical(known.job) === canonical(job);
      if (same) continue;
      // Encoded as a whole: JSON has no word for a parameter that is NaN.
      const plain = encodeFields(job) as unknown as Job;
      lines.push(this.#session.append({ type: "job.planned", job: plain, count, model }));
    }
    await Promise.all(lines);
  }

  async ended({ stopped, completed, failed, remaining }: Outcome): Promise<void> {
    if (!this.#session.isSound) return;
    const outcome = stopped !== undefined ? "stopped" : failed > 0 ? "failed" : "completed";
    await this.#session.append({ type: "campaign.ended", outcome, completed, failed, remaining });
  }
}
