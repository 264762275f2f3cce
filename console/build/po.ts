/** Turns a gettext catalogue into a module: symbolic id to text. Empty and fuzzy texts end the build. */
import { readFileSync } from "node:fs";
import { po } from "gettext-parser";
import type { Plugin } from "vite";

export function readCatalogue(path: string): Record<string, string> {
  const parsed = po.parse(readFileSync(path));
  const texts: Record<string, string> = {};
  for (const [id, entry] of Object.entries(parsed.translations[""] ?? {})) {
    if (id === "") continue;
    const text = entry.msgstr[0];
    if (!text || entry.comments?.flag?.includes("fuzzy")) throw new Error(`${path}: '${id}' has no settled text`);
    texts[id] = text;
  }
  return texts;
}

export function poCatalogues(): Plugin {
  return {
    name: "po-catalogues",
    load(id) {
      if (!id.endsWith(".po")) return null;
      this.addWatchFile(id);
      return { code: `export default ${JSON.stringify(readCatalogue(id))};`, moduleType: "js", map: null };
    },
  };
}
