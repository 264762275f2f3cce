/** Where an advisory goes or an alert comes from, in a few words. */
import type { Site } from "../../api/admin_model";
import { MAX_MODELS, MAX_SITES } from "../../api/advisories";
import { count, number, t } from "../../parts/text.svelte";
import { clean } from "../../wire/text";
import { placesFault } from "./meant";

const MAX_NAMED = 3;

/** Sites and models as they are kept, in a few words. */
export function whereText(sites: readonly string[], models: readonly string[], known: readonly Site[]): string {
  const names = new Map(known.map(({ id, name }) => [id, name]));
  const few = (what: "sites" | "models", kept: readonly string[]): string =>
    kept.length === 0 ? t(`admin.where.all_${what}`) : kept.length > MAX_NAMED ? count(`admin.where.n_${what}`, kept.length)
      : kept.map((one) => clean(names.get(one) ?? one, 60)).join(", ");
  return `${few("sites", sites)} · ${few("models", models)}`;
}

/** What is wrong with what was chosen of them; "" when it can be sent. */
export function whereWrong(sites: readonly string[], models: readonly string[]): string {
  switch (placesFault(sites, models)) {
    case "nowhere": return t("admin.where.nowhere");
    case "too_many_sites": return t("admin.where.too_many_sites", { n: number(MAX_SITES) });
    case "too_many_models": return t("admin.where.too_many_models", { n: number(MAX_MODELS) });
    case "": return "";
  }
}
