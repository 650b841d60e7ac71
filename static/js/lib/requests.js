/** The type of an answer that is a fragment of turns; errors come as JSON then. */
export const TURNS = "text/vnd.ponder.turns+html";

const PATIENCE_MS = 30_000;
const FATES = { 401: "signed-out", 404: "gone", 409: "outdated" };

/** The token against forged requests, from its cookie: it is fresher than the one in a form that lies open for days. */
export function csrfToken() {
  return /(?:^|; )(?:__Host-)?csrf=([^;]+)/.exec(document.cookie)?.[1] ?? "";
}

/** What a form says, without its token. Its files go another way: see lib/upload.js. */
export function fieldsOf(form) {
  const told = [...new FormData(form)].filter(([name, value]) => name !== "csrfmiddlewaretoken" && !(value instanceof File));
  return new URLSearchParams(told);
}

/** POST a form's fields, and `more`, and give the response. Rejects when the site cannot be reached in time. */
export function post(form, accept, more = []) {
  return send(form.action, [...fieldsOf(form), ...more], accept);
}

/** POST these fields, pairs of name and value, and give the response. Rejects as `post`. */
export function send(url, fields = [], accept = "application/json") {
  return fetch(url, {
    method: "POST",
    body: new URLSearchParams(fields),
    headers: { Accept: accept, "X-CSRFToken": csrfToken() },
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
}

/**
 * GET a piece of the page. Rejects when the site cannot be reached, and with a `fate` on the error when the page has
 * no future: signed-out, gone or outdated.
 */
export async function get(url, accept) {
  const response = await fetch(url, { headers: { Accept: accept }, signal: AbortSignal.timeout(PATIENCE_MS) });
  const fate = response.redirected ? "signed-out" : FATES[response.status];
  if (fate) throw Object.assign(new Error(url), { fate });
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return response;
}

/** The turns that a post brought, "" when they did not come with the reply. */
export async function turnsIn(response) {
  return response.headers.get("Content-Type")?.startsWith("text/") ? response.text() : "";
}

/** The address with these values as its query. */
export function withQuery(url, values) {
  return values ? `${url}?${new URLSearchParams(values)}` : url;
}

/** The sentence in an error's JSON, or "" when there is none. */
export async function sentenceOf(response) {
  try {
    return (await response.json()).error.message ?? "";
  } catch {
    return "";
  }
}

/** A random UUID, also where the page is not served securely and `crypto.randomUUID` is missing. */
export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
