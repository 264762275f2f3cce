/**
 * The order of pictures on `view`: a layout first, then begin, what changes, end, with rising numbers.
 *
 * It checks everything the drawing relies on (granted monitors, places within them, streams that run) before anything
 * is decoded, joins the parts of a video frame, and says when a picture is complete.
 */
import { PeerError } from "../errors";
import type { Monitor } from "../wire/capability";
import {
  MAX_TILE_PIXELS, MAX_VIDEO_FRAME_BYTES,
  type Copy, type Covering, type Tile, type VideoBox, type VideoFrame, type VideoStart, type ViewMessage,
} from "../wire/picture";

/** Pixels of tiles and copies between begin and end: four 4K screens. More is a PC that keeps the associate's machine busy. */
const MAX_PICTURE_PIXELS = 4 * 3840 * 2160;
/** Tiles, copies and frames of one picture: a 4K screen in tiles of 32 pixels square is 8,160. */
const MAX_PICTURE_STEPS = 32_768;
/** Pixels of all monitors: what browsers still allocate as canvases. */
const MAX_LAYOUT_PIXELS = 64 * 1024 * 1024;

export type PictureEffect =
  | { readonly t: "lay_out"; readonly monitors: readonly Monitor[] }
  | { readonly t: "tile"; readonly tile: Tile }
  | { readonly t: "copy"; readonly copy: Copy }
  | { readonly t: "start_video"; readonly start: VideoStart }
  | { readonly t: "frame"; readonly start: VideoStart; readonly isKey: boolean; readonly data: Uint8Array; readonly boxes: readonly VideoBox[] }
  | { readonly t: "end_video"; readonly stream: number }
  | { readonly t: "cover"; readonly areas: readonly Covering[] }
  | { readonly t: "draw"; readonly sequence: number; readonly whole: boolean; readonly state: PictureDrawnState };
export type PictureDrawnState = Extract<ViewMessage, { t: "end" }>["state"];

type Ordered = Extract<ViewMessage, { t: "layout" | "begin" | "tile" | "copy" | "video_start" | "video" | "video_end" | "covered" | "end" }>;
interface Place { readonly x_px: number; readonly y_px: number; readonly width_px: number; readonly height_px: number }
/** A video stream, and the parts of its frame that is not complete yet. */
interface Stream { readonly start: VideoStart; hasKey: boolean; parts: Uint8Array[]; bytes: number; isKey: boolean }

export class PictureOrder {
  private monitors = new Map<number, Monitor>();
  private readonly streams = new Map<number, Stream>();
  private open: { sequence: number; whole: boolean } | null = null;
  private last = 0;
  private pixels = 0;
  private steps = 0;

  /** A new connection: everything starts again, numbers too. */
  restart(): void {
    this.fail();
    this.last = 0;
    this.monitors.clear();
  }

  /** A picture could not be decoded: it is no longer open and no stream runs; numbers go on. */
  fail(): void {
    this.open = null;
    this.streams.clear();
  }

  /** Take one message; PeerError when it breaks the order. */
  step(message: Ordered): PictureEffect[] {
    switch (message.t) {
      case "layout": return this.layOut(message.monitors);
      case "begin":
        if (this.open || this.monitors.size === 0) throw order("expected no picture to begin here");
        if (message.sequence <= this.last) throw order("expected rising numbers of pictures");
        this.open = { sequence: message.sequence, whole: message.whole };
        this.pixels = this.steps = 0;
        return message.whole ? this.endStreams(() => true) : [];
      case "tile":
        if (message.width_px * message.height_px > MAX_TILE_PIXELS) throw new PeerError("too_large", "expected fewer pixels");
        this.change(message.monitor, message);
        return [{ t: "tile", tile: message }];
      case "copy":
        this.change(message.monitor, message, { ...message, x_px: message.from_x_px, y_px: message.from_y_px });
        return [{ t: "copy", copy: message }];
      case "video_start": {
        if (this.streams.has(message.stream)) throw order("expected a stream that is not running");
        inside(this.monitor(message.monitor), message);
        this.streams.set(message.stream, { start: message, hasKey: false, parts: [], bytes: 0, isKey: false });
        return [{ t: "start_video", start: message }];
      }
      case "video": return this.video(message);
      case "video_end":
        // The PC may not know whether the start has come through: an end too many says nothing.
        if (!this.streams.has(message.stream)) return [];
        if (this.running(message.stream).parts.length) throw order("expected the rest of a frame");
        this.streams.delete(message.stream);
        return [{ t: "end_video", stream: message.stream }];
      case "covered":
        if (this.open) throw order("expected what is covered between pictures");
        return [{ t: "cover", areas: message.areas }];
      case "end": return this.end(message.sequence, message.state);
    }
  }

  private layOut(monitors: readonly Monitor[]): PictureEffect[] {
    if (this.open) throw order("expected a layout between pictures");
    const byId = new Map(monitors.map((monitor) => [monitor.id, monitor]));
    if (byId.size !== monitors.length) throw order("expected each monitor once");
    if (monitors.reduce((sum, each) => sum + each.width_px * each.height_px, 0) > MAX_LAYOUT_PIXELS) {
      throw new PeerError("too_large", "expected monitors of a size that can be shown");
    }
    this.monitors = byId;
    // A stream goes on only where its place is still there.
    const isGone = ({ start }: Stream): boolean => { const on = byId.get(start.monitor); return !on || !fits(on, start); };
    return [...this.endStreams(isGone), { t: "lay_out", monitors }];
  }

  private endStreams(which: (stream: Stream) => boolean): PictureEffect[] {
    const over = [...this.streams].filter(([, stream]) => which(stream)).map(([id]) => id);
    for (const id of over) this.streams.delete(id);
    return over.map((stream) => ({ t: "end_video", stream }));
  }

  private end(sequence: number, state: PictureDrawnState): PictureEffect[] {
    const open = this.open;
    if (!open || open.sequence !== sequence) throw order("expected the end of the picture that is open");
    if ([...this.streams.values()].some(({ parts }) => parts.length)) throw order("expected the rest of a frame");
    this.open = null;
    this.last = sequence;
    return [{ t: "draw", sequence, whole: open.whole, state }];
  }

  /** Something changes within a monitor, from and to `places`. */
  private change(monitorId: number, ...places: Place[]): void {
    const monitor = this.monitor(monitorId);
    this.count();
    for (const place of places) {
      inside(monitor, place);
      this.pixels += place.width_px * place.height_px;
    }
    if (this.pixels > MAX_PICTURE_PIXELS) throw new PeerError("too_large", "expected fewer pixels");
  }

  private video(message: VideoFrame): PictureEffect[] {
    const stream = this.running(message.stream);
    this.count();
    if (stream.parts.length && stream.isKey !== message.is_key) throw malformed("expected parts of one frame");
    if (!stream.hasKey && !message.is_key) throw order("expected a key frame first");
    if (!message.is_last && message.boxes.length) throw malformed("expected boxes with the last part only");
    stream.isKey = message.is_key;
    stream.parts.push(message.data);
    stream.bytes += message.data.length;
    if (stream.bytes > MAX_VIDEO_FRAME_BYTES) throw new PeerError("too_large", "expected a smaller frame");
    if (!message.is_last) return [];
    let area = 0;
    for (const box of message.boxes) {
      if (!fits(stream.start, box)) throw malformed("expected boxes inside the stream");
      area += box.width_px * box.height_px;
    }
    // Boxes do not lie over each other; each of them may be held in memory of its own (viewer/frames.ts).
    if (area > stream.start.width_px * stream.start.height_px) throw malformed("expected boxes without overlap");
    const data = joined(stream.parts, stream.bytes);
    stream.hasKey = true;
    stream.parts = [];
    stream.bytes = 0;
    return [{ t: "frame", start: stream.start, isKey: stream.isKey, data, boxes: message.boxes }];
  }

  private count(): void {
    if (!this.open) throw order("expected a picture to be open");
    if (++this.steps > MAX_PICTURE_STEPS) throw new PeerError("too_many", "expected fewer parts of a picture");
  }

  private monitor(id: number): Monitor {
    const monitor = this.monitors.get(id);
    if (!monitor) throw order("expected a granted monitor");
    return monitor;
  }

  private running(id: number): Stream {
    const stream = this.streams.get(id);
    if (!stream) throw order("expected a stream that is running");
    return stream;
  }
}

function fits(room: { readonly width_px: number; readonly height_px: number }, place: Place): boolean {
  return place.x_px + place.width_px <= room.width_px && place.y_px + place.height_px <= room.height_px;
}

function inside(monitor: Monitor, place: Place): void {
  if (!fits(monitor, place)) throw malformed("expected a place inside its monitor");
}

function joined(parts: readonly Uint8Array[], bytes: number): Uint8Array {
  const [only] = parts;
  if (only && parts.length === 1) return only;
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const order = (text: string): PeerError => new PeerError("out_of_order", text);
const malformed = (text: string): PeerError => new PeerError("malformed", text);
