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
  let data: unknown[][] = columns.map(() => []);
  let characters = 0;
  const taken = (): Uint8Array => {
    const piece = bytes.getBytes().slice();
    bytes.index = 0;
    return piece;
  };
  const closeGroup = async (): Promise<Uint8Array> => {
    const columnData = columns.map(({ name, type }, i) => ({ name, type, data: data[i]! }));
    await file.write({ columnData, rowGroupSize: rowsMax });
    data = columns.map(() => []);
    characters = 0;
    return taken();
  };
  for await (const row of rows) {
    for (const [i, { type }] of columns.entries()) {
      const cell = storedCell(row[i], type);
      data[i]!.push(cell);
      if (typeof cell === "string") characters += cell.length;
    }
    if (data[0]!.length === rowsMax || characters >= charactersMax) yield await closeGroup();
  }
  if ((data[0]?.length ?? 0) > 0) yield await closeGroup();
  await file.finish();
  yield taken();
}
