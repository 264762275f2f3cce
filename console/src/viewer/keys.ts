/** Keys between this browser and the PC: which are composed into characters, and the ones that a browser keeps for itself. */

interface Key { readonly key: string; readonly code: string }
export interface SpecialKeys { readonly id: string; readonly keys: readonly Key[] }

const CONTROL = { key: "Control", code: "ControlLeft" };
const ALT = { key: "Alt", code: "AltLeft" };

/** Named in the catalogues as `keys.<id>`. */
export const SPECIAL_KEYS: readonly SpecialKeys[] = [
  { id: "ctrl_alt_del", keys: [CONTROL, ALT, { key: "Delete", code: "Delete" }] },
  { id: "alt_tab", keys: [ALT, { key: "Tab", code: "Tab" }] },
  { id: "alt_f4", keys: [ALT, { key: "F4", code: "F4" }] },
  { id: "super", keys: [{ key: "Meta", code: "MetaLeft" }] },
  { id: "print_screen", keys: [{ key: "PrintScreen", code: "PrintScreen" }] },
  { id: "escape", keys: [{ key: "Escape", code: "Escape" }] },
  { id: "f11", keys: [{ key: "F11", code: "F11" }] },
];

export const PASTE: readonly Key[] = [CONTROL, { key: "v", code: "KeyV" }];
/** The browser's own shortcut for pasting; with Shift or Alt it means something else. */
export const isPaste = (event: KeyboardEvent): boolean =>
  (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "v";

/** Whether the browser is still composing: what comes of it arrives as text. */
export const isComposing = (event: KeyboardEvent): boolean =>
  event.isComposing || event.key === "Dead" || event.key === "Process" || event.key === "Unidentified" || event.key === "Compose" || event.keyCode === 229;

/** Control, Alt and Shift together give the keyboard back to the page; otherwise nobody without a mouse gets out. */
export const isWayOut = (event: KeyboardEvent): boolean =>
  event.ctrlKey && event.altKey && event.shiftKey && ["Control", "Alt", "Shift"].includes(event.key);

/** X11's numbers of a DOM button: left, middle, right, back, forward. */
export const buttonNumber = (button: number): number | null => [1, 2, 3, 8, 9][button] ?? null;

/** Steps of a wheel event: a notch is 120 of `wheelDelta`; where that is missing, 100 pixels, 3 lines or a page. */
export function wheelSteps(event: WheelEvent): { right: number; down: number } {
  const { wheelDeltaX, wheelDeltaY } = event as WheelEvent & { wheelDeltaX?: number; wheelDeltaY?: number };
  if (wheelDeltaX !== undefined && wheelDeltaY !== undefined) return { right: -wheelDeltaX / 120, down: -wheelDeltaY / 120 };
  const per = [100, 3, 1][event.deltaMode] ?? 100;
  return { right: event.deltaX / per, down: event.deltaY / per };
}

/** Lets the page have keys that the browser or the desktop keeps, in full screen and where there is such a thing. */
export async function lockKeyboard(lock: boolean): Promise<void> {
  const keyboard = (navigator as Navigator & { keyboard?: { lock?(): Promise<void>; unlock?(): void } }).keyboard;
  if (lock) await keyboard?.lock?.().catch(() => undefined);
  else keyboard?.unlock?.();
}
