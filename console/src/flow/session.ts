/**
 * A session as the console sees it once `main` is open: what was asked, what is granted until when, and its one end.
 *
 * Each capability is `none`, `asking`, `granted` or `refused` by itself. The PC decides; this machine refuses what
 * the PC may not say (a grant that nobody asked for, two grants at once) and forgets everything at the end.
 */
import { CallerError, PeerError, type Refusal } from "../errors";
import { CAPABILITIES, type CapabilityWord, type GrantEndWord, type Scope } from "../wire/capability";
import type { Instrument, SessionEnd, SessionMessage } from "../wire/session";
import { equal } from "../trust/bytes";

export const PING_EVERY_MS = 1_000;
/** Silence that counts as a lost line (docs/protocol/channels.md, "Alive"). */
export const LOST_AFTER_MS = 3_000;
/** For so long both ends try to come back. */
export const RETURN_WITHIN_MS = 60_000;
/** Records that do not open: the third ends the session. */
export const MAX_FORGED = 3;
/** Round trips kept for the figure shown: ten seconds, so that one hiccup does not stay. */
const ROUND_TRIPS = 10;

export type CapabilityState =
  | { readonly state: "none"; readonly ended: GrantEndWord | null }
  | { readonly state: "asking"; readonly answerBy: number | null }
  | { readonly state: "granted"; readonly grant: Uint8Array; readonly endsAt: number; readonly scope: Scope }
  | { readonly state: "refused"; readonly reason: Refusal; readonly againAt: number | null };

export interface PcText {
  readonly site: string;
  readonly device: string;
  readonly technician: string;
  readonly instruments: readonly Instrument[];
  readonly offered: readonly CapabilityWord[];
}

export type SessionEvent =
  | { readonly t: "received"; readonly message: SessionMessage }
  | { readonly t: "ask"; readonly capability: CapabilityWord; readonly purpose: string }
  | { readonly t: "give_back"; readonly capability: CapabilityWord }
  | { readonly t: "leave" }
  | { readonly t: "line_lost" }
  | { readonly t: "line_back" }
  | { readonly t: "forged" }
  | { readonly t: "fault" }
  | { readonly t: "tick" };

export type SessionEffect =
  | { readonly t: "send"; readonly message: SessionMessage }
  | { readonly t: "open_channel"; readonly capability: CapabilityWord; readonly grant: Uint8Array; readonly secret: Uint8Array }
  | { readonly t: "close_channel"; readonly capability: CapabilityWord }
  | { readonly t: "reconnect" }
  | { readonly t: "end"; readonly reason: SessionEnd };

export class Session {
  private readonly capabilities = new Map<CapabilityWord, CapabilityState>();
  private described: PcText | null = null;
  private isPaused = false;
  private heardAt: number;
  private pingAt: number;
  private lostAt: number | null = null;
  private forgedRecords = 0;
  private readonly trips: number[] = [];
  private outcome: SessionEnd | null = null;

  constructor(now: number) {
    this.heardAt = now;
    this.pingAt = now;
    for (const word of CAPABILITIES) this.capabilities.set(word, { state: "none", ended: null });
  }

  stateOf(capability: CapabilityWord): CapabilityState {
    return this.capabilities.get(capability) ?? { state: "none", ended: null };
  }
  get pc(): PcText | null { return this.described; }
  get paused(): boolean { return this.isPaused; }
  get ended(): SessionEnd | null { return this.outcome; }
  /** Since when the line is lost; null while it is there. */
  get lostSince(): number | null { return this.lostAt; }

  /** The median of the last round trips in ms; null before the first. */
  get roundTripMs(): number | null {
    const sorted = [...this.trips].sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? null;
  }

  deadline(): number | null {
    if (this.outcome) return null;
    return this.lostAt === null ? Math.min(this.pingAt, this.heardAt + LOST_AFTER_MS) : this.lostAt + RETURN_WITHIN_MS;
  }

  /** Take one event. PeerError when the PC breaks a rule: the caller then gives `fault`. */
  step(event: SessionEvent, now: number): SessionEffect[] {
    if (this.outcome) return [];
    switch (event.t) {
      case "received":
        this.heardAt = now;
        return this.receive(event.message, now);
      case "ask": return this.ask(event.capability, event.purpose);
      case "give_back":
        return this.giveBack(event.capability);
      case "leave": return [...(this.lostAt === null ? [{ t: "send", message: { t: "leave" } } as const] : []), ...this.end("left")];
      case "line_lost": return this.lose(now);
      case "line_back":
        this.lostAt = null;
        this.heardAt = now;
        this.pingAt = now;
        return [];
      case "forged":
        this.forgedRecords += 1;
        return this.forgedRecords >= MAX_FORGED ? this.end("peer_fault") : [];
      case "fault": return this.end("peer_fault");
      case "tick": return this.tick(now);
    }
  }

  private tick(now: number): SessionEffect[] {
    if (this.lostAt !== null) return now >= this.lostAt + RETURN_WITHIN_MS ? this.end("line_lost") : [];
    if (now >= this.heardAt + LOST_AFTER_MS) return this.lose(now);
    if (now < this.pingAt) return [];
    this.pingAt = now + PING_EVERY_MS;
    return [{ t: "send", message: { t: "ping", sent_ms: Math.floor(now) } }];
  }

  private lose(now: number): SessionEffect[] {
    if (this.lostAt !== null) return [];
    this.lostAt = now;
    this.trips.length = 0;
    // A question that was under way is asked again by the person; the PC closed its prompt.
    for (const [word, state] of this.capabilities) if (state.state === "asking") this.set(word, { state: "none", ended: null });
    return [{ t: "reconnect" }];
  }

  private ask(capability: CapabilityWord, purpose: string): SessionEffect[] {
    const { state } = this.stateOf(capability);
    if (this.lostAt !== null || state === "asking" || state === "granted") throw new CallerError(`'${capability}' cannot be asked now`);
    this.set(capability, { state: "asking", answerBy: null });
    return [{ t: "send", message: { t: "ask", capability, purpose } }];
  }

  private giveBack(capability: CapabilityWord): SessionEffect[] {
    const { state } = this.stateOf(capability);
    if (state !== "asking" && state !== "granted") return [];
    // A question that is withdrawn gets no answer; a grant ends when the PC says so, for its keys go there first.
    if (state === "asking") this.set(capability, { state: "none", ended: null });
    return [{ t: "send", message: { t: "give_back", capability } }];
  }

  private receive(message: SessionMessage, now: number): SessionEffect[] {
    switch (message.t) {
      case "ping": return [{ t: "send", message: { t: "pong", sent_ms: message.sent_ms } }];
      case "pong":
        // A clock of ours given back: anything else than a moment of the last minute is the PC's invention.
        if (message.sent_ms <= now && now - message.sent_ms < 60_000) this.trips.push(now - message.sent_ms);
        if (this.trips.length > ROUND_TRIPS) this.trips.shift();
        return [];
      case "pc": {
        const { site, device, technician, instruments, offered } = message;
        this.described = { site, device, technician, instruments, offered };
        return [];
      }
      case "asked":
        if (this.stateOf(message.capability).state === "asking") this.set(message.capability, { state: "asking", answerBy: now + message.answer_within_s * 1000 });
        return [];
      case "granted": return this.grant(message, now);
      case "not_granted": return this.refused(message.capability, message.reason, message.again_in_s, now);
      case "extended": {
        const current = this.granted(message.capability, message.grant);
        this.set(message.capability, { ...current, endsAt: now + message.ends_in_s * 1000 });
        return [];
      }
      case "ended":
        this.granted(message.capability, message.grant);
        this.set(message.capability, { state: "none", ended: message.reason });
        return [{ t: "close_channel", capability: message.capability }];
      case "paused":
        this.isPaused = message.paused;
        return [];
      case "over": return this.end(message.reason);
      case "ask": case "give_back": case "leave":
        throw new PeerError("out_of_order", `expected a message of a PC, got '${message.t}'`);
    }
  }

  private grant(message: Extract<SessionMessage, { t: "granted" }>, now: number): SessionEffect[] {
    const { capability, grant, secret, ends_in_s: endsInS, scope } = message;
    const { state } = this.stateOf(capability);
    // A yes may cross a GiveBack or a lost line, so `none` is no fault; two grants of one capability are.
    if (state === "granted") throw new PeerError("out_of_order", "expected one grant of a capability at a time");
    if (state !== "asking") return [{ t: "send", message: { t: "give_back", capability } }];
    this.set(capability, { state: "granted", grant: grant.slice(), endsAt: now + endsInS * 1000, scope });
    return [{ t: "open_channel", capability, grant: grant.slice(), secret }];
  }

  private refused(capability: CapabilityWord, reason: Refusal, againInS: number | null, now: number): SessionEffect[] {
    if (this.stateOf(capability).state === "asking") {
      this.set(capability, { state: "refused", reason, againAt: againInS === null ? null : now + againInS * 1000 });
    }
    return [];
  }

  private granted(capability: CapabilityWord, grant: Uint8Array): Extract<CapabilityState, { state: "granted" }> {
    const current = this.stateOf(capability);
    if (current.state !== "granted" || !equal(current.grant, grant)) throw new PeerError("out_of_order", "expected a grant that runs");
    return current;
  }

  private set(capability: CapabilityWord, state: CapabilityState): void {
    this.capabilities.set(capability, state);
  }

  private end(reason: SessionEnd): SessionEffect[] {
    this.outcome = reason;
    const closing: SessionEffect[] = [];
    for (const [capability, state] of this.capabilities) {
      if (state.state === "granted") closing.push({ t: "close_channel", capability });
      this.set(capability, { state: "none", ended: state.state === "granted" ? "session_ended" : null });
    }
    return [...closing, { t: "end", reason }];
  }
}
