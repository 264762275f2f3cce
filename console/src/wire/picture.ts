/** The `view` channel: exact tiles from the PC, acknowledgements from the console. */
import { MAX_MONITORS, MonitorId, MonitorInfo, type Monitor } from "./capability";
import { MAX_RECORD_BYTES } from "./channel";
import { bool, bytes, compact, Family, int, list, oneOf, type MessageOf } from "./schema";

export const MAX_TILE_PIXELS = 65_536;
export const MAX_POINTER_PX = 256;

/** How a tile's pixels are written; pixels are B, G, R, 255, row by row from the top. */
export const FILL = 0;
export const ZSTD = 1;
export const ZSTD_PALETTE = 2;

const Side = int(1, 32767);
const At = int(0, 32767);
const Sequence = int(1, 2 ** 53);
const PointerSide = int(0, MAX_POINTER_PX);

const kinds = [
  compact("layout", 1, { monitors: list(MonitorInfo, 1, MAX_MONITORS) }),
  compact("begin", 2, { sequence: Sequence, whole: bool }),
  compact("tile", 3, {
    monitor: MonitorId, x_px: At, y_px: At, width_px: Side, height_px: Side, encoding: oneOf([FILL, ZSTD, ZSTD_PALETTE]),
    data: bytes(1, MAX_RECORD_BYTES - 64),
  }),
  compact("end", 4, { sequence: Sequence }),
  compact("pointer", 5, {
    width_px: PointerSide, height_px: PointerSide, hot_x_px: PointerSide, hot_y_px: PointerSide,
    rgba: bytes(0, MAX_POINTER_PX * MAX_POINTER_PX * 4),
  }),
  compact("pointer_at", 6, { monitor: MonitorId, x_px: At, y_px: At }),
  compact("shown", 7, { sequence: Sequence }),
  compact("ready", 8, {}),
  compact("alive", 9, {}),
] as const;

export type ViewMessage = MessageOf<(typeof kinds)[number]>;
export type Tile = Extract<ViewMessage, { t: "tile" }>;
export type PointerShape = Extract<ViewMessage, { t: "pointer" }>;
export type { Monitor };
export const VIEW = new Family("view", MAX_RECORD_BYTES, kinds);
