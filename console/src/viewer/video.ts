/** One H.264 stream through WebCodecs: frames out in the order in which they went in, or a failure said once. */
import { H264, H264_444, NO_VIDEO, type VideoAbility, type VideoStart } from "../wire/picture";

/** A picture of 1080p takes 2 to 4 ms without a GPU; a decoder that needs this long twice has died. */
const SILENT_MS = 1_000;

/** What the host encodes (docs/protocol/channels.md); said here too, for a decoder would guess where the stream is silent. */
const COLOURS = { primaries: "bt709", transfer: "bt709", matrix: "bt709", fullRange: false } as const;

/** This browser cannot decode what came. Not the PC's fault, as far as this end can tell. */
export class VideoFailure extends Error {
  override readonly name = "VideoFailure";
}

export type Decoder = Pick<VideoDecoder, "configure" | "decode" | "close">;
export type MakeDecoder = (init: VideoDecoderInit) => Decoder;
const native: MakeDecoder = (init) => new VideoDecoder(init);

/** What `ViewReady` may say. Asked of the browser, which knows by profile and level. */
export async function ability(): Promise<VideoAbility> {
  if (typeof VideoDecoder === "undefined") return NO_VIDEO;
  const can = async (codec: string): Promise<boolean> => {
    try {
      return (await VideoDecoder.isConfigSupported(config(codec))).supported ?? false;
    } catch {
      return false;
    }
  };
  if (!(await can("avc1.640028"))) return NO_VIDEO;
  return (await can("avc1.f40028")) ? H264_444 : H264;
}

/** In software: the pixels are wanted in memory, and decoders of graphics cards keep frames back. */
function config(codec: string): VideoDecoderConfig {
  return { codec, optimizeForLatency: true, hardwareAcceleration: "prefer-software", colorSpace: COLOURS };
}

interface Waiting { resolve(frame: VideoFrame): void; reject(error: VideoFailure): void }

export class VideoStream {
  private readonly decoder: Decoder;
  private readonly waiting = new Map<number, Waiting>();
  private readonly held = new Set<VideoFrame>();
  private count = 0;
  private failure: VideoFailure | null = null;
  private isEnding = false;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private isSilent = false;

  constructor(private readonly start: VideoStart, make: MakeDecoder = native) {
    try {
      this.decoder = make({ output: (frame) => this.take(frame), error: (error) => this.fail(error.message) });
      this.decoder.configure(config(start.codec));
    } catch (error) {
      throw new VideoFailure("expected a decoder", { cause: error });
    }
  }

  /** Decode one access unit (Annex B). VideoFailure when the browser cannot; give the frame back with `release`. */
  decode(isKey: boolean, data: Uint8Array): Promise<VideoFrame> {
    const timestamp = this.count++;
    const coming = new Promise<VideoFrame>((resolve, reject) => {
      if (this.failure) return reject(this.failure);
      this.waiting.set(timestamp, { resolve, reject });
    });
    coming.catch(() => undefined); // whoever waits for the frame sees it
    if (this.failure) return coming;
    try {
      this.decoder.decode(new EncodedVideoChunk({ type: isKey ? "key" : "delta", timestamp, data: data as Uint8Array<ArrayBuffer> }));
    } catch (error) {
      this.fail(error instanceof Error ? error.message : "");
    }
    this.timer ??= setTimeout(() => this.listen(), SILENT_MS);
    return coming;
  }

  release(frame: VideoFrame): void {
    this.held.delete(frame);
    frame.close();
  }

  /** Nothing more comes; what is being decoded still comes out. */
  end(): void {
    this.isEnding = true;
    if (this.waiting.size === 0) this.stop();
  }

  /** Drop the decoder and all frames that nobody has taken. */
  close(): void {
    this.fail("the stream is closed");
    for (const frame of this.held) frame.close();
    this.held.clear();
  }

  private take(frame: VideoFrame): void {
    const waiting = this.waiting.get(frame.timestamp);
    const { visibleRect } = frame;
    const isOfSize = visibleRect?.width === this.start.width_px && visibleRect.height === this.start.height_px;
    if (!waiting || this.failure || !isOfSize) {
      frame.close();
      return this.fail("expected a frame of the stream's size");
    }
    this.waiting.delete(frame.timestamp);
    this.held.add(frame);
    this.isSilent = false;
    waiting.resolve(frame);
    if (this.isEnding && this.waiting.size === 0) this.stop();
  }

  /** Twice in a row, so that a machine that has just woken up has its time. */
  private listen(): void {
    this.timer = null;
    if (this.waiting.size === 0) return;
    if (this.isSilent) return this.fail("expected a frame in time");
    this.isSilent = true;
    this.timer = setTimeout(() => this.listen(), SILENT_MS);
  }

  private fail(text: string): void {
    if (this.failure) return;
    this.failure = new VideoFailure(text);
    this.stop();
    for (const { reject } of this.waiting.values()) reject(this.failure);
    this.waiting.clear();
  }

  private stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    try {
      this.decoder.close();
    } catch {
      // A decoder that failed is closed already.
    }
  }
}
