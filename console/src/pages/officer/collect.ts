/** Everything that the server has about a PC, in one file. */
import type { OfficerSession, Stored } from "../../api/admin_model";
import type { Change, Condition } from "../../api/fleet";
import type { SessionSummary } from "../../api/model";

/** As many as the server gives at once. */
const PAGE = 100;

interface Calls {
  session(id: string): Promise<OfficerSession>;
  sessions(filter: { device: string; before?: number; limit: number }): Promise<{ sessions: readonly SessionSummary[]; more: boolean }>;
}

/** Each session of the PC with its events, newest first; `tell` is called with how many are there. */
export async function collect(api: Calls, device: string, tell: (done: number) => void): Promise<OfficerSession[]> {
  const all: OfficerSession[] = [];
  for (let before: number | undefined, more = true; more;) {
    const page: Awaited<ReturnType<Calls["sessions"]>> = await api.sessions({ device, limit: PAGE, ...(before === undefined ? {} : { before }) });
    for (const { id } of page.sessions) {
      all.push(await api.session(id));
      tell(all.length);
    }
    before = page.sessions.at(-1)?.opened_utc_ms;
    more = page.more && before !== undefined;
  }
  return all;
}

type Timeline = (device: string, before: number | null) => Promise<{ conditions: readonly Condition[]; changes: readonly Change[]; more: boolean }>;

/** What is wrong now at the PC, and each change, newest first; `tell` is called with how many are there. */
export async function collectNotices(timeline: Timeline, device: string, tell: (done: number) => void): Promise<{ conditions: readonly Condition[]; changes: Change[] }> {
  const changes: Change[] = [];
  let conditions: readonly Condition[] | null = null;
  for (let before: number | null = null, more = true; more;) {
    const page: Awaited<ReturnType<Timeline>> = await timeline(device, before);
    conditions ??= page.conditions;
    changes.push(...page.changes);
    tell(changes.length);
    before = page.changes.at(-1)?.id ?? null;
    more = page.more && before !== null;
  }
  return { conditions: conditions ?? [], changes };
}

export const collected = (stored: Stored, sessions: readonly OfficerSession[], notices: { readonly conditions: readonly Condition[]; readonly changes: readonly Change[] }, at: Date): string =>
  `${JSON.stringify({ format: "benchside-stored-data-2", collected: at.toISOString(), stored, sessions, notices }, null, 2)}\n`;
