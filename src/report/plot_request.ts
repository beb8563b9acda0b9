/** What `--plot` asks for: `x=co2,y=mean,by=albedo,logx`. Text to fields, mistakes as sentences. Pure. */
import { Fault } from "../job/fault.ts";

/** What an error bar spans: the standard deviation, the standard error, all values, or there is none. */
export type ErrorBars = "sd" | "se" | "range" | "none";

export interface PlotRequest {
  readonly x: string;
  /** At least one. */
  readonly y: readonly string[];
  readonly by: string | undefined;
  readonly logX: boolean;
  readonly logY: boolean;
  readonly error: ErrorBars;
  readonly title: string | undefined;
  /** Replace the columns' names and units at the axes. */
  readonly xLabel: string | undefined;
  readonly yLabel: string | undefined;
}

const KEYS = ["x", "y", "by", "logx", "logy", "error", "title", "xlabel", "ylabel"] as const;
const ERRORS: readonly ErrorBars[] = ["sd", "se", "range", "none"];
const EXAMPLE = "For example --plot x=co2,y=mean or --plot x=co2,y=mean,by=albedo,logx.";

/** A comma in a value is part of it when no key follows: columns may have such names, and titles do. */
export function parsePlot(text: string): PlotRequest {
  const fields = new Map<string, string[]>();
  for (const part of text.split(new RegExp(`,\\s*(?=\\w+\\s*=|(?:logx|logy)\\s*(?:,|$))`))) {
    const equals = part.indexOf("=");
    const key = (equals < 0 ? part : part.slice(0, equals)).trim();
    const value = equals < 0 ? undefined : part.slice(equals + 1).trim();
    if (!(KEYS as readonly string[]).includes(key)) throw unknownKey(key);
    const isSwitch = key === "logx" || key === "logy";
    if (isSwitch !== (value === undefined)) {
      throw mistake(isSwitch ? `${key} takes no value` : `${key} needs a value: ${key}=…`);
    }
    if (value === "") throw mistake(`${key} needs a value: ${key}=…`);
    if (fields.has(key) && key !== "y") throw mistake(`${key} is given twice`);
    fields.set(key, [...fields.get(key) ?? [], value ?? ""]);
  }
  const one = (key: typeof KEYS[number]) => fields.get(key)?.[0];
  const x = one("x");
  const y = fields.get("y");
  if (x === undefined || y === undefined) {
    throw mistake(
      `it needs ${x === undefined ? "x" : "y"}, the column ${
        x === undefined ? "along the bottom" : "to be drawn"
      }`,
    );
  }
  return {
    x,
    y: [...new Set(y)],
    by: one("by"),
    logX: fields.has("logx"),
    logY: fields.has("logy"),
    error: errorBars(one("error")),
    title: one("title"),
    xLabel: one("xlabel"),
    yLabel: one("ylabel"),
  };
}

function errorBars(text: string | undefined): ErrorBars {
  const found = ERRORS.find((one) => one === (text ?? "sd"));
  if (found !== undefined) return found;
  throw new Fault("usage", `--plot: error takes sd, se, range or none, not "${text}".`, {
    hint: "The standard deviation, the standard error, from the least to the most, or no bars.",
  });
}

function unknownKey(key: string): Fault {
  const known = `It knows ${KEYS.slice(0, -1).join(", ")} and ${KEYS.at(-1)}.`;
  return new Fault("usage", `--plot knows no "${key}".`, { hint: `${known} ${EXAMPLE}` });
}

function mistake(what: string): Fault {
  return new Fault("usage", `--plot: ${what}.`, { hint: EXAMPLE });
}
