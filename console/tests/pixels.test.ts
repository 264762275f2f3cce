/** Tiles against frames that the other end's compressor made, and against everything that is no tile. */
import { beforeAll, describe, expect, it } from "vitest";
import { zstdWasm } from "../build/zstd";
import { PeerError } from "../src/errors";
import { fromHex } from "../src/trust/bytes";
import { decodeTile, moveWords, type Sheet } from "../src/viewer/pixels";
import { Zstd } from "../src/viewer/zstd";
import { BANDS, FILL, PALETTE, PHOTO, ZSTD, type Tile } from "../src/wire/picture";
import { tileOf, type Drawn } from "./tiles";
import { zstdFrame } from "./world/picture";

/** Level 1 with content size and no checksum: 12 pixels (i, 2i, 3i, 255), and indices 0 1 2 1 three times over. */
const PIXELS = fromHex("28b52ffd2030810100000000ff010203ff020406ff030609ff04080cff050a0fff060c12ff070e15ff081018ff09121bff0a141eff0b1621ff");
const INDICES = fromHex("28b52ffd200c610000000102010001020100010201");
const LARGE = fromHex("28b52ffda00000040064000020102030ff0100f9ffe78e084d000008100100fcff391002"); // 65,536 times 10 20 30 ff

let zstd: Zstd;
beforeAll(async () => { zstd = await Zstd.from(zstdWasm() as BufferSource); });

const tile = (over: Partial<Tile>): Tile => ({ t: "tile", monitor: 0, x_px: 1, y_px: 1, width_px: 4, height_px: 3, encoding: ZSTD, data: PIXELS, ...over });
const sheet = (width = 8, height = 5): Sheet => ({ words: new Uint32Array(width * height), width });
const decode = (over: Partial<Tile>): Uint32Array => {
  const target = sheet();
  decodeTile(tile(over), zstd, target);
  return target.words;
};
const at = (words: Uint32Array, x: number, y: number): string => (words[y * 8 + x] ?? 0).toString(16).padStart(8, "0");

describe("tiles", () => {
  it("turn B, G, R into opaque R, G, B in their place, and touch nothing else", () => {
    const words = decode({});
    for (let i = 0; i < 12; i++) {
      const [b, g, r] = [i, 2 * i, 3 * i];
      expect(at(words, 1 + (i % 4), 1 + Math.floor(i / 4))).toBe(((0xff << 24 | b << 16 | g << 8 | r) >>> 0).toString(16));
    }
    expect([...words].filter((word) => word !== 0)).toHaveLength(12);
  });
  it("fill", () => {
    const words = decode({ encoding: FILL, data: Uint8Array.of(1, 2, 3, 0) });
    expect(at(words, 4, 3)).toBe("ff010203");
    expect([...words].filter((word) => word !== 0)).toHaveLength(12);
  });
  it("look up a palette", () => {
    const palette = Uint8Array.of(2, 1, 1, 1, 1, 1, 255, 2, 2, 2, 255, 3, 3, 3, 255);
    const words = decode({ encoding: PALETTE, data: Uint8Array.from([...palette, ...INDICES]) });
    expect([1, 2, 3, 4].map((x) => at(words, x, 2))).toEqual(["ff010101", "ff020202", "ff030303", "ff020202"]);
  });
  it("may be as large as agreed", () => {
    const target = sheet(256, 256);
    decodeTile(tile({ x_px: 0, y_px: 0, width_px: 256, height_px: 256, data: LARGE }), zstd, target);
    expect(target.words.every((word) => word === 0xff102030)).toBe(true);
  });
  it.each<[string, Partial<Tile>]>([
    ["a frame of another size", { width_px: 5 }], ["a frame that is cut", { data: PIXELS.slice(0, -1) }], ["no frame", { data: new Uint8Array(30) }],
    ["bytes after the frame", { data: Uint8Array.from([...PIXELS, 0]) }], ["a larger frame than the tile", { data: LARGE }],
    ["a plain tile of three bytes", { encoding: FILL, data: new Uint8Array(3) }], ["a palette that is cut", { encoding: PALETTE, data: Uint8Array.of(255, 1, 2, 3) }],
    ["an index outside the palette", { encoding: PALETTE, data: Uint8Array.from([1, 1, 1, ...new Uint8Array(8), ...INDICES]) }],
  ])("refuse %s", (_what, over) => expect(() => decode(over)).toThrow(PeerError));
  it.each<[string, Partial<Tile>]>([
    ["bands of no row", { encoding: BANDS, data: Uint8Array.from([0, 1, ...PIXELS]) }], ["bands without pitch", { encoding: BANDS, data: Uint8Array.from([1, 0, ...PIXELS]) }],
    ["a palette in bands of no row", { encoding: PALETTE, data: Uint8Array.from([2, 0, 1, ...new Uint8Array(12), ...INDICES]) }],
    ["bands without a frame", { encoding: BANDS, data: Uint8Array.of(1) }], ["a photograph of another size", { encoding: PHOTO, data: PIXELS }],
  ])("refuse %s", (_what, over) => expect(() => decode(over)).toThrow(PeerError));
  it("write nothing when an index is outside the palette", () => {
    const target = sheet();
    const data = Uint8Array.from([1, 1, 1, ...new Uint8Array(8), ...INDICES]);
    expect(() => decodeTile(tile({ encoding: PALETTE, data }), zstd, target)).toThrow(PeerError);
    expect(target.words.every((word) => word === 0)).toBe(true);
  });
  it("survive rubbish", () => {
    for (let i = 4; i < PIXELS.length; i++) {
      for (const bit of [1, 16, 128]) {
        const data = PIXELS.map((byte, at) => (at === i ? byte ^ bit : byte));
        try {
          decode({ data });
        } catch (error) {
          expect(error).toBeInstanceOf(PeerError);
        }
      }
    }
    decode({});
  });
});

/** Pixels that differ from their neighbours in all the ways that predictions and bands may get wrong. */
const drawing = (width: number, height: number): Drawn => ({
  width, height,
  at: (x, y) => [(x * 37 + y * 101 + ((x * y) % 7) * 40) % 256, (x * x + y * 3) % 256, x % 5 === 0 ? 255 : (y * 71) % 256],
});
/** Few colours, as a palette needs. */
const letters = (width: number, height: number): Drawn => ({ width, height, at: (x, y) => { const v = ((x * 3 + y * 5 + ((x * y) >> 2)) % 16) * 16; return [v, 255 - v, v >> 1]; } });

describe("against a plain writer", () => {
  const held = (drawn: Drawn, made: Tile): void => {
    const target = sheet(64, 48);
    decodeTile(made, zstd, target);
    for (let y = 0; y < 48; y++) {
      for (let x = 0; x < 64; x++) {
        const [inX, inY] = [x - made.x_px, y - made.y_px];
        const isIn = inX >= 0 && inY >= 0 && inX < drawn.width && inY < drawn.height;
        const [b, g, r] = isIn ? drawn.at(inX, inY) : [0, 0, 0];
        const word = isIn ? (0xff000000 | (b << 16) | (g << 8) | r) >>> 0 : 0;
        if (target.words[y * 64 + x] !== word) expect([x, y, target.words[y * 64 + x]]).toEqual([x, y, word]);
      }
    }
  };
  const SIZES = [[1, 1], [1, 9], [9, 1], [2, 2], [17, 5], [33, 40], [40, 33]] as const;
  it.each(SIZES)("exact pixels, photographs, %i x %i", (width, height) => {
    for (const encoding of [ZSTD, PHOTO] as const) held(drawing(width, height), tileOf(drawing(width, height), { monitor: 0, x: 7, y: 3 }, encoding));
  });
  it.each(SIZES)("bands of every kind, %i x %i", (width, height) => {
    for (const [first, pitch] of [[1, 1], [1, 255], [255, 1], [3, 8], [16, 16], [13, 17], [40, 40]] as const) {
      held(drawing(width, height), tileOf(drawing(width, height), { monitor: 0, x: 5, y: 2 }, BANDS, first, pitch));
      held(letters(width, height), tileOf(letters(width, height), { monitor: 0, x: 5, y: 2 }, PALETTE, first, pitch));
    }
  });
  it("a palette of one colour and one of all 256", () => {
    const one: Drawn = { width: 20, height: 20, at: () => [1, 2, 3] };
    const all: Drawn = { width: 16, height: 16, at: (x, y) => [x * 16 + y, 7, 255 - x] };
    held(one, tileOf(one, { monitor: 0, x: 0, y: 0 }, PALETTE));
    held(all, tileOf(all, { monitor: 0, x: 0, y: 0 }, PALETTE));
    expect(zstdFrame(new Uint8Array(3))).toHaveLength(15);
  });
});

describe("copies", () => {
  it.each([[0, 1], [0, -1], [1, 0], [-1, 0], [3, 2], [-3, 2], [3, -2], [-3, -2], [0, 0], [9, 9]])("move as if through a copy, by %i, %i", (right, down) => {
    const target = sheet(40, 30);
    target.words.forEach((_word, i) => (target.words[i] = i + 1));
    const before = target.words.slice();
    const [x, y, wide, tall] = [10, 10, 12, 9];
    moveWords(target, { t: "copy", monitor: 0, from_x_px: x, from_y_px: y, x_px: x + right, y_px: y + down, width_px: wide, height_px: tall });
    target.words.forEach((word, i) => {
      const [column, row] = [i % 40 - x - right, Math.floor(i / 40) - y - down];
      const isMoved = column >= 0 && row >= 0 && column < wide && row < tall;
      expect(word).toBe(before[isMoved ? (y + row) * 40 + x + column : i]);
    });
  });
});
