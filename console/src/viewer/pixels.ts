/** From a tile's bytes to the pixels of its monitor: exact, or PeerError. */
import { PeerError } from "../errors";
import { BANDS, FILL, PALETTE, ZSTD, type Copy, type Tile } from "../wire/picture";
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
  } else if (tile.encoding === PALETTE) {
    const colours = (data[0] as number) + 1;
    if (data.length <= 3 + colours * 4) throw new PeerError("malformed", "expected a palette and its indices");
    const palette = new Uint32Array(256);
    for (let i = 0; i < colours; i++) palette[i] = turned(wordAt(data, 3 + i * 4));
    const bands = bandsOf(data[1], data[2]);
    const indices = zstd.decode(data.subarray(3 + colours * 4), count);
    if (colours < 256) for (let i = 0; i < count; i++) if ((indices[i] as number) >= colours) throw new PeerError("malformed", "expected indices inside the palette");
    outOfBands(indices, palette, bands, tile, sheet);
  } else if (tile.encoding === BANDS) {
    const bands = bandsOf(data[0], data[1]);
    const raw = zstd.decode(data.subarray(2), count * 4);
    outOfBands(new Uint32Array(raw.buffer, raw.byteOffset, count), null, bands, tile, sheet);
  } else decodePhoto(zstd.decode(data, count * 3), wide, tall, sheet, to);
}

interface Bands { readonly first: number; readonly pitch: number }

function bandsOf(first: number | undefined, pitch: number | undefined): Bands {
  if (!first || !pitch) throw new PeerError("malformed", "expected bands of at least one row");
  return { first, pitch };
}

/** Write values that come band by band, down each column (wire/picture.ts, PALETTE): indices of `palette`, or whole pixels. */
function outOfBands(values: Uint8Array | Uint32Array, palette: Uint32Array | null, { first, pitch }: Bands, tile: Tile, { words, width }: Sheet): void {
  const { width_px: wide, height_px: tall } = tile;
  let from = 0;
  for (let top = 0, height = first; top < tall; top += height, height = pitch) {
    const rows = Math.min(height, tall - top);
    // Along the rows of the sheet: jumps in what is read cost less than jumps in what is written.
    for (let row = 0; row < rows; row++) {
      const start = (tile.y_px + top + row) * width + tile.x_px;
      if (palette) for (let to = start, at = from + row; to < start + wide; to++, at += rows) words[to] = palette[values[at] as number] as number;
      else for (let to = start, at = from + row; to < start + wide; to++, at += rows) words[to] = turned(values[at] as number);
    }
    from += rows * wide;
  }
}

/** Move pixels within the sheet as if through a copy of them: both places may overlap. */
export function moveWords({ words, width }: Sheet, copy: Copy): void {
  const { height_px: tall, width_px: wide } = copy;
  const isDown = copy.y_px > copy.from_y_px;
  for (let i = 0; i < tall; i++) {
    const row = isDown ? tall - 1 - i : i;
    const from = (copy.from_y_px + row) * width + copy.from_x_px;
    words.copyWithin((copy.y_px + row) * width + copy.x_px, from, from + wide);
  }
}

/** Planes of G, R - G, B - G, less their prediction (LOCO-I, ITU-T T.87 A.4.1), into the sheet from word `to` on. */
function decodePhoto(raw: Uint8Array, wide: number, tall: number, { words, width }: Sheet, to: number): void {
  const count = wide * tall;
  for (let plane = 0; plane < 3; plane++) {
    for (let row = 0, at = plane * count; row < tall; row++) {
      const above = row > 0 ? at - wide : -1;
      let left = 0;
      let corner = 0;
      for (let column = 0; column < wide; column++, at++) {
        const up = above < 0 ? 0 : (raw[above + column] as number);
        let guess = left + up - corner;
        const low = left < up ? left : up;
        const high = left < up ? up : left;
        if (guess < low) guess = low;
        else if (guess > high) guess = high;
        left = ((raw[at] as number) + guess) & 0xff;
        raw[at] = left;
        corner = up;
      }
    }
  }
  for (let row = 0, at = 0; row < tall; row++, to += width) {
    for (let x = to; x < to + wide; x++, at++) {
      const green = raw[at] as number;
      const red = (green + (raw[at + count] as number)) & 0xff;
      const blue = (green + (raw[at + 2 * count] as number)) & 0xff;
      words[x] = (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;
    }
  }
}

/** B, G, R, X as a little-endian word to opaque R, G, B. */
function turned(word: number): number {
  return (0xff000000 | (word & 0xff00) | ((word & 0xff) << 16) | ((word >>> 16) & 0xff)) >>> 0;
}

function wordAt(data: Uint8Array, at: number): number {
  return (data[at] as number) | ((data[at + 1] as number) << 8) | ((data[at + 2] as number) << 16);
}
