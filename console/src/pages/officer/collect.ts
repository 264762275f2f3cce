/** Everything that the server has about a PC, in one file. */
import type { OfficerSession, Stored } from "../../api/admin_model";
import type { Change, Condition, FleetSource } from "../../api/fleet";
import type { SessionSummary } from "../../api/model";

/** As many as the server gives at once. */
const PAGE = 100;
/** Through the conditions, at most: a PC at which they come and go all the time is as complete by then as it will be. */
const ROUNDS = 3;

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

type Fleet = Pick<FleetSource, "conditions"> & { timeline(device: string, before: number | null): Promise<{ changes: readonly Change[]; more: boolean }> };

/** Every condition that is kept of the PC, worst first, and each change, newest first; `tell` is called with how many changes are there. */
export async function collectNotices(fleet: Fleet, device: string, tell: (done: number) => void): Promise<{ conditions: readonly Condition[]; changes: Change[] }> {
  const changes: Change[] = [];
  for (let before: number | null = null, more = true; more;) {
    const page: Awaited<ReturnType<Fleet["timeline"]>> = await fleet.timeline(device, before);
    changes.push(...page.changes);
    tell(changes.length);
    before = page.changes.at(-1)?.id ?? null;
    more = page.more && before !== null;
  }
  return { conditions: await collectConditions(fleet, device), changes };
}

/** While they are read one may come, go or get worse, and move others between pages: then all are read again, with what was seen before. */
async function collectConditions(fleet: Fleet, device: string): Promise<Condition[]> {
  const all = new Map<number, Condition>();
  for (let round = 0, isWhole = false; !isWhole && round < ROUNDS; round++) {
    const here = new Set<number>();
    let total = 0;
    for (let skip = 0, more = true; more; skip += PAGE) {
      const page = await fleet.conditions({ state: "all", severity: "", site: "", model: "", words: "", device }, skip, PAGE);
      for (const one of page.conditions) {
        all.set(one.id, one);
        here.add(one.id);
      }
      total = page.total;
      more = page.conditions.length > 0 && skip + PAGE < total;
    }
    isWhole = here.size === total;
  }
  return [...all.values()];
}

export const collected = (stored: Stored, sessions: readonly OfficerSession[], notices: { readonly conditions: readonly Condition[]; readonly changes: readonly Change[] }, at: Date): string =>
  `${JSON.stringify({ format: "benchside-stored-data-2", collected: at.toISOString(), stored, sessions, notices }, null, 2)}\n`;
