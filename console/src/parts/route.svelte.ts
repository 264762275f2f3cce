/** Where the person is: the path alone, kept in the browser's own history. */

let path = $state(location.pathname);

addEventListener("popstate", () => {
  path = location.pathname;
});

export const here = (): string => path;

export function go(to: string, how: "push" | "replace" = "push"): void {
  if (to === path) return;
  if (how === "push") history.pushState(null, "", to);
  else history.replaceState(null, "", to);
  path = to;
  document.getElementById("main")?.scrollTo(0, 0);
}

/** For links: the browser's own ways (new tab, middle button) stay. */
export function follow(event: MouseEvent): void {
  const link = (event.target as Element | null)?.closest?.("a[href]");
  if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const url = new URL((link as HTMLAnchorElement).href);
  if (url.origin !== location.origin || url.pathname.startsWith("/api/") || link.hasAttribute("download") || (link as HTMLAnchorElement).target) return;
  event.preventDefault();
  go(url.pathname);
}
