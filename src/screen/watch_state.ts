/** What somebody who watches has chosen to see, and how keys change it. Pure. */
import { VISIBLE_STATES, type VisibleState } from "../report/selector.ts";
import type { Key } from "./keys.ts";

export type ListName = "jobs" | VisibleState;

/** In the order in which they stand. */
export const LISTS: readonly ListName[] = [
  "running",
  "failed",
  "waiting",
  "completed",
  "paused",
  "interrupted",
  "cancelled",
  "jobs",
];

export interface WatchState {
  /** Undefined until somebody has chosen one: what is most worth a look. */
  readonly list: ListName | undefined;
  /** The first line of the list that is shown. */
  readonly top: number;
  readonly filter: string;
  /** Keys go into the filter. */
  readonly isTyping: boolean;
}

export const FIRST_STATE: WatchState = { list: undefined, top: 0, filter: "", isTyping: false };

/** What was shown last. */
export interface Shown {
  readonly list: ListName;
  /** Lists that there are, in their order. */
  readonly lists: readonly ListName[];
  /** Lines of the list that fit, and how many there are. */
  readonly page: number;
  readonly count: number;
}

export type Wish = "quit" | "suspend" | "redraw";

const FILTER_CHARACTERS_MAX = 100;

/** What the key asks for beside another view; undefined mostly. */
export function wishOf(key: Key, state: WatchState): Wish | undefined {
  if (key.kind === "named") {
    if (key.name === "interrupt") return "quit";
    if (key.name === "suspend" || key.name === "redraw") return key.name;
    return undefined;
  }
  return !state.isTyping && (key.text === "q" || key.text === "Q") ? "quit" : undefined;
}

export function afterKey(state: WatchState, key: Key, shown: Shown): WatchState {
  if (state.isTyping) return typed(state, key, shown);
  if (key.kind === "named") return moved(state, key.name, shown);
  switch (key.text) {
    case "k":
      return moved(state, "up", shown);
    case "j":
      return moved(state, "down", shown);
    case "h":
      return moved(state, "left", shown);
    case "l":
      return moved(state, "right", shown);
    case " ":
      return moved(state, "page-down", shown);
    case "b":
      return moved(state, "page-up", shown);
    case "g":
      return moved(state, "home", shown);
    case "G":
      return moved(state, "end", shown);
    case "/":
      return { ...state, isTyping: true };
  }
  return key.text === "J" ? { ...state, list: "jobs", top: 0 } : named(state, key.text, shown);
}

/** To the next list whose name begins so. */
function named(state: WatchState, letter: string, shown: Shown): WatchState {
  const at = LISTS.indexOf(shown.list);
  const order = [...LISTS.slice(at + 1), ...LISTS.slice(0, at + 1)];
  const found = order.filter((name) => name.startsWith(letter) && name !== "jobs");
  // One that is empty only where there is no other.
  const list = found.find((name) => shown.lists.includes(name)) ?? found[0];
  return list === undefined ? state : { ...state, list, top: 0 };
}

function moved(state: WatchState, key: string, shown: Shown): WatchState {
  const last = Math.max(0, shown.count - shown.page);
  const to = (top: number): WatchState => ({ ...state, top: Math.min(last, Math.max(0, top)) });
  // The list has perhaps become shorter than where somebody looked.
  const top = Math.min(state.top, last);
  const page = Math.max(1, shown.page - 1);
  switch (key) {
    case "up":
      return to(top - 1);
    case "down":
      return to(top + 1);
    case "page-up":
      return to(top - page);
    case "page-down":
      return to(top + page);
    case "home":
      return to(0);
    case "end":
      return to(last);
    case "tab":
    case "right":
      return turned(state, shown, 1);
    case "back-tab":
    case "left":
      return turned(state, shown, -1);
    case "escape":
      return { ...state, filter: "", top: 0 };
    default:
      return state;
  }
}

/** To the next list that there is. */
function turned(state: WatchState, { list, lists }: Shown, by: 1 | -1): WatchState {
  const at = lists.indexOf(list);
  const next = lists[(at + by + lists.length) % lists.length];
  return next === undefined ? state : { ...state, list: next, top: 0 };
}

function typed(state: WatchState, key: Key, shown: Shown): WatchState {
  if (key.kind === "text") {
    const filter = (state.filter + key.text).slice(0, FILTER_CHARACTERS_MAX);
    return { ...state, filter, top: 0 };
  }
  switch (key.name) {
    case "enter":
      return { ...state, isTyping: false };
    case "escape":
      return { ...state, isTyping: false, filter: "", top: 0 };
    case "clear":
      return { ...state, filter: "", top: 0 };
    case "backspace":
      return state.filter === ""
        ? { ...state, isTyping: false }
        : { ...state, filter: [...state.filter].slice(0, -1).join(""), top: 0 };
    default:
      return moved(state, key.name, shown);
  }
}

/** Whether a state is one of runs. */
export function isRunList(list: ListName): list is VisibleState {
  return (VISIBLE_STATES as readonly string[]).includes(list);
}
