/** Which type a column of cells has where types are kept, as in Parquet, and its cells as values of that type. Pure. */
import { kindOf } from "./result_frame.ts";
import { exactText } from "./result_table.ts";

/** Whole numbers, floats, truth values, or text: what is none of these is text, nested values as JSON. */
export type StoredType = "INT64" | "DOUBLE" | "BOOLEAN" | "STRING";

const INT64_MAX = 2n ** 63n - 1n;

/** The narrowest type that loses nothing of any cell. A column without a value is text. */
export function storedType(cells: Iterable<unknown>): StoredType {
  let type: StoredType | undefined;
  for (const cell of cells) {
    const next = typeOf(cell);
    if (next === undefined || next === type) continue;
    const isNumeric = (one: StoredType | undefined) => one === "INT64" || one === "DOUBLE";
    if (type === undefined) type = next;
    else if (isNumeric(type) && isNumeric(next)) type = "DOUBLE";
    else return "STRING";
  }
  return type === "DOUBLE" && !fitsDouble(cells) ? "STRING" : type ?? "STRING";
}

/** A cell as its column's type has it; undefined is a gap. */
export function storedCell(cell: unknown, type: StoredType): unknown {
  if (kindOf(cell) === "none") return undefined;
  switch (type) {
    case "INT64":
      return BigInt(cell as number | bigint);
    case "DOUBLE":
      return Number(cell);
    case "BOOLEAN":
      return cell;
    case "STRING":
      return exactText(cell);
  }
}

function typeOf(cell: unknown): StoredType | undefined {
  switch (kindOf(cell)) {
    case "none":
      return undefined;
    case "boolean":
      return "BOOLEAN";
    case "number":
      if (typeof cell === "bigint") {
        return cell <= INT64_MAX && cell >= -INT64_MAX - 1n ? "INT64" : "STRING";
      }
      // A negative zero has a sign that whole numbers do not have.
      return Number.isSafeInteger(cell) && !Object.is(cell, -0) ? "INT64" : "DOUBLE";
    default:
      return "STRING";
  }
}

/** Among floats there may be whole numbers of 64 bits, which no float holds. */
function fitsDouble(cells: Iterable<unknown>): boolean {
  for (const cell of cells) {
    if (typeof cell === "bigint" && BigInt(Number(cell)) !== cell) return false;
  }
  return true;
}
