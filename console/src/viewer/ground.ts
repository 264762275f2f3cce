/** A monitor on the page: all of its pixels in memory, which are the truth, and the canvases that show them. */
import type { Monitor } from "../wire/capability";
import type { Sheet } from "./pixels";
import { contextOf, meetAt, Strips, type Place } from "./strips";

export type { Place };

/** What the painter draws on. */
export interface Surface {
  readonly monitor: Monitor;
  readonly sheet: Sheet;
  /** Show these places as they are in the sheet, from now on and at once. */
  show(places: readonly Place[]): void;
  /** Forget every pixel. */
  clear(): void;
}

/** So long after the last large picture over several strips they come to the front again: motion has ended by then. */
const REST_MS = 300;

export class Ground implements Surface {
  /** Stands where the picture is; its size on the page is set by `scale`. */
  readonly node = document.createElement("div");
  readonly sheet: Sheet;
  /** The whole picture, for whoever reads it from the page, and for sizes between the whole ones. */
  private readonly whole: CanvasRenderingContext2D;
  /** What is seen where each pixel is a square, and in front of `whole` as long as pictures are small or lie in one strip each. */
  private strips: Strips | null = null;
  /** Until they come to the front again; meanwhile nothing is drawn on them. */
  private behind: ReturnType<typeof setTimeout> | null = null;
  /** The browser has no room for strips; they are not tried again. */
  private isWithoutStrips = false;
  private readonly pixels: ImageData;

  constructor(public monitor: Monitor) {
    const { width_px, height_px } = monitor;
    // A row more than is shown: VideoFrame.copyTo wants room for whole rows, also after a box at the lower right.
    const bytes = new ArrayBuffer(width_px * (height_px + 1) * 4);
    this.pixels = new ImageData(new Uint8ClampedArray(bytes, 0, width_px * height_px * 4), width_px, height_px);
    this.sheet = { words: new Uint32Array(bytes), width: width_px };
    this.whole = contextOf(width_px, height_px);
    this.node.style.setProperty("position", "relative");
    this.node.style.setProperty("isolation", "isolate"); // in front and behind are between these canvases only
    this.node.append(this.whole.canvas);
  }

  show(places: readonly Place[]): void {
    if (this.strips && !Strips.areFor(places)) this.putBehind(this.strips);
    for (const place of places) {
      if (this.behind === null) this.strips?.show(place);
      this.whole.putImageData(this.pixels, 0, 0, place.x_px, place.y_px, place.width_px, place.height_px);
    }
  }

  private putBehind(strips: Strips): void {
    this.stopWaiting();
    strips.node.style.setProperty("z-index", "-1");
    this.behind = setTimeout(() => {
      this.behind = null;
      strips.show({ x_px: 0, y_px: 0, width_px: this.pixels.width, height_px: this.pixels.height });
      strips.node.style.removeProperty("z-index");
    }, REST_MS);
  }

  private stopWaiting(): void {
    if (this.behind !== null) clearTimeout(this.behind);
    this.behind = null;
  }

  /** Show it in `width` by `height` CSS pixels; `isWhole`: every pixel becomes a square of whole device pixels. */
  scale(width: number, height: number, isWhole: boolean): void {
    const { style } = this.whole.canvas;
    style.setProperty("width", `${width}px`);
    style.setProperty("height", `${height}px`);
    style.setProperty("image-rendering", isWhole ? "pixelated" : "auto");
    const rate = width / this.monitor.width_px;
    if (!isWhole || !meetAt(rate)) return this.dropStrips();
    if (!this.strips && !this.isWithoutStrips) {
      this.strips = new Strips(this.pixels, () => {
        this.isWithoutStrips = true;
        this.dropStrips();
      });
      this.node.append(this.strips.node);
    }
    this.strips?.scale(rate);
  }

  private dropStrips(): void {
    this.stopWaiting();
    this.strips?.clear();
    this.strips = null;
  }

  clear(): void {
    this.sheet.words.fill(0);
    this.dropStrips();
    this.whole.canvas.width = this.whole.canvas.height = 0;
  }
}
