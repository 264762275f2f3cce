/** Reads the example bytes that the Python and the console tests share. */
import { readFileSync } from "node:fs";

export const vectors = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url), "utf8")) as T;
