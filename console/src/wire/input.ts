/** The `control` channel: pointer, wheel and keys to the PC. */
import { MonitorId } from "./capability";
import { bool, compact, Family, int, list, oneOf, optional, text, type MessageOf } from "./schema";

const At = int(0, 32767);
const Steps = int(-50, 50);
export const MAX_STEPS = 50;
/** Characters of one text that is typed. */
export const MAX_TEXT = 4096;

/** Inputs in one record. */
export const MAX_INPUTS = 64;

const inputs = [
  compact("move", 1, { monitor: MonitorId, x_px: At, y_px: At }),
  compact("button", 2, { button: int(1, 9), down: bool }),
  compact("wheel", 3, { right: Steps, down: Steps }),
  compact("key", 4, { key: text(1, 32), code: text(0, 32, /^[A-Za-z0-9]*$/), down: bool }),
  compact("release", 5, {}),
  compact("type", 8, { text: text(0, MAX_TEXT) }),
] as const;
const MAX_BYTES = 4 * MAX_TEXT + 64;

const kinds = [
  ...inputs,
  compact("alive", 6, {}),
  compact("held", 7, { why: oneOf(["nothing", "prompt", "paused"]) }),
  compact("typing", 9, { typed: int(0, MAX_TEXT), of: int(0, MAX_TEXT), end: optional(oneOf(["done", "stopped", "not_granted", "bad_text", "busy"])) }),
  /** Inputs in their order, as if each had come in a record of its own. */
  compact("together", 10, { messages: list(new Family("control", MAX_BYTES, inputs).form, 2, MAX_INPUTS) }),
] as const;

export type ControlMessage = MessageOf<(typeof kinds)[number]>;
export type InputMessage = MessageOf<(typeof inputs)[number]>;
export const isInput = (message: ControlMessage): message is InputMessage => inputs.some(({ t }) => t === message.t);
export type WhyHeld = Extract<ControlMessage, { t: "held" }>["why"];
export type TypingEnd = NonNullable<Extract<ControlMessage, { t: "typing" }>["end"]>;
export const CONTROL = new Family("control", MAX_BYTES, kinds);
