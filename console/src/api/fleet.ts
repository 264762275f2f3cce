/** What the server says of the fleet, and the calls that ask for it. Names, subjects and sentences are the PCs': foreign text. */
import { call } from "./http";

export const SEVERITIES = ["critical", "serious", "warning", "info"] as const;
export type Severity = (typeof SEVERITIES)[number];
export type Counts = Readonly<Record<Severity, number>>;
export const STATES = ["shown", "active", "unacknowledged", "shelved", "unshown"] as const;

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
  readonly is_suppressed: boolean;
  readonly is_out_of_service: boolean;
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
/** Of `total` in all. */
export interface ConditionPage { readonly conditions: Condition[]; readonly total: number }
/** `state`: one of STATES, or "all" that is kept. */
export interface Wanted { readonly state: string; readonly severity: string; readonly site: string; readonly model: string; readonly words: string; readonly device?: string }

/** What one person may follow of the fleet, and where its pages are. */
export interface FleetSource {
  /** The page with all of it; a PC's is below `pcAt`. */
  readonly at: string;
  readonly pcAt: string;
  /** What is said of how fresh it is. */
  readonly fresh: string;
  readonly stale: string;
  conditions(wanted: Wanted, skip: number, limit: number): Promise<ConditionPage>;
  timeline(id: string, before: number | null): Promise<{ pc: FleetPc; conditions: Condition[]; changes: Change[]; more: boolean }>;
  /** Tell what changes until the function that is returned is called. */
  follow(ears: FleetEars): () => void;
}

export interface FleetEars {
  counts(fleet: Fleet): void;
  changed(condition: Condition): void;
  gone(id: number): void;
  /** Everything may be otherwise: ask again. */
  again(): void;
  live(isLive: boolean): void;
}

/** The calls below `api`: those of associates and those of security officers answer the same. */
export const fleetCalls = (api: string) => ({
  fleet: () => call<Fleet>("GET", api),
  conditions(wanted: Wanted, skip: number, limit: number) {
    const query = new URLSearchParams({ skip: String(skip), limit: String(limit) });
    for (const [name, value] of Object.entries(wanted)) if (value) query.set(name, String(value));
    return call<ConditionPage>("GET", `${api}/conditions?${query}`);
  },
  timeline(id: string, before: number | null) {
    const query = before === null ? "" : `?before=${before}`;
    return call<{ pc: FleetPc; conditions: Condition[]; changes: Change[]; more: boolean }>("GET", `${api}/devices/${encodeURIComponent(id)}${query}`);
  },
});
