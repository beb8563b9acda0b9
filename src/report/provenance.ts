/**
 * Where results come from: with what they were computed, by whom, when, and on which host. A fold of the journal of
 * its own, for those who ask. Pure.
 */
import type { Commit, JournalEntry } from "../job/event.ts";
import type { Job } from "../job/job.ts";
import { decodePlain } from "../job/plain.ts";
import type { Parent } from "../job/run.ts";

/** A simrun that worked on the tree. */
export interface Session {
  readonly epoch: number;
  readonly simrun: string;
  /** Absent in older trees. */
  readonly deno: string | undefined;
  readonly host: string;
  readonly started: string;
  /** Of the repositories of its models and manifests, as far as they are known. */
  commits: readonly Commit[];
}

export interface Provenance {
  readonly seed: number;
  /** Spec digest. */
  readonly spec: string;
  /** Digest of the model, and its file. */
  readonly model: string;
  readonly modelPath: string | undefined;
  /** When it was begun, and when its result was there. */
  readonly started: string | undefined;
  readonly ended: string;
  readonly parent: Parent | undefined;
  /** All that have computed a part of it, the one that came to the end last. */
  readonly sessions: readonly Session[];
}

interface Begun {
  readonly digest: string;
  readonly model: string;
  readonly at: string;
  readonly sessions: Session[];
}

/** Feed it every entry in order. */
export class ProvenanceFold {
  readonly #isChosen: (job: string, run: string) => boolean;
  readonly #jobs = new Map<string, Job>();
  readonly #begun = new Map<string, Begun>();
  readonly #results = new Map<string, Provenance>();
  #session: Session | undefined;

  constructor(isChosen: (job: string, run: string) => boolean = () => true) {
    this.#isChosen = isChosen;
  }

  find(job: string, run: string): Provenance | undefined {
    return this.#results.get(`${job}/${run}`);
  }

  apply(entry: JournalEntry): void {
    switch (entry.type) {
      case "campaign.started": {
        const { epoch, version, deno, host, at } = entry;
        this.#session = { epoch, simrun: version, deno, host, started: at, commits: [] };
        return;
      }
      case "campaign.sources":
        if (this.#session !== undefined) this.#session.commits = entry.commits;
        return;
      case "job.planned":
        this.#jobs.set(entry.job.id, decodePlain(entry.job) as Job);
        return;
      case "runs.started":
        for (let i = 0; i + 1 < entry.runs.length; i += 2) {
          this.#start(entry, entry.runs[i]!, entry.runs[i + 1]!);
        }
        return;
      case "runs.completed":
        for (const { run, digest, from } of entry.runs) {
          if (!this.#isChosen(entry.job, run)) continue;
          const begun = this.#begun.get(`${entry.job}/${run}`);
          const job = this.#jobs.get(entry.job);
          this.#results.set(`${entry.job}/${run}`, {
            seed: job?.seed ?? 0,
            spec: digest,
            model: entry.model,
            modelPath: job?.model.path,
            started: begun?.at,
            ended: entry.at,
            parent: from,
            sessions: begun?.sessions ?? (this.#session === undefined ? [] : [this.#session]),
          });
        }
        return;
      case "run.reused": {
        // It was computed for the other one.
        const found = this.find(entry.from.job, entry.from.run);
        if (found === undefined) return;
        this.#results.set(`${entry.job}/${entry.run.run}`, { ...found, spec: entry.run.digest });
        return;
      }
    }
  }

  #start(
    { job, model, at, anew }: JournalEntry & { readonly type: "runs.started" },
    run: string,
    digest: string,
  ): void {
    const name = `${job}/${run}`;
    // Whose result others take over is found out later: so all are followed.
    const before = this.#begun.get(name);
    const goesOn = before?.digest === digest && before.model === model && anew === undefined;
    const session = this.#session;
    if (!goesOn) {
      this.#begun.set(name, {
        digest,
        model,
        at,
        sessions: session === undefined ? [] : [session],
      });
    } else if (session !== undefined && before.sessions.at(-1) !== session) {
      before.sessions.push(session);
    }
  }
}

/** The commit of the folder that a file lies in, `9f1c2d3…`, with `+dirty` where there were changes to it. */
export function commitOf({ commits }: Session, path: string | undefined): string | undefined {
  const within = commits.filter(({ folder }) => path?.startsWith(`${folder}/`));
  const found = within.toSorted((a, b) => b.folder.length - a.folder.length)[0] ?? commits[0];
  if (found === undefined) return undefined;
  return found.commit +
    (found.changed === undefined ? "+unchecked" : found.changed ? "+dirty" : "");
}

/** What can be asked for by name beside the columns of results. */
export const PROVENANCE_COLUMNS: {
  readonly [name: string]: (of: Provenance) => unknown;
} = {
  seed: ({ seed }) => seed,
  spec: ({ spec }) => spec,
  commit: ({ sessions, modelPath }) =>
    sessions.length === 0 ? undefined : commitOf(sessions.at(-1)!, modelPath),
  simrun: ({ sessions }) => sessions.at(-1)?.simrun,
  deno: ({ sessions }) => sessions.at(-1)?.deno,
  host: ({ sessions }) => sessions.at(-1)?.host,
  started: ({ started }) => started,
  ended: ({ ended }) => ended,
};

/** As JSON for people and programs; `simrun results --provenance`. */
export function provenanceJson(of: Provenance): Readonly<Record<string, unknown>> {
  const { seed, spec, model, modelPath, started, ended, parent, sessions } = of;
  return {
    seed,
    spec_digest: spec,
    model: { file: modelPath, digest: model },
    started,
    ended,
    ...(parent !== undefined && { parent: parentJson(parent) }),
    computed_by: sessions.map((session) => ({
      simrun: session.simrun,
      deno: session.deno,
      host: session.host,
      commit: commitOf(session, modelPath),
      began: session.started,
    })),
  };
}

export function parentJson({ job, run, step, digest, model, state }: Parent) {
  return { job, run, step, spec_digest: digest, model_digest: model, state_digest: state };
}

/** A title and a line each, for a person. */
export function provenanceTexts(of: Provenance): [title: string, text: string][] {
  const { seed, spec, model, sessions } = of;
  const last = sessions.at(-1);
  const more = sessions.length - 1;
  const by = last === undefined ? "" : [
    `simrun ${last.simrun}`,
    ...last.deno === undefined ? [] : [`Deno ${last.deno}`],
    `on ${last.host}`,
  ].join(", ") + (more === 0 ? "" : `; ${more} before ${more === 1 ? "it" : "them"}`);
  const commit = last && commitOf(last, of.modelPath);
  return [
    ["identity", `spec ${spec}, model ${model}, seed ${seed}`],
    ["computed by", by],
    ["commit", commit ?? ""],
  ];
}
