/** The PC's side of the handshake, written for tests alone: it shares only the sums of bytes with the console's. */
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import { equal, fromHex, own, type Bytes } from "../src/trust/bytes";
import { generator, sharedPoint } from "../src/trust/cpace";
import { answerContent, channelId, conclude, proofContent, sessionId, type Greeting, type Outcome } from "../src/trust/handshake";
import { sign, verify } from "../src/trust/keys";
import type { HandshakeMessage } from "../src/wire/handshake";
import { vectors } from "./vectors";

export interface HandshakeVectors {
  [name: string]: unknown;
  messages: Record<string, string>;
  records: { channel: "main" | "view"; capability: "main" | "view"; grant: string; secret: string; epoch: number; sealed_by: "pc" | "console"; pc_nonce: string; console_nonce: string; records: Record<string, string> }[];
}
export const vector = vectors<HandshakeVectors>("handshake");
export const hex = (name: string): Bytes => fromHex(vector[name] as string);

/** A private key of the vectors, which are for tests alone. */
export const privateKey = (name: "console" | "pc"): Promise<CryptoKey> =>
  crypto.subtle.importKey("pkcs8", hex(`${name}_private_pkcs8`), { name: "RSA-PSS", hash: "SHA-256" }, false, ["sign"]);

const random = (length: number): Bytes => crypto.getRandomValues(new Uint8Array(length));

/** One run as the PC with this code; `answer` gives the next message, or a refusal after a wrong confirmation. */
export class PcRun {
  private greeting: Greeting | null = null;
  private outcome: Outcome | null = null;

  constructor(private readonly requestId: Uint8Array, private readonly deviceId: Uint8Array, private readonly code: Uint8Array) {}

  /** The master after the console's confirmation was right, and both nonces. */
  entered: { master: Bytes; nonces: { pc: Uint8Array; console: Uint8Array } } | null = null;

  async answer(message: HandshakeMessage): Promise<HandshakeMessage> {
    if (message.t === "hello") {
      this.greeting = { requestId: this.requestId, deviceId: this.deviceId, consoleKey: message.key.slice(), pcKey: hex("pc_key"), consoleNonce: message.nonce.slice(), pcNonce: random(32) };
      return { t: "challenge", key: hex("pc_key"), nonce: this.greeting.pcNonce };
    }
    if (!this.greeting) throw new Error("expected hello first");
    const greeting = this.greeting;
    if (message.t === "proof") {
      const { ticket, share, kem_key: kemKey, signature } = message;
      const said = proofContent(greeting, ticket, share, kemKey);
      await verify(greeting.consoleKey, signature, said);
      const scalar = random(32);
      const ours = sharedPoint(scalar, generator(this.code, channelId(greeting), sessionId(greeting)));
      const kem = ml_kem768.encapsulate(kemKey);
      const ciphertext = own(kem.cipherText);
      const ourSignature = await sign(await privateKey("pc"), answerContent(said, ours, ciphertext));
      this.outcome = conclude(greeting, { ticket, share, kemKey, signature }, { share: ours, ciphertext, signature: ourSignature }, sharedPoint(scalar, share), kem.sharedSecret);
      return { t: "answer", share: ours, kem_ciphertext: ciphertext, signature: ourSignature };
    }
    if (message.t === "console_confirm" && this.outcome) {
      if (!equal(message.mac, this.outcome.consoleMac)) return { t: "refused", reason: "code_wrong", attempts_left: 2, wait_s: null };
      this.entered = { master: this.outcome.master.slice(), nonces: { pc: greeting.pcNonce, console: greeting.consoleNonce } };
      return { t: "host_confirm", mac: this.outcome.pcMac };
    }
    throw new Error(`expected no '${message.t}'`);
  }
}
