/** `simrun verify`: reads all that a tree holds and says what is wrong; `--repair` mends what can be mended. */
import { load } from "../job/load.ts";
import { EXIT, Fault } from "../job/fault.ts";
import { formatBytes, formatNumberOf } from "../report/format.ts";
import { safeText } from "../screen/safe_text.ts";
import { Layout } from "../store/layout.ts";
import { listShards } from "../store/shards.ts";
import {
  type Finding,
  refuseStrangers,
  type Verdict,
  verifyTree,
  withVerdict,
} from "../verify/verify.ts";
import {
  type CliContext,
  type GlobalFlags,
  printJson,
  printLines,
  say,
  treeRoot,
} from "./context.ts";

interface VerifyFlags extends GlobalFlags {
  readonly repair: boolean;
}

export async function verify(context: CliContext, flags: VerifyFlags): Promise<number> {
  const root = treeRoot(context, flags);
  const { mended, verdict } = await withShards(
    root,
    (root) =>
      flags.repair
        ? repair(root, context)
        : lookAtTree(root).then((verdict) => ({ mended: [], verdict })),
  );
  if (flags.json) printJson(context.stdout, verdictJson(root, verdict, mended));
  else {
    printLines(
      context.stdout,
      mended.map((one) => `mended ${placeOf(one)}: ${lineOf(one.reason)}`),
    );
    printLines(
      context.stdout,
      verdict.findings.map((one) => `${placeOf(one)}: ${lineOf(`${one.reason}; ${one.remedy}`)}`),
    );
  }
  return tell(context, flags, verdict, mended);
}

/** The last lines: the sum, and what to type. */
function tell(
  context: CliContext,
  flags: VerifyFlags,
  verdict: Verdict,
  mended: readonly Finding[],
): number {
  const { counts, findings } = verdict;
  const what = `${formatNumberOf(counts.events, "event")} in the journal, ` +
    `${formatNumberOf(counts.checkpoints, "checkpoint")}, ${formatBytes(counts.bytes)} read`;
  if (mended.length > 0) {
    const aside = "what was moved is in quarantine/, each with its reason beside it";
    say(context, flags, `Mended ${formatNumberOf(mended.length, "place")}; ${aside}.`);
  }
  const damages = findings.filter(({ kind }) => kind === "damage");
  if (damages.length === 0) {
    const notes = findings.length === 0 ? "" : `, ${formatNumberOf(findings.length, "note")}`;
    const aside = counts.quarantined === 0
      ? ""
      : `, ${formatNumberOf(counts.quarantined, "file")} in quarantine`;
    say(context, flags, `Sound: ${what}${notes}${aside}.`);
    return EXIT.completed.status;
  }
  throw new Fault(
    "tree-damaged",
    `${formatNumberOf(damages.length, "place")} damaged of ${what}.`,
    { hint: hintFor(flags, verdict, damages) },
  );
}

function hintFor(flags: VerifyFlags, verdict: Verdict, damages: readonly Finding[]): string {
  if (damages.every(({ mend }) => mend === undefined) || flags.repair) {
    return "What is left cannot be mended from here; each line says what to do.";
  }
  if (verdict.isWorkedOn) {
    return "When the simrun that works here has ended: simrun verify --repair";
  }
  return "simrun verify --repair mends what can be mended; nothing is thrown away.";
}

interface Looked {
  readonly mended: readonly Finding[];
  readonly verdict: Verdict;
}

/** Of a tree that is cut each shard is a tree, and is looked at as one. */
async function withShards(
  root: string,
  lookAt: (root: string) => Promise<Looked>,
): Promise<Looked> {
  let { mended, verdict } = await lookAt(root);
  for (const { layout } of listShards(new Layout(root))) {
    const of = (finding: Finding): Finding => ({
      ...finding,
      file: `${layout.root.slice(root.length + 1)}/${finding.file}`,
    });
    const shard = await lookAt(layout.root);
    mended = [...mended, ...shard.mended.map(of)];
    verdict = withVerdict(verdict, {
      ...shard.verdict,
      findings: shard.verdict.findings.map(of),
    });
  }
  return { mended, verdict };
}

async function lookAtTree(root: string): Promise<Verdict> {
  await refuseStrangers(new Layout(root));
  return await verifyTree(root);
}

async function repair(root: string, context: CliContext) {
  // Loaded here: to look needs none of what writes.
  const { repairTree } = await load<typeof import("../verify/repair.ts")>(
    import.meta.resolve("../verify/repair.ts"),
  );
  return await repairTree(root, context.now);
}

function placeOf({ file, line }: Finding): string {
  return lineOf(line === undefined ? file : `${file}, line ${line}`);
}

function lineOf(text: string): string {
  return safeText(text);
}

/** The shape is part of the interface; docs/format.md describes it. */
function verdictJson(root: string, verdict: Verdict, mended: readonly Finding[]) {
  const { counts } = verdict;
  return {
    sound: verdict.isSound,
    tree: root,
    working: verdict.isWorkedOn,
    events: counts.events,
    checkpoints: counts.checkpoints,
    run_folders: counts.folders,
    packs: counts.packs,
    segments: counts.segments,
    manifests: counts.manifests,
    quarantined: counts.quarantined,
    bytes_read: counts.bytes,
    findings: verdict.findings.map(findingJson),
    mended: mended.map(findingJson),
  };
}

function findingJson({ mend, ...finding }: Finding) {
  return { ...finding, mendable: mend !== undefined };
}
