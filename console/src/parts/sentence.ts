/** What an error says to the person: what happened, and what to do. */
import { RefusedError, UnavailableError } from "../errors";
import { account } from "./account.svelte";
import { has, span, t } from "./text.svelte";

/** The sentence for a reason word, with the time to wait where waiting helps. */
export function refusal(reason: string, waitS: number | null = null): string {
  const id = `refusal.${reason}`;
  const text = has(id) ? t(id) : t("problem.refused", { reason: reason.slice(0, 40) });
  return waitS ? `${text} ${t("refusal.try_in", { time: span(waitS * 1000) })}` : text;
}

/** The sentence for whatever a call threw. A sign-in that ended leads to the sign-in page by itself. */
export function sentence(error: unknown): string {
  if (error instanceof RefusedError) {
    if (error.status === 401 && error.reason === "sign_in") account.lost(true);
    if (error.reason === "change_password" || error.reason === "second_factor" || error.reason === "new_location") void account.load();
    return refusal(error.reason, error.waitS);
  }
  if (error instanceof UnavailableError) return t("problem.unavailable");
  return t("problem.browser");
}
