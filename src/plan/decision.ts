/** What is to be done with a run, and why: the words of the plan. */

/** What the plan may say of a run. The first ones are run, the others are left alone. */
export const DECISIONS = [
  "new",
  "resume",
  "restart",
  "retry",
  "uncancelled",
  "extend",
  "extend-anew",
  "changed-parameters",
  "changed-needs",
  "changed-state",
  "state-anew",
  "fewer-steps",
  "changed-model",
  "asked",
  "done",
  "reuse",
  "counted",
  "not-needed",
  "cancelled",
  "paused",
  "held-model",
  "stale-model",
] as const;
export type Decision = (typeof DECISIONS)[number];

/** How many of the decisions lead to computing. */
export const RUNNING_DECISIONS = DECISIONS.indexOf("done");

export const DECISION_MEANING: { readonly [decision in Decision]: string } = {
  "new": "never run before",
  "resume": "unfinished; goes on from its last good checkpoint",
  "restart": "unfinished, without a checkpoint; starts again",
  "retry": "failed before; tried again",
  "uncancelled": "cancelled before, and --rerun cancelled was given",
  "extend": "finished with fewer steps; goes on from its final state",
  "extend-anew":
    "finished with fewer steps and was too short to keep its final state; computed anew",
  "changed-parameters": "its parameters, seed, inputs or measuring changed; a new run",
  "changed-needs":
    "what it rests on changed: results of the jobs it needs, or the run it begins from; a new run",
  "changed-state": "the state it has begun from was computed again, to another one; a new run",
  "state-anew":
    "done, and without the state that other runs begin from; it was quick, and is computed again",
  "fewer-steps":
    "finished with more steps than now asked for; computed again, from an earlier checkpoint if there is one",
  "changed-model": "its model changed and --rerun changed was given",
  "asked": "asked for with --rerun all",
  "done": "done; nothing to do",
  "reuse": "another run computed the same; its result is taken",
  "counted": "failed, which its job has taken into account; simrun retry tries it again",
  "not-needed": "not needed: its job has come to its end before",
  "cancelled": "cancelled; --rerun cancelled takes it up again",
  "paused": "paused; simrun continue lets it go on",
  "held-model":
    "unfinished, and its model changed since: --rerun changed starts it over, --accept-model goes on",
  "stale-model": "done, but its model changed since; --rerun changed computes it again",
};
