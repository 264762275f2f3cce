/** What a person, a token or a PC is at the moment, in one word each. */
import type { Device, Person, Token } from "../../api/admin_model";
import { term, type Term } from "./dates";

export const PERSON_STATES = [
  "in_policy", "changes", "waits", "leaves", "inactive", "no_role", "no_group", "no_training", "no_key", "no_account", "no_engineer",
] as const;
export type PersonState = (typeof PERSON_STATES)[number];

/** `waiting`: ids of associates about whom the authority has something to sign. */
export function personState(person: Person, waiting: ReadonlySet<string>): PersonState {
  if (person.why_not === null) {
    if (!person.in_policy) return "waits";
    return waiting.has(person.id) ? "changes" : "in_policy";
  }
  // Whoever is out here stays in on the PCs until the authority has signed it.
  if (person.in_policy || waiting.has(person.id)) return "leaves";
  if (person.why_not === "no_role" && (person.is_administrator || person.officer_of !== null)) return "no_engineer";
  if (person.why_not === "no_key" && !person.has_account) return "no_account";
  return PERSON_STATES.find((state) => state === person.why_not) ?? "waits";
}

export function personTone(state: PersonState): "good" | "warn" | "" {
  if (state === "in_policy") return "good";
  return state === "no_engineer" || state === "inactive" ? "" : "warn";
}

/** The training that runs out first, where each law's longest counts; null when there is none. */
export function trainingEnd(person: Pick<Person, "trainings">, nowUtcMs: number): { readonly endUtcMs: number; readonly term: Term } | null {
  const ends = new Map<string, number>();
  for (const { law, expires_utc_ms: end } of person.trainings) ends.set(law, Math.max(end, ends.get(law) ?? 0));
  if (ends.size === 0) return null;
  const endUtcMs = Math.min(...ends.values());
  return { endUtcMs, term: term(endUtcMs, nowUtcMs) };
}

export type TokenState = "good" | "used" | "over";

export function tokenState(token: Token, nowUtcMs: number): TokenState {
  if (token.used_utc_ms !== null) return "used";
  return token.expires_utc_ms > nowUtcMs ? "good" : "over";
}

export const DEVICE_STATES = ["online", "offline", "held", "revoked"] as const;
export type DeviceState = (typeof DEVICE_STATES)[number];
/** Whether somebody has to decide which of several PCs is this one: of one that was revoked nobody has. */
export const isToDecide = (device: Device): boolean => device.hold !== null && device.revoked_utc_ms === null;

/**
 * One that is held is refused whenever it comes, so that it counts as held, whether it is there or not; not so one
 * that was let go on, beside which another came.
 */
export const deviceState = (device: Device): DeviceState =>
  device.revoked_utc_ms !== null ? "revoked" : device.hold !== null && device.hold.why !== "not_chosen" ? "held" : device.online ? "online" : "offline";
