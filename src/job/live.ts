/** What `hot/live.json` holds: the moment's picture of a working simrun, for `status` and displays. */

export interface LiveRun {
  readonly slot: number;
  readonly job: string;
  readonly run: string;
  readonly attempt: number;
  readonly step: number;
  readonly steps: number;
  /** Step this attempt started from: 0, or a checkpoint's. */
  readonly fromStep: number;
  /** Milliseconds since this attempt's first step. */
  readonly elapsedMs: number;
  readonly stepsPerSecond: number;
  /** Resident memory of the slot's process, in bytes. */
  readonly memoryBytes: number;
  /** What it may use; absent where nobody limits it. */
  readonly memoryBytesMax?: number;
  /** The last saved checkpoint of the run. */
  readonly checkpoint?: { readonly step: number; readonly at: string };
  /** In the sum of several pictures: when its own was made. */
  readonly at?: string;
}

/** Slots that give way to others who compute on the machine. */
export interface GivesWay {
  readonly slots: number;
  /** As many as are wished. */
  readonly of: number;
  /** What the others use or want. */
  readonly othersCores: number;
}

/** How the disk stands, where that is worth a word. */
export interface LiveDisk {
  /** `near`: soon full. `full`: nothing is started. */
  readonly level: "near" | "full";
  /** What is used up: the filesystem but for its reserve, the room that the tree was given; or a write was refused. */
  readonly limit: "reserve" | "budget" | "refused";
  readonly freeBytes?: number;
  readonly reserveBytes?: number;
  readonly treeBytes?: number;
  readonly budgetBytes?: number;
  /** How fast it fills. */
  readonly bytesPerSecond: number;
  readonly fullInMs?: number;
  /** What was freed under this simrun. */
  readonly freedBytes: number;
  /** It stops when there is no room before. */
  readonly stopsInMs?: number;
}

/** What slots may use together, and what of it no slot has, in bytes. */
export interface LiveMemory {
  readonly totalBytes: number;
  readonly freeBytes: number;
  /** While there are fewer slots than may be: what one more takes for runs that ask for nothing of their own. */
  readonly shareBytes?: number;
}

/** Cores that runs are computed on; only where some run takes several. */
export interface LiveCores {
  readonly total: number;
  /** Not used at the moment. */
  readonly free: number;
  /** The most urgent that is too large for what is free. */
  readonly waiting?: { readonly job: string; readonly cores: number };
}

export interface Live {
  readonly at: string;
  readonly epoch: number;
  readonly pid: number;
  readonly host: string;
  readonly startedAt: string;
  readonly slots: number;
  /** Under `--nice`, while some of the slots that are wished must not work. */
  readonly givesWay?: GivesWay | undefined;
  readonly running: readonly LiveRun[];
  readonly counts: {
    readonly total: number;
    /** Found done at the start, by an earlier invocation. */
    readonly skipped: number;
    readonly completed: number;
    readonly failed: number;
    readonly queued: number;
    /** Of those queued: paused by somebody; absent when none is. */
    readonly held?: number;
    /** Of those queued: wait before they are tried again. */
    readonly delayed?: number;
    readonly cancelled?: number;
  };
  /** Steps over all planned runs, and of these done. */
  readonly steps: { readonly total: number; readonly done: number };
  /**
   * How much of all planned runs is done, those that were done before included; and milliseconds a step of each job, by
   * which steps are weighed, where there are several.
   */
  readonly progress?: {
    readonly fraction: number;
    readonly stepMs?: { readonly [job: string]: number };
  };
  /** How much of the work is done, in time, and when the rest will be; absent before anything is known. */
  readonly work?: {
    readonly fraction: number;
    readonly etaMs: number;
    /** Nine times in ten it is done between these two. */
    readonly lowMs?: number;
    readonly highMs?: number;
  } | undefined;
  /** Absent where nobody limits it. */
  readonly memory?: LiveMemory | undefined;
  /** Absent where each run takes one. */
  readonly cores?: LiveCores | undefined;
  /** Absent while there is room enough. */
  readonly disk?: LiveDisk | undefined;
}
