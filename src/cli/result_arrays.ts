/** Arrays in results as files for NumPy: a folder of `.npy` files, one `.npy`, or one safetensors. */
import { join } from "node:path";
import { Fault } from "../job/fault.ts";
import { runName } from "../job/run.ts";
import { formatNumberOf } from "../report/format.ts";
import { type ArrayColumn, arrayColumns, type NumberArray } from "../report/result_arrays.ts";
import type { ResultColumn } from "../report/result_frame.ts";
import { csvLines, exactTable } from "../report/result_table.ts";
import { storedType } from "../report/stored_type.ts";
import { npyFile, safetensorsFile } from "../store/export.ts";
import { makeFolderDurable } from "../store/disk.ts";
import type { CliContext } from "./context.ts";
import { fileStem } from "./file_stem.ts";
import { type OutputFlags, outputPath, writeWhole } from "./result_output.ts";
import type { ResultView } from "./result_query.ts";

/** Answers the files that were written. */
export async function writeArrays(
  context: CliContext,
  flags: OutputFlags,
  format: "npy" | "safetensors",
  view: ResultView,
): Promise<readonly string[]> {
  const { frame, indices } = view;
  const columns = view.columns ?? frame.columns;
  const found = arrayColumns(columns, indices);
  const path = await outputPath(context, flags);
  if (format === "safetensors") {
    const bytes = safetensorsOf(view, columns, found);
    await writeWhole(path, [bytes]);
    return [path];
  }
  refuseNone(found);
  if (!flags.output!.endsWith("/")) {
    await writeWhole(path, [npyOf(onlyArray(found))]);
    return [path];
  }
  return await writeFolder(path, view, columns, found);
}

/** Numbers of one value a run stand beside the arrays; who is who stands in the header. */
function safetensorsOf(
  { frame, indices }: ResultView,
  columns: readonly ResultColumn[],
  found: readonly ArrayColumn[],
): Uint8Array {
  const arrays = columns.flatMap((column): NumberArray[] => {
    const array = found.find((one) => one.column === column);
    if (array !== undefined) {
      if ("stacked" in array.arrays) return [array.arrays.stacked];
      return array.arrays.single.flatMap((one, i) =>
        one === undefined ? [] : [{ ...one, name: `${one.name}/${nameOfRow(frame, indices[i]!)}` }]
      );
    }
    const cells = indices.map((index) => column.cell(index));
    if (!["INT64", "DOUBLE"].includes(storedType(cells))) return [];
    const data = Float64Array.from(cells, (cell) => cell === undefined ? NaN : Number(cell));
    return [{ name: column.name, shape: [data.length], data }];
  });
  return safetensorsFile(arrays, {
    runs: JSON.stringify(indices.map((index) => nameOfRow(frame, index))),
  });
}

/** A file an array, or a folder of them where the runs' shapes differ; `index.csv` says which row is which run. */
async function writeFolder(
  folder: string,
  { frame, indices }: ResultView,
  columns: readonly ResultColumn[],
  found: readonly ArrayColumn[],
): Promise<readonly string[]> {
  await makeFolderDurable(folder);
  const written: string[] = [];
  const write = async (name: string, bytes: Uint8Array): Promise<void> => {
    const path = join(folder, name);
    await writeWhole(path, [bytes]);
    written.push(path);
  };
  const taken = new Set<string>(["index"]);
  for (const { column, arrays } of found) {
    const stem = fileStem(column.name, taken);
    if ("stacked" in arrays) await write(`${stem}.npy`, npyOf(arrays.stacked));
    else {
      await makeFolderDurable(join(folder, stem));
      for (const [i, one] of arrays.single.entries()) {
        const name = nameOfRow(frame, indices[i]!).replace("/", "_");
        if (one !== undefined) await write(`${stem}/${name}.npy`, npyOf(one));
      }
    }
  }
  const rest = columns.filter((column) => !found.some((one) => one.column === column));
  const index = [...csvLines(exactTable(rest, indices))].join("");
  await write("index.csv", new TextEncoder().encode(index));
  return written;
}

function refuseNone(found: readonly ArrayColumn[]): void {
  if (found.length > 0) return;
  throw new Fault("usage", "These results have no arrays of numbers.", {
    hint: "For numbers and texts: -o results.csv, or -o results.parquet.",
  });
}

function onlyArray(found: readonly ArrayColumn[]): NumberArray {
  const [first] = found;
  const names = found.map(({ column }) => column.name).join(", ");
  if (found.length > 1) {
    throw new Fault(
      "usage",
      `These results have ${formatNumberOf(found.length, "array")}: ${names}.`,
      {
        hint: `Choose one with --columns ${first!.column.name}, or name a folder: -o arrays/`,
      },
    );
  }
  if ("stacked" in first!.arrays) return first!.arrays.stacked;
  throw new Fault("usage", `${names} has another shape in each run, or is missing in some.`, {
    hint: "Name a folder, for a file a run: -o arrays/",
  });
}

function npyOf({ shape, data }: NumberArray): Uint8Array {
  return npyFile("<f8", shape, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

function nameOfRow(frame: ResultView["frame"], index: number): string {
  const { job, run } = frame.rows[index]!;
  return runName(job, run);
}
