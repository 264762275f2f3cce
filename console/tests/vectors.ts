/** Reads the example bytes that the Python and the console tests share. Run from console/, as npm does. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

export const vectors = <T>(name: string): T => JSON.parse(readFileSync(join(process.cwd(), "../vectors", `${name}.json`), "utf8")) as T;
