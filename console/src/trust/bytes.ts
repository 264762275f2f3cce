/** Byte strings as they are hashed and signed, and HKDF over SHA-512. */
import { expand as hkdfExpand, hkdf } from "@noble/hashes/hkdf.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { hmac } from "@noble/hashes/hmac.js";

export type Bytes = Uint8Array<ArrayBuffer>;

const ascii = new TextEncoder();

export const H256 = (data: Uint8Array): Bytes => own(sha256(data));
export const H512 = (data: Uint8Array): Bytes => own(sha512(data));
export const hmac512 = (key: Uint8Array, data: Uint8Array): Bytes => own(hmac(sha512, key, data));

/** A byte string with a buffer of its own (WebCrypto takes no shared memory); a copy only where it has to be. */
export function own(data: Uint8Array): Bytes {
  return data.buffer instanceof ArrayBuffer ? (data as Bytes) : Uint8Array.from(data);
}

export const u32 = (value: number): Bytes => {
  const data = new Uint8Array(4);
  new DataView(data.buffer).setUint32(0, value);
  return data;
};

export const u64 = (value: number): Bytes => {
  const data = new Uint8Array(8);
  new DataView(data.buffer).setBigUint64(0, BigInt(value));
  return data;
};

export function concat(...parts: readonly Uint8Array[]): Bytes {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Each part after its length as 4 bytes, big endian; text is UTF-8 (docs/protocol/README.md). */
export function lp(...parts: readonly (Uint8Array | string)[]): Bytes {
  return concat(...parts.flatMap((part) => {
    const data = typeof part === "string" ? ascii.encode(part) : part;
    return [u32(data.length), data];
  }));
}

/** HKDF-SHA512, extract and expand. */
export const derive = (salt: Uint8Array, ikm: Uint8Array, info: Uint8Array, length: number): Bytes =>
  own(hkdf(sha512, ikm, salt, info, length));

/** HKDF-Expand with SHA-512 and `info = lp(label)`. */
export const expand = (key: Uint8Array, label: string, length: number): Bytes =>
  own(hkdfExpand(sha512, key, lp(label), length));

/** Whether both are equal, in a time that depends on their lengths only. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let different = 0;
  for (let i = 0; i < a.length; i++) different |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return different === 0;
}

/** Overwrite secrets that are no longer needed. What the engine copied meanwhile is out of reach. */
export function erase(...secrets: (Uint8Array | null | undefined)[]): void {
  for (const secret of secrets) secret?.fill(0);
}

export const toHex = (data: Uint8Array): string => Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Throws RangeError for anything but pairs of hexadecimal digits. */
export function fromHex(text: string): Bytes {
  if (!/^([0-9a-fA-F]{2})*$/.test(text)) throw new RangeError("expected hexadecimal digits in pairs");
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

export const toBase64 = (data: Uint8Array): string => btoa(String.fromCharCode(...data));

/** Throws for text that is not base64. */
export const fromBase64 = (text: string): Bytes => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
