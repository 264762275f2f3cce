/** RSA-4096 identities: what they look like on the wire, their fingerprints, signing and checking (WebCrypto). */
import { PeerError } from "../errors";
import { H256, own, toHex, type Bytes } from "./bytes";

const PSS = { name: "RSA-PSS", saltLength: 32 } as const;
const ALGORITHM = { name: "RSA-PSS", hash: "SHA-256" } as const;

/** DER of `SEQUENCE { SEQUENCE { rsaEncryption, NULL }, BIT STRING { SEQUENCE { INTEGER of 4096 bits, 65537 } } }`. */
const SPKI_HEAD = Uint8Array.from([
  0x30, 0x82, 0x02, 0x22, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
  0x03, 0x82, 0x02, 0x0f, 0x00, 0x30, 0x82, 0x02, 0x0a, 0x02, 0x82, 0x02, 0x01, 0x00,
]);
const SPKI_TAIL = Uint8Array.from([0x02, 0x03, 0x01, 0x00, 0x01]);
const SPKI_BYTES = 550;

/** PeerError unless `spki` is exactly an RSA key of 4096 bits with exponent 65537. */
export function checkIdentity(spki: Uint8Array): void {
  const isOurs = spki.length === SPKI_BYTES
    && SPKI_HEAD.every((byte, i) => spki[i] === byte)
    && SPKI_TAIL.every((byte, i) => spki[SPKI_BYTES - SPKI_TAIL.length + i] === byte)
    && ((spki[SPKI_HEAD.length] ?? 0) & 0x80) !== 0
    && ((spki[SPKI_BYTES - SPKI_TAIL.length - 1] ?? 0) & 1) === 1;
  if (!isOurs) throw new PeerError("wrong_key", "expected an RSA key of 4096 bits");
}

export const fingerprint = (spki: Uint8Array): Bytes => H256(spki);

/** Sixteen groups of four digits, for reading aloud. */
export const showFingerprint = (bytes: Uint8Array): string => (toHex(bytes).match(/.{4}/g) ?? []).join(" ");

/** Make a key pair whose private half never leaves this browser. Takes up to two seconds. */
export async function makeIdentity(): Promise<{ privateKey: CryptoKey; spki: Bytes }> {
  const pair = await crypto.subtle.generateKey(
    { ...ALGORITHM, modulusLength: 4096, publicExponent: Uint8Array.from([1, 0, 1]) }, false, ["sign", "verify"],
  );
  return { privateKey: pair.privateKey, spki: new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey)) };
}

export async function sign(key: CryptoKey, data: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.sign(PSS, key, data));
}

/** PeerError when `signature` is not this key's over `data`. */
export async function verify(spki: Uint8Array, signature: Uint8Array, data: Bytes): Promise<void> {
  checkIdentity(spki);
  let isRight = false;
  try {
    const key = await crypto.subtle.importKey("spki", own(spki), ALGORITHM, false, ["verify"]);
    isRight = await crypto.subtle.verify(PSS, key, own(signature), data);
  } catch (error) {
    throw new PeerError("wrong_key", `expected an RSA key that can be read (${String(error)})`);
  }
  if (!isRight) throw new PeerError("wrong_signature", "expected the PC's signature, got another");
}
