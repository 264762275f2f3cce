/** Which PCs an advisory is for, and how it stands. */
import { describe, expect, it } from "vitest";
import type { Device } from "../src/api/admin_model";
import { MAX_MODELS, MAX_SITES, type Advisory, type Answer } from "../src/api/advisories";
import { advisoryState, answerState, chosen, given, meant, placesFault } from "../src/pages/admin/meant";

const NOW = 1_800_000_000_000;
const pc = (id: string, site: string, models: readonly string[], revoked: number | null = null) =>
  ({ id, site, revoked_utc_ms: revoked, instruments: models.map((model) => ({ id: model, model, serial: "1", patient_data: false })) }) as unknown as Device;
const PCS = [pc("a", "lab-1", ["CX-200"]), pc("b", "lab-1", ["DX-9", "CX-200"]), pc("c", "lab-2", ["DX-9"]), pc("d", "lab-2", []), pc("e", "lab-1", ["CX-200"], 5)];

describe("PCs that are meant", () => {
  it.each([
    [["*"], ["*"], "abcd"], [["lab-1"], ["*"], "ab"], [["*"], ["DX-9"], "bc"], [["lab-2"], ["DX-9"], "c"], [[], ["*"], ""], [["*"], [], ""], [["lab-9"], ["*"], ""],
  ])("at %j with %j", (sites, models, ids) => expect(meant(PCS, sites, models).map(({ id }) => id).join("")).toBe(ids));
  it("are all of them for the server where nothing is chosen", () => {
    expect(given(["*"])).toEqual([]);
    expect(given(["lab-1"])).toEqual(["lab-1"]);
    expect(chosen([])).toEqual(["*"]);
    expect(chosen(["lab-1"])).toEqual(["lab-1"]);
  });
});

describe("what was chosen of places", () => {
  const some = (n: number): string[] => Array.from({ length: n }, (_, i) => `p${i}`);
  it.each([
    [["*"], ["*"], ""], [some(MAX_SITES), some(MAX_MODELS), ""], [some(MAX_SITES + 1), ["*"], "too_many_sites"], [["*"], some(MAX_MODELS + 1), "too_many_models"],
    [["*", ...some(MAX_SITES + 1)], ["*", ...some(MAX_MODELS + 1)], ""], [[], ["*"], "nowhere"], [["*"], [], "nowhere"],
  ])("case %#", (sites, models, fault) => expect(placesFault(sites, models)).toBe(fault));
});

describe("an advisory", () => {
  const one = (until: number, withdrawn: number | null) => ({ until_utc_ms: until, withdrawn_utc_ms: withdrawn }) as unknown as Advisory;
  it.each([[NOW + 1, null, "holds"], [NOW, null, "over"], [NOW + 1, 3, "withdrawn"], [NOW - 1, 3, "withdrawn"]])("until %d, withdrawn %s: %s", (until, withdrawn, state) =>
    expect(advisoryState(one(until, withdrawn), NOW)).toBe(state));
  const answer = (reached: number | null, seen: number | null) => ({ reached_utc_ms: reached, acknowledged_utc_ms: seen }) as unknown as Answer;
  it.each([[null, null, "waits"], [1, null, "reached"], [1, 2, "acknowledged"]])("arrived %s, seen %s: %s", (reached, seen, state) => expect(answerState(answer(reached, seen))).toBe(state));
});
