/** Names of a model's own as names of files. */

/** A name is the model author's: as a file name it is tamed, and never meant twice. */
export function fileStem(name: string, taken: Set<string>): string {
  const tame = name.replace(/[^A-Za-z0-9._-]/g, "_").replace(/^[.]+/, "_").slice(0, 100) || "array";
  let stem = tame;
  for (let i = 2; taken.has(stem.toLowerCase()); i++) stem = `${tame}-${i}`;
  taken.add(stem.toLowerCase());
  return stem;
}
