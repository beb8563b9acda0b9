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

heard=
trap 'heard=USR2; kill -USR2 $simrun' USR2 # Slurm: the time is nearly over
trap 'heard=TERM' TERM                     # scancel; simrun hears it too
simrun walk.yaml --tree "$tree" --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" -j 100% --break-lock &
simrun=$!
while kill -0 $simrun 2>/dev/null; do wait $simrun; done # a signal ends a wait before simrun has ended
wait $simrun
status=$?

# 75: everything is saved, and there is more to do; 140: simrun had hardly begun.
case "$heard $status" in
  "USR2 75" | "USR2 140") scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID" ;;
esac
exit $status
