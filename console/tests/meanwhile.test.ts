/** A form that is being filled in while somebody else saves the same. */
import { describe, expect, it, vi } from "vitest";
import type { Person } from "../src/api/admin_model";
import { RefusedError, UnavailableError } from "../src/errors";

vi.stubGlobal("localStorage", { getItem: () => "en" });
vi.stubGlobal("document", { documentElement: { lang: "en" } });
const { Meanwhile } = await import("../src/pages/admin/meanwhile.svelte");
const { differing, toldPerson } = await import("../src/pages/admin/told");

const person = (over: Partial<Person>): Person => ({
  id: "ana", version: "1", name: "Ana", organisation: "Vendor", role: "engineer", is_administrator: false, officer_of: null, until_utc_ms: null,
  is_active: true, groups: [], trainings: [], key: null, has_account: true, in_policy: false, why_not: null, ...over,
});

describe("a form, when somebody else saves the same meanwhile", () => {
  const changed = new RefusedError("changed", null, 412);
  const form = (before: Person | null, now: readonly Person[]) => new Meanwhile(before, () => Promise.resolve(now), toldPerson);

  it("shows what is there now, and replaces that when it is saved again", async () => {
    const theirs = person({ version: "2", name: "Anna", groups: ["north"] });
    const meanwhile = form(person({}), [person({ id: "ben" }), theirs]);
    expect(meanwhile.seen).toBe("1");
    expect(meanwhile.changes).toBeNull();
    expect(await meanwhile.problemOf(changed, "ana")).toBe("");
    expect(meanwhile.changes).toEqual(differing(toldPerson(person({})), toldPerson(theirs)));
    expect(meanwhile.changes?.map(({ text }) => text)).toEqual(["Anna", "north"]);
    expect([meanwhile.seen, meanwhile.isGone]).toEqual(["2", false]);
  });
  it("says when it was removed, and adds it again", async () => {
    const meanwhile = form(person({}), []);
    expect(await meanwhile.problemOf(changed, "ana")).toBe("");
    expect([meanwhile.seen, meanwhile.isGone, meanwhile.changes]).toEqual([null, true, []]);
  });
  it("does not take over what is there already under the id of somebody new", async () => {
    const meanwhile = form(null, [person({})]);
    expect(meanwhile.seen).toBeNull();
    expect(await meanwhile.problemOf(changed, "ana")).toContain("ana");
    expect([meanwhile.seen, meanwhile.changes]).toEqual([null, null]);
  });
  it("says of every other failure what it is, and of one to look", async () => {
    const meanwhile = form(person({}), []);
    expect(await meanwhile.problemOf(new UnavailableError("away"), "ana")).not.toBe("");
    expect(meanwhile.changes).toBeNull();
    const blind = new Meanwhile(person({}), () => Promise.reject(new UnavailableError("away")), toldPerson);
    expect(await blind.problemOf(changed, "ana")).not.toBe("");
    expect([blind.seen, blind.changes]).toEqual(["1", null]);
  });
});
