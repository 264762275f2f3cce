/**
 * CPACE-X25519-SHA512 (draft-irtf-cfrg-cpace) over the X25519 of @noble/curves.
 *
 * The map to the curve is our own: the library's is marked as experimental. It works on BigInt and is not constant in
 * time; it runs once a run, over a hash of the code and fresh nonces.
 */
import { x25519 } from "@noble/curves/ed25519.js";
import { CallerError, PeerError } from "../errors";
import { concat, H512, own, type Bytes } from "./bytes";

const PRIME = 2n ** 255n - 19n;
const A = 486662n;
const NON_SQUARE = 2n;
const SHA512_BLOCK_BYTES = 128;
const ascii = new TextEncoder();
const DSI = ascii.encode("CPace255");
const DSI_ISK = ascii.encode("CPace255_ISK");

/** LEB128 length, then the data (draft section 3.1). */
function prependLength(data: Uint8Array): Bytes {
  const head: number[] = [];
  let length = data.length;
  while (length > 127) {
    head.push((length & 127) | 128);
    length >>>= 7;
  }
  head.push(length);
  return concat(Uint8Array.from(head), data);
}
const lvCat = (...parts: readonly Uint8Array[]): Bytes => concat(...parts.map(prependLength));

const mod = (value: bigint): bigint => ((value % PRIME) + PRIME) % PRIME;

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let b = mod(base), e = exponent; e > 0n; e >>= 1n) {
    if (e & 1n) result = (result * b) % PRIME;
    b = (b * b) % PRIME;
  }
  return result;
}

function fromLittle(data: Uint8Array): bigint {
  return data.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);
}
function toLittle(value: bigint): Bytes {
  const data = new Uint8Array(32);
  for (let i = 0, rest = value; i < 32; i++, rest >>= 8n) data[i] = Number(rest & 255n);
  return data;
}

/** The u coordinate that Elligator 2 maps `r` to (RFC 9380 section 6.7.1, u only). */
function elligator2(r: bigint): bigint {
  const v = mod(-A * power(1n + NON_SQUARE * r * r, PRIME - 2n));
  const right = mod(v * v * v + A * v * v + v);
  return power(right, (PRIME - 1n) / 2n) <= 1n ? v : mod(-v - A);
}

/** The secret generator for this password, channel and session: 32 bytes (draft section 7.2). */
export function generator(prs: Uint8Array, channelId: Uint8Array, sessionId: Uint8Array): Bytes {
  const padding = Math.max(0, SHA512_BLOCK_BYTES - 1 - prependLength(prs).length - prependLength(DSI).length);
  const hash = H512(lvCat(DSI, prs, new Uint8Array(padding), channelId, sessionId)).slice(0, 32);
  return toLittle(elligator2(mod(fromLittle(hash) & (2n ** 255n - 1n))));
}

/**
 * X25519(scalar, point). PeerError when the result is the neutral element, or when the point is not the one canonical
 * encoding of its u coordinate: an honest share always is.
 */
export function sharedPoint(scalar: Uint8Array, point: Uint8Array): Bytes {
  if (scalar.length !== 32) throw new CallerError("a scalar has 32 bytes");
  if (point.length !== 32 || fromLittle(point) >= PRIME) throw new PeerError("wrong_key", "expected a canonical point");
  let result: Uint8Array;
  try {
    result = x25519.scalarMult(scalar, point); // throws for the neutral element
  } catch (error) {
    throw new PeerError("wrong_key", `expected a point of high order, got an invalid one (${String(error)})`);
  }
  if (result.every((byte) => byte === 0)) throw new PeerError("wrong_key", "expected a point of high order");
  return own(result);
}

/** The ISK, 64 bytes, in initiator-responder order; each side is its share and its associated data. */
export function intermediateSessionKey(
  point: Uint8Array, sessionId: Uint8Array,
  initiator: readonly [Uint8Array, Uint8Array], responder: readonly [Uint8Array, Uint8Array],
): Bytes {
  return H512(concat(lvCat(DSI_ISK, sessionId, point), lvCat(...initiator), lvCat(...responder)));
}
