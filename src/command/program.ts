/** One program as the system runs it: started, its outputs heard, its end told. Types only. */

export interface Variables {
  readonly [name: string]: string;
}

export interface Environment {
  /** Of many programs: one and the same object for all of them, which nobody changes. */
  readonly shared: Variables;
  /** Beside these, or in the place of some. */
  readonly own: Variables;
}

export interface ProgramOrders {
  readonly words: readonly string[];
  readonly folder: string;
  readonly environment: Environment;
  /** Of both outputs, as it comes; the bytes are to be read at once, for the next ones come into the same place. */
  readonly onOutput: (bytes: Uint8Array, isError: boolean) => void;
}

export interface ProgramEnd {
  /** 128 and more than its signal where one ended it. */
  readonly status: number;
  readonly signal: string | null;
}

export interface Program {
  readonly pid: number;
  /** Of the program alone: what it printed may not be heard yet, and what it started may go on. */
  readonly ended: Promise<ProgramEnd>;
  /** To be called once it has ended, and all that it has left behind: resolves when all that they printed is heard. */
  hearTheRest(): Promise<void>;
}
