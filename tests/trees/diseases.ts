/**
 * The gallery: trees with one disease each; what verify says of them, what a repair mends, and by what they come to
 * golden results again. `tests/trees/gallery_test.ts` goes through it.
 */
import { isTorture } from "../helpers/torture.ts";
import { forgedCheckpoint, type Patient } from "./wounds.ts";

export interface Disease {
  readonly name: string;
  readonly hurt: (tree: Patient) => void;
  /** What verify must say, on one line. */
  readonly says: RegExp;
  /** What the repair must say it mended; absent where there is nothing to mend. */
  readonly mends?: RegExp;
  /** A note: the tree counts as sound. */
  readonly isNote?: true;
  /** What was lost for good, in words for people; the results are golden all the same. */
  readonly lost?: string;
  /** The plan of a job was lost: its manifests must be named once more. */
  readonly again?: "manifests";
}

/** Copied to the quarantine without being written: still it is read from end to end, again and again. */
const HOLE_BYTES = isTorture ? 4 * 2 ** 30 : 64 << 20;
const JOURNAL = "hot/journal.jsonl";
const SEGMENT = "archive/journal-000001.zip";
const PACK = "archive/runs-000001.zip";
const LONG = "checkpoints/long/long";
const LONG_SERIES = "recent/long/long/series.csv";
const SERIES = "recent/series/series/series.csv";
const LARGE = "recent/large/large/result.json";

const newest = (tree: Patient, folder = LONG) => `${folder}/${namesIn(tree, folder).at(-1)}`;
const oldest = (tree: Patient, folder = LONG) => `${folder}/${namesIn(tree, folder)[0]}`;

export const DISEASES: readonly Disease[] = [
  {
    name: "the marker is gone",
    hurt: (tree) => tree.remove("simrun.json"),
    says: /^simrun\.json: it is not there; --repair writes it anew$/m,
    mends: /^mended simrun\.json: it is not there$/m,
  },
  {
    name: "the marker is garbage",
    hurt: (tree) => tree.write("simrun.json", "{garbage"),
    says: /^simrun\.json: it names no format; --repair/m,
    mends: /^mended simrun\.json: it names no format$/m,
  },
  {
    name: "the owner's record is garbage",
    hurt: (tree) => tree.write("hot/owner.json", '{"uuid":7}'),
    says: /^hot\/owner\.json: it is no record of a holder; --repair keeps a copy/m,
    mends: /^mended hot\/owner\.json: it is no record of a holder$/m,
  },
  {
    name: "the owner's record is a pipe",
    hurt: (tree) => tree.exchange("hot/owner.json", "pipe"),
    says: /^hot\/owner\.json: it is a pipe, a socket or a device where a file must be; --repair/m,
    mends: /^mended hot\/owner\.json: it is no file$/m,
  },
  {
    name: "the lock is a folder",
    hurt: (tree) => tree.exchange("hot/lock", "folder"),
    says: /^hot\/lock: it is a folder where a file must be; --repair moves it to the quarantine$/m,
    mends: /^mended hot\/lock: it is no file$/m,
  },
  {
    name: "the journal's last line is torn",
    hurt: (tree) => tree.cut(JOURNAL, -40),
    says:
      /^hot\/journal\.jsonl: its last line is unfinished: \d+ bytes; a crash left it; the next/m,
    mends: /^mended hot\/journal\.jsonl: its last line is unfinished/m,
    isNote: true,
  },
  {
    name: "garbage stands between the journal's lines",
    hurt: (tree) => tree.relines(JOURNAL, (lines) => lines.toSpliced(2, 0, "garbage")),
    says: /^hot\/journal\.jsonl, line 3: it has no checksum; --repair sets it aside and keeps/m,
    mends: /^mended hot\/journal\.jsonl, line 3: it has no checksum$/m,
  },
  {
    name: "a bit of the line of a result is flipped",
    hurt: (tree) => {
      const [line] = tree.lines(JOURNAL).filter((one) => one.includes('"runs.completed"'));
      tree.relines(
        JOURNAL,
        (lines) => lines.map((one) => one === line ? one.replace("u", "w") : one),
      );
    },
    says: /^hot\/journal\.jsonl, line \d+: its checksum does not match its content; --repair/m,
    mends: /^mended hot\/journal\.jsonl: entry \d+ is in no file$/m,
  },
  {
    name: "lines of the journal are cut out without a trace",
    hurt: (tree) => tree.relines(JOURNAL, (lines) => lines.toSpliced(4, 3)),
    says: /^hot\/journal\.jsonl: entries \d+ to \d+ are in no file; --repair writes down/m,
    mends: /^mended hot\/journal\.jsonl: entries \d+ to \d+ are in no file$/m,
  },
  {
    name: "the journal is empty",
    hurt: (tree) => tree.exchange(JOURNAL, "empty"),
    says:
      /^checkpoints\/long\/long: the journal does not know this run, of which there is a checkpoint/m,
    mends: /^mended checkpoints\/long\/long: the journal does not know this run/m,
    again: "manifests",
    lost:
      "when and how often runs were tried; results are computed again from the last checkpoints",
  },
  {
    name: "hot is gone, journal and all",
    hurt: (tree) => tree.remove("hot"),
    says:
      /^hot\/journal\.jsonl: it is not there; --repair begins a new one with what the checkpoints tell$/m,
    mends: /^mended checkpoints\/series\/series: the journal does not know this run/m,
    again: "manifests",
    lost:
      "when and how often runs were tried; results are computed again from the last checkpoints",
  },
  {
    name: "the journal and every segment are gone",
    hurt: (tree) => {
      tree.remove("hot");
      tree.remove(SEGMENT);
    },
    says: /^checkpoints\/packed\/packed: the journal does not know this run/m,
    mends: /^mended checkpoints\/packed\/packed: the journal does not know this run/m,
    again: "manifests",
    lost: "the same",
  },
  {
    name: "the journal is a link to something without end",
    hurt: (tree) => tree.exchange(JOURNAL, "link"),
    says: /^hot\/journal\.jsonl: it is a link where a file must be; --repair moves it/m,
    mends: /^mended hot\/journal\.jsonl: it is no file$/m,
    again: "manifests",
    lost: "as if it were gone",
  },
  {
    name: "the journal is followed by a hole",
    hurt: (tree) => Deno.truncateSync(tree.path(JOURNAL), HOLE_BYTES),
    says: /^hot\/journal\.jsonl: its last line is unfinished: \d{8,} bytes; a crash left it/m,
    mends: /^mended hot\/journal\.jsonl: its last line is unfinished/m,
    isNote: true,
  },
  {
    name: "a segment's stream is damaged",
    hurt: (tree) => tree.zero(SEGMENT, 1500, 1600),
    says:
      /^archive\/journal-000001\.zip: \S+ (?:is damaged|does not match its checksum); --repair saves/m,
    mends: /^mended archive\/journal-000001\.zip: /m,
  },
  {
    name: "a segment is cut off",
    hurt: (tree) => tree.cut(SEGMENT, 1500),
    says:
      /^archive\/journal-000001\.zip: it has no end record: it is cut off, or no zip file; --repair/m,
    mends: /^mended archive\/journal-000001\.zip: it has no end record/m,
  },
  {
    name: "a segment is gone",
    hurt: (tree) => tree.remove(SEGMENT),
    says:
      /^hot\/journal\.jsonl: entries 1 to \d+ are in no file; --repair writes down that they are lost/m,
    mends: /^mended hot\/journal\.jsonl: entries 1 to \d+ are in no file$/m,
    again: "manifests",
    lost: "the results of its runs, which are computed again",
  },
  {
    name: "a segment is a pipe",
    hurt: (tree) => tree.exchange(SEGMENT, "pipe"),
    says: /^archive\/journal-000001\.zip: it is a pipe, a socket or a device where a file must be/m,
    mends: /^mended archive\/journal-000001\.zip: it is a pipe/m,
    again: "manifests",
    lost: "the results of its runs, which are computed again",
  },
  {
    name: "the newest checkpoint is torn",
    hurt: (tree) => tree.cut(newest(tree), 300),
    says:
      /^checkpoints\/long\/long\/\S+: it is torn: 300 of \d+ bytes; --repair moves it to the quarantine/m,
    mends: /^mended checkpoints\/long\/long\/\S+: it is torn/m,
  },
  {
    name: "a bit of a checkpoint is flipped",
    hurt: (tree) => tree.flip(newest(tree), 500),
    says: /^checkpoints\/long\/long\/\S+: its checksum does not match; --repair/m,
    mends: /^mended checkpoints\/long\/long\/\S+: its checksum does not match$/m,
  },
  {
    name: "all checkpoints of a run are bad",
    hurt: (tree) => namesIn(tree, LONG).forEach((name) => tree.zero(`${LONG}/${name}`, 20, 30)),
    says: /^checkpoints\/long\/long\/\S+: the checksum of its header does not match; --repair/m,
    mends: /^mended checkpoints\/long\/long\/\S+: the checksum of its header does not match$/m,
    lost: "the work behind them: the run begins at step 0",
  },
  {
    name: "checkpoints of two runs are swapped",
    hurt: (tree) => tree.swap(newest(tree), newest(tree, "checkpoints/series/series")),
    says: /^checkpoints\/long\/long\/\S+: it belongs to run series of job series; --repair/m,
    mends: /^mended checkpoints\/series\/series\/\S+: it belongs to run long of job long$/m,
  },
  {
    name: "a checkpoint has the name of another step",
    hurt: (tree) => tree.copy(oldest(tree), `${LONG}/step-000000002990.ckpt`),
    says:
      /^checkpoints\/long\/long\/step-000000002990\.ckpt: it is of step \d+, not of the one in its name/m,
    mends: /^mended checkpoints\/long\/long\/step-000000002990\.ckpt: /m,
  },
  {
    name: "a checkpoint lies about what it inflates to",
    hurt: (tree) =>
      tree.write(newest(tree), forgedCheckpoint(new Uint8Array(9000), { rawBytes: 999n })),
    says: /^checkpoints\/long\/long\/\S+: .+; --repair moves it to the quarantine/m,
    mends: /^mended checkpoints\/long\/long\/\S+: /m,
  },
  {
    name: "a checkpoint is a pipe",
    hurt: (tree) => tree.exchange(newest(tree), "pipe"),
    says: /^checkpoints\/long\/long\/\S+: it is a pipe, a socket or a device where a file must be/m,
    mends: /^mended checkpoints\/long\/long\/\S+: it is a pipe/m,
  },
  {
    name: "the newest checkpoint is gone",
    hurt: (tree) => tree.remove(newest(tree)),
    says:
      /^checkpoints\/long\/long\/\S+: the journal counts this checkpoint, and it is not there; a resume goes/m,
    mends: /^mended checkpoints\/long\/long\/\S+: the journal counts this checkpoint/m,
    lost: "the work since the checkpoint before",
  },
  {
    name: "all checkpoints are gone",
    hurt: (tree) => tree.remove("checkpoints"),
    says:
      /^checkpoints\/long\/long\/\S+: the journal counts this checkpoint, and it is not there; .*step 0$/m,
    mends: /^mended checkpoints\/series\/series\/\S+: the journal counts this checkpoint/m,
    lost: "the work of the unfinished run",
  },
  {
    name: "a job's folder of checkpoints is a file",
    hurt: (tree) => tree.exchange("checkpoints/long", "noise"),
    says:
      /^checkpoints\/long: it is a file where a folder must be; --repair moves it to the quarantine$/m,
    mends: /^mended checkpoints\/long: it is a file where a folder must be$/m,
    lost: "the work of the unfinished run",
  },
  {
    name: "the series of an unfinished run is shorter than its checkpoints count",
    hurt: (tree) => tree.cut(LONG_SERIES, -60),
    says:
      /^recent\/long\/long\/series\.csv: step-\S+ cannot be used: its series has \d+ of \d+ bytes/m,
    mends: /^mended recent\/long\/long\/series\.csv: step-\S+ cannot be used/m,
  },
  {
    name: "the series of an unfinished run is gone",
    hurt: (tree) => tree.remove("recent/long"),
    says: /^recent\/long\/long\/series\.csv: step-\S+ cannot be used: its series is missing/m,
    mends:
      /^mended recent\/long\/long\/series\.csv: step-\S+ cannot be used: its series is missing$/m,
    lost: "the work of the unfinished run",
  },
  {
    name: "the series of a finished run has rows that nobody counted",
    hurt: (tree) => tree.append(SERIES, "9999,1,2\n"),
    says:
      /^recent\/series\/series\/series\.csv: it has \d+ bytes, of which the journal counts \d+; --repair cuts/m,
    mends: /^mended recent\/series\/series\/series\.csv: it has \d+ bytes, of which/m,
  },
  {
    name: "a digit in the series of a finished run is changed",
    hurt: (tree) => tree.flip(SERIES, 2000, 0),
    says:
      /^recent\/series\/series\/series\.csv: its checksum does not match the one in the journal; --repair marks/m,
    mends: /^mended recent\/series\/series\/series\.csv: its checksum does not match/m,
  },
  {
    name: "a large result is gone",
    hurt: (tree) => tree.remove("recent/large"),
    says:
      /^recent\/large\/large\/result\.json: the journal counts it as part of a result, and it is not there/m,
    mends: /^mended recent\/large\/large\/result\.json: the journal counts it/m,
  },
  {
    name: "a large result is rotten",
    hurt: (tree) => tree.flip(LARGE, 30_000),
    says:
      /^recent\/large\/large\/result\.json: its checksum does not match the one in the journal/m,
    mends: /^mended recent\/large\/large\/result\.json: its checksum does not match/m,
  },
  {
    name: "one entry of a pack is rotten",
    hurt: (tree) => tree.zero(PACK, 700, 730),
    says:
      /^archive\/runs-000001\.zip: \S+ (?:is damaged|does not match its checksum); --repair keeps the other/m,
    mends: /^mended archive\/runs-000001\.zip: \S+ (?:is damaged|does not match its checksum)$/m,
  },
  {
    name: "a pack has lost its directory",
    hurt: (tree) => tree.cut(PACK, -30),
    says:
      /^archive\/runs-000001\.zip: it has no end record: it is cut off, or no zip file; --repair moves/m,
    mends:
      /^mended recent\/packed\/packed\/series\.csv: the journal counts it as part of a result/m,
  },
  {
    name: "a pack is gone",
    hurt: (tree) => tree.remove(PACK),
    says:
      /^recent\/big\/big\/result\.json: the journal counts it as part of a result, and it is not there/m,
    mends: /^mended recent\/big\/big\/result\.json: the journal counts it/m,
  },
  {
    name: "a pack is a folder",
    hurt: (tree) => tree.exchange(PACK, "folder"),
    says: /^archive\/runs-000001\.zip: it is a folder where a file must be; --repair moves it/m,
    mends: /^mended archive\/runs-000001\.zip: it is a folder/m,
  },
  {
    name: "the copy of a manifest was edited",
    hurt: (tree) => {
      const [name] = namesIn(tree, "archive/manifests");
      tree.append(`archive/manifests/${name}`, "# mine\n");
    },
    says:
      /^archive\/manifests\/[0-9a-f]{16}\.yaml: its content is not the one its name says; --repair/m,
    mends: /^mended archive\/manifests\/\S+: its content is not the one its name says$/m,
    lost: "the copy; the manifest itself is where it was",
  },
  {
    name: "interrupted writes have left temporaries",
    hurt: (tree) => {
      tree.write("hot/.tmp-1234-owner.json", "x");
      tree.write(`${LONG}/.tmp-5678-step-000000009999.ckpt`, "half");
    },
    says:
      /^hot\/\.tmp-1234-owner\.json: an interrupted write left it; it means nothing; the next simrun/m,
    mends: /^mended checkpoints\/long\/long\/\.tmp-5678-\S+: an interrupted write left it$/m,
    isNote: true,
  },
  {
    name: "somebody keeps a file in the tree",
    hurt: (tree) => tree.write("archive/notes.txt", "mine"),
    says: /^archive\/notes\.txt: it does not belong here; simrun does not use it; move it away$/m,
    isNote: true,
  },
];

function namesIn(tree: Patient, folder: string): string[] {
  return [...Deno.readDirSync(tree.path(folder))].map(({ name }) => name).sort();
}
