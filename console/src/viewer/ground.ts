/** A monitor on the page: all of its pixels in memory, which are the truth, and the canvases that show them. */
import type { Monitor } from "../wire/capability";
import type { Sheet } from "./pixels";
import { contextOf, meetAt, Strips, type Place } from "./strips";

export type { Place };

/** What the painter draws on. */
export interface Surface {
  readonly monitor: Monitor;
  readonly sheet: Sheet;
  /** Show this place as it is in the sheet, from now on. */
  show(place: Place): void;
  /** Forget every pixel. */
  clear(): void;
}

export class Ground implements Surface {
  /** Stands where the picture is; its size on the page is set by `scale`. */
  readonly node = document.createElement("div");
  readonly sheet: Sheet;
  /** The whole picture, for whoever reads it from the page, and for sizes between the whole ones. */
  private readonly whole: CanvasRenderingContext2D;
  /** What is seen where each pixel is a square: over `whole`, which has the same picture.  Only while it is looked at so. */
  private strips: Strips | null = null;
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
    this.node.append(this.whole.canvas);
  }

  show(place: Place): void {
    this.strips?.show(place);
    this.whole.putImageData(this.pixels, 0, 0, place.x_px, place.y_px, place.width_px, place.height_px);
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
    this.strips?.clear();
    this.strips = null;
  }

  clear(): void {
    this.sheet.words.fill(0);
    this.dropStrips();
    this.whole.canvas.width = this.whole.canvas.height = 0;
  }
}
