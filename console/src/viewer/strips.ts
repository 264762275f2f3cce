/**
 * A monitor's picture as canvases one above the other, each as wide as the monitor.
 *
 * A browser without a GPU copies a whole canvas for every frame in which a pixel of it changed: 8 MB at 1080p.  A click
 * changes a button, and so copies one strip.  Pixel by pixel only: between strips that are scaled to broken sizes the
 * edges would show.
 */
import { PeerError } from "../errors";

export interface Place { readonly x_px: number; readonly y_px: number; readonly width_px: number; readonly height_px: number }

/**
 * A fifth of 1080p, and at the usual ratios of a screen (1.25, 1.5, 1.75, 2) a whole number of CSS pixels, on which
 * every edge has to lie.
 */
const STRIP_ROWS = 210;

export class Strips {
  readonly node = document.createElement("div");
  private readonly contexts: readonly CanvasRenderingContext2D[];

  constructor(private readonly pixels: ImageData) {
    const { width, height } = pixels;
    this.node.style.setProperty("position", "absolute");
    this.node.style.setProperty("inset", "0");
    this.node.style.setProperty("pointer-events", "none");
    this.contexts = Array.from({ length: Math.ceil(height / STRIP_ROWS) }, (_, i) => {
      const context = contextOf(width, Math.min(STRIP_ROWS, height - i * STRIP_ROWS));
      context.canvas.style.setProperty("position", "absolute");
      context.canvas.style.setProperty("left", "0");
      context.canvas.style.setProperty("image-rendering", "pixelated");
      this.node.append(context.canvas);
      return context;
    });
  }

  show({ x_px, y_px, width_px, height_px }: Place): void {
    const last = Math.ceil((y_px + height_px) / STRIP_ROWS);
    for (let i = Math.floor(y_px / STRIP_ROWS); i < last; i++) {
      const top = i * STRIP_ROWS;
      this.contexts[i]?.putImageData(this.pixels, 0, -top, x_px, y_px, width_px, height_px);
    }
  }

  /** Place them, `rate` CSS pixels for each pixel of the PC.  Where a seam would show they are hidden. */
  scale(rate: number): void {
    const rows = Math.round(STRIP_ROWS * rate);
    const isSeamless = Math.abs(rows - STRIP_ROWS * rate) < 1e-6;
    this.node.style.setProperty("display", isSeamless ? "block" : "none");
    if (!isSeamless) return;
    this.contexts.forEach(({ canvas }, i) => {
      canvas.style.setProperty("top", `${i * rows}px`);
      canvas.style.setProperty("width", `${canvas.width * rate}px`);
      canvas.style.setProperty("height", `${canvas.height * rate}px`);
    });
  }

  hide(): void {
    this.node.style.setProperty("display", "none");
  }

  clear(): void {
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
