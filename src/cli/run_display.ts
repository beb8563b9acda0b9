/** Shows a campaign while it runs: a picture in place on a terminal, calm lines elsewhere, nothing when quiet. */
import type { ControlAnswer, ControlRequest } from "../job/control.ts";
import type { RunEvent } from "../job/event.ts";
import type { Live } from "../job/live.ts";
import { runName } from "../job/run.ts";
import { Pace } from "../report/pace.ts";
import { type LiveView, renderLive } from "../screen/live_display.ts";
import { answerNote, type Note, noteOf, noteText, RequestNotes } from "../screen/note.ts";
import { Painter } from "../screen/painter.ts";
import { PlainNarrator } from "../screen/plain.ts";
import { safeText } from "../screen/safe_text.ts";
import { type CliContext, paintOf, printLines } from "./context.ts";
import { JobControl } from "./job_control.ts";

/** Often enough to look alive, seldom enough to be calm and to cost nothing. */
const PICTURE_MS = 250;
const LINES_MS = 1000;
/** A campaign shorter than this shows no picture at all. */
const FIRST_PICTURE_MS = 400;
const SLOW_STOP_MS = 500;
/** What is asked of many runs comes in many events: so long they are gathered. */
const REQUESTS_MS = 200;
/** Failures kept for the picture, failures and warnings printed above it; the tree keeps them all. */
const NOTES_MAX = 200;
const PRINTED_MAX = 50;
const FAILURES_PRINTED_MAX = 50;

export class RunDisplay {
  readonly #context: CliContext;
  readonly #quiet: boolean;
  readonly #painter: Painter;
  readonly #narrator = new PlainNarrator();
  readonly #pace = new Pace();
  #notes: Note[] = [];
  readonly #topics = new Set<string>();
  readonly #requests = new RequestNotes();
  #requestsTimer: ReturnType<typeof setTimeout> | undefined;
  #printed = 0;
  /** What failures that were printed had as their reason: others of the same are counted only. */
  readonly #reasons = new Set<string>();
  /** Failures of before the first picture: a campaign that has none tells them at its end. */
  #early: Note[] | undefined = [];
  #stopping: LiveView["stopping"];
  #live: (() => Live) | undefined;
  #beganMs = 0;
  #jobControl: JobControl | undefined;
  #timers: ReturnType<typeof setTimeout>[] = [];

  constructor(context: CliContext, quiet: boolean) {
    this.#context = context;
    this.#quiet = quiet;
    this.#painter = new Painter(context.stderr, context.clockMs);
    this.#beganMs = context.clockMs();
  }

  /** Shows what `live` tells from now on. */
  follow(live: () => Live, beganMs: number): void {
    if (this.#quiet) return;
    this.#live = live;
    this.#beganMs = beganMs;
    const show = (): void => this.#show();
    const everyMs = this.#context.stderr.canRepaint ? PICTURE_MS : LINES_MS;
    if (this.#context.stderr.canRepaint) {
      // The picture goes; what follows it is a new one, below whatever the shell has written.
      this.#jobControl = new JobControl(() => this.#takeAway(), () => this.#painter.forget());
    }
    this.#timers = [setTimeout(show, FIRST_PICTURE_MS), setInterval(show, everyMs)];
  }

  heard(event: RunEvent): void {
    if (this.#quiet) return;
    if (event.type === "runs.retried") this.#forgetFailures(event.job, event.runs);
    if (this.#requests.gather(event)) {
      this.#requestsTimer ??= setTimeout(() => this.#tellRequests(), REQUESTS_MS);
      return;
    }
    const note = noteOf(event, this.#context.cwd);
    if (note !== undefined) this.#note(note);
  }

  /** Somebody asked for it from another terminal. */
  answered({ action }: ControlRequest, answer: Pick<ControlAnswer, "ok" | "message">): void {
    const note = this.#quiet ? undefined : answerNote(action, answer);
    if (note !== undefined) this.#note(note);
  }

  say(message: string): void {
    if (!this.#quiet) this.#note({ kind: "info", text: safeText(message) });
  }

  warn(message: string): void {
    if (!this.#quiet) this.#note({ kind: "warning", text: safeText(message) });
  }

  /** Was asked to stop. A picture shows it; a line is worth it only when it takes a while. */
  stop(how: "checkpoint" | "now"): void {
    this.#stopping = how;
    if (this.#quiet || how === "now" || this.#context.stderr.canRepaint) return;
    const text = "stopping: what runs is saved first; a second signal stops at once";
    this.#timers.push(
      setTimeout(() => this.#note({ kind: "info", text }), SLOW_STOP_MS),
    );
  }

  /** Takes the picture away, so that the summary stands in its place. */
  close(): void {
    if (this.#requestsTimer !== undefined) this.#tellRequests();
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
    this.#jobControl?.close();
    this.#takeAway();
  }

  #takeAway(): void {
    this.#painter.clear();
    this.#painter.close();
  }

  /** What failed and is tried again has not failed. */
  #forgetFailures(job: string, runs: readonly string[]): void {
    const names = new Set(runs.map((run) => safeText(runName(job, run))));
    const isLeft = ({ subject = "" }: Note): boolean => !names.has(subject);
    this.#notes = this.#notes.filter(isLeft);
    this.#early = this.#early?.filter(isLeft);
  }

  #tellRequests(): void {
    clearTimeout(this.#requestsTimer);
    this.#requestsTimer = undefined;
    for (const note of this.#requests.take()) this.#note(note);
  }

  #note(note: Note): void {
    const { stderr } = this.#context;
    if (note.topic !== undefined) {
      if (this.#topics.has(note.topic)) return;
      this.#topics.add(note.topic);
    }
    if (stderr.canRepaint) {
      this.#notePicture(note);
      return;
    }
    printLines(stderr, this.#narrator.note(note, this.#elapsedMs()));
  }

  /** Failures and warnings are said once above the picture, where they stay; the last failure is named in it, too. */
  #notePicture(note: Note): void {
    if (note.kind === "failed") {
      this.#notes.push(note);
      if (this.#notes.length > NOTES_MAX) this.#notes.shift();
      if (this.#early === undefined) this.#printFailure(note);
      else if (this.#early.length <= FAILURES_PRINTED_MAX) this.#early.push(note);
      return;
    }
    if (note.kind === "info" || this.#printed > PRINTED_MAX) return;
    this.#printed++;
    const last = this.#printed > PRINTED_MAX;
    const paint = paintOf(this.#context.stderr);
    this.#painter.print([
      last
        ? paint.faint("further notes are left out; simrun explain RUN tells them")
        : `${paint.warn("note")}  ${noteText(note)}`,
    ]);
  }

  #printFailure(note: Note): void {
    if (this.#reasons.has(note.text) || this.#reasons.size > FAILURES_PRINTED_MAX) return;
    this.#reasons.add(note.text);
    const paint = paintOf(this.#context.stderr);
    const isOneTooMany = this.#reasons.size > FAILURES_PRINTED_MAX;
    this.#painter.print([
      isOneTooMany
        ? paint.faint("further failures are counted only; simrun status failed lists them")
        : `${paint.bad("failed")}  ${noteText(note)}`,
    ]);
  }

  #show(): void {
    if (this.#live === undefined) return;
    const { stderr } = this.#context;
    const live = this.#live();
    const speed = this.#pace.observe(live, this.#context.clockMs());
    const elapsedMs = this.#elapsedMs();
    if (!stderr.canRepaint) {
      printLines(stderr, this.#narrator.observe(live, speed, elapsedMs));
      return;
    }
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const note of early) this.#printFailure(note);
    const { columns, rows } = stderr.size();
    this.#painter.paint(renderLive(
      {
        live,
        speed,
        elapsedMs,
        nowMs: this.#context.now().getTime(),
        notes: this.#notes,
        stopping: this.#stopping,
      },
      { columns, rows, paint: paintOf(stderr), glyphs: stderr.glyphs },
    ));
  }

  #elapsedMs(): number {
    return this.#context.clockMs() - this.#beganMs;
  }
}
