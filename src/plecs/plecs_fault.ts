/** What goes wrong between simrun and PLECS, by what is to be done about it. Pure. */

export type PlecsFaultKind =
  /** Passes: PLECS is off, was restarted, cut the connection, or answered nonsense. */
  | "transient"
  /** Passes as well, as soon as it is done with something else. */
  | "busy"
  /** The run's own: its simulation failed. */
  | "own"
  /** The run took longer than its Timeout. */
  | "timeout"
  /** PLECS does not know the model: it was restarted since, or somebody closed it. */
  | "not-loaded"
  /** The answer is larger than what is read. */
  | "too-large"
  /** What answers there is no PLECS. */
  | "foreign";

export class PlecsFault extends Error {
  constructor(readonly kind: PlecsFaultKind, message: string) {
    super(message);
  }
}

const TIMEOUT = /\btime[- ]?out\b|\btimed out\b|\btime limit\b/i;
const OWN = /simulation error|singular/i;
const BUSY = /\bbusy\b|\bblock(?:ing|ed)\b|\balready\b/i;
const NOT_LOADED =
  /\bnot (?:been )?(?:loaded|open(?:ed)?)\b|\bno (?:such |open )?model\b|model .*\b(?:does not exist|not found|unknown)\b|\b(?:unknown|invalid) model\b/i;

/** What PLECS says, as it says it, is mostly the user's own to understand. */
export function faultOf(text: string): PlecsFault {
  return new PlecsFault(kindOf(text), text.trim() === "" ? "PLECS gives no reason" : text.trim());
}

function kindOf(text: string): PlecsFaultKind {
  if (TIMEOUT.test(text)) return "timeout";
  if (OWN.test(text)) return "own";
  if (BUSY.test(text)) return "busy";
  return NOT_LOADED.test(text) ? "not-loaded" : "own";
}

/** Whether the whole call came to nothing by no fault of a run in it: splitting it would not help. */
export function isOfServer({ kind }: PlecsFault): boolean {
  return kind === "transient" || kind === "busy" || kind === "foreign" || kind === "not-loaded";
}
