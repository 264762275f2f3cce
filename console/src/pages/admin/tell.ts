/** What an error says to an administrator. */
import { RefusedError } from "../../errors";
import { sentence } from "../../parts/sentence";
import { has, t } from "../../parts/text.svelte";

/** Words that mean something else here than to an engineer have a sentence of their own. */
export function tell(error: unknown): string {
  const id = error instanceof RefusedError ? `admin.refused.${error.reason}` : "";
  return has(id) ? t(id) : sentence(error);
}
