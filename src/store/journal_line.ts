/**
 * One line of the journal: `{"crc":"xxxxxxxx","seq":N,"at":"…","type":…}`. The CRC-32 covers the bytes
 * behind its own field up to the newline, so that the line is plain JSON and still proves itself.
 */
import type { JournalEntry, RunEvent } from "../job/event.ts";
import { crc32 } from "./crc32.ts";

export type { JournalLocation } from "../job/journal_location.ts";

export const NEWLINE = 10;

/** `{"crc":"` + 8 digits + `",` */
const PREFIX_BYTES = 18;
const PREFIX_HEAD = new TextEncoder().encode('{"crc":"');
const HEX = new TextEncoder().encode("0123456789abcdef");
const QUOTE = 0x22;
const COMMA = 0x2c;

const encoder = new TextEncoder();
// The checksum has proved the bytes; a fatal decoder would look at each again at a sixth of the speed.
const decoder = new TextDecoder();

/** The part of the line that the checksum covers, as text. */
export function lineBody(event: RunEvent, seq: number, at: string): string {
  return `"seq":${seq},"at":"${at}",${JSON.stringify(event).slice(1)}`;
}

/** The body of the first line of a group: all before it was synced when it was written. */
export function markSynced(body: string): string {
  return `${body.slice(0, -1)},"synced":true}`;
}

/** The lines of a text in memory, without their newlines. */
export function* linesIn(bytes: Uint8Array): Generator<Uint8Array> {
  for (let from = 0; from < bytes.length;) {
    const newline = bytes.indexOf(NEWLINE, from);
    const end = newline === -1 ? bytes.length : newline;
    yield bytes.subarray(from, end);
    from = end + 1;
  }
}

/** Whether a line begins as one of the journal does; needs its first eight bytes. */
export function beginsAsLine(bytes: Uint8Array): boolean {
  return PREFIX_HEAD.every((byte, at) => bytes[at] === byte);
}

/** Room that a line of this body needs at most. */
export function lineBytesMax(body: string): number {
  return PREFIX_BYTES + body.length * 3 + 1;
}

/** Writes the whole line with its newline at `at`; answers where it ends. */
export function encodeLine(body: string, into: Uint8Array, at: number): number {
  const from = at + PREFIX_BYTES;
  const end = from + encoder.encodeInto(body, into.subarray(from)).written;
  into.set(PREFIX_HEAD, at);
  const sum = crc32(into.subarray(from, end));
  for (let digit = 0; digit < 8; digit++) {
    into[at + 8 + digit] = HEX[(sum >>> (28 - 4 * digit)) & 15]!;
  }
  into[at + 16] = QUOTE;
  into[at + 17] = COMMA;
  into[end] = NEWLINE;
  return end + 1;
}

/** The entry in a line without its newline, or the reason why it is none. */
export function decodeLine(line: Uint8Array): JournalEntry | string {
  return untrue(line) ?? parse(line);
}

/** What a line says, as far as it is wanted. */
export interface LineRead {
  readonly seq: number;
  readonly isSynced: boolean;
  /** Absent where it is not wanted. */
  readonly entry?: JournalEntry;
}

/** As {@linkcode decodeLine}; what is not wanted is proved, and not parsed, which is most of the work. */
export function readLine(
  line: Uint8Array,
  isWanted: (seq: number, type: JournalEntry["type"]) => boolean,
): LineRead | string {
  const trouble = untrue(line);
  if (trouble !== undefined) return trouble;
  const head = HEAD.exec(decoder.decode(line.subarray(PREFIX_BYTES, PREFIX_BYTES + HEAD_BYTES)));
  if (head !== null) {
    const [, digits, type] = head;
    const seq = Number(digits);
    if (!isWanted(seq, type as JournalEntry["type"])) return { seq, isSynced: isSynced(line) };
  }
  const entry = parse(line);
  if (typeof entry === "string") return entry;
  const { seq, type, synced = false } = entry;
  return { seq, isSynced: synced, ...(isWanted(seq, type) && { entry }) };
}

/** How the part begins that the checksum covers. A line of another order is parsed whole. */
const HEAD = /^"seq":(\d{1,15}),"at":"[^"\\]*","type":"([a-z.]+)"/;
const HEAD_BYTES = 96;

/** How {@linkcode markSynced} ends a line. Nothing else does: of what stands deeper another bracket is closed behind it. */
const SYNCED = encoder.encode(',"synced":true}');

function isSynced(line: Uint8Array): boolean {
  const from = line.length - SYNCED.length;
  return SYNCED.every((byte, at) => line[from + at] === byte);
}

/** Why a line is none; undefined when its checksum proves it. */
function untrue(line: Uint8Array): string | undefined {
  if (line.length <= PREFIX_BYTES || line[16] !== QUOTE || line[17] !== COMMA) {
    return "it has no checksum";
  }
  for (let at = 0; at < 8; at++) if (line[at] !== PREFIX_HEAD[at]) return "it has no checksum";
  const stated = readHex(line);
  const found = crc32(line.subarray(PREFIX_BYTES));
  return stated === found ? undefined : "its checksum does not match its content";
}

function parse(line: Uint8Array): JournalEntry | string {
  try {
    const entry = JSON.parse(decoder.decode(line)) as JournalEntry;
    return Number.isSafeInteger(entry.seq) ? entry : "it has no sequence number";
  } catch {
    return "it is not JSON";
  }
}

/** The eight digits at their place; NaN, which equals nothing, when they are none. */
function readHex(line: Uint8Array): number {
  let value = 0;
  for (let at = 8; at < 16; at++) {
    const byte = line[at]!;
    // Only the digits this program writes: an upper-case one is a flipped bit.
    const digit = byte >= 0x30 && byte <= 0x39
      ? byte - 0x30
      : byte >= 0x61 && byte <= 0x66
      ? byte - 0x57
      : NaN;
    value = value * 16 + digit;
  }
  return value;
}
