/** A step of a millisecond; the first one says when it began. */
export const params = { mark: { default: 0 } };

export function init() {
  return { n: 0 };
}

export function step(
  state: { n: number },
  { params, log }: { params: { mark: number }; log(text: string): void },
): void {
  if (params.mark > 0 && state.n === 0) log(`began ${performance.timeOrigin + performance.now()}`);
  state.n++;
  for (const end = performance.now() + 1; performance.now() < end;);
}
