/** Whether the nodes of a cluster will see the tree: what can be known of it before anything is submitted. */
import { Fault } from "../job/fault.ts";
import { dirname } from "../job/path.ts";
import { diskUnder } from "../slurm/shared_disk.ts";

/** `hosts` are the machines of the nodes. Throws where they cannot see it, and notes where they perhaps do not. */
export async function refuseUnseen(
  root: string,
  hosts: readonly string[],
  note: (text: string) => void,
): Promise<void> {
  const here = Deno.hostname().split(".")[0];
  if (hosts.every((host) => host.split(".")[0] === here)) return;
  const mounts = await Deno.readTextFile("/proc/self/mountinfo").catch(() => undefined);
  if (mounts === undefined) return;
  const { kind, type } = diskUnder(await existing(root), mounts);
  if (kind === "memory") {
    throw new Fault("usage", `${root} is in this machine's memory (${type}): no node sees it.`, {
      hint: "Take a tree on a disk that all nodes share, with --tree DIR.",
    });
  }
  if (kind === "local") {
    note(
      `${root} is on a disk of this machine (${type}). The nodes must see it under the same path.`,
    );
  }
}

/** Without links; of what is not there yet the folder that it will be in. */
async function existing(path: string): Promise<string> {
  for (let at = path;; at = dirname(at)) {
    try {
      return await Deno.realPath(at);
    } catch {
      if (at === dirname(at)) return at;
    }
  }
}
