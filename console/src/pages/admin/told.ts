/** What is stored about somebody or something, field by field, as a person reads it. */
import type { Customer, Group, Person, Site } from "../../api/admin_model";
import type { AlertChannel } from "../../api/alerts";
import { lastDayText, t } from "../../parts/text.svelte";
import { hoursText } from "./hours_text";

export interface Told { readonly label: string; readonly text: string }

const yes = (is: boolean): string => t(is ? "admin.meanwhile.yes" : "admin.meanwhile.no");
const list = (texts: readonly string[]): string => texts.join(", ") || t("admin.meanwhile.nothing");
/** The last day before an end. */
const last = (endUtcMs: number | null): string => (endUtcMs === null ? t("admin.meanwhile.nothing") : lastDayText(endUtcMs));
const where = (chosen: readonly string[], what: "customers" | "sites" | "models"): string =>
  chosen.includes("*") ? t(`admin.groups.all_${what}`) : list(chosen);

export const toldPerson = (one: Person): Told[] => [
  { label: t("admin.name"), text: one.name },
  { label: t("admin.person.organisation"), text: one.organisation },
  { label: t("admin.people.role"), text: t(`admin.role.${one.role ?? "none"}`) },
  { label: t("admin.role.administrator"), text: yes(one.is_administrator) },
  { label: t("admin.person.officer"), text: one.officer_of ?? t("admin.meanwhile.nothing") },
  { label: t("admin.page.groups"), text: list(one.groups) },
  { label: t("admin.person.trainings"), text: list(one.trainings.map(({ course, law, expires_utc_ms: end }) => `${course} (${law}, ${last(end)})`)) },
  { label: t("admin.person.until"), text: last(one.until_utc_ms) },
  { label: t("admin.person.active"), text: yes(one.is_active) },
];

export const toldGroup = (one: Group): Told[] => [
  { label: t("admin.name"), text: one.name },
  { label: t("admin.groups.customers"), text: where(one.customers, "customers") },
  { label: t("admin.groups.sites"), text: where(one.sites, "sites") },
  { label: t("admin.groups.models"), text: where(one.models, "models") },
];

export const toldCustomer = (one: Customer): Told[] => [
  { label: t("admin.name"), text: one.name },
  { label: t("admin.customer.it_mail"), text: one.it_mail || t("admin.meanwhile.nothing") },
  { label: t("admin.customer.language"), text: t(`admin.mail_language.${one.mail_language}`) },
];

export const toldSite = (one: Site): Told[] => [
  { label: t("admin.name"), text: one.name },
  { label: t("admin.site.customer"), text: one.customer ?? t("admin.meanwhile.nothing") },
  { label: t("admin.site.laws"), text: list(one.laws) },
  { label: t("admin.site.time_zone"), text: one.time_zone },
  { label: t("hours.title"), text: one.hours.length ? list(hoursText(one.hours)) : t("hours.always") },
  { label: t("admin.site.named"), text: list(one.named) },
  { label: t("admin.site.second_eyes"), text: yes(one.second_eyes) },
  { label: t("admin.site.silent"), text: String(one.silent_after_min) },
];

export const toldAlert = (one: AlertChannel): Told[] => [
  { label: t("admin.name"), text: one.name },
  { label: t("admin.alerts.severity"), text: t(`severity.${one.severity}`) },
  { label: t("admin.where.sites"), text: one.sites.length ? list(one.sites) : t("admin.where.all_sites") },
  { label: t("admin.where.models"), text: one.models.length ? list(one.models) : t("admin.where.all_models") },
  { label: t("admin.alerts.language"), text: t(`language.long.${one.language}`) },
  { label: t("admin.alerts.repeat"), text: String(one.repeat_min) },
  { label: t("admin.alerts.on"), text: yes(one.is_on) },
  { label: t("admin.alerts.to"), text: one.scheme },
];

/** The fields of `now` that are not as they were in `before`, in the order in which they are told. */
export function differing(before: readonly Told[], now: readonly Told[]): Told[] {
  const was = new Map(before.map(({ label, text }) => [label, text]));
  return now.filter(({ label, text }) => was.get(label) !== text);
}
