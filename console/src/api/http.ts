/** Calls to the server's API: one header against forged requests, one meaning for each kind of failure. */
import { RefusedError, UnavailableError } from "../errors";

/** A claim or a ticket is a few statements in a database; a slow mobile line needs some of it. */
const ANSWER_WITHIN_MS = 15_000;

interface Failure { readonly error?: { readonly reason?: unknown; readonly wait_s?: unknown } }

/**
 * Call `method path` and return its JSON (null for 204). RefusedError with the server's reason, UnavailableError when
 * the server cannot be reached or fails by itself.
 */
export async function call<T>(method: "GET" | "POST" | "PUT", path: string, body?: unknown): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      // the language that the person chose, not the browser's: a mail may follow
      headers: { "X-Benchside": "1", Accept: "application/json", "Accept-Language": document.documentElement.lang, ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
      body: body === undefined ? null : JSON.stringify(body),
      credentials: "same-origin",
      redirect: "error",
      cache: "no-store",
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
  } catch (error) {
    throw new UnavailableError(`the server cannot be reached (${error instanceof Error ? error.name : "unknown"})`);
  }
  if (response.status === 204) return null as T;
  const content: unknown = await response.json().catch(() => null);
  if (response.ok) return content as T;
  const { reason, wait_s: waitS } = (content as Failure | null)?.error ?? {};
  if (response.status >= 500 || typeof reason !== "string") throw new UnavailableError(`the server answered ${response.status}`);
  throw new RefusedError(reason, typeof waitS === "number" ? waitS : null, response.status);
}
