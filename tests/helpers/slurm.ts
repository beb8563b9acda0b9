/**
 * A Slurm of one's own, for a test: a controller and two nodes, each a machine of its own on loopback, in a temporary folder and
 * on ports of its own. All of it ends with the test, or with the test's process. Needs Debian's packages, and root.
 */
import { join } from "node:path";
import { inFolder } from "./folder.ts";
import { Machine } from "./machine.ts";
import { until } from "./processes.ts";
import { fromFileUrl } from "./program.ts";
import {
  type ClusterShape,
  DeadEnd,
  MIN_JOB_AGE_S,
  NODES,
  portOf,
  Ports,
  slurmConf,
} from "./slurm_conf.ts";

const MAIN = fromFileUrl(new URL("../../main.ts", import.meta.url));
const SFTP_SERVER = "/usr/lib/openssh/sftp-server";
const PROGRAMS = ["munged", "slurmctld", "slurmd", "sbatch", "sshfs", SFTP_SERVER, "unshare"];

/** How a test is defined that needs Slurm: left out where it cannot be started, but not where all tests must run. */
export const slurmTest = (() => {
  const isThere = Deno.env.get("CI") === "true" || canStart();
  const words = "left out: needs root and munge, slurmctld, slurmd, slurm-client, sshfs";
  return { ignore: !isThere, named: (name: string) => isThere ? name : `${name} (${words})` };
})();

function canStart(): boolean {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return false;
  const found = (program: string) => succeeds("sh", "-c", `command -v ${program}`);
  return PROGRAMS.every(found) &&
    succeeds("unshare", "--pid", "--fork", "--mount", "--uts", "true");
}

function succeeds(program: string, ...args: string[]): boolean {
  try {
    const options = { args, stdin: "null", stdout: "null", stderr: "null" } as const;
    return new Deno.Command(program, options).outputSync().success;
  } catch {
    return false;
  }
}

/** A job, or a task of an array of jobs, as Slurm tells of it. */
export interface SlurmTask {
  /** What squeue, scontrol and scancel know it by: `7`, `7_1`; `7_[1-8]` while tasks wait together. */
  readonly id: string;
  readonly state: string;
  readonly reason: string;
  readonly restarts: number;
  /** The script's exit status. */
  readonly exit: number;
  /** Where its script runs or ran. */
  readonly node: string;
}

const FINAL = [
  "COMPLETED",
  "FAILED",
  "CANCELLED",
  "TIMEOUT",
  "NODE_FAIL",
  "OUT_OF_MEMORY",
  "PREEMPTED",
];

/** Calls with a cluster whose nodes are idle, and leaves nothing of it. */
export async function withSlurm(
  use: (slurm: Slurm) => Promise<void>,
  shape: ClusterShape = {},
): Promise<void> {
  await inFolder(async (folder) => {
    const slurm = new Slurm(folder, shape);
    try {
      await slurm.start();
      await use(slurm);
    } catch (error) {
      console.error(slurm.lastWords());
      throw error;
    } finally {
      await slurm.stop();
    }
  });
}

export class Slurm {
  /** Where all of it lies. */
  readonly folder: string;
  /** For whoever calls sbatch and the like; `simrun` is a command in it. */
  readonly env: Record<string, string>;
  readonly #shape: ClusterShape;
  readonly #ports = Ports.take();
  /** Jobs that wait for their time no longer, with how often they had been started again. */
  readonly #hurried = new Set<string>();
  #controller: Machine | undefined;
  readonly #nodes = new Map<string, Machine>();
  /** In the place of daemons that were killed. */
  readonly #deadEnds = new Map<string, DeadEnd>();

  constructor(folder: string, shape: ClusterShape) {
    this.folder = folder;
    this.#shape = shape;
    this.env = {
      SLURM_CONF: join(folder, "slurm.conf"),
      PATH: `${join(folder, "bin")}:${Deno.env.get("PATH") ?? ""}:/usr/sbin:/sbin`,
      NO_COLOR: "1",
    };
  }

  /** The folder that all nodes see, where a test puts its campaigns. */
  get shared(): string {
    return join(this.folder, "shared");
  }

  async start(): Promise<void> {
    const { folder, env } = this;
    // The programs of others look into it by another user's rights.
    await Deno.chmod(folder, 0o755);
    for (const name of ["bin", "munge", "run", "state", "log", "shared"]) {
      await Deno.mkdir(join(folder, name), { mode: name === "munge" ? 0o700 : 0o755 });
    }
    const simrun = `exec '${Deno.execPath()}' run -A --quiet --no-check '${MAIN}' "$@"\n`;
    await Deno.writeTextFile(join(folder, "bin/simrun"), `#!/bin/sh\n${simrun}`, { mode: 0o755 });
    const key = crypto.getRandomValues(new Uint8Array(1024));
    await Deno.writeFile(join(folder, "munge/key"), key, { mode: 0o400 });
    const conf = slurmConf(folder, this.#ports.first, this.#shape);
    await Deno.writeTextFile(env.SLURM_CONF!, conf);
    const script = `${mungedCommand(folder)}; slurmctld`;
    this.#controller = await Machine.start("controller", { folder, script, env });
    for (const name of NODES) await this.startNode(name);
    await until(() => this.#areIdle(), "all nodes are idle", 60_000);
  }

  async #areIdle(): Promise<boolean> {
    const states = await this.command("sinfo", "-h", "-N", "-p", "normal", "-o", "%T").catch(() =>
      ""
    );
    return states.trim() === NODES.map(() => "idle").join("\n");
  }

  /** Starts a node that was never there or has crashed. */
  async startNode(name: string): Promise<void> {
    await this.#deadEnds.get(name)?.close();
    this.#deadEnds.delete(name);
    const seen = this.#shape.isNetworked ? seesByNetwork(this.shared, name) : "";
    const script = `${seen}slurmd -N ${name}`;
    this.#nodes.set(
      name,
      await Machine.start(name, { folder: this.folder, script, env: this.env }),
    );
  }

  node(name: string): Machine {
    const machine = this.#nodes.get(name);
    if (machine === undefined) throw new Error(`no node ${name}`);
    return machine;
  }

  /**
   * Ends the node's slurmd as kill -9 does; its jobs run on. Where nobody answers, the controller tries again for ten seconds at
   * each look; so somebody answers and hangs up, and the node is taken for lost soon after its time.
   */
  async killSlurmd(name: string): Promise<void> {
    const daemons = () => this.node(name).processes().filter((one) => one.name === "slurmd");
    for (const { pid } of daemons()) Deno.kill(pid, "SIGKILL");
    await until(() => daemons().length === 0, `slurmd of ${name} ends`);
    this.#deadEnds.set(name, new DeadEnd(portOf(this.#ports.first, name)));
  }

  /** Runs one of Slurm's programs, or simrun. Answers what it printed; throws when it fails. */
  async command(program: string, ...args: readonly string[]): Promise<string> {
    return await this.commandIn(this.folder, program, ...args);
  }

  /** The same, called in a folder. */
  async commandIn(cwd: string, program: string, ...args: readonly string[]): Promise<string> {
    // Looked for in the PATH of the cluster and not of this process.
    const { success, stdout, stderr } = await new Deno.Command("env", {
      args: [program, ...args],
      cwd,
      stdin: "null",
      env: this.env,
    }).output();
    const [told, failed] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    if (!success) throw new Error(`${program} ${args.join(" ")}: ${failed}`);
    return told!;
  }

  /** `sbatch` with these words in a folder. Answers the job's id. */
  async submit(cwd: string, ...words: readonly string[]): Promise<string> {
    return (await this.commandIn(cwd, "sbatch", "--parsable", ...words)).trim();
  }

  /** A job's tasks, or the job as its only one. */
  async tasks(id: string): Promise<SlurmTask[]> {
    const told = await this.command("scontrol", "-o", "show", "job", id);
    return told.trim().split("\n").map(readTask).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** Waits until all tasks of a job are such. Requeued ones need not wait their two minutes. */
  async untilTasks(
    id: string,
    are: (task: SlurmTask) => boolean,
    words: string,
    waitMs = 120_000,
  ): Promise<SlurmTask[]> {
    let tasks: SlurmTask[] = [];
    const look = async () => {
      tasks = await this.tasks(id);
      for (const task of tasks) if (waitsForItsTime(task)) await this.startSoon(task);
      return tasks.length > 0 && tasks.every(are);
    };
    try {
      await until(look, `${id}: ${words}`, waitMs);
    } catch (error) {
      throw new Error(`${String(error)}: ${JSON.stringify(tasks)}`, { cause: error });
    }
    return tasks;
  }

  /** Waits until a job's last task has ended. */
  async ended(id: string, waitMs = 300_000): Promise<SlurmTask[]> {
    return await this.untilTasks(id, ({ state }) => FINAL.includes(state), "it ends", waitMs);
  }

  /**
   * A requeued job need not wait its two minutes. Not in this second, though: a node refuses what was allowed to start in
   * the second in which the job before it was ended there, which is one reason why Slurm waits at all.
   */
  async startSoon({ id, restarts }: SlurmTask): Promise<void> {
    const which = `${id} ${restarts}`;
    if (this.#hurried.has(which)) return;
    const asked = this.command("scontrol", "update", `JobId=${id}`, "StartTime=now+1");
    // It may have been started meanwhile, or still be completing: then it is asked again when it is next looked at.
    await asked.then(() => this.#hurried.add(which), () => {});
  }

  /** Has the controller forget this job, and all others that have ended. It cleans up once a minute. */
  async forget(id: string): Promise<void> {
    const conf = this.env.SLURM_CONF!;
    const text = await Deno.readTextFile(conf);
    await Deno.writeTextFile(conf, text.replace(`MinJobAge=${MIN_JOB_AGE_S}`, "MinJobAge=2"));
    await this.command("scontrol", "reconfigure");
    const isForgotten = () => this.tasks(id).then(() => false, () => true);
    await until(isForgotten, `the controller forgets job ${id}`, 180_000);
  }

  /** What the daemons said last: for whoever looks for the cause of a failure. */
  lastWords(): string {
    const logs = [join(this.folder, "log"), this.folder].flatMap((folder) =>
      [...Deno.readDirSync(folder)].filter(({ name }) => name.endsWith(".log"))
        .map(({ name }) => join(folder, name))
    );
    const tail = (path: string) => Deno.readTextFileSync(path).split("\n").slice(-15).join("\n");
    return logs.map((path) => `--- ${path}\n${tail(path)}`).join("\n");
  }

  /** Ends all of it at once. */
  async stop(): Promise<void> {
    const all = [this.#controller, ...this.#nodes.values()];
    await Promise.all(all.map((machine) => machine?.crash()));
    await Promise.all([...this.#deadEnds.values()].map((end) => end.close()));
    this.#ports.release();
  }
}

function mungedCommand(folder: string): string {
  const places = {
    "key-file": "munge/key",
    "seed-file": "munge/seed",
    socket: "run/munge.socket",
    "pid-file": "run/munged.pid",
    "log-file": "log/munged.log",
  };
  const options = Object.entries(places).map(([name, path]) => `--${name} '${join(folder, path)}'`);
  return `munged ${options.join(" ")} --num-threads 2`;
}

/**
 * Lines of a script after which a node sees the shared folder by a file system of its own, that asks a server for everything:
 * SFTP, with a server that only this node talks to. Kernels without NFS can do that too. Locks are known to one node alone.
 */
function seesByNetwork(shared: string, name: string): string {
  const [real, ssh] = [`${shared}.${name}`, `${shared}.${name}.ssh`];
  const options = ["dir_cache=no", "attr_timeout=0", "entry_timeout=0", `ssh_command=${ssh}`];
  return `mkdir '${real}'; mount --bind '${shared}' '${real}'
printf '#!/bin/sh\nexec /usr/lib/openssh/sftp-server\n' >'${ssh}'; chmod 755 '${ssh}'
sshfs -o ${options.join(",")} '${name}:${real}' '${shared}'
`;
}

function waitsForItsTime({ state, reason }: SlurmTask): boolean {
  return state === "PENDING" && reason === "BeginTime";
}

function readTask(line: string): SlurmTask {
  const field = (name: string): string | undefined =>
    new RegExp(`(?:^| )${name}=(\\S*)`).exec(line)?.[1];
  const array = field("ArrayJobId");
  return {
    id: array === undefined ? field("JobId")! : `${array}_${field("ArrayTaskId")}`,
    state: field("JobState") ?? "",
    reason: field("Reason") ?? "",
    restarts: Number(field("Restarts") ?? 0),
    exit: Number((field("ExitCode") ?? "0:0").split(":")[0]),
    node: field("BatchHost") ?? "",
  };
}
