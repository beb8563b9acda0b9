/** The spec digest of a run that rests on others: its own, `+`, and that of what it rests on. Pure. */

const MARK = "+";

export function restingDigest(own: string, foundation: string): string {
  return `${own}${MARK}${foundation}`;
}

/** Of a run's digest what is its own: parameters, seed, measuring and inputs. */
export function ownDigest(digest: string): string {
  const mark = digest.indexOf(MARK);
  return mark === -1 ? digest : digest.slice(0, mark);
}
