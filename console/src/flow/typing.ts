/** What may be typed on the PC: the text with plain line ends, or why not. */
import { MAX_TEXT } from "../wire/input";

export type TextProblem = "empty" | "too_long" | "bad_text";
export interface Typable { readonly text: string; readonly characters: number; readonly problem: TextProblem | null }

/** Control characters but tab and line feed, halves of characters, and code points without one: no key means them. */
const UNTYPABLE = /[^\P{C}\p{Cf}\n\t]/u;

export function typable(pasted: string): Typable {
  const text = pasted.replace(/\r\n?|[\u2028\u2029]/g, "\n");
  const characters = Array.from(text).length;
  const problem = characters === 0 ? "empty" : characters > MAX_TEXT ? "too_long" : UNTYPABLE.test(text) ? "bad_text" : null;
  return { text, characters, problem };
}
