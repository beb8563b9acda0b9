/**
 * The holder's side of `hot/inbox/` and `hot/answers/`: requests of other terminals are taken, answered and removed.
 *
 * Order of obeying one: read it, remove its file, do what it says, write the answer. Whoever removes the file has it:
 * a requester that waited too long removes it as well, and then knows that nothing was done and nothing will be. A
 * holder that dies in between leaves no request behind, so none is obeyed twice. What lies there when a tree is
 * opened was meant for a holder that is gone; it is answered and never obeyed, whatever any clock says.
 *
 * Anybody may have put anything there: what is no plain file is never opened, and neither moved nor removed.
 */
import type { ControlRequest } from "../job/control.ts";
import { Fault } from "../job/fault.ts";
import {
  diskFault,
  isTemporary,
  makeFolderDurable,
  refuseLinks,
  removeQuietly,
  type WarningSink,
  writeFileVolatile,
} from "./disk.ts";
import { type FileHandle, fs } from "./file_system.ts";
import type { Layout } from "./layout.ts";
import { join } from "../job/path.ts";
import {
  type Answer,
  answerText,
  isRequestId,
  readRequest,
  SUBMIT_BYTES_MAX,
  TOO_LARGE,
} from "./request.ts";

export interface InboxOptions {
  readonly clockMs?: () => number;
  readonly onWarning?: WarningSink;
}

/** A file that is no JSON is refused when it has not changed for so long: nobody is writing it any more. */
const SETTLED_MS = 2_000;
/** Answers and temporaries go when they have been there for so long. */
const KEPT_MS = 5 * 60_000;
const TIDY_EVERY_MS = 60_000;
/** So many strange names are told of one by one. */
const WARNINGS_MAX = 5;
/** So many requests that come too late are answered; nobody waits for more. */
const LATE_ANSWERS_MAX = 1_000;

const SUFFIX = ".json";

interface Waiting {
  readonly id: string;
  readonly modifiedMs: number;
}

export class Inbox {
  readonly #layout: Layout;
  readonly #clockMs: () => number;
  readonly #onWarning: WarningSink;
  /** Names that are no requests, as long as they are there. */
  #ignored = new Set<string>();
  #warned = 0;
  /** Requests that are no JSON: what their files looked like, and since when. */
  #unsettled = new Map<string, { readonly look: string; readonly sinceMs: number }>();
  /** When what will be removed was first seen. */
  #seen = new Map<string, number>();
  #tidiedMs = -Infinity;

  private constructor(layout: Layout, { clockMs, onWarning }: InboxOptions) {
    this.#layout = layout;
    this.#clockMs = clockMs ?? (() => performance.now());
    this.#onWarning = onWarning ?? (() => {});
  }

  /** Only for the holder of the lock, as soon as it has it: what lies there by then came too late. */
  static async open(layout: Layout, options: InboxOptions = {}): Promise<Inbox> {
    const inbox = new Inbox(layout, options);
    await inbox.refuseAll("It came before the simrun that works here now had begun; ask again.");
    return inbox;
  }

  /** Ids of the requests that are there, oldest first by the clock of the file system, then by name. */
  async waiting(): Promise<readonly string[]> {
    const names = new Set(await this.#namesIn(this.#layout.inbox));
    // Somebody cleared away what was strange: whoever uses its name next is heard.
    this.#ignored = this.#ignored.intersection(names);
    for (const name of this.#unsettled.keys()) {
      if (!names.has(name)) this.#unsettled.delete(name);
    }
    const found: Waiting[] = [];
    for (const name of names) {
      // Temporaries, and what file systems and editors hide.
      if (name.startsWith(".") || this.#ignored.has(name)) continue;
      const id = idIn(name);
      const info = await lookAt(join(this.#layout.inbox, name));
      if (info === undefined) continue;
      if (id === undefined) this.#ignore(name, "is not the name of a request");
      else if (!info.isFile) this.#ignore(name, "is not a plain file");
      else found.push({ id, modifiedMs: info.mtime?.getTime() ?? 0 });
    }
    found.sort((a, b) => a.modifiedMs - b.modifiedMs || (a.id < b.id ? -1 : 1));
    return found.map(({ id }) => id);
  }

  /**
   * Takes a request: from now on it is only here. Undefined when there is nothing to be done about it: it was taken
   * back, is still being written, or was refused with an answer.
   */
  async take(id: string): Promise<ControlRequest | undefined> {
    const name = id + SUFFIX;
    const read = await this.#read(name);
    if (read.kind === "ignored") return undefined;
    if (read.kind === "refused") {
      await this.#refuse(id, read.why);
      return undefined;
    }
    const reading = readRequest(read.bytes, id);
    switch (reading.kind) {
      case "no-json":
        if (!this.#isSettled(name, read.look)) return undefined;
        await this.#refuse(id, "The request is no JSON, or not the whole of it.");
        return undefined;
      case "refused":
        await this.#refuse(id, reading.why);
        return undefined;
      case "request":
        return await this.#claim(id) ? reading.request : undefined;
    }
  }

  /** A message, not a record: it is seen whole or not at all, and not synced. */
  async answer(id: string, answer: Answer): Promise<void> {
    const { root, answers } = this.#layout;
    await makeFolderDurable(answers, { within: root, onWarning: this.#onWarning });
    await writeFileVolatile(this.#layout.answerFile(id), answerText(id, answer));
  }

  /** Answers what is there, however it is written, and obeys none of it. */
  async refuseAll(why: string): Promise<void> {
    const ids = await this.waiting();
    const unheard = Math.max(0, ids.length - LATE_ANSWERS_MAX);
    for (const id of ids.slice(0, unheard)) await this.#claim(id);
    for (const id of ids.slice(unheard)) await this.#refuse(id, why);
  }

  /** Removes old answers, and what interrupted writes left. Cheap: call it as often as you like. */
  async tidy(): Promise<void> {
    const nowMs = this.#clockMs();
    if (nowMs - this.#tidiedMs < TIDY_EVERY_MS) return;
    this.#tidiedMs = nowMs;
    const { inbox, answers } = this.#layout;
    const before = this.#seen;
    this.#seen = new Map();
    for (const folder of [inbox, answers]) {
      for (const name of await this.#namesIn(folder)) {
        const isAnswer = folder === answers && idIn(name) !== undefined;
        if (!isAnswer && !isTemporary(name)) continue;
        const path = join(folder, name);
        const sinceMs = before.get(path) ?? nowMs;
        if (nowMs - sinceMs >= KEPT_MS) await removeQuietly(path);
        else this.#seen.set(path, sinceMs);
      }
    }
  }

  /** The names in one of the two folders; none when somebody put something else in its place. */
  async #namesIn(folder: string): Promise<string[]> {
    const names: string[] = [];
    try {
      await refuseLinks(this.#layout.root, folder);
      for await (const { name } of fs.readDir(folder)) names.push(name);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw diskFault(error, folder);
    }
    return names;
  }

  async #read(name: string): Promise<FileReading> {
    const path = join(this.#layout.inbox, name);
    const info = await lookAt(path);
    if (info === undefined) return IGNORED;
    if (!info.isFile) {
      this.#ignore(name, "is not a plain file");
      return IGNORED;
    }
    const look = `${info.ino} ${info.size} ${info.mtime?.getTime()}`;
    if (this.#isUnchanged(name, look)) return IGNORED;
    if (info.size > SUBMIT_BYTES_MAX) return { kind: "refused", why: TOO_LARGE };
    try {
      using file = await fs.open(path, { read: true });
      const opened = await file.stat();
      // Exchanged between the look and the opening: it is looked at again the next time.
      if (!opened.isFile || opened.ino !== info.ino || opened.dev !== info.dev) return IGNORED;
      return { kind: "read", bytes: await readBytes(file, info.size), look };
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return IGNORED;
      return {
        kind: "refused",
        why: `The request cannot be read: ${diskFault(error, name).message}`,
      };
    }
  }

  /** Whether it was no JSON when it was last looked at, has not changed since, and may yet do so. */
  #isUnchanged(name: string, look: string): boolean {
    const known = this.#unsettled.get(name);
    return known?.look === look && this.#clockMs() - known.sinceMs < SETTLED_MS;
  }

  #isSettled(name: string, look: string): boolean {
    if (this.#unsettled.get(name)?.look === look) return true;
    this.#unsettled.set(name, { look, sinceMs: this.#clockMs() });
    return false;
  }

  async #refuse(id: string, why: string): Promise<void> {
    if (await this.#claim(id)) await this.answer(id, { ok: false, message: why });
  }

  /** Whether it is ours: whoever removes the file has it. */
  async #claim(id: string): Promise<boolean> {
    try {
      await fs.remove(this.#layout.requestFile(id));
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      // Somebody else holds the tree.
      if (error instanceof Fault) throw error;
      // Obeyed and still there it would be obeyed again and again.
      this.#ignore(id + SUFFIX, "cannot be removed, so it is not obeyed");
      return false;
    }
  }

  #ignore(name: string, why: string): void {
    this.#ignored.add(name);
    if (this.#warned === WARNINGS_MAX) this.#onWarning("hot/inbox holds more that is no request.");
    if (this.#warned++ < WARNINGS_MAX) {
      this.#onWarning(`hot/inbox/${name} ${why}; it is left as it is.`);
    }
  }
}

type FileReading =
  | { readonly kind: "read"; readonly bytes: Uint8Array; readonly look: string }
  | { readonly kind: "refused"; readonly why: string }
  /** Gone, no file, or not to be read now. */
  | { readonly kind: "ignored" };

const IGNORED: FileReading = { kind: "ignored" };

function idIn(name: string): string | undefined {
  const id = name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : "";
  return isRequestId(id) ? id : undefined;
}

async function lookAt(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await fs.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw diskFault(error, path);
  }
}

/** So many bytes, or as many as there are. */
async function readBytes(file: FileHandle, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const read = await file.read(bytes.subarray(at));
    if (read === null) return bytes.subarray(0, at);
    at += read;
  }
  return bytes;
}
