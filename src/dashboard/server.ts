/**
 * The dashboard's server: the page, what it asks for, and the WebSockets of the moment's picture and of events. It reads
 * the tree as `simrun status` does and changes nothing; what `--control` allows is done by whoever made the server.
 */
import type { ControlAction } from "../job/control.ts";
import { Fault } from "../job/fault.ts";
import { load } from "../job/load.ts";
import { VERSION } from "../job/version.ts";
import type { Layout } from "../store/layout.ts";
import { cookieHeader, type Gate, judge, makeGate } from "./access.ts";
import type { Answers } from "./answers.ts";
import { bodyOf, readAction } from "./control_request.ts";
import { EventLines } from "./event_lines.ts";
import { pageFile } from "./page_files.ts";
import { pictureOf, statusOf } from "./picture.ts";
import { json, reply, text } from "./replies.ts";
import { type Elsewhere, TreeWatch, troubleOf } from "./tree_watch.ts";
import { Viewers } from "./viewers.ts";
import { type Address, listen } from "./web_server.ts";

/** What was done, or why nothing was. */
export interface Done {
  readonly ok: boolean;
  readonly message: string;
  readonly hint?: string;
}

export interface DashboardOptions extends Address {
  readonly layout: Layout;
  readonly now: () => Date;
  /** Absent: nobody may change anything. */
  readonly control?: (action: ControlAction) => Promise<Done>;
  readonly elsewhere?: Elsewhere;
}

/** A viewer gets about two pictures a second; making them takes no more than a fifth of a core. */
const LOOK_MS = 500;
/** When something was asked for it is looked at sooner, but not more often than four times a second. */
const LEAST_MS = 250;
const LOAD_MAX = 0.2;
/** With nobody there only the journal is followed. */
const ALONE_MS = 2_000;
const LAST_MS = 1_000;

export class Dashboard {
  readonly #options: DashboardOptions;
  readonly #watch: TreeWatch;
  readonly #gate: Gate;
  readonly #viewers: Viewers;
  readonly #events: EventLines;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #stopped = new AbortController();
  readonly #looking: Promise<void>;
  #answers: { readonly era: number; readonly made: Promise<Answers> } | undefined;
  #told = -1;
  #toldMs = -Infinity;
  #isWoken = false;
  #endRest: () => void = () => {};

  constructor(options: DashboardOptions) {
    this.#options = options;
    this.#watch = new TreeWatch(options.layout, options.now, options.elsewhere);
    this.#watch.onNews = () => this.#wake();
    this.#gate = makeGate(options.host);
    this.#viewers = new Viewers(() => performance.now());
    this.#events = new EventLines(options.layout, (shard) => this.#watch.liveOf(shard));
    this.#server = listen(options, (request) => this.#answer(request));
    this.#looking = this.#look();
  }

  get port(): number {
    return this.#server.addr.port;
  }

  /** With the token: whoever has it may look. */
  get url(): string {
    const { host } = this.#options;
    const name = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
    const shown = name.includes(":") ? `[${name}]` : name;
    return `http://${shown}:${this.port}/?token=${this.#gate.token}`;
  }

  /** Everybody is told so, with the last picture before. */
  async stop(why: string): Promise<void> {
    this.#stopped.abort();
    this.#wake();
    await this.#looking;
    await this.#watch.refresh();
    this.#toldMs = -Infinity;
    this.#tell();
    await atMost(LAST_MS, this.#viewers.closeAll(1001, why));
    await atMost(LAST_MS, this.#events.stop(why));
    await atMost(LAST_MS, this.#server.shutdown());
    (await this.#answers?.made)?.[Symbol.dispose]();
    this.#watch[Symbol.dispose]();
  }

  /** Looks at the tree again and again, and tells the viewers what is new. */
  async #look(): Promise<void> {
    const { signal } = this.#stopped;
    let hadViewers = false;
    while (!signal.aborted) {
      const beganMs = performance.now();
      await this.#watch.refresh();
      // The first is made before anybody asks: whoever comes then has it at once.
      if (this.#viewers.count > 0 || this.#told < 0) this.#tell();
      if (this.#viewers.count > 0) this.#watch.askElsewhere();
      const spentMs = performance.now() - beganMs;
      // Nobody waits for it; who asks for runs before it is done does.
      // The first picture is drawn before it is begun: both would compute on the same cores.
      if (this.#viewers.count > 0 && hadViewers) void this.#lookAhead().catch(() => {});
      hadViewers = this.#viewers.count > 0;
      const waitMs = this.#viewers.count > 0 ? LOOK_MS : ALONE_MS;
      await this.#rest(LEAST_MS, "whole");
      await this.#rest(Math.max(waitMs, spentMs / LOAD_MAX) - LEAST_MS, "until woken");
    }
  }

  /** Somebody came, or something was asked for: it is looked at soon. */
  #wake(): void {
    this.#isWoken = true;
    this.#endRest();
  }

  async #rest(ms: number, how: "whole" | "until woken"): Promise<void> {
    const { signal } = this.#stopped;
    const isOver = () => signal.aborted || how === "until woken" && this.#isWoken;
    if (!isOver()) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.#endRest = () => {
          if (!isOver()) return;
          clearTimeout(timer);
          resolve();
        };
      });
    }
    if (how === "until woken") this.#isWoken = false;
  }

  /** The picture to all, when it is another than the last, and that is long enough ago. */
  #tell(): void {
    const nowMs = performance.now();
    if (this.#told === this.#watch.version || nowMs - this.#toldMs < LEAST_MS) return;
    this.#toldMs = nowMs;
    this.#told = this.#watch.version;
    this.#viewers.send(this.#picture());
  }

  #picture(): string {
    const picture = pictureOf(this.#watch, statusOf(this.#watch));
    return JSON.stringify({
      ...picture,
      simrun: VERSION,
      may_control: this.#options.control !== undefined,
    });
  }

  async #answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const verdict = judge(request, url, this.#gate);
    if (verdict.kind === "refused") {
      return text(verdict.status, `${verdict.why} simrun dashboard prints the whole address.\n`);
    }
    const response = await this.#route(request, url);
    // The page takes the token out of its address: from now on the browser has it.
    if (verdict.by === "token" && url.pathname === "/") {
      response.headers.append("set-cookie", cookieHeader(this.#gate));
    }
    return response;
  }

  async #route(request: Request, url: URL): Promise<Response> {
    try {
      if (url.pathname === "/api/control") return await this.#control(request);
      if (request.method !== "GET") return text(405, "Only looking is possible here.\n");
      if (url.pathname === "/live") return this.#admit(request);
      if (url.pathname === "/events") {
        const admitted = this.#events.admit(request, url);
        return admitted instanceof Response ? admitted : text(admitted.status, `${admitted.why}\n`);
      }
      if (url.pathname === "/api/picture") {
        await this.#watch.refresh();
        this.#watch.askElsewhere();
        return json(200, this.#picture());
      }
      const file = pageFile(url.pathname);
      if (file !== undefined) return reply(200, file.type, file.bytes);
      const answer = (await this.#answersNow()).find(url);
      return answer === undefined ? text(404, "There is no such page.\n") : json(200, await answer);
    } catch (error) {
      const status = error instanceof Fault ? error.code === "not-found" ? 404 : 400 : 500;
      return json(status, JSON.stringify(troubleOf(error)));
    }
  }

  async #lookAhead(): Promise<void> {
    await (await this.#answersNow()).lookAhead();
  }

  /** They are loaded behind the first picture: whoever comes sees that one first. */
  #answersNow(): Promise<Answers> {
    const { era } = this.#watch;
    if (this.#answers?.era !== era) {
      void this.#answers?.made.then((old) => old[Symbol.dispose]());
      const made = load<typeof import("./answers.ts")>(import.meta.resolve("./answers.ts"))
        .then(({ Answers }) => new Answers(this.#watch));
      this.#answers = { era, made };
    }
    return this.#answers.made;
  }

  #admit(request: Request): Response {
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
      return text(426, "This address speaks WebSocket.\n");
    }
    if (this.#viewers.isFull) return text(503, "Too many are looking already.\n");
    const { socket, response } = Deno.upgradeWebSocket(request);
    // What was told last may be of long ago.
    socket.addEventListener("open", () => {
      if (this.#watch.isRead) this.#tell();
      this.#wake();
    });
    // Nobody is asked anything here: who speaks, and perhaps at length, is no viewer.
    socket.addEventListener("message", () => socket.close(1008, "viewers only look"));
    this.#viewers.add(socket);
    return response;
  }

  async #control(request: Request): Promise<Response> {
    const { control } = this.#options;
    if (request.method !== "POST") return text(405, "Control takes a POST.\n");
    if (control === undefined) {
      return json(
        403,
        JSON.stringify({
          ok: false,
          message: "This dashboard only looks.",
          hint: "Start it with --control to cancel, pause, continue, retry and set priorities.",
        }),
      );
    }
    if (request.headers.get("content-type")?.split(";")[0] !== "application/json") {
      return text(415, "Control takes JSON.\n");
    }
    const body = await bodyOf(request);
    if (body === undefined) return text(413, "The request is too large.\n");
    const read = readAction(body);
    if (typeof read === "string") {
      return json(400, JSON.stringify({ ok: false, message: read }));
    }
    const done = await control(read);
    this.#wake();
    return json(done.ok ? 200 : 409, JSON.stringify(done));
  }
}

/** Who does not answer is not waited for. */
async function atMost(ms: number, work: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, ms);
  await Promise.race([work, late.promise]);
  clearTimeout(timer);
}
