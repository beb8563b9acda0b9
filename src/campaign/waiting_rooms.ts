/** Where ready runs wait: by the size of the slots they need, and by the lane they go through. Pure. */
import type { Priority } from "../job/job.ts";
import { ReadyQueue } from "../queue/ready_queue.ts";
import { NO_LANE } from "./lanes.ts";

export interface WaitingRoom {
  readonly queue: ReadyQueue;
  /** Ready runs of each priority. */
  readonly counts: [number, number, number, number];
}

export class WaitingRooms {
  /** By size, then by lane; mostly there is one. */
  readonly #rooms = new Map<number, Map<string, WaitingRoom>>();
  readonly #isReady: (number: number, priority: Priority, size: number) => boolean;
  #hasLanes = false;
  isLaneTaken: (lane: string) => boolean = () => false;

  constructor(isReady: (number: number, priority: Priority, size: number) => boolean) {
    this.#isReady = isReady;
  }

  /** That anything has waited for, in the order of its coming. */
  get sizes(): Iterable<number> {
    return this.#rooms.keys();
  }

  of(size: number, lane: string): WaitingRoom {
    const lanes = this.#rooms.get(size);
    const known = lanes?.get(lane);
    if (known !== undefined) return known;
    const isReady = (number: number, priority: Priority) => this.#isReady(number, priority, size);
    const room: WaitingRoom = { queue: new ReadyQueue(isReady), counts: [0, 0, 0, 0] };
    if (lanes === undefined) this.#rooms.set(size, new Map([[lane, room]]));
    else lanes.set(lane, room);
    this.#hasLanes ||= lane !== NO_LANE;
    return room;
  }

  /** Lanes in which something is ready, and nobody is at work. */
  openLanes(size: number): WaitingRoom[] {
    if (!this.#hasLanes) return [];
    return [...this.#rooms.get(size) ?? []].flatMap(([lane, room]) => {
      const isReady = room.counts.some((count) => count > 0);
      return lane !== NO_LANE && isReady && !this.isLaneTaken(lane) ? [room] : [];
    });
  }

  /** Of an open lane not more than one: the rest goes with it, or waits for it. */
  ready(size: number): number {
    const apart = this.#rooms.get(size)?.get(NO_LANE)?.counts.reduce(
      (sum, count) => sum + count,
      0,
    );
    return (apart ?? 0) + this.openLanes(size).length;
  }

  readyOf(size: number, priority: Priority): number {
    const lanes = this.openLanes(size).filter(({ counts }) => counts[priority] > 0);
    return (this.#rooms.get(size)?.get(NO_LANE)?.counts[priority] ?? 0) + lanes.length;
  }

  /** Lanes that are taken and in which a run of this priority waits. */
  takenLanes(priority: Priority): string[] {
    if (!this.#hasLanes) return [];
    const all = [...this.#rooms.values()].flatMap((lanes) => [...lanes]);
    return all.flatMap(([lane, { counts }]) =>
      lane !== NO_LANE && counts[priority] > 0 && this.isLaneTaken(lane) ? [lane] : []
    );
  }
}
