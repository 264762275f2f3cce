/**
 * Draws pictures whole and in order: what changes goes into the monitors' sheets as it comes, and onto the page at the
 * picture's end. While a video frame is being decoded everything behind it waits in a bounded queue.
 */
import { PeerError } from "../errors";
import { PictureOrder, type PictureDrawnState, type PictureEffect } from "../flow/picture";
import type { Monitor } from "../wire/capability";
import type { Copy, Covering, PointerShape, VideoBox, VideoStart, ViewPart } from "../wire/picture";
import type { Place, Surface } from "./ground";
import { copyBox } from "./frames";
import { decodeTile, moveWords } from "./pixels";
import { VideoFailure, VideoStream } from "./video";
import type { Zstd } from "./zstd";

export interface Pointer { readonly monitor: number; readonly x: number; readonly y: number; readonly at: number }

export interface PainterEars<S extends Surface> {
  /** Make what shows this monitor; `before` is what showed it until now. */
  surface(monitor: Monitor, before: S | undefined): S;
  open(start: VideoStart): VideoStream;
  /** The picture is on the canvas, so long after all of it had come: acknowledge it. */
  shown(sequence: number, tookMs: number): void;
  /** The picture has to start whole; `video`: because this browser could not decode it, so without. */
  startWhole(why: "picture" | "video"): void;
  laidOut(surfaces: readonly S[]): void;
  pointerChanged(): void;
  covered(areas: readonly Covering[]): void;
  drawn(state: PictureDrawnState, hasVideo: boolean): void;
}

/** Pictures that wait behind a frame: the PC keeps six under way, so this is ten times what it may. */
const MAX_WAITING_PICTURES = 64;
/** Bytes of tiles that wait: as many as may wait to be opened (line/records.ts). */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

interface Coming { readonly t: "coming"; readonly video: VideoStream; readonly frame: Promise<VideoFrame>; readonly start: VideoStart; readonly boxes: readonly VideoBox[] }
type Draw = Extract<PictureEffect, { t: "draw" }> & { readonly cameAt: number };
type Step = Coming | Draw | Extract<PictureEffect, { t: "lay_out" | "tile" | "copy" | "cover" }>;
interface Changed<S> { readonly surface: S; readonly place: Place }

export class Painter<S extends Surface = Surface> {
  private readonly order = new PictureOrder();
  private surfaces: readonly S[] = [];
  private readonly streams = new Map<number, VideoStream>();
  /** Streams that are over but whose last frames may still have to be drawn. */
  private readonly ending = new Set<VideoStream>();
  private steps: Step[] = [];
  private waitingPictures = 0;
  private waitingBytes = 0;
  /** What is awaited belongs to this life; after a failure or a new connection nobody wants it. */
  private life = {};
  private isAwaiting = false;
  /** Pixels on their way into a sheet: they arrive even when nobody wants them any more. */
  private copying: Promise<unknown> | null = null;
  private changed: Changed<S>[] = [];
  private hasVideo = false;
  /** Until the whole picture comes after an error, what still arrives of the old ones is dropped. */
  private isSkipping = false;
  shape: PointerShape | null = null;
  pointer: Pointer | null = null;

  constructor(private readonly zstd: Zstd, private readonly ears: PainterEars<S>) {}

  /** A new connection: nothing of the last one goes on. What was drawn stays to be looked at. */
  restart(): void {
    this.order.restart();
    this.forget();
    this.isSkipping = false;
    this.ears.covered([]); // a PC that covers anything says so first
  }

  /** Take one message of `view`, which came at that moment. What is wrong with it asks for a whole picture; it never throws. */
  take(message: ViewPart, cameAt = performance.now()): void {
    this.guard(() => this.receive(message, cameAt));
  }

  private receive(message: ViewPart, cameAt: number): void {
    switch (message.t) {
      case "pointer":
        if (message.rgba.length !== message.width_px * message.height_px * 4) throw new PeerError("malformed", "expected a pointer of its own size");
        this.shape = { ...message, rgba: message.rgba.slice() };
        return this.ears.pointerChanged();
      case "pointer_at":
        this.pointer = { monitor: message.monitor, x: message.x_px, y: message.y_px, at: performance.now() };
        return this.ears.pointerChanged();
      case "alive": case "shown": case "ready": return;
      default:
        if (this.isSkipping && this.isOfOld(message)) return;
    }
    for (const effect of this.order.step(message)) this.give(effect, cameAt);
  }

  /** Whether it belongs to a picture before the whole one. */
  private isOfOld(message: ViewPart): boolean {
    if (message.t === "layout" || message.t === "covered") return false;
    if (message.t === "begin" && message.whole) this.isSkipping = false;
    return this.isSkipping;
  }

  /** Decoders start on a frame as soon as it is there; all else is done in its turn. */
  private give(effect: PictureEffect, cameAt: number): void {
    switch (effect.t) {
      case "start_video": return void this.streams.set(effect.start.stream, this.ears.open(effect.start));
      case "end_video": return this.endVideo(effect.stream);
      case "frame": {
        const video = this.streams.get(effect.start.stream);
        if (!video) throw new PeerError("out_of_order", "expected a stream that is running");
        this.steps.push({ t: "coming", video, frame: video.decode(effect.isKey, effect.data), start: effect.start, boxes: effect.boxes });
        break;
      }
      case "draw":
        this.steps.push({ ...effect, cameAt });
        break;
      default: this.steps.push(effect);
    }
    if (!this.isAwaiting) return this.run();
    if (effect.t === "draw" || effect.t === "frame") this.waitingPictures++; // a decoded frame is 3 MB and more
    if (effect.t === "tile") this.waitingBytes += effect.tile.data.length;
    if (this.waitingPictures > MAX_WAITING_PICTURES || this.waitingBytes > MAX_WAITING_BYTES) throw new PeerError("too_many", "expected fewer pictures at once");
  }

  private run(): void {
    for (let done = 0; ; done++) {
      const step = this.steps[done];
      if (step?.t === "coming" || !step) this.steps.splice(0, done + 1);
      if (!step) break;
      if (step.t === "coming") return this.wait(step);
      this.perform(step);
    }
    this.waitingPictures = this.waitingBytes = 0;
    this.ending.clear();
  }

  private wait(coming: Coming): void {
    const { life } = this;
    this.isAwaiting = true;
    this.copyOut(coming, life).then(
      () => {
        if (life !== this.life) return;
        this.isAwaiting = false;
        this.waitingPictures = this.steps.filter(({ t }) => t === "draw" || t === "coming").length;
        this.waitingBytes = this.steps.reduce((sum, step) => sum + (step.t === "tile" ? step.tile.data.length : 0), 0);
        this.guard(() => this.run());
      },
      (error: unknown) => {
        if (life === this.life) this.guard(() => { throw error; });
      },
    );
  }

  /** The frame's boxes into the sheet. */
  private async copyOut({ video, frame, start, boxes }: Coming, life: object): Promise<void> {
    const decoded = await frame;
    try {
      if (life !== this.life) return;
      const surface = this.surface(start.monitor);
      // Measured at 1080p: 0.8 ms for 16 boxes and 4 ms for all of it. drawImage converts the whole frame for each box: 103 ms.
      const places = boxes.map((box) => ({ ...box, x_px: start.x_px + box.x_px, y_px: start.y_px + box.y_px }));
      const copies = Promise.allSettled(boxes.map((box, i) => copyBox(decoded, box, places[i] as Place, surface.sheet)));
      this.copying = copies;
      const failed = (await copies).find((each) => each.status === "rejected");
      if (this.copying === copies) this.copying = null;
      if (failed) throw new VideoFailure("expected the pixels of a frame", { cause: failed.reason });
      if (life !== this.life) return;
      for (const place of places) this.changed.push({ surface, place });
      this.hasVideo = true;
    } finally {
      video.release(decoded);
    }
  }

  private perform(step: Exclude<Step, Coming>): void {
    switch (step.t) {
      case "lay_out": return this.layOut(step.monitors);
      case "cover": return this.ears.covered(step.areas);
      case "tile": {
        const surface = this.surface(step.tile.monitor);
        decodeTile(step.tile, this.zstd, surface.sheet);
        return void this.changed.push({ surface, place: step.tile });
      }
      case "copy": return this.copy(step.copy);
      case "draw": {
        for (const surface of new Set(this.changed.map((each) => each.surface))) {
          surface.show(this.changed.filter((each) => each.surface === surface).map(({ place }) => place));
        }
        this.changed = [];
        this.ears.shown(step.sequence, performance.now() - step.cameAt);
        this.ears.drawn(step.state, this.hasVideo);
        this.hasVideo = false;
      }
    }
  }

  private copy(copy: Copy): void {
    const surface = this.surface(copy.monitor);
    moveWords(surface.sheet, copy);
    this.changed.push({ surface, place: copy });
  }

  private surface(monitor: number): S {
    const surface = this.surfaces.find((each) => each.monitor.id === monitor);
    if (!surface) throw new PeerError("out_of_order", "expected a monitor that is laid out");
    return surface;
  }

  private layOut(monitors: readonly Monitor[]): void {
    const before = this.surfaces;
    this.surfaces = monitors.map((monitor) => this.ears.surface(monitor, before.find((each) => each.monitor.id === monitor.id)));
    // What is shown no longer stays in no tab: neither now nor by what is still on its way into it.
    const gone = before.filter((each) => !this.surfaces.includes(each));
    const empty = (): void => { for (const surface of gone) surface.clear(); };
    empty();
    void this.copying?.then(empty);
    this.ears.laidOut(this.surfaces);
  }

  private endVideo(stream: number): void {
    const video = this.streams.get(stream);
    this.streams.delete(stream);
    if (!video) return;
    video.end();
    this.ending.add(video);
    if (this.ending.size > MAX_WAITING_PICTURES) throw new PeerError("too_many", "expected fewer streams");
  }

  private guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!(error instanceof PeerError || error instanceof VideoFailure)) throw error;
      this.order.fail();
      this.forget();
      this.isSkipping = true;
      this.ears.startWhole(error instanceof VideoFailure ? "video" : "picture");
    }
  }

  /** Drop what waits and all decoders. */
  private forget(): void {
    const life = (this.life = {});
    this.isAwaiting = this.copying !== null;
    void this.copying?.then(() => {
      if (life !== this.life) return;
      this.isAwaiting = false;
      this.guard(() => this.run());
    });
    this.steps = [];
    this.changed = [];
    this.waitingPictures = this.waitingBytes = 0;
    this.hasVideo = false;
    for (const video of [...this.streams.values(), ...this.ending]) video.close();
    this.streams.clear();
    this.ending.clear();
  }

  /** Overwrite every picture: after the grant nothing of the screen stays in this tab. */
  clear(): void {
    const { surfaces } = this;
    const empty = (): void => { for (const surface of surfaces) surface.clear(); };
    empty();
    void this.copying?.then(empty);
    this.surfaces = [];
    this.shape = this.pointer = null;
    this.restart();
    this.ears.laidOut([]);
  }
}
