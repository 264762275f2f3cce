/** The vendor's word to the people at some PCs, and the calls with which administrators write and withdraw it. */
import type { FleetPc, Severity } from "./fleet";
import { call } from "./http";

/** Each sentence: what may travel to a PC. */
export const MAX_SENTENCE = 300;
/** A choice of more is no choice. */
export const MAX_SITES = 500;
export const MAX_MODELS = 200;
export const MAX_DAYS = 366;

/** No sites or no models: all of them. */
export interface AdvisoryGiven {
  readonly severity: Severity;
  readonly text_en: string;
  readonly text_es: string;
  readonly advice_en: string;
  readonly advice_es: string;
  readonly sites: readonly string[];
  readonly models: readonly string[];
  readonly until_utc_ms: number;
}
export interface Advisory extends AdvisoryGiven {
  readonly id: string;
  readonly made_utc_ms: number;
  readonly made_by: string;
  readonly withdrawn_utc_ms: number | null;
  /** PCs: for how many it is, where it has arrived, and where somebody has acknowledged it. */
  readonly meant: number;
  readonly reached: number;
  readonly acknowledged: number;
}
export interface Answer { readonly pc: FleetPc; readonly reached_utc_ms: number | null; readonly acknowledged_utc_ms: number | null; readonly by: string | null }

const at = (id: string): string => `/api/admin/advisories/${encodeURIComponent(id)}`;

export const advisories = async () => (await call<{ advisories: Advisory[] }>("GET", "/api/admin/advisories")).advisories;
export const advisory = (id: string) => call<Advisory & { answers: Answer[] }>("GET", at(id));
export const makeAdvisory = (given: AdvisoryGiven) => call<{ id: string }>("POST", "/api/admin/advisories", given);
export const withdrawAdvisory = (id: string) => call<null>("DELETE", at(id));
