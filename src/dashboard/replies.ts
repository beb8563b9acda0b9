/** What the dashboard's server answers with: each with the headers that keep a browser from doing more than it is asked. */

const HEADERS = {
  "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; " +
    "connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
};

export function text(status: number, body: string): Response {
  return reply(status, "text/plain; charset=utf-8", body);
}

export function json(status: number, body: string): Response {
  return reply(status, "application/json", body);
}

export function reply(status: number, type: string, body: BodyInit): Response {
  return new Response(body, { status, headers: { ...HEADERS, "content-type": type } });
}
