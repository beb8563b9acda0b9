/** Whether other machines see a folder: by the kind of filesystem that it stands on (proc(5), mountinfo). Pure. */

/** `local`: of this machine, though it may be handed out from here; `memory`: nobody else ever sees it. */
export type DiskKind = "shared" | "local" | "memory";

const LOCAL = ["ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "jfs", "bcachefs", "overlay"];
const MEMORY = ["tmpfs", "ramfs", "rootfs"];

export interface Disk {
  readonly kind: DiskKind;
  /** `ext4`, `nfs4`, `lustre`. */
  readonly type: string;
}

/** `path` is absolute and without links. What is not known is taken for shared: a site knows what it mounts. */
export function diskUnder(path: string, mountInfo: string): Disk {
  let found = { at: "", type: "" };
  for (const line of mountInfo.split("\n")) {
    const [before, after] = line.split(" - ");
    const at = before?.split(" ")[4]?.replace(/\\([0-7]{3})/g, unescape);
    const type = after?.split(" ")[0];
    if (at === undefined || type === undefined) continue;
    const isAbove = at === "/" || path === at || path.startsWith(`${at}/`);
    // Of two that are mounted at one place the later one is seen.
    if (isAbove && at.length >= found.at.length) found = { at, type };
  }
  const { type } = found;
  const kind = MEMORY.includes(type) ? "memory" : LOCAL.includes(type) ? "local" : "shared";
  return { kind, type };
}

function unescape(_: string, octal: string): string {
  return String.fromCharCode(Number.parseInt(octal, 8));
}
