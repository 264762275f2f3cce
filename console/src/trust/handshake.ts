/** The sums of the handshake on `main` as the console: what is signed, derived and confirmed. Order is flow/entry.ts's. */
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import { PeerError } from "../errors";
import { SUITE, VERSION } from "../wire/handshake";
import { derive, erase, expand, H256, H512, hmac512, lp, own, u64, type Bytes } from "./bytes";
import { generator, intermediateSessionKey, sharedPoint } from "./cpace";
import { fingerprint } from "./keys";

const CONSOLE = new TextEncoder().encode("console");
const PC = new TextEncoder().encode("pc");

/** What both ends know after Hello and Challenge. */
export interface Greeting {
  readonly requestId: Uint8Array;
  readonly deviceId: Uint8Array;
  readonly consoleKey: Uint8Array;
  readonly pcKey: Uint8Array;
  readonly consoleNonce: Uint8Array;
  readonly pcNonce: Uint8Array;
}

export const channelId = (g: Greeting): Bytes =>
  lp("benchside/1 cpace", g.requestId, g.deviceId, fingerprint(g.consoleKey), fingerprint(g.pcKey));
export const sessionId = (g: Greeting): Bytes => H512(lp("benchside/1 sid", g.consoleNonce, g.pcNonce)).slice(0, 16);

/** What the console signs. */
export const proofContent = (g: Greeting, ticket: Uint8Array, share: Uint8Array, kemKey: Uint8Array): Bytes =>
  lp(
    "benchside/1 console proof", u64(VERSION), SUITE, g.requestId, g.deviceId, fingerprint(g.consoleKey), fingerprint(g.pcKey),
    g.consoleNonce, g.pcNonce, H256(ticket), share, kemKey,
  );

/** What the PC signs. */
export const answerContent = (said: Uint8Array, share: Uint8Array, ciphertext: Uint8Array): Bytes =>
  lp("benchside/1 pc answer", said, share, ciphertext);

export interface ProofParts { readonly ticket: Uint8Array; readonly share: Uint8Array; readonly kemKey: Uint8Array; readonly signature: Uint8Array }
export interface AnswerParts { readonly share: Uint8Array; readonly ciphertext: Uint8Array; readonly signature: Uint8Array }
export interface Outcome { readonly master: Bytes; readonly consoleMac: Bytes; readonly pcMac: Bytes }

/** From both ends' parts and the two secrets to the master and both confirmations; erases nothing. */
export function conclude(g: Greeting, proof: ProofParts, answer: AnswerParts, point: Uint8Array, kemSecret: Uint8Array): Outcome {
  const isk = intermediateSessionKey(point, sessionId(g), [proof.share, CONSOLE], [answer.share, PC]);
  const transcript = H512(lp(
    "benchside/1 transcript", u64(VERSION), SUITE, "console", g.consoleKey, "pc", g.pcKey, g.requestId, g.deviceId,
    H256(proof.ticket), g.consoleNonce, g.pcNonce, proof.share, answer.share, proof.kemKey, answer.ciphertext,
  ));
  const ikm = lp(isk, kemSecret);
  const master = derive(new Uint8Array(0), ikm, lp("benchside/1 master", transcript), 64);
  const confirmed = lp(transcript, proof.signature, answer.signature, fingerprint(g.consoleKey), fingerprint(g.pcKey));
  const mac = (label: string): Bytes => {
    const key = expand(master, label, 64);
    const tag = hmac512(key, confirmed);
    erase(key);
    return tag;
  };
  erase(isk, ikm);
  return { master, consoleMac: mac("benchside/1 confirm console"), pcMac: mac("benchside/1 confirm pc") };
}

/** One run as the console, from the greeting to the outcome; `forget` overwrites what it holds. */
export class ConsoleRun {
  readonly share: Bytes;
  readonly kemKey: Bytes;
  private readonly kemSecretKey: Bytes;
  private readonly scalar: Bytes;

  /** `scalar`: 32, `kemSeed`: 64 fresh random bytes; the run owns them and `code` from here on. */
  constructor(readonly greeting: Greeting, readonly ticket: Uint8Array, code: Bytes, scalar: Bytes, kemSeed: Bytes) {
    this.scalar = scalar;
    const base = generator(code, channelId(greeting), sessionId(greeting));
    this.share = sharedPoint(scalar, base);
    const kem = ml_kem768.keygen(kemSeed);
    this.kemKey = own(kem.publicKey);
    this.kemSecretKey = own(kem.secretKey);
    erase(base, code, kemSeed);
  }

  content(): Bytes {
    return proofContent(this.greeting, this.ticket, this.share, this.kemKey);
  }

  /** What the PC must have signed for `answer`. */
  answered(answer: AnswerParts): Bytes {
    return answerContent(this.content(), answer.share, answer.ciphertext);
  }

  /** Conclude with an answer whose signature is right; PeerError for an invalid share. */
  conclude(signature: Uint8Array, answer: AnswerParts): Outcome {
    const point = sharedPoint(this.scalar, answer.share);
    let kemSecret: Uint8Array;
    try {
      kemSecret = ml_kem768.decapsulate(answer.ciphertext, this.kemSecretKey);
    } catch (error) {
      throw new PeerError("wrong_key", `expected an ML-KEM-768 ciphertext (${String(error)})`);
    }
    const proof = { ticket: this.ticket, share: this.share, kemKey: this.kemKey, signature };
    const outcome = conclude(this.greeting, proof, answer, point, kemSecret);
    erase(point, kemSecret);
    this.forget();
    return outcome;
  }

  forget(): void {
    erase(this.scalar, this.kemSecretKey);
  }
}
