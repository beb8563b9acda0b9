/** The configuration of a cluster for tests, as a pure function of where it lies, and the ports it is given. */

/** The nodes of every cluster. */
export const NODES = ["n1", "n2"] as const;

/** So long the controller knows of a job that has ended: longer than a test. */
export const MIN_JOB_AGE_S = 3600;

export interface ClusterShape {
  /** Processors that each node is said to have; 2 when absent. */
  readonly cpus?: number;
  /** After so long without a word a node is taken for lost; never within a test when absent. */
  readonly slurmdTimeoutS?: number;
  /** Whether nodes see the shared folder as over a network, and not as the same disk. */
  readonly isNetworked?: boolean;
  /** Between the signal to end and the one that kills. */
  readonly killWaitS?: number;
}

export function slurmConf(folder: string, firstPort: number, shape: ClusterShape): string {
  const { cpus = 2, slurmdTimeoutS = 600, killWaitS = 30 } = shape;
  const nodes = NODES.map((name) =>
    `NodeName=${name} NodeHostname=${name} NodeAddr=127.0.0.1 Port=${portOf(firstPort, name)} ` +
    `CPUs=${cpus} RealMemory=1000 State=UNKNOWN`
  );
  return `ClusterName=simrun
SlurmctldHost=controller(127.0.0.1)
SlurmctldPort=${firstPort}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=${folder}/run/munge.socket
CredType=cred/munge
StateSaveLocation=${folder}/state
SlurmdSpoolDir=${folder}/spool.%n
SlurmctldPidFile=${folder}/run/slurmctld.pid
SlurmdPidFile=${folder}/run/slurmd.%n.pid
SlurmctldLogFile=${folder}/log/slurmctld.log
SlurmdLogFile=${folder}/log/slurmd.%n.log
# Neither cgroups nor a database: what is tested is how jobs are started, signalled, ended and started again.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=${folder}/log/completed
# The machine has fewer processors than the nodes are said to have.
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
# A test does not wait for the next round of the scheduler.
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,sched_interval=1,bf_interval=1
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SlurmctldParameters=preempt_send_user_signal
JobRequeue=1
ReturnToService=2
MinJobAge=${MIN_JOB_AGE_S}
KillWait=${killWaitS}
SlurmctldTimeout=600
SlurmdTimeout=${slurmdTimeoutS}
${nodes.join("\n")}
PartitionName=normal Nodes=ALL Default=YES MaxTime=INFINITE State=UP PriorityTier=1 PreemptMode=REQUEUE GraceTime=60
PartitionName=rude Nodes=ALL MaxTime=INFINITE State=UP PriorityTier=1 PreemptMode=REQUEUE GraceTime=0
PartitionName=urgent Nodes=ALL MaxTime=INFINITE State=UP PriorityTier=10 PreemptMode=OFF
`;
}

/** Ports in a row that nobody else uses, below those that the system hands out by itself. */
const [FIRST_PORT, LAST_PORT, ROW] = [20_000, 32_000, 1 + 1 + NODES.length];

/**
 * A row of ports for a cluster. Whoever listens on the first of them has the row, whichever process of the tests that is; the
 * daemons get the others.
 */
export class Ports {
  readonly first: number;
  readonly #listener: Deno.Listener;

  private constructor(row: number, listener: Deno.Listener) {
    this.first = row + 1;
    this.#listener = listener;
  }

  static take(): Ports {
    for (let row = FIRST_PORT; row + ROW <= LAST_PORT; row += ROW) {
      const listener = listen(row);
      if (listener === undefined) continue;
      const rest = Array.from({ length: ROW - 1 }, (_, at) => listen(row + 1 + at));
      for (const one of rest) one?.close();
      if (!rest.includes(undefined)) return new Ports(row, listener);
      listener.close();
    }
    throw new Error("no ports are free");
  }

  release(): void {
    this.#listener.close();
  }
}

/** Where a node's slurmd listens; the controller has the first port. */
export function portOf(firstPort: number, node: string): number {
  return firstPort + 1 + NODES.findIndex((name) => name === node);
}

/** Somebody who answers at a port and hangs up at once. */
export class DeadEnd {
  readonly #listener: Deno.Listener;
  readonly #ended: Promise<void>;

  constructor(port: number) {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port });
    this.#ended = this.#hangUp();
  }

  async #hangUp(): Promise<void> {
    for await (const caller of this.#listener) caller.close();
  }

  async close(): Promise<void> {
    this.#listener.close();
    await this.#ended;
  }
}

function listen(port: number): Deno.Listener | undefined {
  try {
    return Deno.listen({ hostname: "0.0.0.0", port });
  } catch {
    return undefined;
  }
}
