/** Tells when its first step began: the one thing a model can say about how long simrun took to get there. */
interface State {
  firstStepAt: number;
}

export function init(): State {
  return { firstStepAt: 0 };
}

export function step(state: State): void {
  if (state.firstStepAt === 0) state.firstStepAt = Date.now();
}

export function result(state: State): State {
  return state;
}
