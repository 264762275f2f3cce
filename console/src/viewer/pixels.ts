/** From a tile's bytes to the pixels of a canvas: exact, or PeerError. */
import { PeerError } from "../errors";
import { FILL, ZSTD, type Tile } from "../wire/picture";
import type { Zstd } from "./zstd";

/** B, G, R, X as a little-endian word to opaque R, G, B. */
const turned = (word: number): number => 0xff000000 | (word & 0xff00) | ((word & 0xff) << 16) | ((word >>> 16) & 0xff);

/** Return the tile's pixels as words in the order that ImageData has. */
export function decodeTile(tile: Tile, zstd: Zstd): Uint32Array<ArrayBuffer> {
  const count = tile.width_px * tile.height_px;
  const { data } = tile;
  const pixels = new Uint32Array(count);
  if (tile.encoding === FILL) {
    if (data.length !== 4) throw new PeerError("malformed", "expected one pixel in a plain tile");
    return pixels.fill(turned(wordAt(data, 0)) >>> 0);
  }
  if (tile.encoding === ZSTD) {
    const raw = zstd.decode(data, count * 4);
    const words = new Uint32Array(raw.buffer, raw.byteOffset, count);
    for (let i = 0; i < count; i++) pixels[i] = turned(words[i] as number);
    return pixels;
  }
  const colours = (data[0] as number) + 1;
  if (data.length <= 1 + colours * 4) throw new PeerError("malformed", "expected a palette and its indices");
  const palette = new Uint32Array(256);
  for (let i = 0; i < colours; i++) palette[i] = turned(wordAt(data, 1 + i * 4));
  const indices = zstd.decode(data.subarray(1 + colours * 4), count);
  let highest = 0;
  for (let i = 0; i < count; i++) {
    const index = indices[i] as number;
    if (index > highest) highest = index;
    pixels[i] = palette[index] as number;
  }
  if (highest >= colours) throw new PeerError("malformed", "expected indices inside the palette");
  return pixels;
}

const wordAt = (data: Uint8Array, at: number): number =>
  (data[at] as number) | ((data[at + 1] as number) << 8) | ((data[at + 2] as number) << 16);
