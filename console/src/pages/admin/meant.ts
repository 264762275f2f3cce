/** Which PCs an advisory is for or an alert comes from. `*` in a choice: all of them. */
import type { Device, Site } from "../../api/admin_model";
import { MAX_MODELS, MAX_SITES, type Advisory, type Answer } from "../../api/advisories";

const ALL = "*";

/** What one chooses from. */
export interface Places { readonly sites: readonly Site[]; readonly models: readonly { id: string; name: string }[]; readonly devices: readonly Device[] }

/** As the server has it: nothing chosen there is all of them. */
export const given = (chosen: readonly string[]): string[] => (chosen.includes(ALL) ? [] : [...chosen]);
export const chosen = (kept: readonly string[]): string[] => (kept.length ? [...kept] : [ALL]);

/** Why a choice cannot be sent; "" when it can. */
export function placesFault(sites: readonly string[], models: readonly string[]): "" | "nowhere" | "too_many_sites" | "too_many_models" {
  if (sites.length === 0 || models.length === 0) return "nowhere";
  return given(sites).length > MAX_SITES ? "too_many_sites" : given(models).length > MAX_MODELS ? "too_many_models" : "";
}

/** The PCs at the chosen sites with one of the chosen models, as the server counts them. */
export const meant = (devices: readonly Device[], sites: readonly string[], models: readonly string[]): Device[] =>
  devices.filter((one) => one.revoked_utc_ms === null && (sites.includes(ALL) || sites.includes(one.site))
    && (models.includes(ALL) || one.instruments.some(({ model }) => models.includes(model))));

export const ADVISORY_STATES = ["holds", "over", "withdrawn"] as const;
export type AdvisoryState = (typeof ADVISORY_STATES)[number];
export const advisoryState = (one: Advisory, nowUtcMs: number): AdvisoryState =>
  one.withdrawn_utc_ms !== null ? "withdrawn" : one.until_utc_ms > nowUtcMs ? "holds" : "over";

export const ANSWER_STATES = ["acknowledged", "reached", "waits"] as const;
export type AnswerState = (typeof ANSWER_STATES)[number];
export const answerState = (one: Answer): AnswerState => (one.acknowledged_utc_ms !== null ? "acknowledged" : one.reached_utc_ms !== null ? "reached" : "waits");
