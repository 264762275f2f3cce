/** What a second associate signs, where a site's rules ask for two (the same as trust/second.py). */
import { VERSION } from "../wire/handshake";
import { lp, u64, type Bytes } from "./bytes";

/** Which session is agreed to: this request of this device, helped by this associate with this key. */
export interface SecondFor {
  readonly requestId: Uint8Array;
  readonly deviceId: Uint8Array;
  readonly associate: string;
  readonly key: Uint8Array;
}

export const secondContent = (about: SecondFor, second: string, issuedUtcMs: number): Bytes =>
  lp("benchside/1 second", u64(VERSION), about.requestId, about.deviceId, about.associate, about.key, second, u64(issuedUtcMs));
