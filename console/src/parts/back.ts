/** Why the way over the provider led back without a sign-in. */
import { has, t } from "./text.svelte";

/** The sentence for it, once, and not again after a reload; empty when there is none. */
export function takeWhyBack(): string {
  const why = new URLSearchParams(location.search).get("sign-in");
  if (why === null) return "";
  history.replaceState(null, "", location.pathname);
  return has(`sign_in.back.${why}`) ? t(`sign_in.back.${why}`) : t("sign_in.back.refused");
}
