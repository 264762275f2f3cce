/**
 * Takes the WebAssembly out of the zstddec package and makes it a file of its own.
 *
 * The package loads it from a data: address, which our Content-Security-Policy forbids (connect-src), and copies each
 * result twice; viewer/zstd.ts calls the module directly instead. Its version is pinned and the check below fails
 * the build if the package changes its form.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Plugin } from "vite";

const ID = "virtual:zstd-wasm";

export function zstdWasm(): Uint8Array {
  const source = readFileSync(createRequire(import.meta.url).resolve("zstddec"), "utf8");
  const found = /["'`](AGFzbQ[A-Za-z0-9+/=]+)["'`]/.exec(source)?.[1];
  if (!found) throw new Error("zstddec no longer holds its WebAssembly as base64 text");
  const wasm = Buffer.from(found, "base64");
  if (!WebAssembly.validate(wasm)) throw new Error("zstddec holds no valid WebAssembly");
  return wasm;
}

export function zstdAsset(): Plugin {
  return {
    name: "zstd-asset",
    resolveId: (id) => (id === ID ? `\0${ID}` : null),
    load(id) {
      if (id !== `\0${ID}`) return null;
      const reference = this.emitFile({ type: "asset", name: "zstd.wasm", source: zstdWasm() });
      return `export default import.meta.ROLLUP_FILE_URL_${reference};`;
    },
  };
}
