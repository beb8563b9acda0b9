/** JSON-RPC 2.0: a call as text, and the answer to it. Pure. */
import { faultOf, PlecsFault } from "./plecs_fault.ts";
import { Base64, isStruct, type RpcValue } from "./value.ts";

export function encodeJsonCall(method: string, params: readonly RpcValue[], id: number): string {
  const plain = (_key: string, value: unknown) => value instanceof Base64 ? value.text : value;
  return JSON.stringify({ jsonrpc: "2.0", method, params, id }, plain);
}

/** Throws {@linkcode PlecsFault}: what the server says is wrong, or that it makes no sense. */
export function decodeJsonAnswer(text: string, id: number): RpcValue {
  const answer = parse(text);
  if (!isStruct(answer)) throw new PlecsFault("foreign", `${excerpt(text)} is no answer`);
  if (isStruct(answer.error)) {
    const { code, message } = answer.error;
    throw faultOf(typeof message === "string" ? message : `error ${String(code)}`);
  }
  if (answer.id !== id) {
    const words = `PLECS answered call ${JSON.stringify(answer.id ?? null)} instead of ${id}`;
    throw new PlecsFault("transient", words);
  }
  if (!("result" in answer)) {
    throw new PlecsFault("foreign", `${excerpt(text)} holds neither a result nor an error`);
  }
  return answer.result!;
}

/** Also with NaN and Infinity as JavaScript and C write them, for which JSON has no words. */
function parse(text: string): RpcValue {
  try {
    return JSON.parse(text);
  } catch {
    // The words are looked for outside of strings only.
  }
  const token = /"(?:[^"\\]|\\.)*"|-?\b(?:nan|inf(?:inity)?)\b/gi;
  try {
    return JSON.parse(text.replace(token, (one) => one.startsWith('"') ? one : `"${one}"`));
  } catch {
    if (/^\s*[{[]/.test(text)) {
      throw new PlecsFault("transient", "the answer of PLECS ends in the middle, or is no JSON");
    }
    throw new PlecsFault("foreign", `${excerpt(text)} is no JSON`);
  }
}

const EXCERPT_CHARACTERS = 60;

/** The beginning of what was answered, in one line. */
export function excerpt(text: string): string {
  const line = text.slice(0, 4 * EXCERPT_CHARACTERS).replace(/\s+/g, " ").trim();
  const cut = line.slice(0, EXCERPT_CHARACTERS);
  return line === "" ? "an empty answer" : JSON.stringify(cut === line ? cut : `${cut}…`);
}
