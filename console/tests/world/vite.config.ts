import { defineConfig } from "vite";

/** Makes the world one file that Node runs. */
export default defineConfig({ build: { ssr: "tests/world/main.ts", outDir: "dist/world", target: "node20", rollupOptions: { output: { entryFileNames: "main.js" } } }, ssr: { noExternal: [/@noble/] } });
