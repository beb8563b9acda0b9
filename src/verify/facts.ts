/** What a tree must hold, as its journal tells it: a fold of the entries, for the comparison with what is there. */
import type { CompletedRun, FileSum, JournalEntry } from "../job/event.ts";
import type { Parent } from "../job/run.ts";

export interface RunFacts {
  digest: string;
  model: string;
  /** Of what the run computed before its parameters changed; few runs have any. */
  olderDigests: string[] | undefined;
  state: "open" | "completed" | "failed";
  /** What it has begun from, when not at step 0. */
  parent: Parent | undefined;
  /** Step of the newest checkpoint that was journalled. */
  savedStep: number;
  /** Steps done, once completed. */
  steps: number;
  /** Files that belong to the result: their sums, or undefined where an older simrun wrote none. */
  files: ReadonlyMap<string, FileSum | undefined> | undefined;
}

const RESULT_FILE = "result.json";

export class Facts {
  readonly jobs = new Map<string, Map<string, RunFacts>>();
  /** Jobs whose plan the journal still has. */
  readonly planned = new Set<string>();
  /** Digests of the manifests that were kept. */
  readonly manifests = new Set<string>();
  /** Lines that a repair found to be lost: nobody need look for them any more. */
  readonly losses: { readonly from: number; readonly to: number }[] = [];

  find(job: string, run: string): RunFacts | undefined {
    return this.jobs.get(job)?.get(run);
  }

  apply(entry: JournalEntry): void {
    switch (entry.type) {
      case "campaign.started":
        for (const { digest } of entry.manifests) this.manifests.add(digest);
        return;
      case "job.planned":
        this.planned.add(entry.job.id);
        return;
      case "runs.started":
        for (let i = 0; i + 1 < entry.runs.length; i += 2) {
          const facts = this.#of(entry.job, entry.runs[i]!);
          this.#computes(facts, entry.runs[i + 1]!, entry.model);
          facts.state = "open";
          facts.files = undefined;
          if (entry.anew) {
            facts.savedStep = 0;
            facts.parent = undefined;
          }
        }
        return;
      case "run.resumed":
        this.#of(entry.job, entry.run).savedStep = entry.step;
        return;
      case "run.checkpointed": {
        const facts = this.#of(entry.job, entry.run);
        facts.savedStep = entry.step;
        if (entry.from !== undefined) facts.parent = entry.from;
        return;
      }
      case "run.repaired": {
        const facts = this.#of(entry.job, entry.run);
        facts.savedStep = entry.step;
        if (!entry.again) return;
        facts.state = "open";
        facts.files = undefined;
        return;
      }
      case "runs.completed":
        for (const run of entry.runs) this.#complete(entry.job, entry.model, run);
        return;
      case "run.reused":
        return this.#complete(entry.job, entry.model, entry.run);
      case "run.failed":
        this.#of(entry.job, entry.run).state = "failed";
        return;
      case "runs.requeued":
        for (const run of entry.runs) this.#of(entry.job, run).state = "open";
        return;
      case "tree.repaired":
        this.losses.push(...entry.lost);
        return;
    }
  }

  #complete(job: string, model: string, run: CompletedRun): void {
    const facts = this.#of(job, run.run);
    this.#computes(facts, run.digest, model);
    facts.state = "completed";
    facts.parent = run.from ?? facts.parent;
    facts.steps = run.steps;
    const files = new Map<string, FileSum | undefined>(Object.entries(run.files ?? {}));
    const { result } = run as { result: { readonly $file?: unknown } | null };
    if (result?.$file === RESULT_FILE && !files.has(RESULT_FILE)) files.set(RESULT_FILE, undefined);
    facts.files = files.size === 0 ? undefined : files;
  }

  #computes(facts: RunFacts, digest: string, model: string): void {
    if (facts.digest === digest && facts.model === model) return;
    // Another computation under the same id: what was saved for the old one is no use to it.
    if (facts.digest !== "") facts.savedStep = 0;
    facts.parent = undefined;
    if (facts.digest !== "" && facts.digest !== digest) {
      (facts.olderDigests ??= []).push(facts.digest);
    }
    facts.digest = digest;
    facts.model = model;
  }

  #of(job: string, run: string): RunFacts {
    let runs = this.jobs.get(job);
    if (runs === undefined) this.jobs.set(job, runs = new Map());
    let facts = runs.get(run);
    if (facts === undefined) {
      facts = {
        digest: "",
        model: "",
        olderDigests: undefined,
        parent: undefined,
        state: "open",
        savedStep: 0,
        steps: 0,
        files: undefined,
      };
      runs.set(run, facts);
    }
    return facts;
  }
}
