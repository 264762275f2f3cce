/** From a tile's bytes to the pixels of its monitor: exact, or PeerError. */
import { PeerError } from "../errors";
import { FILL, ZSTD, type Tile } from "../wire/picture";
import type { Zstd } from "./zstd";

/** All pixels of a monitor as words, in the order that ImageData has; `width` in pixels. */
export interface Sheet { readonly words: Uint32Array<ArrayBuffer>; readonly width: number }

/**
 * Write the tile's pixels into the sheet, which is large enough (flow/picture.ts has checked the tile's place).
 *
 * Writing in place, not into arrays of their own: fresh memory for each tile took longer than decoding it.
 */
export function decodeTile(tile: Tile, zstd: Zstd, sheet: Sheet): void {
  const { data, width_px: wide, height_px: tall } = tile;
  const { words, width } = sheet;
  const count = wide * tall;
  let to = tile.y_px * width + tile.x_px;
  if (tile.encoding === FILL) {
    if (data.length !== 4) throw new PeerError("malformed", "expected one pixel in a plain tile");
    const word = turned(wordAt(data, 0));
    for (let row = 0; row < tall; row++, to += width) words.fill(word, to, to + wide);
  } else if (tile.encoding === ZSTD) {
    const raw = zstd.decode(data, count * 4);
    const from = new Uint32Array(raw.buffer, raw.byteOffset, count);
    for (let row = 0, at = 0; row < tall; row++, to += width) {
      for (let x = to; x < to + wide; x++, at++) words[x] = turned(from[at] as number);
    }
  } else {
    const colours = (data[0] as number) + 1;
    if (data.length <= 1 + colours * 4) throw new PeerError("malformed", "expected a palette and its indices");
    const palette = new Uint32Array(256);
    for (let i = 0; i < colours; i++) palette[i] = turned(wordAt(data, 1 + i * 4));
    const indices = zstd.decode(data.subarray(1 + colours * 4), count);
    let highest = 0;
    for (let row = 0, at = 0; row < tall; row++, to += width) {
      for (let x = to; x < to + wide; x++, at++) {
        const index = indices[at] as number;
        if (index > highest) highest = index;
        words[x] = palette[index] as number;
      }
    }
    if (highest >= colours) throw new PeerError("malformed", "expected indices inside the palette");
  }
}

/** B, G, R, X as a little-endian word to opaque R, G, B. */
function turned(word: number): number {
  return (0xff000000 | (word & 0xff00) | ((word & 0xff) << 16) | ((word >>> 16) & 0xff)) >>> 0;
}

function wordAt(data: Uint8Array, at: number): number {
  return (data[at] as number) | ((data[at + 1] as number) << 8) | ((data[at + 2] as number) << 16);
}
