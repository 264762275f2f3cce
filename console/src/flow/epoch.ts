/** Epochs of the channels only rise, and how long to wait before the next attempt to come back. */
import { PeerError } from "../errors";
import type { Channel } from "../wire/channel";

export class Epochs {
  private readonly highest = new Map<Channel, number>([["main", 0], ["view", 0], ["control", 0]]);

  /** Accept `epoch` for `channel`; PeerError unless it is higher than any before. */
  accept(channel: Channel, epoch: number): void {
    const before = this.highest.get(channel) ?? 0;
    if (epoch <= before) throw new PeerError("out_of_order", `expected an epoch above ${before} on ${channel}, got ${epoch}`);
    this.highest.set(channel, epoch);
  }
}

const FIRST_MS = 250;
/** Six attempts or so within the minute that a session waits; the relay counts connections. */
const MOST_MS = 8_000;

/** Milliseconds before attempt `attempt` (from 0); `random` in 0..1 spreads consoles after a relay's restart. */
export function retryDelayMs(attempt: number, random: number): number {
  if (attempt === 0) return Math.round(random * FIRST_MS);
  const whole = Math.min(MOST_MS, FIRST_MS * 2 ** attempt);
  return Math.round(whole / 2 + (random * whole) / 2);
}
