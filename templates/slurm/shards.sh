#!/bin/bash
#SBATCH --array=1-4
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=2
#SBATCH --time=01:00:00
#SBATCH --signal=B:USR2@120
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output=walk-%a.log

# For sites that want a script of their own. `simrun submit --slurm walk.yaml` writes and submits one like it.
tree="$SLURM_SUBMIT_DIR/simruns"

pilot= told= ended=
trap 'told=1; [ -z "$pilot" ] || kill -USR2 "$pilot"' USR2
trap 'told=1; ended=1; [ -z "$pilot" ] || kill -TERM "$pilot"' TERM

simrun walk.yaml --tree "$tree" --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" -j 100% --break-lock &
pilot=$!
# A signal ends the waiting, not the pilot.
while told=; wait "$pilot"; status=$?; [ -n "$told" ]; do :; done

# 75: everything is saved, and there is more to do; 140: it had hardly begun. Who was told to end (scancel) is not
# queued again.
case "$ended$status" in
  75 | 140) scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID" ;;
esac
exit "$status"
