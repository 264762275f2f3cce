/**
 * The `view` channel: pictures from the PC, acknowledgements from the console.
 *
 * A picture is begin, then copies, tiles and video frames in the order in which they take effect, then end.
 */
import { MAX_MONITORS, MonitorId, MonitorInfo, type Monitor } from "./capability";
import { MAX_RECORD_BYTES } from "./channel";
import { bool, bytes, compact, Family, int, list, oneOf, text, tuple, type Infer, type MessageOf } from "./schema";

export const MAX_TILE_PIXELS = 1 << 20;
export const MAX_STREAMS = 4;
export const MAX_VIDEO_BOXES = 128;
/** Of all parts of one frame. */
export const MAX_VIDEO_FRAME_BYTES = 4 << 20;
export const MAX_COVERED = 64;
export const MAX_TOGETHER = 64;
export const MAX_POINTER_PX = 256;
export const MAX_TOOK_MS = 60_000;

/** How a tile's pixels are written; pixels are B, G, R, 255, row by row from the top. */
export const FILL = 0;
export const ZSTD = 1;
/** Count - 1, first, pitch, the colours, then zstd of indices in bands (the first `first` rows tall, then `pitch`), down each column. */
export const PALETTE = 2;
/** First, pitch, then zstd of whole pixels in that order. */
export const BANDS = 3;
/** zstd of planes of G, R - G and B - G, less their prediction (LOCO-I's median of left, above, and left + above - above left). */
export const PHOTO = 4;

/** How far the picture is once it is drawn. */
export const EXACT = 0;
export const REFINING = 1;
export const BEHIND = 2;

/** What this console can decode. */
export const NO_VIDEO = 0;
export const H264 = 1;
export const H264_444 = 2;

const Side = int(1, 32767);
const At = int(0, 32767);
const Sequence = int(1, 2 ** 53);
const Stream = int(0, MAX_STREAMS - 1);
const VideoBox = tuple({ x_px: At, y_px: At, width_px: Side, height_px: Side });
const CoveredArea = tuple({ monitor: MonitorId, x_px: At, y_px: At, width_px: Side, height_px: Side, by_hand: bool });
const PointerSide = int(0, MAX_POINTER_PX);

const parts = [
  compact("begin", 2, { sequence: Sequence, whole: bool }),
  compact("tile", 3, {
    monitor: MonitorId, x_px: At, y_px: At, width_px: Side, height_px: Side, encoding: oneOf([FILL, ZSTD, PALETTE, BANDS, PHOTO]),
    data: bytes(1, MAX_RECORD_BYTES - 64),
  }),
  compact("end", 4, { sequence: Sequence, state: oneOf([EXACT, REFINING, BEHIND]) }),
  compact("copy", 10, { monitor: MonitorId, from_x_px: At, from_y_px: At, x_px: At, y_px: At, width_px: Side, height_px: Side }),
  compact("video_start", 11, { stream: Stream, monitor: MonitorId, x_px: At, y_px: At, width_px: Side, height_px: Side, codec: text(11, 11, /^avc1\.[0-9a-f]{6}$/) }),
  compact("video", 12, {
    stream: Stream, is_key: bool, is_last: bool, boxes: list(VideoBox, 0, MAX_VIDEO_BOXES), data: bytes(1, MAX_RECORD_BYTES - 4096),
  }),
  compact("video_end", 13, { stream: Stream }),
] as const;
/** Parts of pictures in their order, as if each had come in a record of its own. */
const Parts = list(new Family("view", MAX_RECORD_BYTES, parts).form, 2, MAX_TOGETHER);

const kinds = [
  ...parts,
  compact("layout", 1, { monitors: list(MonitorInfo, 1, MAX_MONITORS) }),
  compact("pointer", 5, {
    width_px: PointerSide, height_px: PointerSide, hot_x_px: PointerSide, hot_y_px: PointerSide,
    rgba: bytes(0, MAX_POINTER_PX * MAX_POINTER_PX * 4),
  }),
  compact("pointer_at", 6, { monitor: MonitorId, x_px: At, y_px: At }),
  compact("shown", 7, { sequence: Sequence, took_ms: int(0, MAX_TOOK_MS) }),
  compact("ready", 8, { video: oneOf([NO_VIDEO, H264, H264_444]), together: bool }),
  compact("alive", 9, {}),
  compact("covered", 14, { areas: list(CoveredArea, 0, MAX_COVERED) }),
  compact("together", 15, { messages: Parts }),
] as const;

export type VideoAbility = typeof NO_VIDEO | typeof H264 | typeof H264_444;
export type ViewMessage = MessageOf<(typeof kinds)[number]>;
/** What is drawn, or said of it: one at a time, however it came. */
export type ViewPart = Exclude<ViewMessage, { t: "together" }>;
export type Tile = Extract<ViewMessage, { t: "tile" }>;
export type Copy = Extract<ViewMessage, { t: "copy" }>;
export type VideoStart = Extract<ViewMessage, { t: "video_start" }>;
export type VideoFrame = Extract<ViewMessage, { t: "video" }>;
export type VideoEnd = Extract<ViewMessage, { t: "video_end" }>;
export type VideoBox = Infer<typeof VideoBox>;
export type Covering = Infer<typeof CoveredArea>;
export type PointerShape = Extract<ViewMessage, { t: "pointer" }>;
export type { Monitor };
export const VIEW = new Family("view", MAX_RECORD_BYTES, kinds);
