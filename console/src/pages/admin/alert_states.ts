/** How an alert channel goes, and what its target is made of. */
import { MAIL, type AlertChannel } from "../../api/alerts";

/** Why a message did not go out, as the server says it. */
export const ALERT_WHYS = ["failed", "refused", "too_slow", "no_mail", "outbox_full", "not_allowed"] as const;

export const ALERT_STATES = ["off", "given_up", "failing", "waiting", "good", "fresh"] as const;
export type AlertState = (typeof ALERT_STATES)[number];

export function alertState(one: AlertChannel): AlertState {
  if (!one.is_on) return "off";
  if (one.tries > 0 && one.why !== null) return "failing";
  if (one.given_up_utc_ms !== null) return "given_up";
  if (one.waiting > 0) return "waiting";
  return one.sent_utc_ms === null ? "fresh" : "good";
}

export type Way = "mail" | "service";
export const wayOf = (scheme: string): Way => (scheme === MAIL ? "mail" : "service");

/** What is sent for what was typed; null where nothing was, and the target stays. */
export function targetOf(way: Way, typed: string): string | null {
  const text = typed.trim();
  if (!text) return null;
  return way === "mail" ? `${MAIL}:${text}` : text;
}
