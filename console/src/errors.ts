/** The four families of failure, the same as in Python: who is to blame decides what happens next. */

/** Which rule the other side broke. */
export type PeerFault =
  | "malformed" | "too_large" | "out_of_order" | "wrong_version" | "wrong_key" | "wrong_signature"
  | "wrong_code" | "not_authentic" | "not_granted" | "too_slow" | "too_many";

/** Why a rule or a person said no; the catalogues hold a sentence for each (`refusal.<word>`). */
export const REFUSALS = [
  "no_it_review", "no_terms", "no_policy", "old_policy", "not_in_policy", "expired_in_policy", "wrong_region",
  "wrong_site", "wrong_model", "wrong_customer", "wrong_role", "unknown_site", "not_trained", "training_expired",
  "not_named", "out_of_hours", "second_eyes", "ticket_invalid", "ticket_expired", "ticket_used", "ticket_mismatch", "code_wrong",
  "code_dead", "wait", "not_authorised", "denied", "silence", "asked_too_soon", "asked_too_often", "needs_view",
  "already_asked", "already_granted", "busy", "no_request", "claimed", "not_claimed", "sign_in", "change_password",
  "second_factor", "step_up", "new_location", "no_address", "link_expired", "unknown", "in_use", "changed", "journal", "covers_unreadable", "held",
] as const;
export type Refusal = (typeof REFUSALS)[number];

/** The other side broke a rule: close, say so, do not retry the same bytes. */
export class PeerError extends Error {
  constructor(readonly fault: PeerFault, text: string) {
    super(text);
    this.name = "PeerError";
  }
}

/** Our own code called in the wrong order or with a value out of range: a bug. */
export class CallerError extends Error {
  override readonly name = "CallerError";
}

/** Policy or person said no. `reason` is a Refusal, or a word that only the server knows. */
export class RefusedError extends Error {
  constructor(readonly reason: string, readonly waitS: number | null = null, readonly status = 0) {
    super(`refused: ${reason}`);
    this.name = "RefusedError";
  }
}

/** Network or server is away: back off and show it. */
export class UnavailableError extends Error {
  constructor(text: string, readonly retryAfterS: number | null = null) {
    super(text);
    this.name = "UnavailableError";
  }
}
