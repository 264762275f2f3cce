/** What the server says about people and places to those who administer them, or who look after a customer's PCs. */
import type { Instrument, SessionEventRow, SessionSummary } from "./model";

export interface Training { readonly course: string; readonly law: string; readonly expires_utc_ms: number }

export interface PersonGiven {
  readonly name: string;
  readonly organisation: string;
  readonly role: "engineer" | "dispatcher" | null;
  readonly is_administrator: boolean;
  /** The customer whose security officer this is. */
  readonly officer_of: string | null;
  readonly until_utc_ms: number | null;
  readonly is_active: boolean;
  readonly groups: readonly string[];
  readonly trainings: readonly Training[];
}
export interface Person extends PersonGiven {
  readonly id: string;
  /** Of what is stored: whoever replaces it says which one they saw. */
  readonly version: string;
  readonly key: string | null;
  readonly has_account: boolean;
  readonly in_policy: boolean;
  readonly why_not: string | null;
}

/** Where a group works; `*` is all. */
export interface GroupGiven { readonly name: string; readonly customers: readonly string[]; readonly sites: readonly string[]; readonly models: readonly string[] }
export interface Group extends GroupGiven { readonly id: string; readonly version: string }

export interface CustomerGiven { readonly name: string; readonly it_mail: string; readonly mail_language: "en" | "es" }
export interface Customer extends CustomerGiven { readonly id: string; readonly version: string }

export interface SiteGiven {
  readonly name: string;
  readonly customer: string | null;
  readonly laws: readonly string[];
  readonly time_zone: string;
  /** As `mon,tue 08:00-17:00`; always when empty. */
  readonly hours: readonly string[];
  readonly named: readonly string[];
  readonly second_eyes: boolean;
  /** After how many minutes without contact a PC there is told of; 0 never. */
  readonly silent_after_min: number;
}
export interface Site extends SiteGiven { readonly id: string; readonly version: string; readonly in_policy: boolean }

export interface Device {
  readonly id: string;
  readonly name: string;
  readonly site: string;
  readonly online: boolean;
  readonly software: string | null;
  readonly policy_version: number;
  readonly enrolled_utc_ms: number;
  readonly revoked_utc_ms: number | null;
  readonly has_it_review: boolean;
  readonly has_terms: boolean;
  /** Why nothing of it is served, and the numbers that the windows of those who came with its key show. */
  readonly hold: { readonly why: "went_back" | "ahead" | "copied" | "old_key" | "not_chosen"; readonly since_utc_ms: number | null; readonly numbers: readonly string[]; readonly with_old_key: readonly string[] } | null;
  readonly instruments: readonly Instrument[];
}

export interface Model { readonly model: string; readonly patient_data: boolean }

export interface Token { readonly id: string; readonly site: string; readonly created_utc_ms: number; readonly expires_utc_ms: number; readonly used_utc_ms: number | null }

export interface Waiting {
  readonly what: "associate" | "site";
  readonly kind: "added" | "changed" | "removed";
  readonly id: string;
  readonly name: string;
  readonly fields: readonly string[];
  readonly new_keys: readonly string[];
}
export interface Policy {
  readonly version: number;
  readonly issued_utc_ms: number | null;
  readonly expires_utc_ms: number | null;
  readonly associates: number;
  readonly sites: number;
  readonly waiting: readonly Waiting[];
}

export const KINDS = ["people", "trainings", "customers", "sites"] as const;
export type Kind = (typeof KINDS)[number];

/** `line` 0: the whole table; `column`: as the table itself calls it. */
export interface Problem { readonly line: number; readonly column: string; readonly why: string }
export interface Imported {
  readonly rows: number;
  readonly added: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly ignored: readonly string[];
  readonly problems: readonly Problem[];
  readonly applied: boolean;
  /** Of exactly what it would change. */
  readonly version: string;
}

export interface Admitted {
  readonly id: string;
  readonly name: string;
  readonly organisation: string;
  readonly role: string;
  readonly sites: readonly string[];
  readonly trainings: readonly Training[];
  readonly keys: readonly string[];
  readonly expires_utc_ms: number;
}

export interface OfficerSession { readonly session: SessionSummary; readonly events: readonly SessionEventRow[] }

export interface Stored {
  readonly device: Device;
  readonly registrant: string;
  readonly registrant_email: string;
  readonly sessions: number;
  readonly events: number;
  readonly notices: number;
  readonly online_spans: number;
  readonly first_seen_utc_ms: number | null;
  readonly last_seen_utc_ms: number | null;
}
