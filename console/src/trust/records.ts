/**
 * Sealing and opening the records of one channel, epoch and direction (docs/protocol/channels.md), with WebCrypto.
 *
 * Calls may overlap: each takes its counter when it is called, so records keep their order however the browser's
 * threads finish. Keys live in non-extractable CryptoKeys; a second one, for HMAC, makes the next key at a rekeying.
 */
import { CallerError, PeerError } from "../errors";
import { MAX_FRAME_BYTES, MAX_RECORD_BYTES, RECORD_TAG_BYTES, REKEY_AFTER_RECORDS, type Channel, type Direction } from "../wire/channel";
import { concat, erase, lp, own, u32, type Bytes } from "./bytes";

interface Keys { readonly aead: CryptoKey; readonly next: CryptoKey }

const REKEY_INFO = concat(lp("benchside/1 rekey"), Uint8Array.of(1));

async function importKeys(raw: Bytes, usage: "encrypt" | "decrypt"): Promise<Keys> {
  try {
    const [aead, next] = await Promise.all([
      crypto.subtle.importKey("raw", raw, "AES-GCM", false, [usage]),
      crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-512" }, false, ["sign"]),
    ]);
    return { aead, next };
  } finally {
    erase(raw);
  }
}

/** HKDF-Expand with one block is HMAC(key, info || 1), cut (RFC 5869 section 2.3). */
async function rekey(keys: Keys, usage: "encrypt" | "decrypt"): Promise<Keys> {
  const block = new Uint8Array(await crypto.subtle.sign("HMAC", keys.next, REKEY_INFO));
  const raw = block.slice(0, 32);
  erase(block);
  return importKeys(raw, usage);
}

class Stream {
  private keys: Promise<Keys> | null;
  private counter = 0;
  private readonly prefix: Bytes;

  /** `key`: 32 bytes, which the stream owns and overwrites. */
  constructor(key: Bytes, requestId: Uint8Array, channel: Channel, direction: Direction, epoch: number, private readonly usage: "encrypt" | "decrypt") {
    this.prefix = lp("benchside/1 record", requestId, channel, direction, u32(epoch), new Uint8Array(8));
    this.keys = importKeys(key, usage);
    this.keys.catch(() => undefined); // whoever uses the key sees the failure
  }

  protected next(): { keys: Promise<Keys>; algorithm: AesGcmParams } {
    if (!this.keys) throw new CallerError("a stream whose keys are forgotten was used");
    if (this.counter && this.counter % REKEY_AFTER_RECORDS === 0) {
      this.keys = this.keys.then((keys) => rekey(keys, this.usage));
      this.keys.catch(() => undefined);
    }
    const iv = new Uint8Array(12);
    // Two halves: a double holds the counter, and BigInt on every record costs.
    const view = new DataView(iv.buffer);
    view.setUint32(4, Math.floor(this.counter / 2 ** 32));
    view.setUint32(8, this.counter >>> 0);
    this.counter++;
    const additionalData = this.prefix.slice();
    additionalData.set(iv.subarray(4), additionalData.length - 8);
    return { keys: this.keys, algorithm: { name: "AES-GCM", iv, additionalData, tagLength: RECORD_TAG_BYTES * 8 } };
  }

  /** Drop the keys: nothing can be sealed or opened after, also by calls that are still under way. */
  forget(): void {
    this.keys = null;
  }

  get isForgotten(): boolean {
    return this.keys === null;
  }
}

/** Seals records in order. */
export class RecordSealer extends Stream {
  /** The record for `plain`, 1 to MAX_RECORD_BYTES bytes. */
  async seal(plain: Bytes): Promise<Bytes> {
    if (plain.length < 1 || plain.length > MAX_RECORD_BYTES) throw new CallerError("a record is empty or too large");
    const { keys, algorithm } = this.next();
    return new Uint8Array(await crypto.subtle.encrypt(algorithm, (await keys).aead, plain));
  }
}

/** Opens records in order; the first that does not open makes the stream useless. */
export class RecordOpener extends Stream {
  async open(record: Uint8Array): Promise<Bytes> {
    if (record.length <= RECORD_TAG_BYTES || record.length > MAX_FRAME_BYTES) {
      this.forget();
      throw new PeerError("too_large", `expected a record of at most ${MAX_FRAME_BYTES} bytes, got ${record.length}`);
    }
    const { keys, algorithm } = this.next();
    const { aead } = await keys;
    let plain: ArrayBuffer;
    try {
      plain = await crypto.subtle.decrypt(algorithm, aead, own(record));
    } catch {
      this.forget();
      throw new PeerError("not_authentic", "expected the next record of this stream, got another");
    }
    if (this.isForgotten) throw new PeerError("not_authentic", "expected no record after the keys were forgotten");
    return new Uint8Array(plain);
  }
}
