/** One WebSocket to the relay: the ticket first, `paired` before anything else, then frames of the other end. */
import { PeerError, UnavailableError } from "../errors";
import type { Bytes } from "../trust/bytes";
import { MAX_FRAME_BYTES } from "../wire/channel";
import { PAIRED, RelayClose, WAITING } from "../wire/relay";

/** TCP, TLS and the upgrade on a slow mobile line. */
const OPEN_WITHIN_MS = 10_000;
/** The PC opens its end after the claim or after the grant; its ticket lives for a minute. */
const PAIR_WITHIN_MS = 30_000;
/** Frames not yet taken: a whole raw 4K screen. The browser would queue without end for a hostile PC. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

/** Why a connection ended: the relay's close code, or 0 when this end or the network ended it. */
export interface Closed { readonly code: number }

export class RelayLine {
  private readonly waiting: Bytes[] = [];
  private waitingBytes = 0;
  private taker: ((frame: Bytes) => void) | null = null;
  private isPaired = false;
  private over: Closed | null = null;
  private readonly closedListeners: ((closed: Closed) => void)[] = [];
  private wake: (() => void) | null = null;

  private constructor(private readonly socket: WebSocket) {
    socket.binaryType = "arraybuffer";
    socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => this.hear(event.data);
    socket.onclose = (event) => this.finish(event.code);
    socket.onerror = () => this.wake?.();
  }

  /** Connect, show the ticket and wait for the other end. UnavailableError when it does not come. */
  static async open(url: string, ticket: Bytes): Promise<RelayLine> {
    const line = new RelayLine(new WebSocket(url));
    try {
      await line.until(() => line.socket.readyState === WebSocket.OPEN, OPEN_WITHIN_MS, () => new Promise((resolve) => (line.socket.onopen = () => resolve())));
      line.socket.send(ticket);
      await line.until(() => line.isPaired, PAIR_WITHIN_MS);
      return line;
    } catch (error) {
      line.close();
      throw error;
    }
  }

  get isClosed(): boolean {
    return this.over !== null;
  }

  /** The next frame, for the steps before records begin. UnavailableError when none comes in time. */
  async next(withinMs: number): Promise<Bytes> {
    await this.until(() => this.waiting.length > 0, withinMs);
    const frame = this.waiting.shift();
    if (!frame) throw new UnavailableError("expected a frame");
    this.waitingBytes -= frame.length;
    return frame;
  }

  /** From now on every frame goes to `taker`, in order, at once. */
  stream(taker: (frame: Bytes) => void): void {
    this.taker = taker;
    for (const frame of this.waiting.splice(0)) taker(frame);
    this.waitingBytes = 0;
  }

  onClosed(listener: (closed: Closed) => void): void {
    if (this.over) listener(this.over);
    else this.closedListeners.push(listener);
  }

  /** Whether the network takes less than this end says; then it is better to say less. */
  get isCongested(): boolean {
    return this.socket.bufferedAmount > 64 * 1024;
  }

  send(frame: Bytes): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(frame);
  }

  close(): void {
    this.finish(0);
    this.socket.onmessage = this.socket.onclose = this.socket.onerror = null;
    if (this.socket.readyState <= WebSocket.OPEN) this.socket.close();
  }

  private hear(data: string | ArrayBuffer): void {
    if (typeof data === "string") {
      if (!this.isPaired && data === PAIRED) this.isPaired = true;
      else if (this.isPaired || data !== WAITING) return this.close();
      return this.wake?.();
    }
    if (!this.isPaired || data.byteLength === 0 || data.byteLength > MAX_FRAME_BYTES) return this.close();
    const frame = new Uint8Array(data);
    if (this.taker) return this.taker(frame);
    this.waitingBytes += frame.length;
    if (this.waitingBytes > MAX_WAITING_BYTES) return this.close();
    this.waiting.push(frame);
    this.wake?.();
  }

  private finish(code: number): void {
    if (this.over) return;
    this.over = { code };
    this.taker = null;
    this.wake?.();
    for (const listener of this.closedListeners.splice(0)) listener(this.over);
  }

  private async until(isTrue: () => boolean, withinMs: number, also?: () => Promise<void>): Promise<void> {
    const late = Date.now() + withinMs;
    while (!isTrue()) {
      if (this.over) throw closedError(this.over.code);
      const left = late - Date.now();
      if (left <= 0) throw new UnavailableError("expected the other end in time");
      let timer: ReturnType<typeof setTimeout> | undefined;
      await Promise.race([
        new Promise<void>((resolve) => (this.wake = resolve)),
        new Promise<void>((resolve) => (timer = setTimeout(resolve, left))),
        ...(also ? [also()] : []),
      ]);
      clearTimeout(timer);
    }
  }
}

/** What a close code means to the caller: the other end's fault, or something that may pass. */
export function closedError(code: number): Error {
  if (code === RelayClose.TICKET_REFUSED || code === RelayClose.TICKET_USED) return new PeerError("not_granted", `the relay refused the ticket (${code})`);
  if (code === RelayClose.TOO_LARGE || code === RelayClose.MALFORMED) return new PeerError("malformed", `the relay refused a message (${code})`);
  return new UnavailableError(`the line ended (${code})`);
}
