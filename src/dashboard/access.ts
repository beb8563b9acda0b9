/**
 * Who may ask the dashboard's server. A page of another site can make a browser send requests to this machine:
 * it must know the token, its origin must be the server's own, and the host's name must be one that no stranger's
 * name server can point here.
 */

export interface Gate {
  /** 256 bits at random: whoever knows it may look. */
  readonly token: string;
  /** Name of the cookie that keeps it; another one for each server, since cookies know no ports. */
  readonly cookie: string;
  /** The name or address of `--host`; requests by way of it are answered, too. */
  readonly host: string;
}

export type Verdict =
  | { readonly kind: "allowed"; readonly by: "cookie" | "token" }
  | { readonly kind: "refused"; readonly status: 401 | 403; readonly why: string };

export function makeGate(host: string): Gate {
  const token = randomText(32);
  return { token, cookie: `simrun_${randomText(6)}`, host };
}

/** `path`: that of the page is opened by links in other places, all else only by the page itself. */
export function judge(request: Request, url: URL, gate: Gate): Verdict {
  const { headers } = request;
  const host = headers.get("host") ?? "";
  if (!isOwnHost(host, gate.host)) {
    return refused(403, "This address is not one of this machine.");
  }
  const origin = headers.get("origin");
  if (origin !== null && !isOriginOf(origin, host)) {
    return refused(403, "Another site's page may not ask.");
  }
  const isOpening = request.method === "GET" && url.pathname === "/";
  const site = headers.get("sec-fetch-site");
  if (!isOpening && site !== null && site !== "same-origin" && site !== "none") {
    return refused(403, "Another site's page may not ask.");
  }
  const isChange = request.method !== "GET" && request.method !== "HEAD";
  const isSocket = headers.get("upgrade")?.toLowerCase() === "websocket";
  const given = url.searchParams.get("token") ?? bearerOf(headers.get("authorization"));
  if (given !== undefined && isSame(given, gate.token)) return { kind: "allowed", by: "token" };
  const kept = cookieOf(headers.get("cookie"), gate.cookie);
  if (kept !== undefined && isSame(kept, gate.token)) {
    // A browser says where such a request comes from; who does not is none.
    if ((isChange || isSocket) && origin === null) {
      return refused(403, "A request with a cookie says where it comes from.");
    }
    return { kind: "allowed", by: "cookie" };
  }
  return refused(
    401,
    given === undefined
      ? "The address lacks its token."
      : "The token is not the one of this server.",
  );
}

/** `Strict`: no other site's page can make the browser send it. */
export function cookieHeader({ cookie, token }: Gate): string {
  return `${cookie}=${token}; HttpOnly; SameSite=Strict; Path=/`;
}

function refused(status: 401 | 403, why: string): Verdict {
  return { kind: "refused", status, why };
}

/** Loopback under any port (a tunnel has its own), and what was asked for with `--host`. */
function isOwnHost(host: string, asked: string): boolean {
  const name = host.replace(/:\d+$/, "").toLowerCase();
  if (name === "localhost" || name === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(name)) return true;
  const own = asked.toLowerCase();
  if (name === own || name === `[${own}]`) return true;
  // An address that is open to all is reached by its number: a number is not looked up anywhere.
  const isOpen = own === "0.0.0.0" || own === "::";
  return isOpen && (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(name) || /^\[[0-9a-f:.]+\]$/.test(name));
}

function isOriginOf(origin: string, host: string): boolean {
  return origin === `http://${host}` || origin === `https://${host}`;
}

function bearerOf(header: string | null): string | undefined {
  return /^Bearer\s+(\S+)$/i.exec(header ?? "")?.[1];
}

function cookieOf(header: string | null, name: string): string | undefined {
  for (const part of (header ?? "").split(";")) {
    const [key, value] = part.trim().split("=", 2);
    if (key === name) return value;
  }
  return undefined;
}

/** In the same time whatever is wrong with it. `node:crypto` does the same, and takes 90 ms to load. */
function isSame(given: string, token: string): boolean {
  if (given.length !== token.length) return false;
  let differing = 0;
  for (let at = 0; at < token.length; at++) {
    differing |= given.charCodeAt(at) ^ token.charCodeAt(at);
  }
  return differing === 0;
}

function randomText(bytes: number): string {
  const random = crypto.getRandomValues(new Uint8Array(bytes));
  return btoa(String.fromCharCode(...random)).replaceAll("+", "-").replaceAll("/", "_")
    .replaceAll("=", "");
}
