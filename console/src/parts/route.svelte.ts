/** Where the person is: the path, and which one of a list, kept in the browser's own history. */

/** In the history's entry, not in the address: whom or what a form is about goes into no log and onto no screen. */
const aboutOf = (state: unknown): string | null =>
  typeof state === "object" && state !== null && "about" in state && typeof state.about === "string" ? state.about : null;

let path = $state(location.pathname);
let subject = $state(aboutOf(history.state));

addEventListener("popstate", (event) => {
  path = location.pathname;
  subject = aboutOf(event.state);
});

export const here = (): string => path;
/** The id that the page was opened for, if for one; it survives a reload and the way back. */
export const about = (): string | null => subject;

export function go(to: string, how: "push" | "replace" = "push", on: string | null = null): void {
  if (to === path && on === subject) return;
  const state = on === null ? null : { about: on };
  if (how === "push") history.pushState(state, "", to);
  else history.replaceState(state, "", to);
  path = to;
  subject = on;
  document.getElementById("main")?.scrollTo(0, 0);
}

/** For links: the browser's own ways (new tab, middle button) stay. */
export function follow(event: MouseEvent): void {
  const link = (event.target as Element | null)?.closest?.("a[href]");
  if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const url = new URL((link as HTMLAnchorElement).href);
  if (url.origin !== location.origin || url.pathname.startsWith("/api/") || link.hasAttribute("download") || (link as HTMLAnchorElement).target) return;
  event.preventDefault();
  go(url.pathname, "push", (link as HTMLAnchorElement).dataset["about"] ?? null);
}
