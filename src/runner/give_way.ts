/** Under `--nice` a campaign gives way to others who compute on the machine, and says so; else this does nothing. */
import type { Campaign } from "../campaign/campaign.ts";
import { Governor } from "../campaign/governor.ts";
import type { GivesWay } from "../job/live.ts";
import { describeGivingWay } from "../report/live_text.ts";
import { type LoadSource, MachineLoad } from "./machine_load.ts";
import type { RunRequest } from "./run_request.ts";

const UNKNOWN =
  "This system does not tell what others compute: with --nice the slots give way to " +
  "them where they compete for a core, and none of them pauses.";

type Steered = Pick<Campaign, "hasEnded" | "live" | "restrain" | "steering">;
type Wish = Pick<RunRequest, "slots" | "nice" | "load" | "onWarning">;

export class GiveWay {
  readonly #campaign: Steered;
  readonly #wish: Wish;
  readonly #governor = new Governor();
  /** Undefined when nobody asked for it, or nobody can tell. */
  readonly #load: LoadSource | undefined;
  #lookedAt = -Infinity;
  #slots = Infinity;
  #isTold = false;

  constructor(campaign: Steered, wish: Wish) {
    this.#campaign = campaign;
    this.#wish = wish;
    if (!wish.nice) return;
    const load = wish.load ?? new MachineLoad();
    if (load.isKnown) this.#load = load;
    else wish.onWarning?.(UNKNOWN);
  }

  /** As many slots as there would be without others. */
  get slotsWished(): number {
    return this.#campaign.steering.slotsWished ?? this.#wish.slots;
  }

  /** What of them gives way; undefined when none has work that it could do. */
  get now(): GivesWay | undefined {
    const of = this.slotsWished;
    if (this.#slots >= of || this.#campaign.hasEnded) return undefined;
    const { running, counts } = this.#campaign.live();
    const { queued, held = 0, delayed = 0 } = counts;
    const slots = Math.min(
      of - this.#slots,
      running.length + queued - held - delayed - this.#slots,
    );
    return slots <= 0 ? undefined : { slots, of, othersCores: this.#governor.othersCores };
  }

  /** To be called a few times a second. */
  look(nowMs: number): void {
    if (this.#load === undefined || nowMs - this.#lookedAt < this.#load.everyMs) return;
    this.#lookedAt = nowMs;
    const sample = this.#load.sample(nowMs);
    if (sample === undefined || this.#campaign.hasEnded) return;
    const slots = this.#governor.observe(sample, this.slotsWished);
    if (slots !== this.#slots) {
      this.#slots = slots;
      this.#campaign.restrain(slots === Infinity ? undefined : slots);
    }
    this.#tell();
  }

  /** Once when it begins, and once when it is over. */
  #tell(): void {
    const { now } = this;
    if (!this.#isTold && now !== undefined) {
      this.#isTold = true;
      this.#wish.onWarning?.(describeGivingWay(now));
    } else if (this.#isTold && this.#slots === Infinity) {
      this.#isTold = false;
      this.#wish.onWarning?.(`${OVER}: all slots may work again`);
    }
  }
}

const OVER = "others need their cores no more";
