// @ts-check
/** The line to the server: pictures as they come, answers to what is asked, and what was said when it broke. */

/** @typedef {Record<string, any>} Json */

/** @type {Json | undefined} The newest picture. */
let picture;
/** @type {"connecting" | "open" | "lost" | "ended" | "refused"} */
let state = "connecting";
let why = "";
let waitMs = 500;
/** @type {Set<() => void>} */
const listeners = new Set();

/** The token leaves the address, so that it is in no bookmark and on no screenshot; the browser keeps it. */
export function hideToken() {
  const url = new URL(location.href);
  if (!url.searchParams.has("token")) return;
  url.searchParams.delete("token");
  history.replaceState(null, "", url.pathname + url.search + url.hash);
}

/** @param {() => void} listener Called for each new picture, and when the line breaks or is there again. */
export function onNews(listener) {
  listeners.add(listener);
}

export function currentPicture() {
  return picture;
}

export function lineState() {
  return { state, why };
}

function tell() {
  for (const listener of listeners) listener();
}

export function connect() {
  const socket = new WebSocket(
    `ws${location.protocol === "https:" ? "s" : ""}://${location.host}/live`,
  );
  socket.onopen = () => {
    state = "open";
    waitMs = 500;
    tell();
  };
  socket.onmessage = ({ data }) => {
    picture = JSON.parse(data);
    tell();
  };
  socket.onclose = ({ code, reason }) => {
    const wasEnded = code === 1001 && reason !== "";
    state = wasEnded ? "ended" : state === "refused" ? state : "lost";
    why = reason;
    tell();
    setTimeout(connect, waitMs);
    waitMs = Math.min(waitMs * 2, 10_000);
  };
}

/**
 * @param {string} path
 * @param {Record<string, string | number | undefined>} values
 * @param {AbortSignal} [signal]
 * @returns {Promise<Json>}
 */
export async function ask(path, values = {}, signal) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== "") query.set(name, String(value));
  }
  const response = await fetch(`${path}?${query}`, signal === undefined ? {} : { signal });
  if (response.status === 401) {
    state = "refused";
    tell();
  }
  return await readAnswer(response);
}

/**
 * @param {Json} action
 * @returns {Promise<Json>}
 */
export async function request(action) {
  const response = await fetch("/api/control", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(action),
  });
  return await response.json();
}

/**
 * @param {Response} response
 * @returns {Promise<Json>}
 */
async function readAnswer(response) {
  const isJson = response.headers.get("content-type")?.startsWith("application/json");
  const answer = isJson ? await response.json() : { message: await response.text() };
  if (!response.ok) throw new Error([answer.message, answer.hint].filter(Boolean).join(" "));
  return answer;
}
