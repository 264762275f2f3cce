/** From a finished handshake to the keys of each channel: the key schedule (docs/protocol/handshake.md). */
import { CallerError } from "../errors";
import type { CapabilityWord } from "../wire/capability";
import type { Channel, Direction } from "../wire/channel";
import { derive, erase, expand, lp, u32, type Bytes } from "./bytes";
import { RecordOpener, RecordSealer } from "./records";

/** 32 fresh bytes from each end. */
export interface ChannelNonces { readonly pc: Uint8Array; readonly console: Uint8Array }

/** The consent itself: without these 32 bytes there is no key. */
export class GrantSecret {
  private secret: Bytes | null;

  /** `capability` is `main` for the session's own channel, whose grant is 16 zero bytes. */
  constructor(readonly capability: CapabilityWord | "main", readonly grant: Uint8Array, secret: Uint8Array) {
    this.secret = Uint8Array.from(secret);
    erase(secret);
  }

  reveal(): Bytes {
    if (!this.secret) throw new CallerError("a grant's secret was used after it was forgotten");
    return this.secret;
  }

  forget(): void {
    erase(this.secret);
    this.secret = null;
  }
}

export interface ChannelKeys { readonly sealer: RecordSealer; readonly opener: RecordOpener }

/** What a session keeps of its handshake: the exporter and the secret of `main`. */
export class SessionKeys {
  private exporter: Bytes | null;
  readonly main: GrantSecret;

  /** `master`: 64 bytes, overwritten here. `role` is `pc` in tests only. */
  constructor(readonly requestId: Uint8Array, master: Bytes, private readonly role: "console" | "pc" = "console") {
    this.exporter = expand(master, "benchside/1 exporter", 64);
    this.main = new GrantSecret("main", new Uint8Array(16), expand(master, "benchside/1 main", 32));
    erase(master);
  }

  /** How this end seals and opens the records of one epoch of one channel. */
  channel(channel: Channel, grant: GrantSecret, epoch: number, nonces: ChannelNonces): ChannelKeys {
    const [sealWay, openWay]: [Direction, Direction] = this.role === "console" ? ["to_pc", "to_console"] : ["to_console", "to_pc"];
    return {
      sealer: new RecordSealer(this.key(channel, grant, sealWay, epoch, nonces), this.requestId, channel, sealWay, epoch, "encrypt"),
      opener: new RecordOpener(this.key(channel, grant, openWay, epoch, nonces), this.requestId, channel, openWay, epoch, "decrypt"),
    };
  }

  private key(channel: Channel, grant: GrantSecret, way: Direction, epoch: number, nonces: ChannelNonces): Bytes {
    if (!this.exporter) throw new CallerError("session keys were used after they were forgotten");
    const info = lp(
      "benchside/1 channel", this.requestId, grant.capability, grant.grant, channel, way, u32(epoch), nonces.pc, nonces.console,
    );
    return derive(this.exporter, grant.reveal(), info, 32);
  }

  /** Overwrite and drop everything; no channel can be opened after. */
  forget(): void {
    erase(this.exporter);
    this.exporter = null;
    this.main.forget();
  }
}
