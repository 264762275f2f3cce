/** Calls to the server's API: one header against forged requests, one meaning for each kind of failure. */
import { RefusedError, UnavailableError } from "../errors";

/** A claim or a ticket is a few statements in a database; a slow mobile line needs some of it. */
const ANSWER_WITHIN_MS = 15_000;
/** A table of twenty thousand lines, or a policy with as many associates: read, compared and written. */
const FILE_WITHIN_MS = 120_000;

type Method = "GET" | "POST" | "PUT" | "DELETE";
interface Failure { readonly error?: { readonly reason?: unknown; readonly wait_s?: unknown } }

/**
 * Call `method path` and return its JSON (null for 204). A Blob goes as it is, anything else as JSON. RefusedError with
 * the server's reason, UnavailableError when the server cannot be reached or fails by itself. `seen`: the version of what
 * is replaced, null where there is to be nothing yet; RefusedError(`changed`) when it is another by now.
 */
export async function call<T>(method: Method, path: string, body?: unknown, seen?: string | null): Promise<T> {
  const response = await answered(method, path, body, seen);
  return response.status === 204 ? null as T : await response.json().catch(() => null) as T;
}

/** Fetch a file; fails as `call` does. */
export async function callFile(path: string): Promise<Blob> {
  return await (await answered("GET", path, undefined)).blob();
}

const matching = (seen: string | null | undefined): Record<string, string> =>
  seen === undefined ? {} : seen === null ? { "If-None-Match": "*" } : { "If-Match": `"${seen}"` };

async function answered(method: Method, path: string, body: unknown, seen?: string | null): Promise<Response> {
  const isFile = body instanceof Blob;
  const type = isFile ? "application/octet-stream" : body === undefined ? null : "application/json";
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      // the language that the person chose, not the browser's: a mail may follow
      headers: { "X-Benchside": "1", Accept: "application/json", "Accept-Language": document.documentElement.lang, ...(type ? { "Content-Type": type } : {}), ...matching(seen) },
      body: isFile ? body : body === undefined ? null : JSON.stringify(body),
      credentials: "same-origin",
      redirect: "error",
      cache: "no-store",
      signal: AbortSignal.timeout(isFile ? FILE_WITHIN_MS : ANSWER_WITHIN_MS),
    });
  } catch (error) {
    throw new UnavailableError(`the server cannot be reached (${error instanceof Error ? error.name : "unknown"})`);
  }
  if (response.ok) return response;
  const content: unknown = await response.json().catch(() => null);
  const { reason, wait_s: waitS } = (content as Failure | null)?.error ?? {};
  if (response.status >= 500 || typeof reason !== "string") throw new UnavailableError(`the server answered ${response.status}`);
  throw new RefusedError(reason, typeof waitS === "number" ? waitS : null, response.status);
}
