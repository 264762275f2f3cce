/** Strings as they may travel: bounded, and free of characters that could dress up a name or a sentence. */
import { text } from "./schema";

// C0 and C1 controls, line and paragraph separators, bidirectional overrides and isolates, zero-width characters.
const BAD = "\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb";
// Letters, marks and tags that show nothing, and a mark of direction (Unicode, UAX #44): they may travel and are not shown.
const UNSHOWN = "\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180e\\u3164\\uffa0\\u{e0000}-\\u{e0fff}";
const GOOD_LINE = new RegExp(`^[^${BAD}\\u{d800}-\\u{dfff}]*$`, "u");

export const Word = text(1, 64, /^[A-Za-z0-9][A-Za-z0-9._:@/+-]*$/);
export const Name = text(1, 80, GOOD_LINE);
export const Line = text(0, 200, GOOD_LINE);
export const Paragraph = text(0, 1000, GOOD_LINE);

const STRIP = new RegExp(`[${BAD}${UNSHOWN}\\u{d800}-\\u{dfff}]+`, "gu");

/** Return `given` with what may not travel turned into single spaces, cut to `most` characters. */
export function clean(given: string, most: number): string {
  const parts = given.replace(STRIP, " ").split(/\s+/u).filter(Boolean);
  return Array.from(parts.join(" ")).slice(0, most).join("").trimEnd();
}
