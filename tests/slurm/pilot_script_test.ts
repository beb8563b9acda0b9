/** Batch scripts as text: what they ask for, and that bash reads them as they are meant. */
import assert from "node:assert/strict";
import { finalScript, type PilotRequest, pilotScript } from "../../src/slurm/script.ts";

const REQUEST: PilotRequest = {
  wishes: {
    cpusPerTask: 16,
    timeMs: 4 * 3_600_000,
    memoryBytes: 32 * 2 ** 30,
    partition: "long",
    account: "physics",
    sbatch: ["--qos=high"],
    setup: ["module load ngspice"],
  },
  name: "simrun-walk",
  cwd: "/home/me/study",
  program: ["/opt/simrun"],
  tree: "/scratch/me/simruns",
  folder: "/scratch/me/simruns/slurm/1",
  shards: [1, 2, 3, 5],
  of: 8,
  atOnceMax: 2,
  flags: ["--retries", "5"],
};

const PILOT = `#!/bin/bash
#SBATCH --job-name=simrun-walk
#SBATCH --array=1-3,5%2
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=16
#SBATCH --time=04:00:00
#SBATCH --mem=32768M
#SBATCH --signal=B:USR2@120
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=/scratch/me/simruns/slurm/1/shard-%a.log
#SBATCH --partition=long
#SBATCH --account=physics
#SBATCH --chdir=/home/me/study
#SBATCH --qos=high
module load ngspice
if [ ! -e /scratch/me/simruns/slurm/1/submission.json ]; then
  echo 'There is no /scratch/me/simruns on' "$(hostname)": the tree must be on a disk that all nodes share. >&2
  exit 2
fi
pilot= told= ended=
trap 'told=1; [ -z "$pilot" ] || kill -USR2 "$pilot"' USR2
trap 'told=1; ended=1; [ -z "$pilot" ] || kill -TERM "$pilot"' TERM
killed=/scratch/me/simruns/slurm/1/shard-"$SLURM_ARRAY_TASK_ID".killed
while :; do
  /opt/simrun pilot /scratch/me/simruns/slurm/1 --shard "$SLURM_ARRAY_TASK_ID/8" --tree /scratch/me/simruns --retries 5 &
  pilot=$!
  # A signal ends the waiting, not the pilot.
  while told=; wait "$pilot"; status=$?; [ -n "$told" ]; do :; done
  # 137: killed, for want of memory most likely. Once more, with half as many runs at a time.
  [ "$status$ended" = 137 ] && [ ! -e "$killed" ] && : >"$killed" || break
done
# 75: everything is saved, and there is more to do; 140: it had hardly begun. Who was told to end (scancel) is not
# queued again.
case "$ended$status" in
  75 | 140) scontrol requeue "\${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID" ;;
esac
exit "$status"
`;

Deno.test("pilotScript() is this text", () => {
  assert.equal(pilotScript(REQUEST), PILOT);
});

Deno.test("pilotScript() asks for nothing that was not asked for, and ends early by a quarter of a short time", () => {
  const script = pilotScript({ ...REQUEST, wishes: { timeMs: 60_000 }, atOnceMax: undefined });
  assert.doesNotMatch(script, /--mem|--cpus-per-task|--partition|--account|qos|module/);
  assert.match(script, /--array=1-3,5\n/);
  assert.match(script, /--time=00:01:00\n/);
  assert.match(script, /--signal=B:USR2@15\n/);
});

Deno.test("pilotScript() keeps hostile paths in one piece", async () => {
  const tree = "/tmp/a b's $(rm -rf x) 100%";
  const script = pilotScript({ ...REQUEST, tree, folder: `${tree}/slurm/1` });
  assert.match(
    script,
    /#SBATCH --output="\/tmp\/a b's \$\(rm -rf x\) 100%%\/slurm\/1\/shard-%a\.log"\n/,
  );
  const [line] = script.split("\n").filter((line) => line.startsWith("  /opt/simrun"));
  // What bash makes of the line, word by word.
  const words = await bash(`SLURM_ARRAY_TASK_ID=3; printf '%s\\n' ${line!.slice(0, -1)}`);
  assert.deepEqual(words.trimEnd().split("\n"), [
    ...["/opt/simrun", "pilot", `${tree}/slurm/1`, "--shard", "3/8", "--tree", tree],
    ...["--retries", "5"],
  ]);
});

/** Runs the script with a pilot of our own in place of simrun's, and says how it ended and what was asked of Slurm. */
async function played(pilot: string, signals: string): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "simrun-test-" });
  try {
    await Deno.mkdir(`${folder}/bin`);
    await Deno.mkdir(`${folder}/slurm/1`, { recursive: true });
    await Deno.writeTextFile(`${folder}/slurm/1/submission.json`, "{}");
    const program = async (name: string, text: string): Promise<void> => {
      await Deno.writeTextFile(`${folder}/bin/${name}`, `#!/bin/bash\n${text}\n`);
      await Deno.chmod(`${folder}/bin/${name}`, 0o755);
    };
    await program("scontrol", `echo "$@" > ${folder}/requeued`);
    await program("simrun", pilot.replaceAll("FOLDER", folder));
    const script = pilotScript({
      ...REQUEST,
      ...{
        wishes: {},
        program: [`${folder}/bin/simrun`],
        tree: folder,
        folder: `${folder}/slurm/1`,
      },
    });
    await Deno.writeTextFile(`${folder}/script.sh`, script);
    return await bash(
      `cd ${folder}; export PATH=${folder}/bin:$PATH SLURM_ARRAY_JOB_ID=7 SLURM_ARRAY_TASK_ID=3
       bash script.sh & script=$!
       while [ ! -e begun ]; do sleep 0.01; done
       ${signals}
       wait $script; echo "status $?"; cat requeued 2>/dev/null || true`,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Ends with 75 once it was told to stop, a while after it heard of it. */
const SAVES = `trap 'sleep 0.1; exit 75' USR2; trap 'exit 143' TERM
touch FOLDER/begun
while :; do sleep 0.02; done`;

Deno.test("a pilot that has more to do is queued again, with its own status", async () => {
  assert.equal(await played(`touch FOLDER/begun; exit 75`, ""), "status 75\nrequeue 7_3\n");
});

Deno.test("USR2 reaches the pilot, is waited for, and the task is queued again", async () => {
  assert.equal(await played(SAVES, "kill -USR2 $script"), "status 75\nrequeue 7_3\n");
  assert.equal(
    await played(SAVES, "kill -USR2 $script; sleep 0.03; kill -USR2 $script"),
    "status 75\nrequeue 7_3\n",
  );
});

Deno.test("TERM reaches the pilot, and the task is not queued again, also when it came after USR2", async () => {
  assert.equal(await played(SAVES, "kill -TERM $script"), "status 143\n");
  assert.match(await played(SAVES, "kill -USR2 $script; kill -TERM $script"), /^status \d+\n$/);
});

Deno.test("a pilot that heard of its end before it could say so is queued again", async () => {
  const hardlyBegun = "touch FOLDER/begun\nwhile :; do sleep 0.02; done";
  assert.equal(await played(hardlyBegun, "kill -USR2 $script"), "status 140\nrequeue 7_3\n");
});

Deno.test("a pilot that is done, or failed, is not queued again", async () => {
  assert.equal(await played("touch FOLDER/begun; exit 0", ""), "status 0\n");
  assert.equal(await played("touch FOLDER/begun; exit 3", ""), "status 3\n");
});

Deno.test("a pilot that was killed begins once more, and not a third time", async () => {
  const dies = "touch FOLDER/begun; echo begins >>FOLDER/log; ";
  const words = "cat log; ls slurm/1";
  assert.equal(
    await played(
      `${dies}[ -e FOLDER/slurm/1/shard-3.killed ] && exit 0; kill -KILL $$`,
      `wait $script; ${words}`,
    ),
    "begins\nbegins\nshard-3.killed\nsubmission.json\nstatus 0\n",
  );
  assert.equal(
    await played(`${dies} kill -KILL $$`, "wait $script; cat log"),
    "begins\nbegins\nstatus 137\n",
  );
  // Who was told to end meanwhile (scancel, and KILL when it took too long) does not begin anew.
  const deaf =
    "trap '' TERM; echo begins >>FOLDER/log; echo $$ >FOLDER/pid; touch FOLDER/begun; while :; do sleep 0.02; done";
  assert.equal(
    await played(
      deaf,
      "kill -TERM $script; sleep 0.1; kill -KILL $(cat pid); wait $script; cat log",
    ),
    "begins\nstatus 137\n",
  );
});

Deno.test("finalScript() runs the user's command with this simrun on this tree", async () => {
  const script = finalScript(
    { ...REQUEST, program: ["echo", "called"] },
    "simrun results -o 'a b.csv'",
  );
  assert.match(script, /^#!\/bin\/bash\n#SBATCH --job-name=simrun-walk\n/);
  assert.doesNotMatch(script, /--array|--cpus-per-task/);
  const text = await bash(script.replace("module load ngspice", "") + 'echo "$SIMRUN_TREE"\n');
  assert.equal(text, "called results -o a b.csv\n/scratch/me/simruns\n");
});

async function bash(script: string): Promise<string> {
  const { stdout, stderr, success } = await new Deno.Command("bash", { args: ["-c", script] })
    .output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}
