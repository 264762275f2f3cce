/** Tiles against frames that the other end's compressor made, and against everything that is no tile. */
import { beforeAll, describe, expect, it } from "vitest";
import { zstdWasm } from "../build/zstd";
import { PeerError } from "../src/errors";
import { fromHex } from "../src/trust/bytes";
import { decodeTile, type Sheet } from "../src/viewer/pixels";
import { Zstd } from "../src/viewer/zstd";
import { FILL, ZSTD, PALETTE, type Tile } from "../src/wire/picture";

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
