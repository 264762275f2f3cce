/** Messages of one family over one line, each sealed in a record: kept in order both ways while the browser works aside. */
import { PeerError } from "../errors";
import type { Bytes } from "../trust/bytes";
import type { ChannelKeys } from "../trust/schedule";
import type { RelayLine } from "./relay";

interface Codec<M> { decode(data: Uint8Array): M; encode(message: M): Bytes }

export interface RecordEvents<M> {
  /** In order, with the bytes of its record and the moment at which it came, by performance.now(). A PeerError thrown here ends the line like any other fault. */
  message(message: M, bytes: number, cameAt: number): void;
  /** Once: the line is gone; `fault` when the other side broke a rule, and the relay's close code otherwise. */
  lost(fault: PeerError | null, code: number): void;
}

/** Records that are being opened: above it the PC floods. 64 MiB as in relay.ts. */
const MAX_OPENING_BYTES = 64 * 1024 * 1024;

export class RecordLine<M> {
  private isOver = false;
  private opening: Promise<void> = Promise.resolve();
  private sealing: Promise<void> = Promise.resolve();
  private openingBytes = 0;
  /** The first record that went out since the last one came in, by performance.now(); null: none. */
  waitingSince: number | null = null;

  constructor(private readonly line: RelayLine, private readonly keys: ChannelKeys, private readonly codec: Codec<M>, private readonly events: RecordEvents<M>) {
    line.stream((frame) => this.receive(frame));
    line.onClosed(({ code }) => this.finish(null, code));
  }

  get isOpen(): boolean {
    return !this.isOver;
  }

  get isCongested(): boolean {
    return this.line.isCongested;
  }

  /** Seal and send; the order of calls is the order on the line. Silently nothing once the line is gone. */
  send(message: M): void {
    if (this.isOver) return;
    this.waitingSince ??= performance.now();
    const sealed = this.keys.sealer.seal(this.codec.encode(message));
    sealed.catch(() => undefined);
    this.sealing = this.sealing.then(async () => {
      const record = await sealed;
      if (!this.isOver) this.line.send(record);
    }).catch((error: unknown) => this.fail(error));
  }

  /** Send what is under way, then close. */
  async closeAfterSending(): Promise<void> {
    await this.sealing;
    this.close();
  }

  /** Drop the keys first, then the line. No `lost` follows. */
  close(): void {
    this.isOver = true;
    this.keys.sealer.forget();
    this.keys.opener.forget();
    this.line.close();
  }

  private receive(frame: Bytes): void {
    if (this.isOver) return;
    this.openingBytes += frame.length;
    if (this.openingBytes > MAX_OPENING_BYTES) return this.finish(new PeerError("too_many", "expected fewer records at once"), 0);
    const cameAt = performance.now();
    const opened = this.keys.opener.open(frame);
    opened.catch(() => undefined);
    this.opening = this.opening.then(async () => {
      const plain = await opened;
      this.openingBytes -= frame.length;
      if (this.isOver) return;
      this.waitingSince = null;
      this.events.message(this.codec.decode(plain), frame.length, cameAt);
    }).catch((error: unknown) => this.fail(error));
  }

  private fail(error: unknown): void {
    if (this.isOver) return;
    if (error instanceof PeerError) return this.finish(error, 0);
    this.finish(null, 0);
    throw error;
  }

  private finish(fault: PeerError | null, code: number): void {
    if (this.isOver) return;
    this.close();
    this.events.lost(fault, code);
  }
}
