/** For tables: each cell knows its column's name, which narrow windows show beside it (parts/look.css). */
export function stacked(table: HTMLTableElement): () => void {
  const label = (): void => {
    const names = [...table.tHead?.rows[0]?.cells ?? []].map((head) => head.textContent.trim());
    for (const { cells } of [...table.tBodies].flatMap((body) => [...body.rows])) {
      for (const cell of cells) if (cell.colSpan === 1) cell.dataset["label"] = names[cell.cellIndex] ?? "";
    }
  };
  label();
  table.dataset["stacked"] = "";
  // Rows come and go with search and pages, and the names change with the language.
  const watcher = new MutationObserver(label);
  watcher.observe(table, { childList: true, characterData: true, subtree: true });
  return () => watcher.disconnect();
}
