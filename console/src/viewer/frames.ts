/** Boxes of a decoded frame into the pixels of a monitor. */
import type { Sheet } from "./pixels";
import type { Place } from "./ground";

/**
 * Copy `box` of the frame to `to` in the sheet, in its colours.
 *
 * Where two pixels share their colour (4:2:0), Chromium takes a rectangle with an odd corner for the one with the even
 * corner before it, and says nothing: such a box is taken with a pixel more and cut here.
 */
export async function copyBox(frame: VideoFrame, box: Place, to: Place, { words, width }: Sheet): Promise<void> {
  const { x = 0, y = 0 } = frame.visibleRect ?? {};
  const left = x + box.x_px, top = y + box.y_px;
  if (!isShared(frame) || (left % 2 === 0 && top % 2 === 0)) {
    const rect = { x: left, y: top, width: box.width_px, height: box.height_px };
    await frame.copyTo(words, { format: "RGBA", rect, layout: [{ offset: (to.y_px * width + to.x_px) * 4, stride: width * 4 }] });
    return;
  }
  const [right, down] = [left % 2, top % 2];
  const wide = box.width_px + right;
  const held = new Uint32Array(wide * (box.height_px + down));
  await frame.copyTo(held, { format: "RGBA", rect: { x: left - right, y: top - down, width: wide, height: box.height_px + down } });
  for (let row = 0; row < box.height_px; row++) {
    const from = (row + down) * wide + right;
    words.set(held.subarray(from, from + box.width_px), (to.y_px + row) * width + to.x_px);
  }
}

const isShared = ({ format }: VideoFrame): boolean => format !== "I444" && !format?.startsWith("RGB") && !format?.startsWith("BGR");
