/** What is known of each run of a job, a row each in columns: some 45 bytes of a finished one, and no objects. */
import type { Job } from "../job/job.ts";
import { Column } from "./column.ts";
import { DigestColumn } from "./digest_column.ts";
import { Distinct } from "./distinct.ts";
import { Places } from "./places.ts";
import { RunIds } from "./run_ids.ts";

export class RunColumns {
  readonly ids = new RunIds();
  readonly digests = new DigestColumn();
  readonly states = new Column();
  readonly attempts = new Column();
  readonly steps = new Column();
  readonly savedSteps = new Column();
  readonly ms = new Column();
  readonly models = new DistinctColumn<string>();
  /** In whose tree the files of each are; none where the tree is not cut. */
  readonly shards = new DistinctColumn<string>();
  /** The job as it was planned when the result came. */
  readonly plans = new DistinctColumn<Job>();
  /** Numbers of the places of results. */
  readonly placeNumbers = new Column();
  readonly places = new Places();
}

/** Values of which many rows have the same one. */
class DistinctColumn<Value> {
  readonly #numbers = new Column();
  readonly #values = new Distinct<Value>();

  get(row: number): Value | undefined {
    return this.#values.at(this.#numbers.get(row));
  }

  set(row: number, value: Value | undefined): void {
    this.#numbers.set(row, this.#values.numberOf(value));
  }
}
