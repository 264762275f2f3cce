/** Writes tiles as the contract has them (wire/picture.ts), plainly and pixel by pixel: what the decoders are held against. */
import { BANDS, FILL, PALETTE, PHOTO, ZSTD, type Tile } from "../src/wire/picture";
import { zstdFrame } from "./world/picture";

/** A rectangle of pixels: `at(x, y)` is [b, g, r]. */
export interface Drawn { readonly width: number; readonly height: number; at(x: number, y: number): readonly [number, number, number] }
interface Spot { readonly monitor: number; readonly x: number; readonly y: number }

const byte = (value: number): number => ((value % 256) + 256) % 256;

/** Bands of rows: [top, height] each. */
function bands(height: number, first: number, pitch: number): [number, number][] {
  const found: [number, number][] = [];
  for (let top = 0; top < height;) {
    const tall = Math.min(top === 0 ? first : pitch, height - top);
    found.push([top, tall]);
    top += tall;
  }
  return found;
}

function* downColumns(drawn: Drawn, first: number, pitch: number): Generator<readonly [number, number, number]> {
  for (const [top, tall] of bands(drawn.height, first, pitch)) {
    for (let x = 0; x < drawn.width; x++) for (let y = top; y < top + tall; y++) yield drawn.at(x, y);
  }
}

function residuals(plane: (x: number, y: number) => number, width: number, height: number): number[] {
  const found: number[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const left = x > 0 ? plane(x - 1, y) : 0, above = y > 0 ? plane(x, y - 1) : 0, corner = x > 0 && y > 0 ? plane(x - 1, y - 1) : 0;
      const [, median] = [left, above, left + above - corner].sort((a, b) => a - b);
      found.push(byte(plane(x, y) - (median as number)));
    }
  }
  return found;
}

/** The tile of `drawn` at a place, in this encoding; `first` and `pitch` where it has bands. */
export function tileOf(drawn: Drawn, spot: Spot, encoding: Tile["encoding"], first = 16, pitch = 16): Tile {
  const { width, height } = drawn;
  const pixels = [...downColumns(drawn, 1, 1)];
  const whole = (list: Iterable<readonly [number, number, number]>): Uint8Array => Uint8Array.from([...list].flatMap(([b, g, r]) => [b, g, r, 255]));
  const data = ((): Uint8Array => {
    switch (encoding) {
      case FILL: return whole(pixels.slice(0, 1));
      case ZSTD: return zstdFrame(whole(pixels));
      case BANDS: return Uint8Array.from([first, pitch, ...zstdFrame(whole(downColumns(drawn, first, pitch)))]);
      case PALETTE: {
        const names = [...new Set(pixels.map(String))];
        const colours = names.flatMap((name) => [...name.split(",").map(Number), 255]);
        const indices = Uint8Array.from([...downColumns(drawn, first, pitch)].map((pixel) => names.indexOf(String(pixel))));
        return Uint8Array.from([names.length - 1, first, pitch, ...colours, ...zstdFrame(indices)]);
      }
      case PHOTO: {
        const green = (x: number, y: number): number => drawn.at(x, y)[1];
        const red = (x: number, y: number): number => byte(drawn.at(x, y)[2] - green(x, y));
        const blue = (x: number, y: number): number => byte(drawn.at(x, y)[0] - green(x, y));
        return zstdFrame(Uint8Array.from([green, red, blue].flatMap((plane) => residuals(plane, width, height))));
      }
      default: throw new Error("expected a known encoding");
    }
  })();
  return { t: "tile", monitor: spot.monitor, x_px: spot.x, y_px: spot.y, width_px: width, height_px: height, encoding, data };
}
