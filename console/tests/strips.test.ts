import { describe, expect, it } from "vitest";
import { meetAt, Strips } from "../src/viewer/strips";

const place = (y_px: number, height_px: number): { x_px: number; y_px: number; width_px: number; height_px: number } => ({ x_px: 4, y_px, width_px: 8, height_px });

describe("strips", () => {
  it("meet where every edge lies on a whole CSS pixel", () => {
    expect([1, 0.8, 1 / 1.5, 0.5, 2].map(meetAt)).toEqual([true, true, true, true, true]);
    expect([1 / 1.1, 0.77].map(meetAt)).toEqual([false, false]);
  });

  it("show a picture by themselves only when all of it lies in one", () => {
    expect(Strips.areOne([])).toBe(true);
    expect(Strips.areOne([place(0, 210)])).toBe(true);
    expect(Strips.areOne([place(0, 211)])).toBe(false);
    expect(Strips.areOne([place(209, 1), place(3, 20)])).toBe(true);
    expect(Strips.areOne([place(209, 1), place(210, 1)])).toBe(false);
    expect(Strips.areOne([place(0, 8), place(630, 8)])).toBe(false);
  });
});
