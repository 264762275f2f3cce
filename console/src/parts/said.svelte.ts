/** What has just been done, said on the page that follows, until one leaves it. */
import { here } from "./route.svelte";

interface Said { readonly text: () => string; readonly tone: "good" | "danger"; readonly path: string }
let said = $state.raw<Said | null>(null);

export const lastSaid = (): Said | null => (said && said.path === here() ? said : null);

/** Say it on the page that is here now: go there first. It is asked for its text again when the language changes. */
export function say(text: () => string, tone: Said["tone"] = "good"): void {
  said = { text, tone, path: here() };
}

export function forget(): void {
  said = null;
}
