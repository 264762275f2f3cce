/** A site's hours: as the server writes them (`mon,tue 08:00-17:00`), and as rows of a form. */

export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
/** As many as the server keeps of one site; a row over midnight is two. */
const MAX_SPANS = 21;

/** Days from 0, Monday; times as a time field has them, where midnight is 00:00 at both ends. */
export interface HourRow { days: number[]; from: string; to: string }

const FORM = /^([a-z]{3}(?:,[a-z]{3})*) (\d\d:\d\d)-(\d\d:\d\d)$/;

function readRow(text: string): HourRow | null {
  const [, days = "", from = "", to = ""] = FORM.exec(text) ?? [];
  const numbers = days.split(",").map((day) => DAYS.findIndex((each) => each === day));
  return from === "" || numbers.includes(-1) ? null : { days: numbers, from, to: to === "24:00" ? "00:00" : to };
}

const isNextMorning = (evening: HourRow, morning: HourRow): boolean =>
  evening.to === "00:00" && evening.from !== "00:00" && morning.from === "00:00" && morning.to !== "00:00" && morning.to <= evening.from
  && evening.days.map((day) => (day + 1) % 7).sort().join() === [...morning.days].sort().join();

/** Rows for what the server said; an evening and its next morning become one row again. */
export function readHours(texts: readonly string[]): HourRow[] {
  const rows: HourRow[] = [];
  for (const row of texts.map(readRow)) {
    if (!row) continue;
    const evening = rows.find((before) => isNextMorning(before, row));
    if (evening) evening.to = row.to;
    else rows.push(row);
  }
  return rows;
}

export type HourFault = "no_day" | "no_time" | "no_length";

/** What is wrong with a row, if anything is. */
export function faultOf(row: HourRow): HourFault | null {
  if (row.days.length === 0) return "no_day";
  if (!/^\d\d:\d\d$/.test(row.from) || !/^\d\d:\d\d$/.test(row.to)) return "no_time";
  return row.from === row.to && row.from !== "00:00" ? "no_length" : null;
}

const spansOf = (rows: readonly HourRow[]): number => rows.length + rows.filter(({ from, to }) => to < from && to !== "00:00").length;

/** Whether these are more than the server takes. */
export const areTooMany = (rows: readonly HourRow[]): boolean => spansOf(rows) > MAX_SPANS;
/** Whether there is room for one more row. */
export const isRoom = (rows: readonly HourRow[]): boolean => spansOf(rows) < MAX_SPANS;

/** As the server reads it. From 00:00 to 00:00 is the whole day. */
export const writeRow = ({ days, from, to }: HourRow): string =>
  `${[...days].sort().map((day) => DAYS[day]).join(",")} ${from}-${to === "00:00" ? "24:00" : to}`;
