/** Where alerts go and which, and the calls with which administrators look after it. A target is written and never read. */
import type { Severity } from "./fleet";
import { call } from "./http";

export const MAX_TARGET = 1000;
/** A week. */
export const MAX_REPEAT_MIN = 10_080;
export const MAIL = "mailto";

/** No sites or no models: all of them. */
export interface AlertRule {
  readonly name: string;
  readonly severity: Severity;
  readonly sites: readonly string[];
  readonly models: readonly string[];
  readonly language: "en" | "es";
  /** Said again while nobody acknowledges it; 0 never. */
  readonly repeat_min: number;
  readonly is_on: boolean;
}
/** `target` null: the one that it has. */
export interface AlertGiven extends AlertRule { readonly target: string | null }
export interface AlertChannel extends AlertRule {
  readonly id: string;
  readonly version: string;
  readonly scheme: string;
  readonly waiting: number;
  /** Of the message that is going out now. */
  readonly tries: number;
  readonly given_up_utc_ms: number | null;
  readonly next_utc_ms: number;
  /** A fixed word. */
  readonly why: string | null;
  readonly sent_utc_ms: number | null;
}
/** `targets`: as the operator's settings say it, beside mail. */
export interface Alerts { readonly channels: readonly AlertChannel[]; readonly targets: readonly string[]; readonly has_mail: boolean }

const at = (id: string): string => `/api/admin/alerts/${encodeURIComponent(id)}`;

export const alerts = () => call<Alerts>("GET", "/api/admin/alerts");
export const putAlert = (id: string, given: AlertGiven, seen: string | null) => call<null>("PUT", at(id), given, seen);
export const removeAlert = (id: string, seen: string) => call<null>("DELETE", at(id), undefined, seen);
/** Send a trial message; null when it was taken, else why not, a fixed word. */
export const tryAlert = async (id: string) => (await call<{ why: string | null }>("POST", `${at(id)}/test`)).why;
