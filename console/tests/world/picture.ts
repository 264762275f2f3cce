/** A screen to look at: drawn here in code, or raw B, G, R, X bytes from a file; as tiles with real zstd frames. */
import { readFileSync } from "node:fs";
import { ZSTD, type Tile } from "../../src/wire/picture";

/** A tile travels raw, in one record (wire/channel.ts). */
const TILE_PIXELS = 80_000;

export class Screen {
  readonly pixels: Uint8Array;

  constructor(readonly width: number, readonly height: number, file?: string) {
    this.pixels = new Uint8Array(width * height * 4).fill(255);
    if (file) this.pixels.set(readFileSync(file).subarray(0, this.pixels.length));
    else this.sketch();
  }

  box(x: number, y: number, width: number, height: number, [r, g, b]: readonly [number, number, number]): void {
    for (let row = y; row < y + height; row++) {
      for (let column = x; column < x + width; column++) this.pixels.set([b, g, r, 255], (row * this.width + column) * 4);
    }
  }

  private sketch(): void {
    this.box(0, 0, this.width, this.height, [236, 239, 243]);
    this.box(0, 0, this.width, 36, [38, 70, 96]);
    this.box(24, 60, this.width / 2 - 40, this.height - 90, [255, 255, 255]);
    this.box(this.width / 2 + 8, 60, this.width / 2 - 32, this.height - 90, [255, 255, 255]);
    for (let i = 0; i < 12; i++) this.box(40, 80 + i * 34, this.width / 2 - 72, 1, [210, 216, 222]);
    for (let i = 0; i < 400; i++) {
      const a = Math.sin(i * 12.9898) * 43758.5453, b = Math.sin(i * 78.233) * 12543.123;
      this.box(Math.floor(this.width / 2 + 60 + (a - Math.floor(a)) * (this.width / 2 - 140)), Math.floor(110 + (b - Math.floor(b)) * (this.height - 190)), 3, 3, [11, 92, 143]);
    }
  }

  tiles(monitor: number, x: number, y: number, width: number, height: number): Tile[] {
    const rows = Math.max(1, Math.floor(TILE_PIXELS / width));
    const tiles: Tile[] = [];
    for (let top = y; top < y + height; top += rows) {
      const tall = Math.min(rows, y + height - top);
      const raw = new Uint8Array(width * tall * 4);
      for (let row = 0; row < tall; row++) raw.set(this.pixels.subarray(((top + row) * this.width + x) * 4, ((top + row) * this.width + x + width) * 4), row * width * 4);
      tiles.push({ t: "tile", monitor, x_px: x, y_px: top, width_px: width, height_px: tall, encoding: ZSTD, data: zstdFrame(raw) });
    }
    return tiles;
  }
}

/** A zstd frame of uncompressed blocks (RFC 8878 section 3.1.1): Node 20 has no zstd of its own. */
export function zstdFrame(data: Uint8Array): Uint8Array {
  const BLOCK = 128 * 1024;
  const parts: Uint8Array[] = [new Uint8Array(9)];
  const head = new DataView((parts[0] as Uint8Array).buffer);
  head.setUint32(0, 0xfd2fb528, true);
  head.setUint8(4, 0b1010_0000); // content size of 4 bytes, single segment
  head.setUint32(5, data.length, true);
  for (let at = 0; at < data.length || at === 0; at += BLOCK) {
    const block = data.subarray(at, at + BLOCK);
    const size = (block.length << 3) | (at + BLOCK >= data.length ? 1 : 0);
    parts.push(Uint8Array.of(size & 255, (size >> 8) & 255, (size >> 16) & 255), block);
  }
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
