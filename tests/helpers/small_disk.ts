/** Disks that are small and real: a tmpfs of some megabytes. Only root may mount one; CI is root. */

/** Whether this user may mount a filesystem. */
export function canMount(): boolean {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return false;
  const folder = Deno.makeTempDirSync({ prefix: "simrun-mount-" });
  try {
    mount("-t", "tmpfs", "tmpfs", folder);
    unmount(folder);
    return true;
  } catch {
    return false;
  } finally {
    Deno.removeSync(folder);
  }
}

/** Mounts a tmpfs of so many bytes at a path, which is made; it is gone afterwards. */
export async function onSmallDisk(
  path: string,
  bytes: number,
  use: () => Promise<void>,
): Promise<void> {
  await Deno.mkdir(path);
  mount("-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", path);
  try {
    await use();
  } finally {
    unmount(path);
  }
}

export function mount(...args: string[]): void {
  const { success } = new Deno.Command("mount", { args, stderr: "null" }).outputSync();
  if (!success) throw new Error(`mount ${args.join(" ")} failed`);
}

export function unmount(folder: string): void {
  // Also from under somebody who still uses it: a test that fails must not leave it behind.
  new Deno.Command("umount", { args: ["-l", folder], stderr: "null" }).outputSync();
}
