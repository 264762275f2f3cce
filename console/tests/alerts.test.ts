/** How an alert channel goes, and what its target is made of. */
import { describe, expect, it } from "vitest";
import type { AlertChannel } from "../src/api/alerts";
import { alertState, targetOf, wayOf } from "../src/pages/admin/alert_states";
import { MINUTES_OF_A_WEEK } from "../src/pages/admin/words";

const channel = (over: Partial<AlertChannel>) => ({ is_on: true, waiting: 0, tries: 0, why: null, given_up_utc_ms: null, sent_utc_ms: null, ...over }) as AlertChannel;

describe("an alert channel", () => {
  it.each([
    [{}, "fresh"], [{ sent_utc_ms: 1 }, "good"], [{ waiting: 2, sent_utc_ms: 1 }, "waiting"], [{ waiting: 2, tries: 1 }, "waiting"],
    [{ waiting: 2, tries: 3, why: "refused" }, "failing"], [{ given_up_utc_ms: 5, why: "refused" }, "given_up"],
    [{ given_up_utc_ms: 5, why: "refused", tries: 1, waiting: 1 }, "failing"], [{ is_on: false, tries: 1, why: "failed" }, "off"],
  ] as const)("%j: %s", (over, state) => expect(alertState(channel(over))).toBe(state));
  it("goes by mail, or to a service", () => expect([wayOf("mailto"), wayOf("slack")]).toEqual(["mail", "service"]));
  it.each([["mail", " a@b.example ", "mailto:a@b.example"], ["service", "slack://x/y", "slack://x/y"], ["mail", "", null], ["service", "  ", null]] as const)(
    "by %s with %j: %s", (way, typed, target) => expect(targetOf(way, typed)).toBe(target));
  it("repeats within a week", () => {
    const fits = new RegExp(`^(?:${MINUTES_OF_A_WEEK})$`);
    for (const good of ["0", "1", "60", "9999", "10000", "10079", "10080"]) expect([good, fits.test(good)]).toEqual([good, true]);
    for (const bad of ["", "00", "01", "-1", "10081", "10090", "1e3", "99999"]) expect([bad, fits.test(bad)]).toEqual([bad, false]);
  });
});
