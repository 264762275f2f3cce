/** The canvases of the granted monitors: tiles are decoded as they come and drawn together at the picture's end. */
import { PeerError } from "../errors";
import { PictureOrder } from "../flow/picture";
import type { Monitor } from "../wire/capability";
import type { PointerShape, Tile, ViewMessage } from "../wire/picture";
import { decodeTile, type Sheet } from "./pixels";
import type { Zstd } from "./zstd";

export interface Screen {
  readonly monitor: Monitor;
  readonly canvas: HTMLCanvasElement;
}
export interface Pointer { readonly monitor: number; readonly x: number; readonly y: number; readonly at: number }

export interface PainterEars {
  /** The picture is on the canvas: acknowledge it. */
  shown(sequence: number): void;
  /** The picture has to start whole. */
  startWhole(): void;
  laidOut(screens: readonly Screen[]): void;
  pointerChanged(): void;
  drawn(): void;
}

/** A monitor's canvas, and beside it all of its pixels: tiles are decoded there and shown when the picture ends. */
interface Ground extends Screen {
  readonly context: CanvasRenderingContext2D;
  readonly pixels: ImageData;
  readonly sheet: Sheet;
}
interface Changed { readonly ground: Ground; readonly tile: Tile }

export class Painter {
  private readonly order = new PictureOrder();
  private screens: Ground[] = [];
  private ready: Changed[] = [];
  /** Until the whole picture comes after an error, what still arrives of the old ones is dropped. */
  private isSkipping = false;
  shape: PointerShape | null = null;
  pointer: Pointer | null = null;
  isMidPicture = false;

  constructor(private readonly zstd: Zstd, private readonly ears: PainterEars) {}

  /** A new connection: nothing of the last one goes on. What was drawn stays to be looked at. */
  restart(): void {
    this.order.restart();
    this.ready = [];
    this.isSkipping = false;
    this.isMidPicture = false;
  }

  /** Take one message of `view`. An error of decoding asks for a whole picture; it never throws. */
  take(message: ViewMessage): void {
    if (this.isSkipping && message.t !== "layout" && !(message.t === "begin" && message.whole)) {
      if (message.t === "begin" || message.t === "tile" || message.t === "end") return;
    }
    try {
      this.paint(message);
    } catch (error) {
      if (!(error instanceof PeerError)) throw error;
      this.ready = [];
      this.isSkipping = true;
      this.isMidPicture = false;
      this.order.fail();
      this.ears.startWhole();
    }
  }

  private paint(message: ViewMessage): void {
    switch (message.t) {
      case "layout": case "begin": case "tile": case "end":
        if (message.t === "begin") {
          this.isSkipping = false;
          this.isMidPicture = true;
        }
        for (const effect of this.order.step(message)) {
          if (effect.t === "collect") this.collect(effect.tile);
          else if (effect.t === "draw") this.draw(effect.sequence);
          else this.layOut(effect.monitors);
        }
        return;
      case "pointer": {
        if (message.rgba.length !== message.width_px * message.height_px * 4) throw new PeerError("malformed", "expected a pointer of its own size");
        this.shape = { ...message, rgba: message.rgba.slice() };
        return this.ears.pointerChanged();
      }
      case "pointer_at":
        this.pointer = { monitor: message.monitor, x: message.x_px, y: message.y_px, at: performance.now() };
        return this.ears.pointerChanged();
      case "alive": case "shown": case "ready": return;
    }
  }

  private collect(tile: Tile): void {
    const ground = this.screens.find(({ monitor }) => monitor.id === tile.monitor);
    if (!ground) throw new PeerError("out_of_order", "expected a tile of a monitor that is laid out");
    decodeTile(tile, this.zstd, ground.sheet);
    this.ready.push({ ground, tile });
  }

  private draw(sequence: number): void {
    for (const { ground, tile } of this.ready) {
      ground.context.putImageData(ground.pixels, 0, 0, tile.x_px, tile.y_px, tile.width_px, tile.height_px);
    }
    this.ready = [];
    this.isMidPicture = false;
    this.ears.shown(sequence);
    this.ears.drawn();
  }

  private layOut(monitors: readonly Monitor[]): void {
    this.ready = [];
    this.screens = monitors.map((monitor) => {
      const before = this.screens.find((each) => each.monitor.id === monitor.id);
      if (before?.canvas.width === monitor.width_px && before.canvas.height === monitor.height_px) return { ...before, monitor };
      const canvas = document.createElement("canvas");
      canvas.width = monitor.width_px;
      canvas.height = monitor.height_px;
      // Opaque, and past the compositor's queue: click to photon 9 ms instead of 12 (medians of 200 clicks).
      const context = canvas.getContext("2d", { alpha: false, desynchronized: true });
      if (!context) throw new PeerError("too_large", "expected a monitor that this browser can show");
      const pixels = new ImageData(monitor.width_px, monitor.height_px);
      const words = new Uint32Array(pixels.data.buffer as ArrayBuffer);
      return { monitor, canvas, context, pixels, sheet: { words, width: monitor.width_px } };
    });
    this.ears.laidOut(this.screens);
  }

  /** Overwrite every picture: after the grant nothing of the screen stays in this tab. */
  clear(): void {
    for (const { canvas, pixels } of this.screens) {
      pixels.data.fill(0);
      canvas.width = canvas.height = 0;
    }
    this.screens = [];
    this.ready = [];
    this.shape = this.pointer = null;
    this.restart();
    this.ears.laidOut([]);
  }
}
