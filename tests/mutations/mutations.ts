/** Ways to break simrun on purpose, one promise each, and the test that must notice. */

export interface Mutation {
  /** What is broken, as a sentence without its subject: "forgets …". */
  readonly breaks: string;
  /** The rule or hazard that it is about. */
  readonly rule: string;
  readonly file: string;
  /** Exactly once in the file. */
  readonly find: string;
  readonly replace: string;
  /** Arguments of `deno test -A --no-check`. */
  readonly test: readonly string[];
}

const SIMULATION = ["tests/simulation/", "--filter", "campaigns end with"];
const POWER_CUTS = ["tests/simulation/", "--filter", "power cuts"];

export const MUTATIONS: readonly Mutation[] = [
  {
    breaks: "skips the sync of the folder after a rename",
    rule: "R2",
    file: "src/store/disk.ts",
    find: "  await syncFolder(dirname(path), onWarning);\n}",
    replace: "}",
    test: POWER_CUTS,
  },
  {
    breaks: "renames a file that was not synced",
    rule: "R2",
    file: "src/store/disk.ts",
    find: "    if (durable) await file.sync();\n",
    replace: "",
    test: POWER_CUTS,
  },
  {
    breaks: "does not sync the name of a folder that is there already",
    rule: "R2",
    file: "src/store/disk.ts",
    find: "const isNew = await makeFolder(level);\n",
    replace: "const isNew = await makeFolder(level);\n    if (!isNew) continue;\n",
    test: SIMULATION,
  },
  {
    breaks: "syncs a journal that failed to be synced once more",
    rule: "R3",
    file: "src/store/journal.ts",
    find: "await this.#file.syncData();",
    replace: "await this.#file.syncData().catch(() => this.#file.syncData());",
    test: SIMULATION,
  },
  {
    breaks: "syncs a file that failed to be synced once more",
    rule: "R3",
    file: "src/store/disk.ts",
    find: "if (durable) await file.sync();",
    replace: "if (durable) await file.sync().catch(() => file!.sync());",
    test: SIMULATION,
  },
  {
    breaks: "tells a checkpoint as saved before it is written",
    rule: "R1",
    file: "src/worker/slot_files.ts",
    find: "      const saved = await files.save(",
    replace:
      '      this.#tell({ type: "saved", batch: batch.batch, index, step, file: "step", bytes: 1, rawBytes: 1, ms: 1, stallMs: 1 });\n' +
      "      const saved = await files.save(",
    test: SIMULATION,
  },
  {
    breaks: "sends a run to its slot before its start is in the journal",
    rule: "R10",
    file: "src/campaign/dispatcher.ts",
    find: "this.#ports.append(line, () => this.#ports.provide(slot, batch, send));",
    replace: "this.#ports.append(line, () => {}); send();",
    test: SIMULATION,
  },
  {
    breaks: "removes older checkpoints before the newest one",
    rule: "R4",
    file: "src/store/checkpoint.ts",
    find: "    if (good >= Math.max(1, keep)) {",
    replace: "    if (good < Math.max(1, keep) && ++good) {",
    test: SIMULATION,
  },
  {
    breaks: "writes the checkpoint before the rows of the series that it counts are synced",
    rule: "R1",
    file: "src/store/series.ts",
    find: "      await file.syncData();\n",
    replace: "",
    test: POWER_CUTS,
  },
  {
    breaks: "does not cut a series back when a run goes on from a checkpoint",
    rule: "R12",
    file: "src/worker/run_files.ts",
    find: "    await truncateSeries(this.#seriesPath, this.#series);\n",
    replace: "",
    test: SIMULATION,
  },
  {
    breaks: "believes that one write takes every byte",
    rule: "R2",
    file: "src/store/disk.ts",
    find:
      '    if (written === 0) throw new Error("the disk took no byte of a write");\n    at += written;',
    replace: "    at = bytes.length;",
    test: SIMULATION,
  },
  {
    breaks: "believes a rename that reports an error",
    rule: "R9",
    file: "src/store/disk.ts",
    find: "if (inode === null || there?.ino !== inode) throw error;",
    replace: "throw error;",
    test: SIMULATION,
  },
  {
    breaks: "forgets what is torn at the end of the journal",
    rule: "R8",
    file: "src/store/journal.ts",
    find: "if (tornBytes > 0) await cutTail(",
    replace: "if (tornBytes < 0) await cutTail(",
    test: SIMULATION,
  },
  {
    breaks: "empties the journal before the sealed segment is durable",
    rule: "R9",
    file: "src/store/seal.ts",
    find: "    for (const part of partsOf(bytes)) {",
    replace:
      '    await writeFileDurable(layout.journal, "", onWarning);\n    for (const part of partsOf(bytes)) {',
    test: SIMULATION,
  },
  {
    breaks: "ignores that another holds the tree now",
    rule: "R11",
    file: "src/store/fence.ts",
    find: "  fenceOf(path)?.assertHeld();",
    replace: "  fenceOf(path);",
    test: SIMULATION,
  },
  {
    breaks: "keeps what a power cut left behind a hole in the journal",
    rule: "R8",
    file: "src/store/journal_tail.ts",
    find: "      if (entry.synced) return goodFrom(bytes, from, start);\n",
    replace: "",
    test: ["tests/store/journal_test.ts"],
  },
  {
    // The payload has two: its own is looked at before it is inflated, that of zstd while it is.
    breaks: "does not look at the checksum of a checkpoint's header",
    rule: "R5",
    file: "src/store/checkpoint_header.ts",
    find: "if (crc32(bytes.subarray(0, 44)) !== view.getUint32(44, true)) {",
    replace: "if (bytes.length === 0) {",
    test: ["tests/store/checkpoint_test.ts"],
  },
  {
    breaks: "does not look at the checksum of a line of the journal",
    rule: "R8",
    file: "src/store/journal_line.ts",
    find: "if (stated !== found) return",
    replace: "if (stated !== found && line.length === 0) return",
    test: ["tests/store/journal_test.ts"],
  },
  {
    breaks: "takes a checkpoint of other parameters",
    rule: "R7",
    file: "src/store/checkpoint.ts",
    find: "if (identity.digest !== expected.digest)",
    replace: "if (identity.digest === undefined)",
    test: ["tests/store/checkpoint_test.ts"],
  },
  {
    breaks: "inflates what a header promises, however much that is",
    rule: "T35",
    file: "src/store/checkpoint_header.ts",
    find: "const RATIO_MAX = 50_000;",
    replace: "const RATIO_MAX = 1e15;",
    test: ["tests/store/checkpoint_test.ts"],
  },
  {
    breaks: "writes through a link that somebody planted",
    rule: "T30",
    file: "src/store/disk.ts",
    find: "    if (info.isSymlink) {",
    replace: "    if (info.isSymlink && info.isFile) {",
    test: ["tests/hostile/links_test.ts"],
  },
  {
    breaks: "prints what a model says as it is",
    rule: "T34",
    file: "src/screen/safe_text.ts",
    find: '  if (char === "\\n") return "⏎";',
    replace: '  if (char !== "\\n") return char;\n  if (char === "\\n") return "⏎";',
    test: ["tests/hostile/output_test.ts"],
  },
  {
    breaks: "reads a YAML of any depth",
    rule: "T27",
    file: "src/manifest/limits.ts",
    find: "  depth: 100,",
    replace: "  depth: 1e9,",
    test: ["tests/manifest/"],
  },
  {
    breaks: "lets a model start programs",
    rule: "T32",
    file: "src/worker/simulation_thread.ts",
    find: "    run: false,",
    replace: "    run: true,",
    test: ["tests/sandbox/"],
  },
  {
    breaks: "never ends a run that stands still",
    rule: "T23",
    file: "src/worker/life_watch.ts",
    find: "limitMs: Math.max(",
    replace: "limitMs: 1e9 + Math.max(",
    test: ["tests/runner/isolation_test.ts"],
  },
  {
    breaks: "tells as saved what came on disk when the tree was another's",
    rule: "R11",
    file: "src/store/fence.ts",
    find: "      await syncData();\n      assertHeld();\n",
    replace: "      await syncData();\n",
    test: ["tests/store/fence_test.ts"],
  },
  {
    breaks: "preempts what saves no checkpoints",
    rule: "preemption loses nothing",
    file: "src/campaign/slot.ts",
    find: 'working.job.job.checkpoint.every.kind !== "off" && ',
    replace: "",
    test: ["tests/campaign/"],
  },
  {
    breaks: "counts an attempt for a run that was preempted",
    rule: "preemption loses nothing",
    file: "src/campaign/campaign.ts",
    find: "this.#giveBack(slot, batch, numbers, { cause, counted: false });",
    replace: "this.#giveBack(slot, batch, numbers, { cause, counted: true });",
    test: ["tests/campaign/"],
  },
  {
    breaks: "never serves what is always passed over",
    rule: "nothing starves",
    file: "src/queue/ready_queue.ts",
    find: "Math.max(1, priority - Math.floor(waited / AGING_MS))",
    replace: "priority + 0 * waited",
    test: ["tests/queue/"],
  },
  {
    breaks: "starts a run before what it needs",
    rule: "needs",
    file: "src/campaign/run_table.ts",
    find: 'job.job.needs === undefined ? "ready" : "blocked"',
    replace: '"ready"',
    test: ["tests/campaign/"],
  },
  {
    breaks: "does not wait before it tries again",
    rule: "T25",
    file: "src/campaign/retry.ts",
    find: "firstMs * 2 ** Math.min(attempt - 1, 50)",
    replace: "firstMs * 0 * attempt",
    test: ["tests/campaign/"],
  },
  {
    breaks: "says that a run is cancelled before that is in the journal",
    rule: "R1",
    file: "src/campaign/steering.ts",
    find: "    await written;\n",
    replace: "",
    test: ["tests/campaign/"],
  },
];
