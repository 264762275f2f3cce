/** Files that the browser makes by itself, for the person to keep. */

/** How long the address of a file is good: a slow disk's dialog opens well within it. */
const KEPT_MS = 60_000;

export function saveFile(name: string, content: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  // Outside the page's own links: the browser takes it, not the router.
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
}
