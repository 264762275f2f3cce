/** The PC's pointer as a picture: a CSS cursor while one controls, a drawing over the screen while one only looks. */
import type { PointerShape } from "../wire/picture";

/** Browsers fall back to their own arrow above it. */
const MAX_CURSOR_PX = 128;

function drawn(shape: PointerShape): HTMLCanvasElement | null {
  if (shape.width_px === 0 || shape.height_px === 0) return null;
  const canvas = document.createElement("canvas");
  canvas.width = shape.width_px;
  canvas.height = shape.height_px;
  const pixels = new ImageData(new Uint8ClampedArray(shape.rgba), shape.width_px, shape.height_px);
  canvas.getContext("2d")?.putImageData(pixels, 0, 0);
  return canvas;
}

/** The value of CSS `cursor` for this shape. */
export function cursorOf(shape: PointerShape | null, ratio: number): string {
  if (!shape) return "default";
  const canvas = drawn(shape);
  if (!canvas) return "none";
  if (canvas.width > MAX_CURSOR_PX || canvas.height > MAX_CURSOR_PX) return "default";
  const url = `url("${canvas.toDataURL()}")`;
  const [x, y] = [Math.min(shape.hot_x_px, canvas.width - 1), Math.min(shape.hot_y_px, canvas.height - 1)];
  // One pixel of the PC is one pixel of this screen, also on dense ones.
  return ratio === 1 ? `${url} ${x} ${y}, default` : `image-set(${url} ${ratio}x) ${x / ratio} ${y / ratio}, default`;
}

/** The shape drawn for laying over the screen; null for a hidden pointer. */
export function pictureOf(shape: PointerShape): HTMLCanvasElement | null {
  return drawn(shape);
}
