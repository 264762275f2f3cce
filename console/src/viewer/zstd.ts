/** Decodes zstd frames of a known size in WebAssembly, into memory that is reused: the result is a view, not a copy. */
import { PeerError } from "../errors";
import { MAX_RECORD_BYTES } from "../wire/channel";
import { MAX_TILE_PIXELS } from "../wire/picture";

interface Exports {
  readonly memory: WebAssembly.Memory;
  malloc(bytes: number): number;
  ZSTD_decompress(to: number, room: number, from: number, length: number): number;
}

/** The largest tile, raw. */
const OUT_BYTES = MAX_TILE_PIXELS * 4;

export class Zstd {
  private readonly from: number;
  private readonly to: number;

  private constructor(private readonly wasm: Exports) {
    this.from = wasm.malloc(MAX_RECORD_BYTES);
    this.to = wasm.malloc(OUT_BYTES);
    if (!this.from || !this.to) throw new Error("no memory for the decoder");
  }

  static async from(bytes: BufferSource): Promise<Zstd> {
    const { instance } = await WebAssembly.instantiate(bytes, { env: { emscripten_notify_memory_growth: () => undefined } });
    return new Zstd(instance.exports as unknown as Exports);
  }

  /** Return the `size` bytes in `frame`, valid until the next call. PeerError when it holds anything else. */
  decode(frame: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
    if (size > OUT_BYTES || frame.length > MAX_RECORD_BYTES) throw new PeerError("too_large", "expected a smaller tile");
    new Uint8Array(this.wasm.memory.buffer).set(frame, this.from);
    const written = this.wasm.ZSTD_decompress(this.to, size, this.from, frame.length);
    // An error comes back as a negative code; a frame may also hold less than its tile.
    if (written !== size) throw new PeerError("malformed", "expected a zstd frame of the tile's size");
    return new Uint8Array(this.wasm.memory.buffer as ArrayBuffer, this.to, size);
  }
}
