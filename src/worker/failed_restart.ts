/** A command that failed as soon as it went on from a checkpoint, and what is said when it could from none of them. */

/** Thrown before anything of the run is kept or told: an older checkpoint may do. */
export class FailedRestart extends Error {
  constructor(
    readonly step: number,
    message: string,
    /** Keeps what it wrote, for people to look at. */
    readonly keep: () => void,
  ) {
    super(message);
  }
}

/** Newest first. */
export function failedRestartsText(
  all: readonly Pick<FailedRestart, "step" | "message">[],
): string {
  const [first] = all;
  const isSame = all.every(({ message }) => message === first?.message);
  const steps = all.map(({ step }) => step);
  const what = all.length === 1
    ? `going on from step ${steps[0]} failed: ${first!.message}`
    : isSame
    ? `going on from steps ${steps.slice(0, -1).join(", ")} and ${steps.at(-1)} failed in the ` +
      `same way: ${first!.message}`
    : all.map(({ step, message }) => `going on from step ${step} failed: ${message}`).join("; ");
  const are = all.length === 1 ? "its checkpoint is" : "its checkpoints are";
  return `${what}; ${are} kept: mend what is wrong and type simrun resume, ` +
    "or begin anew with simrun run --rerun all and its manifest";
}
