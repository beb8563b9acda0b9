/** Paths as people know them: relative to where they are, when that is above. Pure. */

export function relativePath(path: string, folder: string): string {
  const base = folder.endsWith("/") ? folder : `${folder}/`;
  return path.startsWith(base) ? path.slice(base.length) : path;
}
