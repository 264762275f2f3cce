/** How a session's end and an event's kind are said; words of a newer server stay readable. */
import { has, t } from "../parts/text.svelte";

export function outcomeText(outcome: string | null, state: string): string {
  if (!outcome) return has(`state.${state}`) ? t(`state.${state}`) : t("state.running");
  // "You ended it" is true for the person in the session only.
  if (outcome === "left") return t("history.left");
  return has(`end.${outcome}`) ? t(`end.${outcome}`) : outcome.slice(0, 60);
}

export const eventText = (kind: string): string => (has(`event.${kind}`) ? t(`event.${kind}`) : kind.slice(0, 60));
