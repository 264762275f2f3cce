/** Opens one channel through the relay: the handshake on a fresh `main`, ChannelOpen for everything else. */
import { PeerError, UnavailableError } from "../errors";
import { Entry, type EntryEffect, type EntryEvent, type EntryFailure, type EntryInput } from "../flow/entry";
import type { Epochs } from "../flow/epoch";
import type { Bytes } from "../trust/bytes";
import { sign, verify } from "../trust/keys";
import type { ChannelKeys, ChannelNonces, GrantSecret, SessionKeys } from "../trust/schedule";
import { CHANNEL_OPEN, type Channel } from "../wire/channel";
import { HANDSHAKE, VERSION } from "../wire/handshake";
import type { RelayLine } from "./relay";

/** A PC speaks first at once; this covers one round trip on a slow line and a busy PC. */
const OPEN_WITHIN_MS = 10_000;

export type Entered = { readonly keys: SessionKeys; readonly nonces: ChannelNonces } | { readonly failure: EntryFailure };

/** Run the handshake over `line`. Fails with a value, for each failure has a sentence of its own; never throws PeerError. */
export async function enter(line: RelayLine, input: EntryInput, privateKey: CryptoKey): Promise<Entered> {
  const entry = new Entry(input);
  const events: EntryEvent[] = [{ t: "begin" }];
  try {
    for (;;) {
      const event = events.shift() ?? (await receive(line, entry));
      for (const effect of entry.step(event, performance.now())) {
        const done = await perform(effect, line, privateKey, events);
        if (done) return done;
      }
    }
  } catch (error) {
    if (error instanceof PeerError) return { failure: { why: "fault", fault: error.fault } };
    if (error instanceof UnavailableError) return { failure: { why: "silence" } };
    throw error;
  } finally {
    entry.forget();
  }
}

async function receive(line: RelayLine, entry: Entry): Promise<EntryEvent> {
  const within = Math.max(0, (entry.deadline() ?? performance.now()) - performance.now());
  return { t: "received", message: HANDSHAKE.decode(await line.next(within)) };
}

async function perform(effect: EntryEffect, line: RelayLine, privateKey: CryptoKey, events: EntryEvent[]): Promise<Entered | null> {
  switch (effect.t) {
    case "send":
      line.send(HANDSHAKE.encode(effect.message));
      return null;
    case "sign":
      events.push({ t: "signed", signature: await sign(privateKey, effect.data) });
      return null;
    case "verify":
      await verify(effect.key, effect.signature, effect.data);
      events.push({ t: "verified" });
      return null;
    case "enter": return { keys: effect.keys, nonces: effect.nonces };
    case "fail": return { failure: effect.failure };
  }
}

/** Answer the PC's ChannelOpen with our ticket; PeerError for another channel, version or an epoch that does not rise. */
export async function openChannel(line: RelayLine, channel: Channel, ticket: Bytes, keys: SessionKeys, grant: GrantSecret, epochs: Epochs): Promise<ChannelKeys> {
  const open = CHANNEL_OPEN.decode(await line.next(OPEN_WITHIN_MS));
  if (open.version !== VERSION) throw new PeerError("wrong_version", `expected version ${VERSION}, got ${open.version}`);
  if (open.channel !== channel) throw new PeerError("out_of_order", `expected ${channel}, got another channel`);
  epochs.accept(channel, open.epoch);
  const nonce = crypto.getRandomValues(new Uint8Array(32));
  line.send(CHANNEL_OPEN.encode({ t: "open", version: VERSION, channel, epoch: open.epoch, nonce, ticket }));
  return keys.channel(channel, grant, open.epoch, { pc: open.nonce.slice(), console: nonce });
}
