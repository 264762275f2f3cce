/** Ends as they are stored, the midnight (UTC) after the last day, and as people say them: the last day that counts. */

const DAY_MS = 86_400_000;
/** How long before an end one is warned: time to book a course. */
export const WARN_DAYS = 30;

/** The last day before `endUtcMs`, as a date field has it. */
export const lastDay = (endUtcMs: number): string => new Date(endUtcMs - 1).toISOString().slice(0, 10);

/** The end for a last day from a date field; null when it is none. */
export function endOf(day: string): number | null {
  const start = /^\d{4}-\d\d-\d\d$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : NaN;
  return Number.isNaN(start) || lastDay(start + DAY_MS) !== day ? null : start + DAY_MS;
}

/** The same for an end that was there before: one in the middle of a day stays as it is while its day does. */
export const changedEnd = (before: number | null, day: string): number | null =>
  before !== null && lastDay(before) === day ? before : endOf(day);

export type Term = "good" | "soon" | "over";

export function term(endUtcMs: number, nowUtcMs: number): Term {
  if (endUtcMs <= nowUtcMs) return "over";
  return endUtcMs - nowUtcMs <= WARN_DAYS * DAY_MS ? "soon" : "good";
}

/** Whole days that are left, at least 0. */
export const daysLeft = (endUtcMs: number, nowUtcMs: number): number => Math.max(0, Math.ceil((endUtcMs - nowUtcMs) / DAY_MS));
