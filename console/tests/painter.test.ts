/** Drawing: whole pictures in order, also while a frame is being decoded; and what happens when that fails. */
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { zstdWasm } from "../build/zstd";
import { Painter } from "../src/viewer/painter";
import type { Place, Surface } from "../src/viewer/ground";
import { VideoStream } from "../src/viewer/video";
import { Zstd } from "../src/viewer/zstd";
import type { Monitor } from "../src/wire/capability";
import { FILL, type ViewPart } from "../src/wire/picture";

const [WIDE, TALL] = [16, 8];
const monitor: Monitor = { id: 0, name: "A", x_px: 0, y_px: 0, width_px: WIDE, height_px: TALL, primary: true };

/** What the page shows of a monitor: only what was said to be shown. */
class FakeSurface implements Surface {
  readonly sheet = { words: new Uint32Array(WIDE * TALL), width: WIDE };
  readonly page = new Uint32Array(WIDE * TALL);
  constructor(readonly monitor: Monitor) {}
  show(places: readonly Place[]): void {
    for (const { x_px, y_px, width_px, height_px } of places) {
      for (let y = y_px; y < y_px + height_px; y++) for (let x = x_px; x < x_px + width_px; x++) this.page[y * WIDE + x] = this.sheet.words[y * WIDE + x] as number;
    }
  }
  clear(): void { this.sheet.words.fill(0); }
  at(x: number, y: number): number { return (this.page[y * WIDE + x] as number) & 0xff; }
}

/** A frame of one red shade. */
class FakeFrame {
  isClosed = false;
  readonly visibleRect: { x: number; y: number; width: number; height: number };
  constructor(readonly timestamp: number, private readonly red: number, width: number, height: number) { this.visibleRect = { x: 0, y: 0, width, height }; }
  async copyTo(words: Uint32Array, { rect, layout }: { rect: { width: number; height: number }; layout?: { offset: number; stride: number }[] }): Promise<void> {
    if (this.isClosed) throw new Error("closed");
    await Promise.resolve();
    const { offset, stride } = layout?.[0] ?? { offset: 0, stride: rect.width * 4 };
    for (let y = 0; y < rect.height; y++) words.fill(0xff000000 + this.red, offset / 4 + y * (stride / 4), offset / 4 + y * (stride / 4) + rect.width);
  }
  close(): void { this.isClosed = true; }
}

class FakeDecoder {
  readonly chunks: { timestamp: number; red: number }[] = [];
  readonly frames: FakeFrame[] = [];
  isClosed = false;
  size = { width: 8, height: 8 };
  constructor(private readonly init: VideoDecoderInit) {}
  configure(): void { /* takes everything */ }
  decode(chunk: EncodedVideoChunk): void { this.chunks.push(chunk as unknown as { timestamp: number; red: number }); }
  close(): void { this.isClosed = true; }
  /** Answer the oldest chunk. */
  answer(): void {
    const chunk = this.chunks.shift();
    if (!chunk) throw new Error("nothing to decode");
    const frame = new FakeFrame(chunk.timestamp, chunk.red, this.size.width, this.size.height);
    this.frames.push(frame);
    this.init.output(frame as unknown as VideoFrame);
  }
  fail(): void { this.init.error(new DOMException("no")); }
}

let zstd: Zstd;
let decoders: FakeDecoder[];
let shown: number[];
let took: number[];
let whole: string[];
let covered: number[];
let surface: FakeSurface;
let painter: Painter<FakeSurface>;
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

beforeAll(async () => { zstd = await Zstd.from(zstdWasm() as BufferSource); });
beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("EncodedVideoChunk", class { timestamp: number; red: number; constructor(init: { timestamp: number; data: Uint8Array }) { this.timestamp = init.timestamp; this.red = init.data[0] as number; } });
  [decoders, shown, took, whole, covered] = [[], [], [], [], []];
  painter = new Painter<FakeSurface>(zstd, {
    surface: (each) => (surface = new FakeSurface(each)),
    open: (start) => new VideoStream(start, (init) => { const decoder = new FakeDecoder(init); decoders.push(decoder); return decoder; }),
    shown: (sequence, tookMs) => { shown.push(sequence); took.push(tookMs); }, startWhole: (why) => whole.push(why), laidOut: () => undefined, pointerChanged: () => undefined,
    covered: (areas) => covered.push(areas.length), drawn: () => undefined,
  });
  take({ t: "layout", monitors: [monitor] });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function take(...messages: ViewPart[]): void { for (const message of messages) painter.take(message); }
let sequence = 0;
const picture = (...inside: ViewPart[]): ViewPart[] => [{ t: "begin", sequence: ++sequence, whole: false }, ...inside, { t: "end", sequence, state: 0 }];
const anew = (...inside: ViewPart[]): ViewPart[] => [{ t: "begin", sequence: ++sequence, whole: true }, ...inside, { t: "end", sequence, state: 0 }];
const tile = (red: number, x_px = 0, width_px = WIDE): ViewPart => ({ t: "tile", monitor: 0, x_px, y_px: 0, width_px, height_px: TALL, encoding: FILL, data: Uint8Array.of(0, 0, red, 255) });
const start: ViewPart = { t: "video_start", stream: 0, monitor: 0, x_px: 0, y_px: 0, width_px: 8, height_px: 8, codec: "avc1.42c01e" };
const ALL = [{ x_px: 0, y_px: 0, width_px: 8, height_px: 8 }];
const frame = (red: number, boxes = ALL): ViewPart => ({ t: "video", stream: 0, is_key: true, is_last: true, boxes, data: Uint8Array.of(red) });
const decoder = (i = 0): FakeDecoder => decoders[i] as FakeDecoder;

describe("pictures", () => {
  it("are shown at their end and acknowledged then", () => {
    const [first, ...rest] = picture(tile(7));
    take(first as ViewPart, rest[0] as ViewPart);
    expect([surface.at(0, 0), shown]).toEqual([0, []]);
    take(rest[1] as ViewPart);
    expect([surface.at(0, 0), shown]).toEqual([7, [sequence]]);
  });
  it("wait behind a frame that is being decoded, and come in order", async () => {
    take(start, ...picture(frame(50)), ...picture(tile(1, 0, 4)), ...picture(tile(2, 8, 4)));
    await settle();
    expect([shown, surface.at(0, 0), surface.at(8, 0)]).toEqual([[], 0, 0]);
    decoder().answer();
    await settle();
    expect([surface.at(0, 0), surface.at(5, 0), surface.at(8, 0)]).toEqual([1, 50, 2]);
    expect(shown).toEqual([sequence - 2, sequence - 1, sequence]);
    expect(decoder().frames.every(({ isClosed }) => isClosed)).toBe(true);
  });
  it("say how long after their coming they were shown", async () => {
    take(start, ...picture(frame(50)));
    await vi.advanceTimersByTimeAsync(40);
    decoder().answer();
    await settle();
    for (const message of picture(tile(1))) painter.take(message, performance.now() - 7);
    expect(took).toEqual([40, 7]);
  });
  it("decode the next frame meanwhile", async () => {
    take(start, ...picture(frame(50)), ...picture(frame(60)));
    expect(decoder().chunks).toHaveLength(2);
    decoder().answer();
    decoder().answer();
    await settle();
    expect([surface.at(0, 0), shown.length]).toEqual([60, 2]);
  });
  it("let exact tiles lie over what video drew, and draw its boxes only", async () => {
    take(start, ...picture(tile(9)), ...picture(frame(50, [{ x_px: 1, y_px: 1, width_px: 4, height_px: 2 }]), tile(3, 2, 1)));
    decoder().answer();
    await settle();
    expect([surface.at(0, 1), surface.at(1, 1), surface.at(2, 1), surface.at(4, 2), surface.at(1, 3)]).toEqual([9, 50, 3, 50, 9]);
  });
  it("never bring back what lay under a lossy part", async () => {
    take(start, ...picture(tile(9)), ...picture(frame(50)));
    decoder().answer();
    await settle();
    take(...picture(tile(3, 4, 8)));
    expect([surface.at(0, 0), surface.at(3, 0), surface.at(4, 0), surface.at(12, 0)]).toEqual([50, 50, 3, 9]);
  });
  it("copy what is shown at that moment", async () => {
    take(start, ...picture(tile(9), tile(4, 0, 2), { t: "copy", monitor: 0, from_x_px: 0, from_y_px: 0, x_px: 1, y_px: 0, width_px: 3, height_px: 8 }, tile(5, 0, 1)));
    expect([0, 1, 2, 3].map((x) => surface.at(x, 0))).toEqual([5, 4, 4, 9]);
  });
  it("cover between pictures, in their order", async () => {
    take(start, ...picture(frame(50)), { t: "covered", areas: [{ monitor: 0, x_px: 0, y_px: 0, width_px: 1, height_px: 1, by_hand: true }] });
    expect(covered).toEqual([]);
    decoder().answer();
    await settle();
    expect(covered).toEqual([1]);
  });
  it("end a stream after its last frame", async () => {
    take(start, ...picture(frame(50)), { t: "video_end", stream: 0 }, start, ...picture(frame(70)));
    expect([decoder(0).isClosed, decoders.length]).toEqual([false, 2]);
    decoder(0).answer();
    decoder(1).answer();
    await settle();
    expect([decoder(0).isClosed, surface.at(0, 0), shown.length, whole]).toEqual([true, 70, 2, []]);
  });
});

describe("what goes wrong", () => {
  it("starts whole after a tile that cannot be read, and drops what is left of the old ones", () => {
    take(...picture({ ...tile(1), data: new Uint8Array(3) } as ViewPart), ...picture(tile(2)), start);
    expect([whole, shown, decoders]).toEqual([["picture"], [], []]);
    take(...anew(tile(3)));
    expect([surface.at(0, 0), shown]).toEqual([3, [sequence]]);
  });
  it("waits for no more than 64 pictures", async () => {
    take(start, ...picture(frame(50)));
    for (let i = 0; i < 63; i++) take(...picture(tile(1)));
    expect(whole).toEqual([]);
    take(...picture(tile(1)));
    expect([whole, decoder().isClosed]).toEqual([["picture"], true]);
  });
  it("goes on without video after a decoder that fails", async () => {
    take(start, ...picture(tile(9)), ...picture(frame(50)));
    decoder().fail();
    await settle();
    expect([whole, surface.at(0, 0)]).toEqual([["video"], 9]);
    take(...anew(tile(3)));
    expect(surface.at(0, 0)).toBe(3);
  });
  it("goes on without video after a decoder that says nothing for two seconds", async () => {
    take(start, ...picture(frame(50)));
    await vi.advanceTimersByTimeAsync(1900);
    expect(whole).toEqual([]);
    await vi.advanceTimersByTimeAsync(200);
    expect([whole, decoder().isClosed]).toEqual([["video"], true]);
  });
  it("goes on without video after a frame of another size, and closes it", async () => {
    take(start, ...picture(frame(50)));
    decoder().size = { width: 8, height: 6 };
    decoder().answer();
    await settle();
    expect([whole, decoder().frames[0]?.isClosed]).toEqual([["video"], true]);
  });
  it("goes on without video when there is no decoder to be had", () => {
    painter = new Painter<FakeSurface>(zstd, {
      surface: (each) => new FakeSurface(each), open: (given) => new VideoStream(given, () => { throw new DOMException("no"); }),
      shown: () => undefined, startWhole: (why) => whole.push(why), laidOut: () => undefined, pointerChanged: () => undefined, covered: () => undefined, drawn: () => undefined,
    });
    take({ t: "layout", monitors: [monitor] }, start);
    expect(whole).toEqual(["video"]);
  });
  it("leaves no old pixels on their way when everything starts anew", async () => {
    take(start, ...picture(frame(50)));
    decoder().answer();
    painter.restart();
    take({ t: "layout", monitors: [monitor] }, ...anew(tile(3)));
    await settle();
    expect([surface.at(0, 0), surface.sheet.words[0], whole]).toEqual([3, 0xff000003, []]);
    expect(decoder().frames.every(({ isClosed }) => isClosed)).toBe(true);
  });
  it("forgets what a new layout shows no longer, and what is still on its way into it", async () => {
    take(start, ...picture(tile(9)), ...picture(frame(50)));
    decoder().answer();
    const before = surface;
    take({ t: "layout", monitors: [{ ...monitor, id: 1 }] });
    await settle();
    expect(surface).not.toBe(before);
    expect(before.sheet.words.every((word) => word === 0)).toBe(true);
  });
  it("forgets everything when the grant is over", async () => {
    take(start, ...picture(tile(9)), ...picture(frame(50)));
    decoder().answer();
    painter.clear();
    await settle();
    expect(surface.sheet.words.every((word) => word === 0)).toBe(true);
    expect(decoder().isClosed).toBe(true);
  });
});
