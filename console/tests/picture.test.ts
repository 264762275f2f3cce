/** The order of pictures: what may come when, within which limits, and what of a frame is joined. */
import { describe, expect, it } from "vitest";
import { PeerError } from "../src/errors";
import { PictureOrder, type PictureEffect } from "../src/flow/picture";
import type { ViewMessage } from "../src/wire/picture";

type Step = Parameters<PictureOrder["step"]>[0];
type Of<T extends ViewMessage["t"]> = Extract<ViewMessage, { t: T }>;
const monitor = { id: 0, name: "A", x_px: 0, y_px: 0, width_px: 100, height_px: 50, primary: true };
const layout: Step = { t: "layout", monitors: [monitor] };
const begin = (sequence: number, whole = false): Step => ({ t: "begin", sequence, whole });
const end = (sequence: number): Step => ({ t: "end", sequence, state: 0 });
const tile = (over: Partial<Of<"tile">> = {}): Step => ({ t: "tile", monitor: 0, x_px: 0, y_px: 0, width_px: 10, height_px: 10, encoding: 0, data: new Uint8Array(4), ...over });
const copy = (over: Partial<Of<"copy">> = {}): Step => ({ t: "copy", monitor: 0, from_x_px: 0, from_y_px: 0, x_px: 5, y_px: 5, width_px: 10, height_px: 10, ...over });
const start = (over: Partial<Of<"video_start">> = {}): Step => ({ t: "video_start", stream: 0, monitor: 0, x_px: 10, y_px: 10, width_px: 40, height_px: 30, codec: "avc1.42c01e", ...over });
const frame = (over: Partial<Of<"video">> = {}): Step => ({ t: "video", stream: 0, is_key: true, is_last: true, boxes: [], data: Uint8Array.of(1, 2), ...over });
const stop = (stream = 0): Step => ({ t: "video_end", stream });
const box = (over = {}) => ({ x_px: 0, y_px: 0, width_px: 40, height_px: 30, ...over });
const large = (side: number): Step => ({ t: "layout", monitors: [{ ...monitor, width_px: side, height_px: side }] });
const covered: Step = { t: "covered", areas: [] };

const run = (...steps: Step[]): PictureEffect[] => {
  const order = new PictureOrder();
  return steps.flatMap((step) => order.step(step));
};
const words = (...steps: Step[]): string[] => run(...steps).map((effect) => effect.t);
const many = (count: number, step: Step): Step[] => Array.from({ length: count }, () => step);

describe("pictures", () => {
  it("are laid out, changed and drawn in the order in which they come", () => {
    expect(words(layout, covered, begin(1, true), start(), copy(), frame(), tile(), end(1), stop(), begin(2), end(2)))
      .toEqual(["lay_out", "cover", "start_video", "copy", "frame", "tile", "draw", "end_video", "draw"]);
  });
  it("join the parts of a frame, streams among each other", () => {
    const [joined] = run(layout, begin(1), start(), start({ stream: 1 }), frame({ is_last: false }), frame({ stream: 1 }), frame({ data: Uint8Array.of(3), boxes: [box()] })).filter((each) => each.t === "frame" && each.start.stream === 0);
    expect(joined).toMatchObject({ isKey: true, data: Uint8Array.of(1, 2, 3), boxes: [box()] });
  });
  it("start anew: a whole one ends all streams, a layout those whose place is gone", () => {
    expect(words(layout, start(), begin(1, true), start(), end(1))).toEqual(["lay_out", "start_video", "end_video", "start_video", "draw"]);
    expect(words(layout, start(), start({ stream: 1, width_px: 90 }), { t: "layout", monitors: [{ ...monitor, width_px: 60 }] })).toEqual(["lay_out", "start_video", "start_video", "end_video", "lay_out"]);
  });
  it.each<[string, Step[]]>([
    ["a picture without a layout", [begin(1)]], ["two at once", [layout, begin(1), begin(2)]], ["the same number again", [layout, begin(2), end(2), begin(2)]],
    ["a tile outside a picture", [layout, tile()]], ["a monitor that is not there", [layout, begin(1), tile({ monitor: 1 })]],
    ["a tile over the edge", [layout, begin(1), tile({ x_px: 91 })]], ["the end of another", [layout, begin(1), end(2)]], ["a layout inside", [layout, begin(1), layout]],
    ["what is covered inside", [layout, begin(1), covered]],
    ["a tile with too many pixels", [large(4000), begin(1), tile({ width_px: 2000, height_px: 2000 })]],
    ["tiles without end", [large(1024), begin(1), ...many(32, tile({ width_px: 1024, height_px: 1024 }))]],
    ["small tiles without end", [layout, begin(1), ...many(32_769, tile())]],
    ["a monitor twice", [{ t: "layout", monitors: [monitor, monitor] }]],
    ["monitors beyond memory", [large(32767)]],
    ["a copy outside a picture", [layout, copy()]], ["a copy from outside", [layout, begin(1), copy({ from_y_px: 41 })]], ["a copy to outside", [layout, begin(1), copy({ x_px: 91 })]],
    ["a copy on another monitor", [layout, begin(1), copy({ monitor: 3 })]], ["copies without end", [large(4000), begin(1), ...many(2, copy({ x_px: 0, y_px: 0, width_px: 4000, height_px: 4000 }))]],
    ["a stream before the layout", [start()]], ["a stream over the edge", [layout, start({ width_px: 91 })]], ["a stream twice", [layout, start(), start()]],
    ["a frame of no stream", [layout, begin(1), frame()]], ["a frame of a stream that is over", [layout, start(), stop(), begin(1), frame()]],
    ["a frame outside a picture", [layout, start(), frame()]], ["no key frame first", [layout, start(), begin(1), frame({ is_key: false })]],
    ["a frame of two kinds", [layout, start(), begin(1), frame({ is_last: false }), frame({ is_key: false })]],
    ["boxes before the last part", [layout, start(), begin(1), frame({ is_last: false, boxes: [box()] })]],
    ["boxes that lie over each other", [layout, start(), begin(1), frame({ boxes: Array.from({ length: 128 }, () => box()) })]],
    ["a box outside of its stream", [layout, start(), begin(1), frame({ boxes: [box(), box({ x_px: 1 })] })]],
    ["half a frame at the end", [layout, start(), begin(1), frame({ is_last: false }), end(1)]], ["half a frame as the stream ends", [layout, start(), begin(1), frame({ is_last: false }), stop()]],
    ["a frame beyond its limit", [layout, start(), begin(1), ...many(14, frame({ is_last: false, data: new Uint8Array(300_000) }))]],
  ])("refuse %s", (_what, steps) => expect(() => run(...steps)).toThrow(PeerError));
  it("take the end of a stream that never came for nothing", () => expect(run(layout, stop())).toEqual(run(layout)));
  it("start over with numbers from 1", () => {
    const order = new PictureOrder();
    for (const step of [layout, start(), begin(5), end(5)]) order.step(step);
    order.restart();
    for (const step of [layout, start(), begin(1), end(1)]) order.step(step);
  });
});
