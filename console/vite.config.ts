import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";
import { poCatalogues } from "./build/po.ts";
import { zstdAsset } from "./build/zstd.ts";

export default defineConfig({
  plugins: [
    svelte(),
    poCatalogues(),
    zstdAsset(),
  ],
  build: {
    outDir: "../src/benchside/transport/web/pages",
    emptyOutDir: true,
    target: "es2023",
    // Nothing may become a data: address: the Content-Security-Policy has none for scripts, styles or fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  test: {
    include: ["tests/**/*.test.ts"],
    environment: "node",
    reporters: ["default", "./tests/plain_reporter.ts"],
  },
});
