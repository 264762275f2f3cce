/** What the server says of the fleet, and the calls that ask for it. Names, subjects and sentences are the PCs': foreign text. */
import { call } from "./http";

export const SEVERITIES = ["critical", "serious", "warning", "info"] as const;
export type Severity = (typeof SEVERITIES)[number];
export type Counts = Readonly<Record<Severity, number>>;
export const STATES = ["shown", "active", "unacknowledged", "shelved"] as const;

export interface FleetPc { readonly id: string; readonly name: string; readonly site: string; readonly site_name: string; readonly models: readonly string[]; readonly software: string; readonly online: boolean }
export interface PlaceCount { readonly id: string; readonly name: string; readonly pcs: number; readonly online: number; readonly troubled: number; readonly counts: Counts }
export interface Fleet { readonly pcs: number; readonly online: number; readonly troubled: number; readonly counts: Counts; readonly sites: readonly PlaceCount[]; readonly models: readonly PlaceCount[] }
export interface Condition {
  readonly id: number;
  readonly pc: FleetPc;
  readonly source: string;
  readonly subject: string;
  readonly code: string;
  readonly severity: Severity;
  readonly texts: Readonly<Record<string, string>>;
  readonly is_active: boolean;
  readonly is_latched: boolean;
  readonly is_acknowledged: boolean;
  readonly acknowledged_by: string | null;
  readonly shelved_until_utc_ms: number | null;
  readonly shelved_by: string | null;
  readonly shelved_why: string | null;
  readonly is_flapping: boolean;
  readonly count: number;
  readonly since_utc_ms: number;
  readonly raised_utc_ms: number;
}
export interface Change {
  readonly id: number;
  readonly kind: string;
  readonly at_utc_ms: number;
  readonly kept_utc_ms: number;
  readonly source: string | null;
  readonly subject: string | null;
  readonly code: string | null;
  readonly severity: Severity | null;
  readonly texts: Readonly<Record<string, string>>;
  readonly by: string | null;
  readonly why: string | null;
  readonly until_utc_ms: number | null;
  readonly count: number | null;
}
export interface Wanted { readonly state: string; readonly severity: string; readonly site: string; readonly model: string; readonly words: string }

export const fleet = () => call<Fleet>("GET", "/api/fleet");

export function conditions(wanted: Wanted, skip: number, limit: number) {
  const query = new URLSearchParams({ skip: String(skip), limit: String(limit) });
  for (const [name, value] of Object.entries(wanted)) if (value) query.set(name, value);
  return call<{ conditions: Condition[]; total: number }>("GET", `/api/fleet/conditions?${query}`);
}

export function timeline(id: string, before: number | null) {
  const query = before === null ? "" : `?before=${before}`;
  return call<{ pc: FleetPc; conditions: Condition[]; changes: Change[]; more: boolean }>("GET", `/api/fleet/devices/${encodeURIComponent(id)}${query}`);
}
