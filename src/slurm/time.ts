/** Times as Slurm writes them. Pure. */

/** `days-hours:minutes:seconds` and what is left of it when there are none; undefined for `infinite` and the like. */
export function parseSlurmTime(text: string): number | undefined {
  const parts = /^(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+)$/.exec(text);
  if (parts === null) return undefined;
  const [days, hours, minutes, seconds] = parts.slice(1).map((part) => Number(part ?? 0));
  return (((days! * 24 + hours!) * 60 + minutes!) * 60 + seconds!) * 1000;
}

/** As Slurm takes a time: `1-02:00:00`, in whole seconds. */
export function timeText(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  const two = (value: number): string => String(Math.floor(value)).padStart(2, "0");
  const days = Math.floor(seconds / 86_400);
  const clock = `${two(seconds % 86_400 / 3600)}:${two(seconds % 3600 / 60)}:${two(seconds % 60)}`;
  return days === 0 ? clock : `${days}-${clock}`;
}
