/** Where an advisory goes or an alert comes from, in a few words. */
import type { Site } from "../../api/admin_model";
import { count, t } from "../../parts/text.svelte";
import { clean } from "../../wire/text";

const MAX_NAMED = 3;

/** Sites and models as they are kept, in a few words. */
export function whereText(sites: readonly string[], models: readonly string[], known: readonly Site[]): string {
  const names = new Map(known.map(({ id, name }) => [id, name]));
  const few = (what: "sites" | "models", kept: readonly string[]): string =>
    kept.length === 0 ? t(`admin.where.all_${what}`) : kept.length > MAX_NAMED ? count(`admin.where.n_${what}`, kept.length)
      : kept.map((one) => clean(names.get(one) ?? one, 60)).join(", ");
  return `${few("sites", sites)} · ${few("models", models)}`;
}
