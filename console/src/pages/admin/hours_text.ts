/** A site's hours in words: *Mon–Fri 08:00–17:00*. */
import { t, weekday } from "../../parts/text.svelte";
import { readHours, type HourRow } from "./hours";

/** Days next to each other as first and last, from three on. */
export function daysText(days: readonly number[]): string {
  const runs: number[][] = [];
  for (const day of [...days].sort()) {
    const run = runs.at(-1);
    if (run && run.at(-1) === day - 1) run.push(day);
    else runs.push([day]);
  }
  return runs.flatMap((run) => (run.length > 2 ? [[run[0], run.at(-1)]] : run.map((day) => [day])))
    .map((ends) => ends.map((day) => weekday(day ?? 0, "short")).join("–")).join(", ");
}

const timeText = ({ from, to }: HourRow): string => (from === "00:00" && to === "00:00" ? t("hours.whole_day") : `${from}–${to === "00:00" ? "24:00" : to}`);

export const hoursText = (texts: readonly string[]): string[] => readHours(texts).map((row) => `${daysText(row.days)} ${timeText(row)}`);
