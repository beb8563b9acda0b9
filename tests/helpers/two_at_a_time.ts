/** Cases that mostly wait for processes, two at a time; the first that fails names itself. */

/** Does the work for every case; a failure carries the case's name and keeps its cause. */
export async function twoAtATime<Case>(
  cases: readonly Case[],
  nameOf: (one: Case) => string,
  work: (one: Case) => Promise<void>,
): Promise<void> {
  let next = 0;
  let failure: Error | undefined;
  const worker = async () => {
    while (failure === undefined && next < cases.length) {
      const one = cases[next++]!;
      try {
        await work(one);
      } catch (cause) {
        const words = cause instanceof Error ? cause.message : String(cause);
        failure ??= new Error(`${nameOf(one)}: ${words}`, { cause });
      }
    }
  };
  await Promise.all([worker(), worker()]);
  if (failure !== undefined) throw failure;
}
