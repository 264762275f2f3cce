/** What may be granted, and what exactly a grant covers. */
import { bool, int, list, oneOf, optional, struct, tuple, withDefault, type Infer } from "./schema";
import { Line } from "./text";

export const MAX_MONITORS = 16;
export const CAPABILITIES = ["view", "control", "files", "clipboard", "chat"] as const;
export type CapabilityWord = (typeof CAPABILITIES)[number];
export const Capability = oneOf(CAPABILITIES);

export const GrantEnd = oneOf(["revoked", "given_back", "expired", "unanswered", "view_ended", "session_ended"]);
export type GrantEndWord = Infer<typeof GrantEnd>;

export const MonitorId = int(0, MAX_MONITORS - 1);
const Pixel = int(-32768, 32767);
const Extent = int(1, 32767);

/** A monitor's place on the PC's desktop, in pixels of the root window. */
export const MonitorInfo = tuple({
  id: MonitorId, name: Line, x_px: Pixel, y_px: Pixel, width_px: Extent, height_px: Extent, primary: bool,
});
export type Monitor = Infer<typeof MonitorInfo>;

/** What a grant covers: these monitors, or this one window of them; and, of control alone, pasting text. */
export const GrantScope = struct({
  monitors: withDefault(list(MonitorId, 0, MAX_MONITORS), []),
  window: optional(int(0, 0xffffffff)),
  paste: withDefault(bool, false),
});
export type Scope = Infer<typeof GrantScope>;
