/** XML-RPC: a call as text, and the answer to it, read without building a tree. No DTD, no entities of its own. */
import { SaxesParser } from "saxes";
import { excerpt } from "./json_rpc.ts";
import { faultOf, PlecsFault } from "./plecs_fault.ts";
import { Base64, isStruct, numberOf, type RpcValue } from "./value.ts";

export function encodeXmlCall(method: string, params: readonly RpcValue[]): string {
  const all = params.map((param) => `<param>${encode(param)}</param>`).join("");
  return `<?xml version="1.0"?><methodCall><methodName>${escape(method)}</methodName>` +
    `<params>${all}</params></methodCall>`;
}

function encode(value: RpcValue): string {
  return `<value>${encodeBare(value)}</value>`;
}

/** Every number is a double: those of PLECS are, and 1 and 1.0 are the same there. */
function encodeBare(value: RpcValue): string {
  if (value === null) return "<nil/>";
  if (typeof value === "number") {
    return `<double>${Object.is(value, -0) ? "-0" : String(value)}</double>`;
  }
  if (typeof value === "boolean") return `<boolean>${Number(value)}</boolean>`;
  if (typeof value === "string") return `<string>${escape(value)}</string>`;
  if (value instanceof Base64) return `<base64>${escape(value.text)}</base64>`;
  if (!isStruct(value)) {
    return `<array><data>${value.map(encode).join("")}</data></array>`;
  }
  const members = Object.entries(value).map(([name, item]) =>
    `<member><name>${escape(name)}</name>${encode(item)}</member>`
  );
  return `<struct>${members.join("")}</struct>`;
}

const ESCAPES: { readonly [sign: string]: string } = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  "\r": "&#13;",
};

/** What XML cannot carry at all is left out: control characters, and halves of characters. */
// deno-lint-ignore no-control-regex -- control characters are what it finds
const NEVER_IN_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

function escape(text: string): string {
  return text.toWellFormed().replace(NEVER_IN_XML, "").replace(
    /[&<>\r]/g,
    (sign) => ESCAPES[sign]!,
  );
}

/** Throws {@linkcode PlecsFault}, as {@linkcode decodeJsonAnswer} does. */
export function decodeXmlAnswer(chunks: Iterable<string>): RpcValue {
  const reader = new AnswerReader();
  for (const chunk of chunks) reader.write(chunk);
  return reader.end();
}

const DEPTH_MAX = 100;

/** A value whose end was not seen yet. */
interface Open {
  value: RpcValue | undefined;
  /** Of a struct: of the member that is read. */
  name: string;
}

class AnswerReader {
  readonly #parser = new SaxesParser({ position: false });
  readonly #open: Open[] = [];
  #root: RpcValue | undefined;
  #text = "";
  #isFault = false;
  #isAnswer = false;
  #tags = 0;
  #head = "";

  constructor() {
    const parser = this.#parser;
    parser.on("doctype", () => {
      throw new PlecsFault("foreign", "the answer holds a DTD, which no PLECS sends");
    });
    parser.on("error", ({ message }) => {
      const kind = this.#isAnswer ? "transient" : "foreign";
      throw new PlecsFault(kind, `${excerpt(this.#head)} is no XML: ${message}`);
    });
    parser.on("opentag", ({ name }) => this.#begin(name));
    parser.on("text", (text) => this.#text += text);
    parser.on("cdata", (text) => this.#text += text);
    parser.on("closetag", ({ name }) => this.#end(name));
  }

  write(chunk: string): void {
    if (this.#head.length < 500) this.#head += chunk.slice(0, 500);
    this.#parser.write(chunk);
  }

  end(): RpcValue {
    this.#parser.close();
    if (this.#root === undefined) {
      throw new PlecsFault("transient", "the answer of PLECS holds no value");
    }
    if (!this.#isFault) return this.#root;
    const { faultString, faultCode } = isStruct(this.#root) ? this.#root : {};
    throw faultOf(typeof faultString === "string" ? faultString : `fault ${String(faultCode)}`);
  }

  #begin(name: string): void {
    this.#text = "";
    if (this.#tags++ === 0) {
      if (name !== "methodResponse") {
        throw new PlecsFault("foreign", `${excerpt(this.#head)} is no answer`);
      }
      this.#isAnswer = true;
    }
    const top = this.#open.at(-1);
    switch (name) {
      case "fault":
        this.#isFault = true;
        return;
      case "value":
        if (this.#open.length === DEPTH_MAX) {
          throw new PlecsFault("foreign", `the answer is nested deeper than ${DEPTH_MAX} levels`);
        }
        this.#open.push({ value: undefined, name: "" });
        return;
      case "array":
        if (top !== undefined) top.value = [];
        return;
      case "struct":
        if (top !== undefined) top.value = Object.create(null);
    }
  }

  #end(name: string): void {
    const top = this.#open.at(-1);
    if (top === undefined) return;
    const text = this.#text;
    this.#text = "";
    switch (name) {
      case "value":
        this.#open.pop();
        // Without a type it is a string.
        return this.#keep(top.value === undefined ? text : top.value);
      case "name":
        top.name = text;
        return;
      case "int":
      case "i4":
      case "i8":
      case "double": {
        const number = numberOf(text);
        if (number === undefined) {
          throw new PlecsFault("transient", `${excerpt(text)} in the answer is no number`);
        }
        top.value = number;
        return;
      }
      case "boolean":
        top.value = text.trim() === "1" || text.trim() === "true";
        return;
      case "nil":
      case "ex:nil":
        top.value = null;
        return;
      case "base64":
        top.value = new Base64(text.replace(/\s+/g, ""));
        return;
      case "string":
      case "dateTime.iso8601":
        top.value = text;
    }
  }

  /** In what encloses it. */
  #keep(value: RpcValue): void {
    const above = this.#open.at(-1);
    if (above === undefined) this.#root = value;
    else if (Array.isArray(above.value)) above.value.push(value);
    else if (isStruct(above.value)) (above.value as Record<string, RpcValue>)[above.name] = value;
  }
}
