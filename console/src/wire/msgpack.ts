/**
 * MessagePack, as much of it as the protocol uses, and nothing else.
 *
 * Read: nil, booleans, integers within 2^53, UTF-8 text, byte strings, arrays, maps with text keys. Refused: floats,
 * extensions, doubled keys, depth above MAX_DEPTH, bytes after the value. A general library takes 1.0 for 1 and lets
 * the last of two equal keys win, and the other end's Python does not; so this is ours.
 */
import { CallerError, PeerError } from "../errors";

export type Value = null | boolean | number | string | Uint8Array | Value[] | { [key: string]: Value };

/** The deepest message (PcDescribed: map, list, map) has 3 levels; the rest is room to evolve. */
const MAX_DEPTH = 8;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const toUtf8 = new TextEncoder();

const malformed = (text: string): PeerError => new PeerError("malformed", text);

class Reader {
  private at = 0;
  private readonly view: DataView;

  constructor(private readonly data: Uint8Array) {
    this.view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  }

  whole(): Value {
    const value = this.value(0);
    if (this.at !== this.data.length) throw malformed(`expected the end, got ${this.data.length - this.at} more bytes`);
    return value;
  }

  private take(count: number): number {
    const from = this.at;
    if (count > this.data.length - from) throw malformed(`expected ${count} more bytes, got ${this.data.length - from}`);
    this.at = from + count;
    return from;
  }

  private unsigned(bytes: 1 | 2 | 4): number {
    const from = this.take(bytes);
    return bytes === 1 ? this.view.getUint8(from) : bytes === 2 ? this.view.getUint16(from) : this.view.getUint32(from);
  }

  private value(depth: number): Value {
    if (depth > MAX_DEPTH) throw malformed(`expected at most ${MAX_DEPTH} levels`);
    const head = this.unsigned(1);
    if (head < 0x80) return head;
    if (head < 0x90) return this.map(head & 0x0f, depth);
    if (head < 0xa0) return this.array(head & 0x0f, depth);
    if (head < 0xc0) return this.text(head & 0x1f);
    if (head >= 0xe0) return head - 0x100;
    switch (head) {
      case 0xc0: return null;
      case 0xc2: return false;
      case 0xc3: return true;
      case 0xc4: return this.bytes(this.unsigned(1));
      case 0xc5: return this.bytes(this.unsigned(2));
      case 0xc6: return this.bytes(this.unsigned(4));
      case 0xcc: return this.unsigned(1);
      case 0xcd: return this.unsigned(2);
      case 0xce: return this.unsigned(4);
      case 0xcf: return this.large(this.view.getBigUint64(this.take(8)));
      case 0xd0: return this.view.getInt8(this.take(1));
      case 0xd1: return this.view.getInt16(this.take(2));
      case 0xd2: return this.view.getInt32(this.take(4));
      case 0xd3: return this.large(this.view.getBigInt64(this.take(8)));
      case 0xd9: return this.text(this.unsigned(1));
      case 0xda: return this.text(this.unsigned(2));
      case 0xdb: return this.text(this.unsigned(4));
      case 0xdc: return this.array(this.unsigned(2), depth);
      case 0xdd: return this.array(this.unsigned(4), depth);
      case 0xde: return this.map(this.unsigned(2), depth);
      case 0xdf: return this.map(this.unsigned(4), depth);
      default: throw malformed(`expected a type of the protocol, got byte 0x${head.toString(16)}`);
    }
  }

  private large(value: bigint): number {
    const small = Number(value);
    // 2^53 itself is a value the protocol allows and a double holds; 2^53 + 1 rounds to it, so compare as bigint.
    if (value > 2n ** 53n || value < -(2n ** 53n)) throw malformed("expected an integer within 2^53");
    return small;
  }

  private bytes(length: number): Uint8Array {
    const from = this.take(length);
    return this.data.subarray(from, from + length);
  }

  private text(length: number): string {
    const raw = this.bytes(length);
    try {
      return utf8.decode(raw);
    } catch {
      throw malformed("expected UTF-8 text");
    }
  }

  private array(count: number, depth: number): Value[] {
    // Each element takes a byte at least, so a huge count in few bytes never allocates.
    if (count > this.data.length - this.at) throw malformed(`expected ${count} elements, got fewer bytes`);
    const found: Value[] = [];
    for (let i = 0; i < count; i++) found.push(this.value(depth + 1));
    return found;
  }

  private map(count: number, depth: number): { [key: string]: Value } {
    if (count * 2 > this.data.length - this.at) throw malformed(`expected ${count} pairs, got fewer bytes`);
    const found = Object.create(null) as { [key: string]: Value };
    for (let i = 0; i < count; i++) {
      const key = this.value(depth + 1);
      if (typeof key !== "string") throw malformed("expected a text key");
      if (key in found) throw malformed("expected each key once");
      found[key] = this.value(depth + 1);
    }
    return found;
  }
}

/** Return the one value in `data`; byte strings are views into it, not copies. PeerError when it is anything else. */
export function unpack(data: Uint8Array): Value {
  return new Reader(data).whole();
}

class Writer {
  private data = new Uint8Array(256);
  private view = new DataView(this.data.buffer);
  private at = 0;

  done(): Uint8Array<ArrayBuffer> {
    return this.data.slice(0, this.at);
  }

  private room(count: number): number {
    const from = this.at;
    if (from + count > this.data.length) {
      const larger = new Uint8Array(Math.max(this.data.length * 2, from + count));
      larger.set(this.data);
      this.data.fill(0); // what is written may be a share or a signature; leave no copy behind
      this.data = larger;
      this.view = new DataView(larger.buffer);
    }
    this.at = from + count;
    return from;
  }

  private byte(value: number): void {
    const at = this.room(1); // first, for it may replace the view
    this.view.setUint8(at, value);
  }

  /** A head and a number of `bytes` bytes after it. */
  private number(head: number, bytes: 1 | 2 | 4 | 8, value: number): void {
    this.byte(head);
    const at = this.room(bytes);
    if (bytes === 1) this.view.setUint8(at, value);
    else if (bytes === 2) this.view.setUint16(at, value);
    else if (bytes === 4) this.view.setUint32(at, value);
    else this.view.setBigInt64(at, BigInt(value));
  }

  private head16(head: number, length: number): void {
    if (length > 0xffff) throw new CallerError(`expected a length below 65,536, got ${length}`);
    this.number(head, 2, length);
  }

  value(value: Value): void {
    if (value === null) this.byte(0xc0);
    else if (typeof value === "boolean") this.byte(value ? 0xc3 : 0xc2);
    else if (typeof value === "number") this.integer(value);
    else if (typeof value === "string") this.text(value);
    else if (value instanceof Uint8Array) this.bytes(value);
    else if (Array.isArray(value)) {
      if (value.length < 16) this.byte(0x90 | value.length);
      else this.head16(0xdc, value.length);
      for (const element of value) this.value(element);
    } else {
      const pairs = Object.entries(value);
      if (pairs.length < 16) this.byte(0x80 | pairs.length);
      else this.head16(0xde, pairs.length);
      for (const [key, element] of pairs) {
        this.text(key);
        this.value(element);
      }
    }
  }

  private integer(value: number): void {
    if (!Number.isInteger(value) || Math.abs(value) > 2 ** 53) throw new CallerError("expected an integer within 2^53");
    if (value >= 0) {
      if (value < 0x80) this.byte(value);
      else if (value < 0x100) this.number(0xcc, 1, value);
      else if (value < 0x10000) this.number(0xcd, 2, value);
      else if (value < 0x100000000) this.number(0xce, 4, value);
      else this.number(0xcf, 8, value);
    } else if (value >= -0x20) this.byte(value & 0xff);
    else if (value >= -0x80) this.number(0xd0, 1, value & 0xff);
    else if (value >= -0x8000) this.number(0xd1, 2, value & 0xffff);
    else if (value >= -0x80000000) this.number(0xd2, 4, value >>> 0);
    else this.number(0xd3, 8, value);
  }

  private text(value: string): void {
    const raw = toUtf8.encode(value);
    if (raw.length < 32) this.byte(0xa0 | raw.length);
    else if (raw.length < 0x100) this.number(0xd9, 1, raw.length);
    else this.head16(0xda, raw.length);
    const at = this.room(raw.length);
    this.data.set(raw, at);
  }

  private bytes(value: Uint8Array): void {
    if (value.length < 0x100) this.number(0xc4, 1, value.length);
    else if (value.length < 0x10000) this.number(0xc5, 2, value.length);
    else this.number(0xc6, 4, value.length);
    const at = this.room(value.length);
    this.data.set(value, at);
  }
}

/** Return the shortest encoding of `value`, the same that the other end's library writes. */
export function pack(value: Value): Uint8Array<ArrayBuffer> {
  const writer = new Writer();
  writer.value(value);
  return writer.done();
}
