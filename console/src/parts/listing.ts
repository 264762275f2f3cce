/** Looking through long lists: which rows a search finds, and which of them are on a page. */

/** As many rows as one looks through without losing one's place; also keeps two thousand people quick to draw. */
export const PAGE_ROWS = 50;

/** From so many rows on one would rather type than look. */
export const SEARCH_FROM = 12;

/** Without accents and case, so that "perez" finds "Pérez". */
export const plain = (text: string): string => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** The rows in whose texts every word of `search` is found. */
export function found<T>(rows: readonly T[], search: string, texts: (row: T) => readonly (string | null)[]): readonly T[] {
  const words = plain(search).split(/\s+/).filter(Boolean);
  if (words.length === 0) return rows;
  return rows.filter((row) => {
    const all = plain(texts(row).join("\n"));
    return words.every((word) => all.includes(word));
  });
}

/** Page `page` (from 0) of `rows`, `size` of them; the last one when there are fewer. */
export function pageOf<T>(rows: readonly T[], page: number, size = PAGE_ROWS): { readonly rows: readonly T[]; readonly page: number; readonly pages: number } {
  const pages = Math.max(1, Math.ceil(rows.length / size));
  const at = Math.min(Math.max(0, page), pages - 1);
  return { rows: rows.slice(at * size, (at + 1) * size), page: at, pages };
}
