/** Which of the last lines that a program printed says why it failed. Pure. */

/** What went wrong stands near the end: before that, others may have gone wrong and been overcome. */
const TAIL_CHARACTERS = 8192;
const LINES_MAX = 60;
const WORDS_CHARACTERS_MAX = 300;

/** `ERROR: …`, `ValueError: …`, `Fortran runtime error: …`; not `error: 0.001`, which is a result. */
const TELLING = /\b\w*(?:error|exception|fatal|panic)\w*\b[^:\n]{0,40}:\s+(?![-+.\d])\S/i;
/** Said by those who do not say more. */
const ALARMED =
  /\b(?:ERROR|Error|FATAL|Fatal|PANIC|panic|Segmentation fault|Assertion|[Aa]bort(?:ed|ing)?)\b|No such file|not found|[Cc]annot |[Cc]ould not /;
/** Printed by starters of parallel programs about a program that has said why before. */
const ABOUT_OTHERS =
  /MPI_Abort|MPI_ABORT|mpirun|mpiexec|prterun|srun: error|BAD TERMINATION|Error termination\. Backtrace/;

export class LastWords {
  #tail = "";

  /** As it comes, both outputs alike. */
  push(text: string): void {
    this.#tail = (this.#tail + text).slice(-TAIL_CHARACTERS);
  }

  /** The last line that says something. */
  get last(): string {
    return cut(this.#lines.at(-1) ?? "");
  }

  /** The last of the lines that sound as if they tell what went wrong. */
  get telling(): string | undefined {
    const lines = this.#lines.slice(-LINES_MAX);
    const found = [TELLING, ALARMED].map((pattern) =>
      lines.findLast((line) => pattern.test(line) && !ABOUT_OTHERS.test(line))
    );
    const line = found.find((one) => one !== undefined);
    return line === undefined ? undefined : cut(line);
  }

  get #lines(): string[] {
    // Of a line that is drawn anew what stands last counts.
    return this.#tail.split("\n")
      .map((line) => line.trimEnd().split("\r").at(-1)!.trim())
      .filter((line) => line !== "");
  }
}

function cut(line: string): string {
  return line.slice(0, WORDS_CHARACTERS_MAX);
}
