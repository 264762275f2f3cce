/** Short names as they may be entered: what the server's own rules are, said before it has to refuse. */

/** An account, a group's, customer's or site's short name; one with a slash cannot be reached by its address. */
export const WORD = "[A-Za-z0-9][A-Za-z0-9._:@+\\-]{0,63}";
/** A privacy law. */
export const LAW = "[a-z0-9][a-z0-9\\-]{0,31}";
export const COURSE = "[A-Za-z0-9][A-Za-z0-9._:@\\/+\\-]{0,63}";
/** Several laws, with commas between. */
export const LAWS = `\\s*(${LAW}\\s*(,\\s*${LAW}\\s*){0,7})?`;

/** Whole minutes, from 0 to a week. */
export const MINUTES_OF_A_WEEK = "0|[1-9][0-9]{0,3}|100[0-7][0-9]|10080";

/** Each word once. */
export const split = (text: string): string[] => [...new Set(text.split(/[\s,;]+/).filter(Boolean))];
