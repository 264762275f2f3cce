/**
 * Pointer, wheel and keys on their way to the PC: in order, moves as few as frames, and alive while anything is down.
 *
 * Only the newest move of a frame is sent, but before a button or a key the last move goes first, so that the click
 * lands where the pointer is. What went down comes up with the same name, whatever the modifiers do meanwhile.
 */
import { MAX_STEPS, type ControlMessage, type TypingEnd, type WhyHeld } from "../wire/input";

/** Docs/protocol/channels.md, "Alive": 250 ms while something is down or typed; a margin for the line's own jitter. */
const ALIVE_MS = 200;
/** More keys than two hands; a hostile page extension cannot make the list grow. */
const MAX_DOWN = 32;

export type InputEvent =
  | { readonly t: "move"; readonly monitor: number; readonly x: number; readonly y: number }
  | { readonly t: "button"; readonly button: number; readonly down: boolean }
  | { readonly t: "wheel"; readonly right: number; readonly down: number }
  | { readonly t: "key"; readonly key: string; readonly code: string; readonly down: boolean }
  | { readonly t: "text"; readonly text: string }
  | { readonly t: "chord"; readonly keys: readonly { readonly key: string; readonly code: string }[] }
  | { readonly t: "release" }
  | { readonly t: "frame" }
  | { readonly t: "held"; readonly why: WhyHeld }
  /** A text that the PC types; an empty one stops it. */
  | { readonly t: "type"; readonly text: string }
  | { readonly t: "typing"; readonly typed: number; readonly of: number; readonly end: TypingEnd | null }
  /** The line is gone: the PC lifts everything and types no more. */
  | { readonly t: "lost" }
  | { readonly t: "tick" };

/** How far a text is that the PC types; `end` once it types no more of it. */
export interface Typing { readonly typed: number; readonly of: number; readonly end: TypingEnd | null; readonly since: number }

export class Input {
  private pending: { monitor: number; x: number; y: number } | null = null;
  private sent: { monitor: number; x: number; y: number } | null = null;
  private readonly keys = new Map<string, string>();
  private readonly buttons = new Set<number>();
  private wheelRight = 0;
  private wheelDown = 0;
  private why: WhyHeld = "nothing";
  private text: Typing | null = null;
  private saidAt: number;

  constructor(now: number) {
    this.saidAt = now;
  }

  get held(): WhyHeld { return this.why; }
  get isAnythingDown(): boolean { return this.keys.size > 0 || this.buttons.size > 0; }

  /** The text that is being typed, or was last. */
  get typing(): Typing | null { return this.text; }
  private get isTyping(): boolean { return this.text?.end === null; }

  /** When to say that we are here; null: nothing is down, so nobody needs to know. */
  deadline(): number | null {
    return this.isAnythingDown || this.isTyping ? this.saidAt + ALIVE_MS : null;
  }

  /** Take one event; return what is to be sent now, in order. */
  step(event: InputEvent, now: number): ControlMessage[] {
    const messages = this.take(event, now);
    if (messages.length) this.saidAt = now;
    return messages;
  }

  private take(event: InputEvent, now: number): ControlMessage[] {
    if (event.t === "tick") return now >= (this.deadline() ?? Infinity) ? [{ t: "alive" }] : [];
    if (event.t === "typing") {
      this.text = { typed: event.typed, of: event.of, end: event.end, since: this.text?.since ?? now };
      return [];
    }
    if (event.t === "lost") {
      if (this.text?.end === null) this.text = { ...this.text, end: "stopped" };
      return this.release();
    }
    if (event.t === "held") {
      this.why = event.why;
      return event.why === "nothing" ? [] : this.release();
    }
    if (event.t === "release") return this.release();
    if (this.why !== "nothing") return [];
    switch (event.t) {
      case "move":
        this.pending = { monitor: event.monitor, x: event.x, y: event.y };
        return [];
      case "frame": return this.flush();
      case "button": {
        // Said again before a press: the PC forgets the place when its screens or what is shared change.
        if (event.down) {
          this.pending ??= this.sent;
          this.sent = null;
        }
        return [...this.flush(), ...this.button(event.button, event.down)];
      }
      case "wheel": return this.wheel(event.right, event.down);
      case "type": {
        if (event.text) this.text = { typed: 0, of: Array.from(event.text).length, end: null, since: now };
        return [...this.release(), { t: "type", text: event.text }];
      }
      case "key": return [...this.flush(), ...this.key(event.key, event.code, event.down)];
      case "text": return [...this.flush(), ...Array.from(event.text).flatMap((key) => tap(key, ""))];
      case "chord": {
        const downs = event.keys.map(({ key, code }): ControlMessage => ({ t: "key", key, code, down: true }));
        const ups = [...event.keys].reverse().map(({ key, code }): ControlMessage => ({ t: "key", key, code, down: false }));
        return [...this.flush(), ...downs, ...ups];
      }
    }
  }

  private flush(): ControlMessage[] {
    const at = this.pending;
    this.pending = null;
    if (!at) return [];
    const { sent } = this;
    if (sent?.monitor === at.monitor && sent.x === at.x && sent.y === at.y) return [];
    this.sent = at;
    return [{ t: "move", monitor: at.monitor, x_px: at.x, y_px: at.y }];
  }

  private button(button: number, down: boolean): ControlMessage[] {
    if (down === this.buttons.has(button)) return [];
    if (down) this.buttons.add(button);
    else this.buttons.delete(button);
    return [{ t: "button", button, down }];
  }

  private key(key: string, code: string, down: boolean): ControlMessage[] {
    const id = code || key;
    if (down) {
      if (this.keys.has(id) || this.keys.size >= MAX_DOWN) return []; // the PC repeats by itself
      this.keys.set(id, key);
      return [{ t: "key", key, code, down: true }];
    }
    const pressed = this.keys.get(id);
    if (pressed === undefined) return [];
    this.keys.delete(id);
    return [{ t: "key", key: pressed, code, down: false }];
  }

  /** `right`, `down`: steps, also fractions of one, which add up. */
  private wheel(right: number, down: number): ControlMessage[] {
    this.wheelRight += right;
    this.wheelDown += down;
    const whole = { right: bound(Math.trunc(this.wheelRight)), down: bound(Math.trunc(this.wheelDown)) };
    if (whole.right === 0 && whole.down === 0) return [];
    this.wheelRight = this.wheelRight % 1;
    this.wheelDown = this.wheelDown % 1;
    return [...this.flush(), { t: "wheel", ...whole }];
  }

  private release(): ControlMessage[] {
    // Meanwhile the pointer may be moved by another hand, so the next move is sent whatever it is.
    this.pending = this.sent = null;
    this.wheelRight = this.wheelDown = 0;
    if (!this.isAnythingDown) return [];
    this.keys.clear();
    this.buttons.clear();
    return [{ t: "release" }];
  }
}

const tap = (key: string, code: string): ControlMessage[] => [{ t: "key", key, code, down: true }, { t: "key", key, code, down: false }];
const bound = (steps: number): number => Math.max(-MAX_STEPS, Math.min(MAX_STEPS, steps)) + 0;
