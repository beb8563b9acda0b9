// @ts-check
/** Buttons that ask simrun for something: with a question before what cannot be taken back, and its answer in its words. */
import { byId, el, show } from "./dom.js";
import { currentPicture, request } from "./link.js";

const WORDS = /** @type {const} */ ({
  cancel: "Cancel",
  pause: "Pause",
  continue: "Continue",
  retry: "Retry",
});

/** @typedef {keyof typeof WORDS | "priority"} ActionType */

export function mayControl() {
  return currentPicture()?.may_control === true;
}

/**
 * @param {keyof typeof WORDS} type
 * @param {string} selectors separated by blanks, as on a command line
 * @param {string} what it is about, for people
 */
export function actionButton(type, selectors, what) {
  const tone = type === "cancel" ? "button.action.danger" : "button.action";
  return el(tone, {
    type: "button",
    "data-do": type,
    "data-selectors": selectors,
    "data-what": what,
    "aria-label": `${WORDS[type]} ${what}`,
  }, WORDS[type]);
}

const LEVELS = ["critical", "high", "normal", "low"];

/**
 * @param {string} selectors
 * @param {string} what
 * @param {string | undefined} now
 */
export function prioritySelect(selectors, what, now) {
  return el(
    "select.action",
    { "data-do": "priority", "data-selectors": selectors, "aria-label": `Priority of ${what}` },
    ...LEVELS.map((level, i) => el("option", { value: i, selected: level === now }, level)),
  );
}

/** One listener for all buttons: they are made anew with each picture. */
export function hearActions() {
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button[data-do]") : null;
    if (button instanceof HTMLElement) void begin(button);
  });
  document.addEventListener("change", (event) => {
    const { target } = event;
    if (target instanceof HTMLSelectElement && target.dataset.do === "priority") {
      void perform({ type: "priority", priority: Number(target.value), selectors: words(target) });
    }
  });
}

/** @param {HTMLElement} node */
function words(node) {
  return (node.dataset.selectors ?? "").split(" ").filter((word) => word !== "");
}

/** @param {HTMLElement} button */
async function begin(button) {
  const { do: type, what = "" } = button.dataset;
  if (type === "cancel" && !await confirmed(what)) return;
  await perform({ type, selectors: words(button) });
}

/** @param {Record<string, unknown>} action */
async function perform(action) {
  toast("Asked …", "info");
  try {
    const { ok, message, hint = "" } = await request(action);
    toast(`${message ?? "Done."} ${ok ? "" : hint}`.trim(), ok ? "good" : "bad");
  } catch (error) {
    toast(error instanceof Error ? error.message : String(error), "bad");
  }
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let fading;

/**
 * @param {string} message
 * @param {"info" | "good" | "bad"} tone
 */
export function toast(message, tone) {
  const node = byId("toast");
  node.className = `toast shown ${tone}`;
  node.textContent = message;
  clearTimeout(fading);
  fading = setTimeout(() => node.classList.remove("shown"), tone === "bad" ? 15_000 : 6_000);
}

/**
 * @param {string} what
 * @returns {Promise<boolean>}
 */
function confirmed(what) {
  return ask(
    `Cancel ${what}?`,
    [el("p", {}, "What runs is stopped; what it saved is kept, and Retry takes it up again.")],
    "Cancel the runs",
  );
}

/**
 * @param {string} title
 * @param {Node[]} content
 * @param {string} [yes] absent: there is nothing to be decided
 * @returns {Promise<boolean>}
 */
export function ask(title, content, yes) {
  const dialog = /** @type {HTMLDialogElement} */ (byId("dialog"));
  show(
    dialog,
    el(
      "form",
      { method: "dialog" },
      el("h2", { id: "dialog-title" }, title),
      ...content,
      el(
        "p.buttons",
        {},
        el("button", { value: "no", autofocus: true }, yes === undefined ? "Close" : "Keep them"),
        yes === undefined ? null : el("button.danger", { value: "yes" }, yes),
      ),
    ),
  );
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
