/** The `control` channel: pointer, wheel and keys to the PC. */
import { MonitorId } from "./capability";
import { bool, compact, Family, int, oneOf, optional, text, type MessageOf } from "./schema";

const At = int(0, 32767);
const Steps = int(-50, 50);
export const MAX_STEPS = 50;
/** Characters of one text that is typed. */
export const MAX_TEXT = 4096;

const kinds = [
  compact("move", 1, { monitor: MonitorId, x_px: At, y_px: At }),
  compact("button", 2, { button: int(1, 9), down: bool }),
  compact("wheel", 3, { right: Steps, down: Steps }),
  compact("key", 4, { key: text(1, 32), code: text(0, 32, /^[A-Za-z0-9]*$/), down: bool }),
  compact("release", 5, {}),
  compact("alive", 6, {}),
  compact("held", 7, { why: oneOf(["nothing", "prompt", "paused"]) }),
  compact("type", 8, { text: text(0, MAX_TEXT) }),
  compact("typing", 9, { typed: int(0, MAX_TEXT), of: int(0, MAX_TEXT), end: optional(oneOf(["done", "stopped", "not_granted", "bad_text", "busy"])) }),
] as const;

export type ControlMessage = MessageOf<(typeof kinds)[number]>;
export type InputMessage = Extract<ControlMessage, { t: "move" | "button" | "wheel" | "key" | "release" | "type" }>;
export type WhyHeld = Extract<ControlMessage, { t: "held" }>["why"];
export type TypingEnd = NonNullable<Extract<ControlMessage, { t: "typing" }>["end"]>;
export const CONTROL = new Family("control", 4 * MAX_TEXT + 64, kinds);
