/**
 * The one-time code as it is typed: its normal form, and the check character that finds a slip before it costs a guess.
 *
 * Crockford's base32; the check character is the 60-bit number modulo 37 (docs/protocol/handshake.md, "The code").
 */

export const CODE_CHARACTERS = 12;
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CHECK = `${ALPHABET}*~$=U`;

/** What is wrong with what was typed so far; `short` is no error while somebody still types. */
export type Slip = "short" | "long" | "character" | "check";
export type ReadCode = { readonly normal: Uint8Array<ArrayBuffer> } | { readonly slip: Slip };

/** Upper case; I and L are 1, O is 0; blanks, hyphens, dots and underscores vanish. */
export const normalForm = (typed: string): string =>
  typed.toUpperCase().replace(/[ \-._\t\u00a0]/g, "").replace(/[IL]/g, "1").replace(/O/g, "0");

/** Read a code that a person typed. */
export function readCode(typed: string): ReadCode {
  const plain = normalForm(typed);
  let number = 0n;
  for (const character of plain.slice(0, CODE_CHARACTERS)) {
    const value = ALPHABET.indexOf(character);
    if (value < 0) return { slip: "character" };
    number = (number << 5n) | BigInt(value);
  }
  if (plain.length <= CODE_CHARACTERS) return { slip: "short" };
  if (plain.length > CODE_CHARACTERS + 1) return { slip: "long" };
  const last = plain.slice(CODE_CHARACTERS);
  if (!CHECK.includes(last)) return { slip: "character" };
  if (last !== CHECK[Number(number % 37n)]) return { slip: "check" };
  return { normal: new TextEncoder().encode(plain.slice(0, CODE_CHARACTERS)) };
}

/** Four characters, a blank, four, a blank, five: as the desk shows it. */
export function groupCode(typed: string): string {
  const plain = normalForm(typed).slice(0, CODE_CHARACTERS + 1);
  return [plain.slice(0, 4), plain.slice(4, 8), plain.slice(8)].filter(Boolean).join(" ");
}
