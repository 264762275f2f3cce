/**
 * A monitor's picture as canvases one above the other, each as wide as the monitor.
 *
 * A browser without a GPU copies a whole canvas for every frame in which a pixel of it changed: 8 MB at 1080p.  A click
 * changes a button, and so copies one strip: 15.8 ms until it is seen instead of 17.5 (medians of 140 clicks in turns
 * within one session, the whole product at 1080p).  Pixel by pixel only: between strips that are scaled to broken sizes the
 * edges would show.  Each canvas comes onto the screen by itself, so much that changes in several strips at once would be
 * seen in pieces: that is for a whole canvas to show.
 */
import { PeerError } from "../errors";

export interface Place { readonly x_px: number; readonly y_px: number; readonly width_px: number; readonly height_px: number }

/**
 * A fifth of 1080p, and at the usual ratios of a screen (1.25, 1.5, 1.75, 2) a whole number of CSS pixels, on which
 * every edge has to lie.
 */
const STRIP_ROWS = 210;

/**
 * A button, a dialog: copied within a millisecond, so that its parts come onto the screen with the same frame.  Of motion
 * over the whole screen every third look found parts of two pictures.
 */
const AT_ONCE_PX = 250_000;

/** Whether strips meet without a seam at `rate` CSS pixels for each pixel of the PC. */
export function meetAt(rate: number): boolean {
  return Math.abs(Math.round(STRIP_ROWS * rate) - STRIP_ROWS * rate) < 1e-6;
}

export class Strips {
  readonly node = document.createElement("div");
  private readonly contexts: readonly CanvasRenderingContext2D[];

  /** `onLost`: the browser has thrown one of them away. */
  constructor(private readonly pixels: ImageData, onLost: () => void) {
    const { width, height } = pixels;
    this.node.style.setProperty("position", "absolute");
    this.node.style.setProperty("inset", "0");
    this.node.style.setProperty("pointer-events", "none");
    this.contexts = Array.from({ length: Math.ceil(height / STRIP_ROWS) }, (_, i) => {
      const context = contextOf(width, Math.min(STRIP_ROWS, height - i * STRIP_ROWS));
      context.canvas.style.setProperty("position", "absolute");
      context.canvas.style.setProperty("left", "0");
      context.canvas.style.setProperty("image-rendering", "pixelated");
      context.canvas.addEventListener("contextlost", onLost);
      this.node.append(context.canvas);
      return context;
    });
    this.show({ x_px: 0, y_px: 0, width_px: width, height_px: height });
  }

  /** Whether strips are the way to show this: all of it lies in one and the same, or so little that it comes at once. */
  static areFor(places: readonly Place[]): boolean {
    if (places.reduce((sum, { width_px, height_px }) => sum + width_px * height_px, 0) <= AT_ONCE_PX) return true;
    const rows = places.flatMap(({ y_px, height_px }) => [y_px, y_px + Math.max(1, height_px) - 1]);
    return new Set(rows.map((row) => Math.floor(row / STRIP_ROWS))).size <= 1;
  }

  show({ x_px, y_px, width_px, height_px }: Place): void {
    const last = Math.ceil((y_px + height_px) / STRIP_ROWS);
    for (let i = Math.floor(y_px / STRIP_ROWS); i < last; i++) {
      this.contexts[i]?.putImageData(this.pixels, 0, -i * STRIP_ROWS, x_px, y_px, width_px, height_px);
    }
  }

  /** Place them at a rate at which they meet. */
  scale(rate: number): void {
    this.contexts.forEach(({ canvas }, i) => {
      canvas.style.setProperty("top", `${Math.round(i * STRIP_ROWS * rate)}px`);
      canvas.style.setProperty("width", `${canvas.width * rate}px`);
      canvas.style.setProperty("height", `${canvas.height * rate}px`);
    });
  }

  /** Take them off the page and forget every pixel. */
  clear(): void {
    this.node.remove();
    for (const { canvas } of this.contexts) canvas.width = canvas.height = 0;
  }
}

/** A canvas of this size to draw on.  PeerError: this browser has none so large. */
export function contextOf(width: number, height: number): CanvasRenderingContext2D {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  canvas.style.setProperty("display", "block");
  // Opaque, and past the compositor's queue: click to photon 9 ms instead of 12 (medians of 200 clicks).
  const context = canvas.getContext("2d", { alpha: false, desynchronized: true });
  if (!context) throw new PeerError("too_large", "expected a monitor that this browser can show");
  return context;
}
