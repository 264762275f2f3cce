/** What the server's API says, as far as the console uses it. Its texts about a PC are the PC's: hostile until shown as text. */

import type { Severity } from "./fleet";

export interface Me {
  readonly account: string;
  readonly name: string | null;
  readonly organisation: string | null;
  readonly must_change: boolean;
  readonly region: string;
  readonly server_name: string;
  /** By a password of the server's, not at a provider. */
  readonly is_local: boolean;
  readonly needs_factor: boolean;
  /** From a new browser or network: nothing works before the link from e-mail was used, which went to this masked address. */
  readonly needs_location: boolean;
  readonly link_goes_to: string | null;
  /** Then: whether a link of this very sign-in went out that is still good, why not, and in how many seconds another may. */
  readonly link_sent: boolean | null;
  readonly link_why: "expired" | "others" | "no_mail" | null;
  readonly link_wait_s: number | null;
  readonly is_administrator: boolean;
  /** The customer whose security officer this is. */
  readonly officer_of: string | null;
  readonly key: { readonly fingerprint: string; readonly in_policy: boolean; readonly expires_utc_ms: number | null } | null;
}

export interface Instrument { readonly id: string; readonly model: string; readonly serial: string; readonly patient_data: boolean }

/** The notice with which help is asked for: the PC's words, since when by its clock. */
export interface ToldCondition {
  readonly source: string;
  readonly subject: string;
  readonly code: string;
  readonly severity: Severity;
  readonly texts: Readonly<Record<string, string>>;
  readonly since_utc_ms: number | null;
}

export interface HelpRequest {
  readonly id: string;
  readonly device_id: string;
  readonly device: string;
  readonly site: string;
  readonly site_name: string;
  readonly instrument: Instrument | null;
  readonly technician: string;
  readonly reason: string;
  readonly condition: ToldCondition | null;
  readonly waiting_since_utc_ms: number;
  readonly state: "queued" | "claimed" | "in_session";
  readonly claimed_by: string | null;
  readonly claimed_by_me: boolean;
  readonly may_claim: boolean;
  readonly why_not: string | null;
  readonly online: boolean;
  /** Where the site's rules ask for a second associate: who agreed, and whether this person may. */
  readonly second: { readonly associate_key: string | null; readonly agreed_by: string | null; readonly may_agree: boolean } | null;
}

export interface SessionEventRow {
  readonly sequence: number;
  readonly at_utc_ms: number;
  readonly kind: string;
  readonly source: "pc" | "server";
  readonly details: Readonly<Record<string, unknown>>;
  readonly commitment: string;
}

export interface SessionFull {
  readonly id: string;
  readonly request: HelpRequest;
  readonly device_id: string;
  /** Fingerprint of the device's identity, hexadecimal. */
  readonly device_key: string;
  readonly state: string;
  readonly opened_utc_ms: number;
  readonly ended_utc_ms: number | null;
  readonly outcome: string | null;
  readonly associate: string | null;
  readonly events: readonly SessionEventRow[];
}

export interface SessionSummary {
  readonly id: string;
  readonly device_id: string;
  readonly device: string;
  readonly site: string;
  readonly site_name: string;
  readonly instrument: Instrument | null;
  readonly technician: string;
  readonly reason: string;
  readonly associate: string | null;
  readonly state: string;
  readonly opened_utc_ms: number;
  readonly ended_utc_ms: number | null;
  readonly outcome: string | null;
}
