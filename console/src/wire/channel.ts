/** What opens each encrypted channel after the handshake, and the limits of its records (docs/protocol/channels.md). */
import { AnyInt, Bytes32, TicketBytes } from "./handshake";
import { Family, int, message, oneOf, optional, type MessageOf } from "./schema";

export const MAX_RECORD_BYTES = 320 * 1024;
export const RECORD_TAG_BYTES = 16;
export const MAX_FRAME_BYTES = MAX_RECORD_BYTES + RECORD_TAG_BYTES;
export const REKEY_AFTER_RECORDS = 65_536;

export const CHANNELS = ["main", "view", "control"] as const;
export type Channel = (typeof CHANNELS)[number];
export type Direction = "to_pc" | "to_console";

const kinds = [
  message("open", {
    version: AnyInt, channel: oneOf(CHANNELS), epoch: int(0, 0xffffffff), nonce: Bytes32, ticket: optional(TicketBytes),
  }),
] as const;
export type ChannelOpen = MessageOf<(typeof kinds)[number]>;
export const CHANNEL_OPEN = new Family("channel-open", 2048, kinds);
