import { describe, expect, it } from "vitest";
import { meetAt, Strips, type Place } from "../src/viewer/strips";

const place = (y_px: number, height_px: number, width_px = 8): Place => ({ x_px: 0, y_px, width_px, height_px });

describe("strips", () => {
  it("meet where every edge lies on a whole CSS pixel", () => {
    expect([1, 0.8, 1 / 1.5, 0.5, 2].map(meetAt)).toEqual([true, true, true, true, true]);
    expect([1 / 1.1, 0.77].map(meetAt)).toEqual([false, false]);
  });

  it("show what is small, and what lies in one of them", () => {
    expect(Strips.areFor([])).toBe(true);
    expect(Strips.areFor([place(0, 210, 1920)])).toBe(true);
    expect(Strips.areFor([place(0, 211, 1920)])).toBe(false);
    expect(Strips.areFor([place(200, 200, 600)])).toBe(true);
    expect(Strips.areFor([place(200, 200, 1600)])).toBe(false);
    expect(Strips.areFor([place(0, 8), place(1000, 8)])).toBe(true);
    expect(Strips.areFor([place(0, 100, 1920), place(630, 100, 1920)])).toBe(false);
  });
});
