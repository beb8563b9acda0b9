/** Tables as Parquet, row group by row group, so that a long one is never whole in memory. Writes no files; pure. */
import { ByteWriter, ParquetWriter, schemaFromColumnData } from "hyparquet-writer";
import { VERSION } from "../job/version.ts";
import { storedCell, type StoredType } from "./stored_type.ts";

export interface StoredColumn {
  readonly name: string;
  readonly type: StoredType;
}

export interface ParquetLimits {
  readonly rowsMax: number;
  /** Of text; numbers are small. */
  readonly charactersMax: number;
}

/** Readers skip by row groups, and hold one in memory: so do we. */
const LIMITS: ParquetLimits = { rowsMax: 1 << 16, charactersMax: 1 << 25 };

type Rows = Iterable<readonly unknown[]> | AsyncIterable<readonly unknown[]>;

/** The file, piece by piece. Compressed with Snappy, which every reader has. */
export async function* parquetPieces(
  columns: readonly StoredColumn[],
  rows: Rows,
  { rowsMax, charactersMax }: ParquetLimits = LIMITS,
): AsyncIterableIterator<Uint8Array> {
  const bytes = new ByteWriter();
  const empty = columns.map(({ name, type }) => ({ name, type, data: [], nullable: true }));
  const file = new ParquetWriter({
    writer: bytes,
    schema: schemaFromColumnData({ columnData: empty }),
    createdBy: `simrun ${VERSION}`,
  });
  const group = new RowGroup(columns);
  const isFull = () => group.rows === rowsMax || group.characters >= charactersMax;
  const taken = (): Uint8Array => {
    const piece = bytes.getBytes().slice();
    bytes.index = 0;
    return piece;
  };
  const closeGroup = async (): Promise<Uint8Array> => {
    await file.write({ columnData: group.take(), rowGroupSize: rowsMax });
    return taken();
  };
  // A turn of the event loop's queue for each row would cost as much as the encoding.
  if (Symbol.iterator in rows) {
    for (const row of rows) {
      group.add(row);
      if (isFull()) yield await closeGroup();
    }
  } else {
    for await (const row of rows) {
      group.add(row);
      if (isFull()) yield await closeGroup();
    }
  }
  if (group.rows > 0) yield await closeGroup();
  await file.finish();
  yield taken();
}

/** Rows on their way to columns. */
class RowGroup {
  readonly #columns: readonly StoredColumn[];
  #data: unknown[][];
  rows = 0;
  characters = 0;

  constructor(columns: readonly StoredColumn[]) {
    this.#columns = columns;
    this.#data = columns.map(() => []);
  }

  add(row: readonly unknown[]): void {
    for (let i = 0; i < this.#columns.length; i++) {
      const cell = storedCell(row[i], this.#columns[i]!.type);
      this.#data[i]!.push(cell);
      if (typeof cell === "string") this.characters += cell.length;
    }
    this.rows++;
  }

  take(): { name: string; type: StoredType; data: unknown[] }[] {
    const taken = this.#columns.map(({ name, type }, i) => ({ name, type, data: this.#data[i]! }));
    this.#data = this.#columns.map(() => []);
    this.rows = 0;
    this.characters = 0;
    return taken;
  }
}
