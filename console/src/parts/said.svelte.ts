/** What has just been done, said on the page that follows, until one leaves it. */
import { here } from "./route.svelte";

let said = $state.raw<{ readonly text: string; readonly path: string } | null>(null);

export const lastSaid = (): string => (said && said.path === here() ? said.text : "");

/** Say it on the page that is here now: go there first. */
export function say(text: string): void {
  said = { text, path: here() };
}

export function forget(): void {
  said = null;
}
