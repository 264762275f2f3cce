/** The opening of `main`: six messages in the clear that end in shared keys, or in a refusal (docs/protocol/handshake.md). */
import { REFUSALS } from "../errors";
import { bytes, Family, int, message, oneOf, optional, struct, text, type Infer, type MessageOf } from "./schema";
import { Word } from "./text";

export const VERSION = 1;
export const SUITE = "CPACE-X25519-SHA512,ML-KEM-768,RSA-4096-PSS-SHA256,HKDF-SHA512,AES-256-GCM";

export const Bytes16 = bytes(16, 16);
export const Bytes32 = bytes(32, 32);
const Bytes64 = bytes(64, 64);
/** 44 bytes for Ed25519, 550 for RSA-4096; 600 leaves no room for another form. */
const Spki = bytes(44, 600);
export const TicketBytes = bytes(64, 1024);
const Signature4096 = bytes(512, 512);
/** Integers without a limit of their own (`version`): what both languages hold exactly. */
export const AnyInt = int(-(2 ** 53), 2 ** 53);

/** A second associate's agreement to this session, where the site's rules ask for one. */
const SecondSaid = struct({ associate: Word, key: Spki, issued_utc_ms: int(0, 253_402_300_799_999), signature: Signature4096 });
export type SecondSaid = Infer<typeof SecondSaid>;

const kinds = [
  message("hello", { version: AnyInt, suite: text(0, 128), key: Spki, nonce: Bytes32 }),
  message("challenge", { nonce: Bytes32, key: Spki }),
  message("proof", { ticket: TicketBytes, share: Bytes32, kem_key: bytes(1184, 1184), signature: Signature4096, second: optional(SecondSaid) }),
  message("answer", { share: Bytes32, kem_ciphertext: bytes(1088, 1088), signature: Signature4096 }),
  message("console_confirm", { mac: Bytes64 }),
  message("host_confirm", { mac: Bytes64 }),
  message("refused", { reason: oneOf(REFUSALS), attempts_left: optional(int(0, 3)), wait_s: optional(int(0, 86_400)) }),
] as const;

export type HandshakeMessage = MessageOf<(typeof kinds)[number]>;
export const HANDSHAKE = new Family("handshake", 4096, kinds);
