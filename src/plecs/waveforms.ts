/** What a simulation answers: the times of its samples, and every signal's values at them. Pure. */
import { PlecsFault } from "./plecs_fault.ts";
import { isStruct, numberOf, type RpcValue } from "./value.ts";

export interface Waveforms {
  readonly time: Float64Array;
  /** As many values as times, for each signal. */
  readonly signals: readonly Float64Array[];
}

/** Throws {@linkcode PlecsFault}: a model without outports answers nothing that could be read. */
export function readWaveforms(answer: RpcValue): Waveforms {
  if (!isStruct(answer) || answer.Time === undefined || answer.Values === undefined) {
    const words =
      "PLECS answered no Time and Values: give the model's top level an Outport block " +
      "for each signal that is wanted";
    throw new PlecsFault("own", words);
  }
  const time = numbersOf(answer.Time, "Time");
  const { Values } = answer;
  if (!Array.isArray(Values)) throw garbled("Values is no list");
  if (time.length === 0) return { time, signals: Values.map(() => new Float64Array()) };
  const isFlat = Values.every((one) => !Array.isArray(one));
  const rows = isFlat && Values.length > 0
    ? [numbersOf(Values, "Values")]
    : Values.map((row, at) => numbersOf(row, `Values[${at}]`));
  if (rows.every((row) => row.length === time.length)) return { time, signals: rows };
  // The manual has it both ways round: a row for each signal, and one for each time.
  const width = rows[0]?.length ?? 0;
  if (rows.length === time.length && rows.every((row) => row.length === width)) {
    const signals = Array.from(
      { length: width },
      (_, signal) => Float64Array.from(rows, (row) => row[signal]!),
    );
    return { time, signals };
  }
  throw garbled(`${time.length} times, and values of lengths ${rows.map((row) => row.length)}`);
}

function numbersOf(value: RpcValue, name: string): Float64Array {
  const list: readonly RpcValue[] = Array.isArray(value) ? value : [value as RpcValue];
  return Float64Array.from(list, (one) => {
    const number = numberOf(one);
    if (number === undefined) throw garbled(`${name} holds ${JSON.stringify(one)}`);
    return number;
  });
}

function garbled(words: string): PlecsFault {
  return new PlecsFault("own", `the answer of PLECS cannot be read: ${words.slice(0, 200)}`);
}

/** As a table, with exact numbers. */
export function waveformsText({ time, signals }: Waveforms, names: readonly string[]): string {
  const lines = [names.map(cell).join(",")];
  for (let i = 0; i < time.length; i++) {
    lines.push([time[i]!, ...signals.map((values) => values[i]!)].map(number).join(","));
  }
  return `${lines.join("\n")}\n`;
}

function number(value: number): string {
  return Number.isFinite(value)
    ? String(value)
    : Number.isNaN(value)
    ? "nan"
    : value > 0
    ? "inf"
    : "-inf";
}

function cell(name: string): string {
  return /[",\n\r]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
}
