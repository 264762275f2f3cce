/** Texts for people, in the language they chose: symbolic ids in the code, catalogues beside it. */
import en from "../locale/en.po";
import es from "../locale/es.po";

export const LANGUAGES = ["en", "es"] as const;
export type Language = (typeof LANGUAGES)[number];
const CATALOGUES: Record<Language, Readonly<Record<string, string>>> = { en, es };
const KEPT = "benchside.language";

const isLanguage = (word: string | null | undefined): word is Language => LANGUAGES.some((each) => each === word);

function first(): Language {
  const kept = localStorage.getItem(KEPT);
  if (isLanguage(kept)) return kept;
  return navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase()).find(isLanguage) ?? "en";
}

let current = $state<Language>(first());
document.documentElement.lang = current;

export const language = (): Language => current;

export function choose(next: Language): void {
  current = next;
  localStorage.setItem(KEPT, next);
  document.documentElement.lang = next;
}

/** The text of `id` with `{name}` filled in; the id itself when there is none, so that nothing breaks. */
export const t = (id: string, values: Readonly<Record<string, string | number>> = {}): string => textIn(current, id, values);

/** The same in a language that may be another than the person's. */
export function textIn(wanted: Language, id: string, values: Readonly<Record<string, string | number>> = {}): string {
  const text = CATALOGUES[wanted][id] ?? CATALOGUES.en[id] ?? id;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}

export const has = (id: string): boolean => id in CATALOGUES.en;

/** `id.one` or `id.other` by the language's own rule. */
export function count(id: string, n: number): string {
  const form = new Intl.PluralRules(current).select(n) === "one" ? "one" : "other";
  return t(`${id}.${form}`, { n: number(n) });
}

/** How this browser's person writes dates and numbers, as far as it is the chosen language; day before month otherwise. */
const form = (): string => navigator.languages.find((tag) => tag.slice(0, 2).toLowerCase() === current) ?? { en: "en-GB", es: "es" }[current];

export const number = (n: number): string => new Intl.NumberFormat(form()).format(n);
export const moment = (utcMs: number): string => new Intl.DateTimeFormat(form(), { dateStyle: "medium", timeStyle: "short" }).format(utcMs);
export const momentExact = (utcMs: number): string => new Intl.DateTimeFormat(form(), { dateStyle: "short", timeStyle: "medium" }).format(utcMs);
export const day = (utcMs: number): string => new Intl.DateTimeFormat(form(), { dateStyle: "long" }).format(utcMs);
/** The last day before an end that was stored as a midnight in UTC. */
export const lastDayText = (endUtcMs: number): string => new Intl.DateTimeFormat(form(), { dateStyle: "medium", timeZone: "UTC" }).format(endUtcMs - 1);
/** Names of the days of the week, Monday first: short as in a timetable. */
export const weekday = (day: number, how: "short" | "long"): string => new Intl.DateTimeFormat(form(), { weekday: how, timeZone: "UTC" }).format(Date.UTC(2024, 0, 1 + day));
export const sorted = (one: string, other: string): number => one.localeCompare(other, current, { sensitivity: "base", numeric: true });

/** *4 min 10 s*, *2 h 5 min*, *3 days*: the two largest units. */
export function span(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1000));
  const [days, h, min] = [Math.floor(s / 86_400), Math.floor(s / 3600), Math.floor(s / 60)];
  if (days >= 2) return count("span.days", days);
  if (h >= 1) return t("span.h_min", { h, min: min % 60 });
  if (min >= 1) return t("span.min_s", { min, s: s % 60 });
  return t("span.s", { s });
}
