/** Each call of the API that the console makes, by what it does. */
import { UnavailableError } from "../errors";
import type { Admission } from "../line/live";
import { fromBase64, toBase64 } from "../trust/bytes";
import type { Channel } from "../wire/channel";
import { call } from "./http";
import type { HelpRequest, Me, SessionFull, SessionSummary } from "./model";

const at = (id: string): string => encodeURIComponent(id);

/** `code`: of the second factor; empty where there is none yet, or to be asked for it. */
export const signIn = (account: string, password: string, code: string) => call<{ must_change: boolean; needs_factor: boolean }>("POST", "/api/sign-in", { account, password, code });
/** How one can sign in: what the provider is called, if there is one, and whether there are accounts of the server's own. */
export const ways = () => call<{ provider: string | null; local: boolean }>("GET", "/api/sign-in");
/** Password and code once more; the cookie changes. */
export const confirm = (password: string, code: string) => call<null>("POST", "/api/confirm", { password, code });
export const offerFactor = () => call<{ secret: string; uri: string }>("POST", "/api/second-factor");
export const setFactor = (code: string) => call<null>("PUT", "/api/second-factor", { code });
/** `token`: of the link from e-mail; it lets in the sign-in of this browser alone, whose cookie changes. */
export const confirmLocation = (token: string) => call<null>("POST", "/api/location", { token });
/** Whether one went out just now, and in how many seconds another may. */
export const sendLink = (language: "en" | "es") => call<{ sent: boolean; wait_s: number }>("POST", "/api/location/mail", { language });
/** "It was not me": ends the sign-in that the mail is about, wherever it is. */
export const denyLocation = (token: string) => call<null>("POST", "/api/location/denial", { token });
export const signOut = () => call<null>("POST", "/api/sign-out");
export const changePassword = (old: string, fresh: string) => call<null>("POST", "/api/password", { old, new: fresh });
export const me = () => call<Me>("GET", "/api/me");
export const putKey = (spki: Uint8Array) => call<{ fingerprint: string }>("PUT", "/api/me/key", { spki: toBase64(spki) });
export const requests = () => call<{ requests: HelpRequest[] }>("GET", "/api/requests");
export const claim = (id: string) => call<SessionFull>("POST", `/api/requests/${at(id)}/claim`);
export const release = (id: string) => call<null>("POST", `/api/requests/${at(id)}/release`);
export const session = (id: string) => call<SessionFull>("GET", `/api/sessions/${at(id)}`);
export const verify = (id: string) => call<{ intact: boolean; events: number }>("GET", `/api/sessions/${at(id)}/verify`);

export function sessions(filter: { device?: string; before?: number; limit: number }) {
  const query = new URLSearchParams({ limit: String(filter.limit) });
  if (filter.device) query.set("device", filter.device);
  if (filter.before) query.set("before", String(filter.before));
  return call<{ sessions: SessionSummary[]; more: boolean }>("GET", `/api/sessions?${query}`);
}

/** Agree to somebody else's session, with one's own signature. */
export const agree = (id: string, issuedUtcMs: number, signature: Uint8Array) =>
  call<null>("POST", `/api/requests/${at(id)}/agreement`, { issued_utc_ms: issuedUtcMs, signature: toBase64(signature) });

interface Second { readonly associate: string; readonly key: string; readonly issued_utc_ms: number; readonly signature: string }

/** A ticket for one channel of a claimed request. */
export async function admit(id: string, channel: Channel): Promise<Admission> {
  const { ticket, relay_url: relayUrl, second } = await call<{ ticket: string; relay_url: string; second: Second | null }>("POST", `/api/requests/${at(id)}/tickets`, { channel });
  try {
    return { ticket: fromBase64(ticket), relayUrl, second: second && { ...second, key: fromBase64(second.key), signature: fromBase64(second.signature) } };
  } catch {
    throw new UnavailableError("the server gave a ticket that cannot be read");
  }
}
