/**
 * The order of pictures on `view`: a layout first, then begin, tiles, end, with rising numbers; drawn as a whole.
 *
 * It checks what the drawing relies on (a granted monitor, a tile within it) and says when to acknowledge.
 */
import { PeerError } from "../errors";
import type { Monitor } from "../wire/capability";
import { MAX_TILE_PIXELS, type Tile, type ViewMessage } from "../wire/picture";

/** Bytes of tiles between begin and end: four raw 4K screens. More is a PC that fills the associate's memory. */
const MAX_PICTURE_PIXELS = 4 * 3840 * 2160;
/** Pixels of all monitors: what browsers still allocate as canvases. */
const MAX_LAYOUT_PIXELS = 64 * 1024 * 1024;

export type PictureEffect =
  | { readonly t: "lay_out"; readonly monitors: readonly Monitor[] }
  | { readonly t: "collect"; readonly tile: Tile }
  | { readonly t: "draw"; readonly sequence: number; readonly whole: boolean };

export class PictureOrder {
  private monitors = new Map<number, Monitor>();
  private open: { sequence: number; whole: boolean } | null = null;
  private last = 0;
  private pixels = 0;

  /** A new connection or a decoding error: the next picture has to be whole. */
  restart(): void {
    this.open = null;
    this.last = 0;
    this.monitors.clear();
  }

  /** A picture could not be decoded: it is no longer open, numbers go on. */
  fail(): void {
    this.open = null;
  }

  /** Take one message of a picture; PeerError when it breaks the order. */
  step(message: Extract<ViewMessage, { t: "layout" | "begin" | "tile" | "end" }>): PictureEffect[] {
    switch (message.t) {
      case "layout": return this.layOut(message.monitors);
      case "begin":
        if (this.open || this.monitors.size === 0) throw order("expected no picture to begin here");
        if (message.sequence <= this.last) throw order("expected rising numbers of pictures");
        this.open = { sequence: message.sequence, whole: message.whole };
        this.pixels = 0;
        return [];
      case "tile": return this.tile(message);
      case "end": {
        const open = this.open;
        if (!open || open.sequence !== message.sequence) throw order("expected the end of the picture that is open");
        this.open = null;
        this.last = message.sequence;
        return [{ t: "draw", sequence: open.sequence, whole: open.whole }];
      }
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
    return [{ t: "lay_out", monitors }];
  }

  private tile(tile: Tile): PictureEffect[] {
    const monitor = this.monitors.get(tile.monitor);
    if (!this.open || !monitor) throw order("expected a tile inside a picture, of a granted monitor");
    const count = tile.width_px * tile.height_px;
    if (tile.x_px + tile.width_px > monitor.width_px || tile.y_px + tile.height_px > monitor.height_px) {
      throw new PeerError("malformed", "expected a tile inside its monitor");
    }
    this.pixels += count;
    if (count > MAX_TILE_PIXELS || this.pixels > MAX_PICTURE_PIXELS) throw new PeerError("too_large", "expected fewer pixels");
    return [{ t: "collect", tile }];
  }
}

const order = (text: string): PeerError => new PeerError("out_of_order", text);
