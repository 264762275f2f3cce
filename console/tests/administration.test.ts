/** Dates, hours, states and tables of the administration: what is stored against what people write. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Device, OfficerSession, Person } from "../src/api/admin_model";
import type { Change, Condition, Wanted } from "../src/api/fleet";
import type { SessionSummary } from "../src/api/model";
import { changedEnd, daysLeft, endOf, lastDay, term } from "../src/pages/admin/dates";
import { areTooMany, faultOf, isRoom, readHours, writeRow } from "../src/pages/admin/hours";
import { EXAMPLES, exampleCsv, whyOf, WHYS } from "../src/pages/admin/sheets";
import { deviceState, personState, tokenState, trainingEnd } from "../src/pages/admin/states";
import { COURSE, LAW, LAWS, split, WORD } from "../src/pages/admin/words";
import { collect, collectNotices } from "../src/pages/officer/collect";
import { allowed } from "../src/pages/officer/allowed";
import { found, PAGE_ROWS, pageOf } from "../src/parts/listing";

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 29, 12);

describe("ends", () => {
  it("are the midnight after the last day, and come back as that day", () => {
    expect(endOf("2027-03-31")).toBe(Date.UTC(2027, 3, 1));
    expect(lastDay(Date.UTC(2027, 3, 1))).toBe("2027-03-31");
    expect(endOf("2028-02-29")).toBe(Date.UTC(2028, 2, 1));
    for (const day of ["2026-01-01", "2026-12-31", "2027-10-25"]) expect(lastDay(endOf(day) ?? 0)).toBe(day);
  });
  it.each(["", "2027-02-30", "2027-13-01", "27-01-01", "2027-1-1", "x"])("are none for %j", (day) => expect(endOf(day)).toBeNull());
  it("stay to the millisecond while their day is not changed", () => {
    const noon = Date.UTC(2027, 4, 5, 12);
    expect(changedEnd(noon, "2027-05-05")).toBe(noon);
    expect(changedEnd(noon, "2027-05-06")).toBe(Date.UTC(2027, 4, 7));
    expect(changedEnd(null, "2027-05-05")).toBe(Date.UTC(2027, 4, 6));
  });
  it("are warned of thirty days before", () => {
    expect([term(NOW, NOW), term(NOW + 1, NOW), term(NOW + 30 * DAY, NOW), term(NOW + 30 * DAY + 1, NOW)]).toEqual(["over", "soon", "soon", "good"]);
    expect([daysLeft(NOW - DAY, NOW), daysLeft(NOW + 1, NOW), daysLeft(NOW + 2 * DAY, NOW)]).toEqual([0, 1, 2]);
  });
});

describe("hours", () => {
  it("are read and written as the server has them", () => {
    const texts = ["mon,tue,wed 08:00-17:30", "sat 00:00-24:00", "sun 20:00-24:00"];
    expect(readHours(texts).map(writeRow)).toEqual(texts);
  });
  it("put an evening and its next morning together again", () => {
    const rows = readHours(["mon,sun 22:00-24:00", "mon,tue 00:00-06:00"]);
    expect(rows).toEqual([{ days: [0, 6], from: "22:00", to: "06:00" }]);
    expect(rows.map(writeRow)).toEqual(["mon,sun 22:00-06:00"]);
    expect(readHours(["fri 22:00-24:00", "sun 00:00-06:00"])).toHaveLength(2);
    expect(readHours(["fri 22:00-24:00", "sat 00:00-23:00"])).toHaveLength(2);
  });
  it("leave out what nobody can read", () => expect(readHours(["", "mon", "xyz 08:00-09:00", "mon 8-9"])).toEqual([]));
  it("are as many as the server takes, where a night counts twice", () => {
    const night = { days: [1], from: "22:00", to: "06:00" };
    const day = { days: [1], from: "22:00", to: "00:00" };
    expect(areTooMany(Array.from({ length: 10 }, () => night))).toBe(false);
    expect(areTooMany(Array.from({ length: 11 }, () => night))).toBe(true);
    expect(areTooMany(Array.from({ length: 21 }, () => day))).toBe(false);
    expect(isRoom(Array.from({ length: 20 }, () => day))).toBe(true);
    expect(isRoom(Array.from({ length: 21 }, () => day))).toBe(false);
  });
  it("say what is wrong with a row", () => {
    expect(faultOf({ days: [], from: "08:00", to: "09:00" })).toBe("no_day");
    expect(faultOf({ days: [1], from: "", to: "09:00" })).toBe("no_time");
    expect(faultOf({ days: [1], from: "09:00", to: "09:00" })).toBe("no_length");
    expect(faultOf({ days: [1], from: "00:00", to: "00:00" })).toBeNull();
    expect(faultOf({ days: [1], from: "22:00", to: "06:00" })).toBeNull();
  });
});

const person = (over: Partial<Person>): Person => ({
  id: "ana", version: "1", name: "Ana", organisation: "Vendor", role: "engineer", is_administrator: false, officer_of: null, until_utc_ms: null, is_active: true,
  groups: [], trainings: [], key: null, has_account: true, in_policy: false, why_not: null, ...over,
});
const nobody = new Set<string>();

describe("states", () => {
  it.each([
    [{ in_policy: true }, "in_policy"], [{}, "waits"], [{ why_not: "inactive" }, "inactive"], [{ why_not: "inactive", in_policy: true }, "leaves"],
    [{ why_not: "no_role", role: null }, "no_role"], [{ why_not: "no_role", role: null, is_administrator: true }, "no_engineer"],
    [{ why_not: "no_role", role: null, officer_of: "h" }, "no_engineer"], [{ why_not: "no_group" }, "no_group"], [{ why_not: "no_training" }, "no_training"],
    [{ why_not: "no_key" }, "no_key"], [{ why_not: "no_key", has_account: false }, "no_account"],
  ] as [Partial<Person>, string][])("of %j is %s", (over, state) => expect(personState(person(over), nobody)).toBe(state));
  it("tell a change that waits", () => {
    expect(personState(person({ in_policy: true }), new Set(["ana"]))).toBe("changes");
    expect(personState(person({ why_not: "no_key" }), new Set(["ana"]))).toBe("leaves");
  });
  it("of a PC say that it is held, whether it is there or not, until it is revoked", () => {
    const device: Device = {
      id: "d", name: "PC", site: "lab", online: true, software: null, policy_version: 1, enrolled_utc_ms: NOW, revoked_utc_ms: null,
      has_it_review: true, has_terms: true, hold: null, instruments: [],
    };
    const hold = { why: "copied", since_utc_ms: null, numbers: [], with_old_key: [] } as const;
    expect([deviceState(device), deviceState({ ...device, online: false }), deviceState({ ...device, hold }), deviceState({ ...device, hold, revoked_utc_ms: NOW })])
      .toEqual(["online", "offline", "held", "revoked"]);
    expect(deviceState({ ...device, hold: { ...hold, why: "not_chosen" } }), "another is kept out").toBe("online");
  });
  it("of training is the first of the laws to run out", () => {
    const trainings = [{ course: "a", law: "gdpr", expires_utc_ms: NOW - DAY }, { course: "b", law: "gdpr", expires_utc_ms: NOW + 90 * DAY }, { course: "c", law: "hipaa", expires_utc_ms: NOW + 9 * DAY }];
    expect(trainingEnd({ trainings }, NOW)).toEqual({ endUtcMs: NOW + 9 * DAY, term: "soon" });
    expect(trainingEnd({ trainings: [] }, NOW)).toBeNull();
  });
  it("of a token is used, good or over", () => {
    const token = { id: "", site: "", created_utc_ms: 0, expires_utc_ms: NOW + 1, used_utc_ms: null };
    expect([tokenState(token, NOW), tokenState(token, NOW + 1), tokenState({ ...token, used_utc_ms: 1 }, NOW)]).toEqual(["good", "over", "used"]);
  });
});

describe("lists", () => {
  it("are searched without accents and case, each word anywhere", () => {
    const names = ["Núria Pérez", "Peter Pan", "<img src=x>"];
    expect(found(names, "perez nur", (name) => [name])).toEqual(["Núria Pérez"]);
    expect(found(names, "  ", (name) => [name])).toHaveLength(3);
    expect(found(names, "(.*", (name) => [name])).toEqual([]);
  });
  it("are drawn a page at a time, and a page that is gone is the last one", () => {
    const rows = Array.from({ length: 2 * PAGE_ROWS + 1 }, (_, i) => i);
    expect(pageOf(rows, 0).rows).toHaveLength(PAGE_ROWS);
    expect(pageOf(rows, 9)).toMatchObject({ rows: [2 * PAGE_ROWS], page: 2, pages: 3 });
    expect(pageOf([], 3)).toEqual({ rows: [], page: 0, pages: 1 });
  });
});

describe("short names", () => {
  const takes = (pattern: string, text: string): boolean => new RegExp(`^(?:${pattern})$`, "v").test(text);
  it("are what the server takes", () => {
    for (const good of ["a", "a.b@c.example", "A+1:2-3"]) expect([good, takes(WORD, good)]).toEqual([good, true]);
    for (const bad of ["", "-a", "a/b", "a b", "é", "x".repeat(65)]) expect([bad, takes(WORD, bad)]).toEqual([bad, false]);
    expect([takes(LAW, "gdpr"), takes(LAW, "GDPR"), takes(COURSE, "PRIV/1"), takes(COURSE, "Data privacy")]).toEqual([true, false, true, false]);
    expect([takes(LAWS, "gdpr, hipaa"), takes(LAWS, "gdpr,"), takes(LAWS, "gdpr")]).toEqual([true, false, true]);
    expect(split(" gdpr, hipaa gdpr")).toEqual(["gdpr", "hipaa"]);
  });
});

describe("tables", () => {
  it("have an example for each kind with the columns that are needed first", () => {
    for (const { needed, rows } of Object.values(EXAMPLES)) for (const row of rows) expect([row.length >= needed, row.length]).toEqual([true, rows[0]?.length]);
    expect(exampleCsv("people")).toContain('"north, south"');
  });
  it("have a word for everything that the server says of a line", () => {
    const folder = join(process.cwd(), "../src/benchside/server/administration");
    expect(existsSync(folder)).toBe(true);
    const code = ["sheet.py", "imports.py"].map((name) => readFileSync(join(folder, name), "utf8")).join("\n");
    const said = [...code.matchAll(/(?:Problem\(.*|_no_sheet\(|return )"([a-z_]{3,})"(?:\)|\n)/g)].map(([, word]) => word).filter((word) => word !== "md");
    expect(said).toContain("unclear_date");
    for (const word of said) expect(WHYS).toContain(word);
    expect([whyOf({ line: 3, column: "law", why: "empty" }), whyOf({ line: 0, column: "", why: "empty" })]).toEqual(["empty_cell", "empty"]);
  });
});

describe("what is stored", () => {
  it("is collected page by page with every session's events", async () => {
    const pages = [[3, 2], [1], []];
    const asked: (number | undefined)[] = [];
    const api = {
      sessions: async ({ before }: { before?: number }) => {
        asked.push(before);
        return { sessions: (pages[asked.length - 1] ?? []).map((n) => ({ id: String(n), opened_utc_ms: n }) as SessionSummary), more: asked.length < 3 };
      },
      session: async (id: string) => ({ session: { id }, events: [] }) as unknown as OfficerSession,
    };
    const counts: number[] = [];
    const all = await collect(api, "pc", (done) => counts.push(done));
    expect(all.map(({ session }) => session.id)).toEqual(["3", "2", "1"]);
    expect([asked, counts]).toEqual([[undefined, 2, 1], [1, 2, 3]]);
  });
  it("has each change of its conditions", async () => {
    const asked: (number | null)[] = [];
    const timeline = async (_: string, before: number | null) => {
      asked.push(before);
      return { changes: (asked.length === 1 ? [9, 8] : [4]).map((id) => ({ id }) as Change), more: asked.length < 2 };
    };
    const conditions = async () => ({ conditions: [], total: 0 });
    const counts: number[] = [];
    const all = await collectNotices({ timeline, conditions }, "pc", (done) => counts.push(done));
    expect(all.changes.map(({ id }) => id)).toEqual([9, 8, 4]);
    expect([asked, counts]).toEqual([[null, 8], [2, 3]]);
    expect(await collectNotices({ timeline: async () => ({ changes: [], more: true }), conditions }, "pc", () => undefined)).toEqual({ conditions: [], changes: [] });
  });
  const timeline = async () => ({ changes: [], more: false });
  const ids = (from: number, to: number): Condition[] => Array.from({ length: to - from }, (_, i) => ({ id: from + i }) as Condition);
  it("has all conditions, however many, of this PC alone", async () => {
    const asked: unknown[] = [];
    const conditions = async ({ state, device }: Wanted, skip: number, limit: number) => {
      asked.push([state, device, skip]);
      return { conditions: ids(skip, Math.min(skip + limit, 203)), total: 203 };
    };
    const all = await collectNotices({ timeline, conditions }, "pc", () => undefined);
    expect(all.conditions).toEqual(ids(0, 203));
    expect(asked).toEqual([["all", "pc", 0], ["all", "pc", 100], ["all", "pc", 200]]);
  });
  it("has those that move between its pages meanwhile, and ends where they always do", async () => {
    const order = ids(0, 150);
    let turns = 0;
    const conditions = async (_: Wanted, skip: number, limit: number) => {
      const page = order.slice(skip, skip + limit);
      if (turns++ === 0) order.unshift(...order.splice(120, 1)); // it got worse
      return { conditions: page, total: order.length };
    };
    const all = await collectNotices({ timeline, conditions }, "pc", () => undefined);
    expect([all.conditions.length, new Set(all.conditions.map(({ id }) => id)).size, turns]).toEqual([150, 150, 4]);
    let asked = 0;
    const lying = async () => ({ conditions: asked++ % 2 ? [] : ids(0, 1), total: 500 });
    expect((await collectNotices({ timeline, conditions: lying }, "pc", () => undefined)).conditions).toEqual(ids(0, 1));
    expect(asked).toBe(6);
  });
  it("tells what was allowed", () => {
    const event = (kind: string, capability: string) => ({ sequence: 1, at_utc_ms: 0, kind, source: "pc" as const, details: { capability }, commitment: "" });
    expect(allowed([event("capability_denied", "control"), event("capability_granted", "view"), event("capability_granted", "<img>")])).toEqual(["view"]);
  });
});
