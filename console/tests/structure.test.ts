/** Rules of structure: who may import whom, and that the machines know neither page nor clock. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const source = join(process.cwd(), "src");
const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((name) => /\.(ts|svelte)$/.test(name));
const read = (name: string): string => readFileSync(join(source, name), "utf8");
const MAY: Record<string, readonly string[]> = {
  wire: [], trust: ["wire"], flow: ["trust", "wire"], line: ["flow", "trust", "wire"], api: ["line", "flow", "trust", "wire"],
};

describe("structure", () => {
  it.each(Object.entries(MAY))("%s imports only what lies below it", (room, below) => {
    for (const name of files.filter((file) => file.startsWith(`${room}/`))) {
      for (const [, path] of read(name).matchAll(/from "\.\.\/(\w+)\//g)) expect([name, [room, ...below].includes(path ?? "")]).toEqual([name, true]);
    }
  });
  it("keeps clock, chance, page and network out of wire, trust and flow", () => {
    for (const name of files.filter((file) => /^(wire|trust|flow)\//.test(file))) {
      expect([name, /\b(Date\.|performance\.|Math\.random|setTimeout|document\.\w|window\.\w|fetch\(|WebSocket|localStorage|indexedDB)/.exec(read(name))]).toEqual([name, null]);
    }
  });
  it("never parses markup", () => {
    for (const name of files) expect([name, /\{@html|innerHTML|outerHTML|insertAdjacentHTML|DOMParser|srcdoc/.test(read(name))]).toEqual([name, false]);
  });
  it("keeps each file at a size that can be read at once", () => {
    for (const name of files) expect([name, read(name).split("\n").length <= 401]).toEqual([name, true]);
  });
});
