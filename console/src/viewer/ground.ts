/**
 * A monitor on the page: all of its pixels in memory, which are the truth, and the canvases that show them.
 *
 * Where each pixel is shown as a square, several canvases lie beside one another: what changes then is small for the
 * browser too. Scaled smoothly they would show seams, so then it is one.
 */
import { PeerError } from "../errors";
import type { Monitor } from "../wire/capability";
import type { Sheet } from "./pixels";

export interface Place { readonly x_px: number; readonly y_px: number; readonly width_px: number; readonly height_px: number }

/** What the painter draws on. */
export interface Surface {
  readonly monitor: Monitor;
  readonly sheet: Sheet;
  /** Show this place as it is in the sheet, from now on. */
  show(place: Place): void;
  /** Forget every pixel. */
  clear(): void;
}

/** The side of one canvas among several. Medians of click to photon: one canvas of 1080p 0.9 ms more, sides of 320 no less. */
const PATCH_PX = 640;

interface Patch { readonly canvas: HTMLCanvasElement; readonly context: CanvasRenderingContext2D; readonly x: number; readonly y: number }

export class Ground implements Surface {
  /** Stands where the picture is; its size on the page is set by `scale`. */
  readonly element: HTMLElement;
  readonly sheet: Sheet;
  private readonly pixels: ImageData;
  private patches: readonly Patch[] = [];
  private side = 0;

  constructor(public monitor: Monitor) {
    const { width_px, height_px } = monitor;
    this.pixels = new ImageData(width_px, height_px);
    const words = new Uint32Array(this.pixels.data.buffer as ArrayBuffer);
    words.fill(0xff000000);
    this.sheet = { words, width: width_px };
    this.element = document.createElement("div");
    this.element.style.setProperty("position", "relative");
    this.arrange(PATCH_PX);
  }

  show({ x_px, y_px, width_px, height_px }: Place): void {
    for (const { canvas, context, x, y } of this.patches) {
      const left = Math.max(x, x_px), top = Math.max(y, y_px);
      const width = Math.min(x + canvas.width, x_px + width_px) - left;
      const height = Math.min(y + canvas.height, y_px + height_px) - top;
      if (width > 0 && height > 0) context.putImageData(this.pixels, -x, -y, left, top, width, height);
    }
  }

  /** Show it in `width` by `height` CSS pixels; `isWhole`: every pixel becomes a square of whole device pixels. */
  scale(width: number, height: number, isWhole: boolean): void {
    this.arrange(isWhole ? PATCH_PX : Infinity);
    const { style } = this.element;
    style.setProperty("width", `${width}px`);
    style.setProperty("height", `${height}px`);
    const [across, down] = [width / this.monitor.width_px, height / this.monitor.height_px];
    for (const { canvas, x, y } of this.patches) {
      canvas.style.setProperty("position", "absolute");
      canvas.style.setProperty("left", `${x * across}px`);
      canvas.style.setProperty("top", `${y * down}px`);
      canvas.style.setProperty("width", `${canvas.width * across}px`);
      canvas.style.setProperty("height", `${canvas.height * down}px`);
      canvas.style.setProperty("image-rendering", isWhole ? "pixelated" : "auto");
    }
  }

  clear(): void {
    this.sheet.words.fill(0);
    for (const { canvas } of this.patches) canvas.width = canvas.height = 0;
    this.patches = [];
    this.element.replaceChildren();
  }

  private arrange(side: number): void {
    if (side === this.side) return;
    this.side = side;
    const { width_px, height_px } = this.monitor;
    const found: Patch[] = [];
    for (let y = 0; y < height_px; y += side) {
      for (let x = 0; x < width_px; x += side) found.push(patch(x, y, Math.min(side, width_px - x), Math.min(side, height_px - y)));
    }
    this.patches = found;
    this.show({ x_px: 0, y_px: 0, width_px, height_px });
    this.element.replaceChildren(...found.map(({ canvas }) => canvas));
  }
}

function patch(x: number, y: number, width: number, height: number): Patch {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  // Opaque, and past the compositor's queue: click to photon 9 ms instead of 12 (medians of 200 clicks).
  const context = canvas.getContext("2d", { alpha: false, desynchronized: true });
  if (!context) throw new PeerError("too_large", "expected a monitor that this browser can show");
  return { canvas, context, x, y };
}
