/** Tables that can be imported: which columns each kind has, and the words for what is wrong with a line. */
import type { Kind, Problem } from "../../api/admin_model";

/** As large as the server takes. */
export const MAX_SHEET_BYTES = 2 * 1024 * 1024;

/** Columns, the needed ones first, and two lines as they may look. */
export const EXAMPLES: Record<Kind, { readonly needed: number; readonly rows: readonly (readonly string[])[] }> = {
  people: {
    needed: 3,
    rows: [
      ["account", "name", "organisation", "role", "groups", "until"],
      ["a.example", "Ana Example", "Vendor Iberia", "engineer", "north, south", "2027-12-31"],
      ["b.example", "Ben Example", "Vendor Iberia", "dispatcher", "north", ""],
    ],
  },
  trainings: {
    needed: 4,
    rows: [["account", "course", "law", "expires"], ["a.example", "PRIV-101", "gdpr", "2027-06-30"], ["a.example", "PRIV-220", "hipaa", "2027-03-31"]],
  },
  customers: {
    needed: 2,
    rows: [["customer", "name", "it_mail", "language"], ["hospital-1", "First Hospital", "it@hospital-1.example", "es"], ["hospital-2", "Second Hospital", "", "en"]],
  },
  sites: {
    needed: 4,
    rows: [["site", "name", "customer", "laws", "time_zone"], ["lab-1", "Haematology", "hospital-1", "gdpr", "Europe/Madrid"], ["lab-2", "Emergency laboratory", "hospital-1", "gdpr", "Europe/Madrid"]],
  },
};

const cell = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** The example as a file; with a mark, so that Excel reads it as UTF-8. */
export const exampleCsv = (kind: Kind): string => `\ufeff${EXAMPLES[kind].rows.map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;

/** Every word that the server has for a problem (server/administration/sheet.py and imports.py), beside `empty_cell`. */
export const WHYS = [
  "too_large", "not_text", "empty", "not_a_table", "missing_column", "twice", "repeated", "too_many_rows", "too_long", "unclear_date", "bad_date",
  "unknown_person", "unknown_role", "unknown_group", "unknown_customer", "bad_value", "slash", "bad_time_zone", "refused",
] as const;

/** `empty` is the whole file, or one cell of it. */
export const whyOf = ({ why, line }: Problem): string => (why === "empty" && line > 0 ? "empty_cell" : why);
