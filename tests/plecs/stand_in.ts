/**
 * Stands in for PLECS: listens on this machine, speaks JSON-RPC and XML-RPC on one port, does one thing at a time, and
 * computes a capacitor that is charged through a resistor. What it answers can be spoilt in every way.
 */
import { basename } from "node:path";

export type Value = null | boolean | number | string | Value[] | { [name: string]: Value };
type Struct = { [name: string]: Value };

export interface Call {
  readonly wire: "json" | "xml";
  readonly path: string;
  readonly method: string;
  readonly params: readonly Value[];
}

/** What is written instead of the answer. */
export interface Spoilt {
  /** Of the whole answer, head included. */
  readonly bytes?: Uint8Array;
  /** The connection is cut after this part of the answer, between 0 and 1. */
  readonly cutAt?: number;
  /** Written in pieces of so many bytes, with a pause between. */
  readonly pieces?: { readonly bytes: number; readonly pauseMs: number };
  readonly status?: number;
  readonly type?: string;
  readonly body?: string;
  /** In chunks, as a server does that does not know the length. */
  readonly isChunked?: boolean;
}

export interface StandInOptions {
  /** Understands only this. */
  readonly wire?: "json" | "xml";
  /** Answers only there; 404 elsewhere. */
  readonly path?: string;
  readonly hostname?: string;
  /** Values stand in the order that the manual's text has: a row for each time. */
  readonly isTransposed?: boolean;
  /** So long a simulation takes; or until this is so. */
  readonly simulateMs?: number;
  readonly until?: () => boolean;
  /** Called before a call is done; what it returns is answered instead, what it throws is a fault. */
  readonly before?: (call: Call) => Value | undefined;
  /** Called with the answer; what it returns is done to it. */
  readonly spoil?: (call: Call, text: string) => Spoilt | undefined;
}

export class Refusal extends Error {
  constructor(readonly code: number, message: string) {
    super(message);
  }
}

/** Samples of a simulation. */
export const SAMPLES = 101;
export const DEFAULT_SPAN = 5e-3;

export class StandIn {
  readonly calls: Call[] = [];
  /** Open models by name: what stood in their file when they were loaded. */
  readonly open = new Map<string, string>();
  /** Simulations that run at the moment. */
  running = 0;
  /** Calls that came while one ran. */
  collisions = 0;
  readonly #options: StandInOptions;
  readonly #listener: Deno.TcpListener;
  readonly #connections = new Set<Deno.TcpConn>();
  readonly #states = new Map<string, number>();
  readonly #done: Promise<void>;

  constructor(options: StandInOptions = {}, port = 0) {
    this.#options = options;
    this.#listener = Deno.listen({ hostname: options.hostname ?? "127.0.0.1", port });
    this.#done = this.#listen();
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  get url(): string {
    return `http://localhost:${this.port}`;
  }

  /** Of one method, how often it was called. */
  count(method: string): number {
    return this.calls.filter((call) => call.method === method).length;
  }

  /** All simulations that were asked for, as lists of the variables of each. */
  get batches(): Struct[][] {
    return this.calls.filter(({ method }) => method === "plecs.simulate").map(({ params }) =>
      (Array.isArray(params[1]) ? params[1] : [params[1]!]).map((one) =>
        (one as Struct).ModelVars as Struct
      )
    );
  }

  async close(): Promise<void> {
    this.#listener.close();
    for (const connection of this.#connections) shut(connection);
    await this.#done;
  }

  async #listen(): Promise<void> {
    const served: Promise<void>[] = [];
    try {
      for await (const connection of this.#listener) served.push(this.#serve(connection));
    } catch {
      // Closed.
    }
    await Promise.all(served);
  }

  async #serve(connection: Deno.TcpConn): Promise<void> {
    this.#connections.add(connection);
    try {
      const request = await readRequest(connection);
      if (request === undefined) return;
      const { path, body } = request;
      const isJson = /^\s*[{[]/.test(body);
      const wire = isJson ? "json" : "xml";
      if (this.#options.path !== undefined && path !== this.#options.path) {
        return await write(connection, { status: 404, type: "text/html", body: "<h1>404</h1>" });
      }
      if (this.#options.wire !== undefined && wire !== this.#options.wire) {
        const text = isJson
          ? xmlFault(-32700, "parse error")
          : jsonError(null, -32700, "parse error");
        return await write(connection, {
          type: isJson ? "text/xml" : "application/json",
          body: text,
        });
      }
      const { id, method, params } = isJson ? JSON.parse(body) : { id: 0, ...parseXmlCall(body) };
      const call: Call = { wire, path, method, params };
      this.calls.push(call);
      const text = await this.#answer(call, id);
      const type = isJson ? "application/json" : "text/xml";
      await write(connection, { type, body: text, ...this.#options.spoil?.(call, text) });
    } catch {
      // Whoever called is gone.
    } finally {
      this.#connections.delete(connection);
      shut(connection);
    }
  }

  async #answer(call: Call, id: unknown): Promise<string> {
    const isJson = call.wire === "json";
    try {
      const value = await this.#do(call);
      return isJson
        ? JSON.stringify({ jsonrpc: "2.0", id, result: value })
        : `<?xml version="1.0"?>\n<methodResponse><params><param>${
          xml(value)
        }</param></params></methodResponse>`;
    } catch (error) {
      const { code, message } = error instanceof Refusal
        ? error
        : new Refusal(-32000, String(error));
      return isJson ? jsonError(id, code, message) : xmlFault(code, message);
    }
  }

  async #do(call: Call): Promise<Value> {
    if (this.running > 0) {
      this.collisions++;
      throw new Refusal(-34001, "Server is blocking: a simulation is running");
    }
    const instead = this.#options.before?.(call);
    if (instead !== undefined) return instead;
    const { method, params } = call;
    switch (method) {
      case "system.listMethods":
        return ["plecs.load", "plecs.close", "plecs.get", "plecs.simulate"];
      case "plecs.load": {
        const path = String(params[0]);
        const name = basename(path, ".plecs");
        // One that is open is not loaded again.
        if (!this.open.has(name)) {
          try {
            this.open.set(name, Deno.readTextFileSync(path));
          } catch {
            throw new Refusal(-32000, `Cannot open file ${path}`);
          }
        }
        return null;
      }
      case "plecs.close":
        if (!this.open.delete(String(params[0]))) {
          throw new Refusal(-32000, `Model ${params[0]} is not open`);
        }
        return null;
      case "plecs.get":
        return this.#get(String(params[0]), String(params[1]));
      case "plecs.simulate":
        return await this.#simulate(params);
      default:
        throw new Refusal(-32601, `Unknown method ${method}`);
    }
  }

  #get(model: string, parameter: string): Value {
    if (parameter !== "SystemState") throw new Refusal(-32000, `Unknown parameter ${parameter}`);
    const voltage = this.#states.get(model);
    if (voltage === undefined) throw new Refusal(-32000, `Model ${model} is not open`);
    return { Version: 1, Blocks: [[voltage, 0.1], ["C"]] };
  }

  async #simulate([model, options, ...more]: readonly Value[]): Promise<Value> {
    if (more.length > 0) throw new Refusal(-32602, "a callback was sent");
    const name = String(model);
    if (!this.open.has(name)) throw new Refusal(-32000, `Model ${name} is not open`);
    this.running++;
    try {
      if (this.#options.simulateMs !== undefined) await wait(this.#options.simulateMs);
      while (this.#options.until?.() === false) await wait(10);
      if (!Array.isArray(options)) {
        const one = this.#charge(name, (options ?? {}) as Struct);
        if (typeof one === "string") throw new Refusal(-34000, one);
        return one;
      }
      const at = options.findIndex((one) => ((one as Struct).ModelVars as Struct)?.poison === 1);
      if (at >= 0) {
        const words = "Simulation error: Error while executing callback for parallel simulation";
        throw new Refusal(-34000, `${words} ${at + 1}`);
      }
      return options.map((one) => this.#charge(name, one as Struct));
    } finally {
      this.running--;
    }
  }

  /** A capacitor behind a resistor, exactly. */
  #charge(name: string, { ModelVars = {}, SolverOpts = {} }: Struct): Value {
    const { R = 1e3, C = 1e-6, V0 = 10, seconds = 0, poison = 0 } = ModelVars as Record<
      string,
      number
    >;
    const solver = SolverOpts as Record<string, Value>;
    if (typeof solver.Timeout !== "number" || solver.Timeout <= 0) return "no Timeout was sent";
    if (seconds > solver.Timeout) return "Simulation timed out";
    if (poison === 1) return "Simulation error: State discontinuity at t = 0";
    if (R === 0) return "Simulation error: Matrix is singular";
    const gain = Number(/gain (\S+)/.exec(this.open.get(name)!)?.[1] ?? 1);
    const [start, span] = [Number(solver.StartTime ?? 0), Number(solver.TimeSpan ?? DEFAULT_SPAN)];
    const state = solver.InitialSystemState as { Blocks: [[number, number], [string]] } | undefined;
    const from = state?.Blocks[0][0] ?? 0;
    const time = Array.from({ length: SAMPLES }, (_, i) => start + span * i / (SAMPLES - 1));
    const voltage = time.map((t) => V0 + (from - V0) * Math.exp(-(t - start) / (R * C)));
    this.#states.set(name, voltage.at(-1)!);
    const rows = [voltage.map((v) => v * gain), voltage.map((v) => (V0 - v) / R)];
    const turned = time.map((_, i) => rows.map((row) => row[i]!));
    return { Time: time, Values: this.#options.isTransposed ? turned : rows };
  }
}

/** The end of the charging that the stand-in computes. */
export function charged(seconds: number, { R = 1e3, C = 1e-6, V0 = 10 } = {}): number {
  return V0 * (1 - Math.exp(-seconds / (R * C)));
}

function jsonError(id: unknown, code: number, message: string): string {
  return JSON.stringify({ jsonrpc: "2.0", id, error: { code, message } });
}

function xmlFault(code: number, message: string): string {
  const value = xml({ faultCode: code, faultString: message });
  return `<?xml version="1.0"?>\n<methodResponse><fault>${value}</fault></methodResponse>`;
}

/** Whole numbers as int, as other servers than PLECS do as well. */
function xml(value: Value): string {
  const bare = () => {
    if (value === null) return "<nil/>";
    if (typeof value === "number") {
      return Number.isInteger(value) ? `<int>${value}</int>` : `<double>${value}</double>`;
    }
    if (typeof value === "boolean") return `<boolean>${Number(value)}</boolean>`;
    if (typeof value === "string") return escape(value);
    if (Array.isArray(value)) return `<array><data>\n${value.map(xml).join("\n")}</data></array>`;
    const members = Object.entries(value).map(([name, one]) =>
      `<member>\n<name>${escape(name)}</name>${xml(one)}</member>`
    );
    return `<struct>${members.join("")}</struct>`;
  };
  return `<value>${bare()}</value>`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

/** Knows what is asked of it, and no more: a reader of its own, so that two mistakes do not cancel out. */
function parseXmlCall(body: string): { method: string; params: Value[] } {
  const method = /<methodName>(.*?)<\/methodName>/.exec(body)![1]!;
  const tokens = body.slice(body.indexOf("<params>")).match(/<[^>]+>|[^<]+/g)!;
  let at = 0;
  const read = (): Value => {
    const tag = tokens[at++]!;
    if (tag === "<nil/>") return null;
    if (tag.endsWith("/>") || tag.startsWith("</")) return "";
    const until = (end: string, work: () => void) => {
      while (tokens[at] !== end) work();
      at++;
    };
    const list: Value[] = [];
    const struct: Struct = {};
    let text = "";
    switch (tag) {
      case "<value>":
      case "<param>": {
        let value: Value = "";
        until(tag.replace("<", "</"), () => value = read());
        return value;
      }
      case "<array>":
      case "<data>":
      case "<params>": {
        until(tag.replace("<", "</"), () => list.push(read()));
        return tag === "<array>" ? list[0]! : list;
      }
      case "<struct>":
        until("</struct>", () => {
          at++;
          const name = read() as string;
          struct[name] = read();
          at++;
        });
        return struct;
      default:
        until(tag.replace("<", "</"), () => text += tokens[at++]);
    }
    const plain = text.replace(
      /&(lt|gt|amp|#(\d+));/g,
      (_, name, code) =>
        code === undefined
          ? { lt: "<", gt: ">", amp: "&" }[name as "lt"]!
          : String.fromCodePoint(+code),
    );
    if (tag === "<boolean>") return plain === "1";
    return tag === "<string>" || tag === "<name>" ? plain : Number(plain);
  };
  return { method, params: read() as Value[] };
}

async function readRequest(connection: Deno.TcpConn) {
  const piece = new Uint8Array(1 << 16);
  let bytes = new Uint8Array();
  for (;;) {
    const read = await connection.read(piece);
    if (read === null) return undefined;
    bytes = new Uint8Array([...bytes, ...piece.subarray(0, read)]);
    const text = new TextDecoder("latin1").decode(bytes);
    const end = text.indexOf("\r\n\r\n");
    if (end < 0) continue;
    const length = Number(/^content-length: *(\d+)/im.exec(text.slice(0, end))?.[1] ?? 0);
    if (bytes.length < end + 4 + length) continue;
    const path = text.split(" ")[1]!;
    return { path, body: new TextDecoder().decode(bytes.subarray(end + 4, end + 4 + length)) };
  }
}

async function write(connection: Deno.TcpConn, spoilt: Spoilt): Promise<void> {
  const all = spoilt.bytes ?? answerBytes(spoilt);
  const bytes = all.subarray(0, Math.floor((spoilt.cutAt ?? 1) * all.length));
  const { pieces = { bytes: 1 << 20, pauseMs: 0 } } = spoilt;
  for (let at = 0; at < bytes.length; at += pieces.bytes) {
    const piece = bytes.subarray(at, at + pieces.bytes);
    for (let sent = 0; sent < piece.length;) sent += await connection.write(piece.subarray(sent));
    if (pieces.pauseMs > 0) await wait(pieces.pauseMs);
  }
}

function answerBytes({ status = 200, type = "text/html", body = "", isChunked = false }: Spoilt) {
  const encoder = new TextEncoder();
  const bytes = encoder.encode(body);
  const length = isChunked ? "Transfer-Encoding: chunked" : `Content-Length: ${bytes.length}`;
  const head = encoder.encode(
    `HTTP/1.1 ${status} X\r\nContent-Type: ${type}\r\n${length}\r\nConnection: close\r\n\r\n`,
  );
  if (!isChunked) return joined([head, bytes]);
  const parts: Uint8Array[] = [head];
  const size = Math.max(1, Math.ceil(bytes.length / 7));
  for (let at = 0; at < bytes.length; at += size) {
    const part = bytes.subarray(at, at + size);
    parts.push(encoder.encode(`${part.length.toString(16)}\r\n`), part, encoder.encode("\r\n"));
  }
  return joined([...parts, encoder.encode("0\r\n\r\n")]);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function shut(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // It is closed already.
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
