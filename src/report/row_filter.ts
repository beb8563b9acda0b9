/** A condition bound to the columns of a table: which rows it is true of. Comparisons that mean nothing are told. Pure. */
import { assertNever } from "../job/fault.ts";
import { type CellKind, kindOf } from "./result_frame.ts";
import { type Condition, ConditionMistake, type Operand, type Operator } from "./where.ts";

/** What a condition needs to know of a table. */
export interface Columns {
  readonly find: (name: string) => { readonly cell: (index: number) => unknown } | undefined;
  readonly count: number;
}

export type RowFilter = (index: number) => boolean;

/** Throws a {@linkcode ConditionMistake} for what is no column, and for what can never be true. */
export function bindCondition(condition: Condition, columns: Columns): RowFilter {
  switch (condition.kind) {
    case "and": {
      const parts = condition.parts.map((part) => bindCondition(part, columns));
      return (index) => parts.every((part) => part(index));
    }
    case "or": {
      const parts = condition.parts.map((part) => bindCondition(part, columns));
      return (index) => parts.some((part) => part(index));
    }
    case "not": {
      const part = bindCondition(condition.part, columns);
      return (index) => !part(index);
    }
    case "alone":
      return bindAlone(condition.operand, columns);
    case "in": {
      const parts = condition.items.map((right) =>
        bindComparison("==", condition.left, right, columns)
      );
      return (index) => parts.some((part) => part(index));
    }
    case "compare":
      return bindComparison(condition.operator, condition.left, condition.right, columns);
    default:
      assertNever(condition);
  }
}

type Side =
  | {
    readonly kind: "column";
    readonly operand: Operand;
    readonly cell: (index: number) => unknown;
    readonly holds: ReadonlySet<CellKind>;
  }
  | { readonly kind: "value"; readonly operand: Operand; readonly value: unknown };

function sideOf(operand: Operand, columns: Columns): Side {
  if (operand.kind === "value") return { kind: "value", operand, value: operand.value };
  const column = columns.find(operand.text);
  if (column === undefined) {
    if (operand.kind === "column") throw unknownColumn(operand);
    return { kind: "value", operand, value: operand.text };
  }
  const holds = new Set<CellKind>();
  for (let i = 0; i < columns.count; i++) holds.add(kindOf(column.cell(i)));
  holds.delete("none");
  return { kind: "column", operand, cell: column.cell, holds };
}

function bindComparison(
  operator: Operator,
  leftOperand: Operand,
  rightOperand: Operand,
  columns: Columns,
): RowFilter {
  const left = sideOf(leftOperand, columns);
  const right = sideOf(rightOperand, columns);
  if (left.kind === "value" && right.kind === "value") {
    const word = [leftOperand, rightOperand].find(({ kind }) => kind === "word");
    throw word === undefined
      ? new ConditionMistake("Neither side of this comparison is a column", leftOperand.span)
      : unknownColumn(word);
  }
  if (left.kind === "column" && right.kind === "value") refuseOther(operator, left, right);
  if (right.kind === "column" && left.kind === "value") refuseOther(operator, right, left);
  const of = (side: Side) => side.kind === "column" ? side.cell : () => side.value;
  const [a, b, compare] = [of(left), of(right), COMPARE[operator]];
  return (index) => compare(a(index), b(index));
}

function bindAlone(operand: Operand, columns: Columns): RowFilter {
  const side = sideOf(operand, columns);
  if (side.kind === "value") {
    if (operand.kind === "word") throw unknownColumn(operand);
    throw new ConditionMistake("A value alone is no condition", operand.span);
  }
  if (side.holds.size > 0 && !side.holds.has("boolean")) {
    throw new ConditionMistake(
      `${nameOf(operand)} holds ${kindsText(side.holds)}: say what to compare it with`,
      operand.span,
      { hint: `For example ${nameOf(operand)} != null.` },
    );
  }
  return (index) => side.cell(index) === true;
}

/** A column of which no value could ever be like the one it is compared with was not meant so. */
function refuseOther(
  operator: Operator,
  { operand, holds }: Side & { readonly kind: "column" },
  other: Side & { readonly kind: "value" },
): void {
  const wanted = kindOf(other.value);
  if (holds.size === 0 || wanted === "none") return;
  const what = operator === "~" || operator === "!~" ? ["text", "list"] as const : [wanted];
  if (what.some((kind) => holds.has(kind))) return;
  const { span } = other.operand;
  const column = nameOf(operand);
  if (what.length > 1) {
    throw new ConditionMistake(
      `${column} holds ${kindsText(holds)}, which contain nothing`,
      operand.span,
    );
  }
  const value = String(other.value);
  if (other.operand.kind === "word") {
    throw new ConditionMistake(
      `${quoted(value)} is neither a column nor ${ONE[onlyOf(holds)]}, and ${column} holds ${
        kindsText(holds)
      }`,
      span,
      { unknown: value },
    );
  }
  const isQuotable = wanted === "number" && holds.has("text");
  throw new ConditionMistake(
    `${column} holds ${kindsText(holds)}, and ${value} is ${ONE[wanted]}`,
    span,
    isQuotable ? { hint: `The text is written "${value}".` } : {},
  );
}

function unknownColumn({ span, ...operand }: Operand): ConditionMistake {
  const text = operand.kind === "value" ? "" : operand.text;
  return new ConditionMistake(`There is no column ${quoted(text)}`, span, { unknown: text });
}

function nameOf(operand: Operand): string {
  return operand.kind === "value" ? "it" : operand.text;
}

const ONE: { readonly [kind in CellKind]: string } = {
  none: "nothing",
  number: "a number",
  text: "a text",
  boolean: "true or false",
  list: "a list",
  record: "a record",
};

const MANY: { readonly [kind in CellKind]: string } = {
  none: "nothing",
  number: "numbers",
  text: "texts",
  boolean: "true and false",
  list: "lists",
  record: "records",
};

function kindsText(kinds: ReadonlySet<CellKind>): string {
  return [...kinds].map((kind) => MANY[kind]).join(" and ");
}

function onlyOf(kinds: ReadonlySet<CellKind>): CellKind {
  return [...kinds][0] ?? "none";
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 59)}…` : text);
}

type Compare = (a: unknown, b: unknown) => boolean;

const COMPARE: { readonly [operator in Operator]: Compare } = {
  "==": isEqual,
  "!=": (a, b) => !isEqual(a, b),
  "<": ordered((a, b) => a < b),
  "<=": ordered((a, b) => a <= b),
  ">": ordered((a, b) => a > b),
  ">=": ordered((a, b) => a >= b),
  "~": contains,
  "!~": (a, b) => !contains(a, b),
};

/** NaN equals itself here, so that diverged runs can be found; nothing at all is null. */
function isEqual(a: unknown, b: unknown): boolean {
  if (a === b || Number.isNaN(a) && Number.isNaN(b)) return true;
  if (kindOf(a) === "none") return kindOf(b) === "none";
  // deno-lint-ignore eqeqeq -- a bigint equals the number of the same value
  return kindOf(a) === "number" && kindOf(b) === "number" && a == b;
}

/** Numbers with numbers, texts with texts; anything else is neither before nor behind. */
function ordered(
  compare: (a: number | string, b: number | string) => boolean,
): Compare {
  return (a, b) => {
    const kind = kindOf(a);
    if (kind !== kindOf(b) || kind !== "number" && kind !== "text") return false;
    return compare(a as number | string, b as number | string);
  };
}

function contains(whole: unknown, part: unknown): boolean {
  if (typeof whole === "string") return typeof part !== "object" && whole.includes(String(part));
  return Array.isArray(whole) && whole.some((item) => isEqual(item, part));
}
