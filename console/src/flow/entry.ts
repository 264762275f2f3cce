/**
 * The handshake on `main` as the console, in order: a table of state and event. The sums are trust/handshake.ts's.
 *
 *     idle --begin--> greeted --challenge--> signing --signed--> proved --answer--> verifying --verified--> confirmed
 *     confirmed --host_confirm--> entered          anything else, a refusal or silence --> failed
 *
 * Signing and checking are effects, since the browser does them later. Fresh bytes are given. Moments are in ms.
 */
import { CallerError, PeerError, type PeerFault, type Refusal } from "../errors";
import { equal, erase, own, type Bytes } from "../trust/bytes";
import { ConsoleRun, type AnswerParts, type Outcome } from "../trust/handshake";
import { checkIdentity, fingerprint } from "../trust/keys";
import { SessionKeys, type ChannelNonces } from "../trust/schedule";
import { SUITE, VERSION, type HandshakeMessage, type SecondSaid } from "../wire/handshake";

/** What the console brings along. `code` is the normal form; the machine owns and overwrites code and fresh bytes. */
export interface EntryInput {
  readonly requestId: Uint8Array;
  readonly deviceId: Uint8Array;
  /** Of the PC's identity: remembered of this device, or the first time what the server names. */
  readonly expectedFingerprint: Uint8Array;
  readonly consoleKey: Uint8Array;
  readonly ticket: Uint8Array;
  /** A second associate's agreement, where the site's rules ask for one; null otherwise. */
  readonly second: SecondSaid | null;
  readonly code: Bytes;
  readonly nonce: Bytes;
  readonly scalar: Bytes;
  readonly kemSeed: Bytes;
}

export type EntryEvent =
  | { readonly t: "begin" }
  | { readonly t: "received"; readonly message: HandshakeMessage }
  | { readonly t: "signed"; readonly signature: Bytes }
  | { readonly t: "verified" }
  | { readonly t: "tick" };

export type EntryFailure =
  | { readonly why: "refused"; readonly reason: Refusal; readonly attemptsLeft: number | null; readonly waitS: number | null }
  | { readonly why: "identity"; readonly seen: Uint8Array }
  | { readonly why: "fault"; readonly fault: PeerFault }
  | { readonly why: "silence" };

export type EntryEffect =
  | { readonly t: "send"; readonly message: HandshakeMessage }
  | { readonly t: "sign"; readonly data: Bytes }
  | { readonly t: "verify"; readonly key: Uint8Array; readonly signature: Uint8Array; readonly data: Bytes }
  | { readonly t: "enter"; readonly keys: SessionKeys; readonly nonces: ChannelNonces }
  | { readonly t: "fail"; readonly failure: EntryFailure };

/** How long the PC may take for one answer: its RSA signature, the agent's durable count, and a mobile line. */
export const ANSWER_WITHIN_MS = 15_000;

type State = "idle" | "greeted" | "signing" | "proved" | "verifying" | "confirmed" | "over";

export class Entry {
  private state: State = "idle";
  private until: number | null = null;
  private run: ConsoleRun | null = null;
  private signature: Uint8Array | null = null;
  private answer: AnswerParts | null = null;
  private outcome: Outcome | null = null;

  constructor(private readonly input: EntryInput) {}

  /** When `tick` must be given at the latest; null when nothing is waited for. */
  deadline(): number | null {
    return this.until;
  }

  get isOver(): boolean {
    return this.state === "over";
  }

  /** Take one event. A broken rule of the other side ends the run with a failure, never with a throw. */
  step(event: EntryEvent, now: number): EntryEffect[] {
    if (this.state === "over") return [];
    try {
      return this.take(event, now);
    } catch (error) {
      if (error instanceof PeerError) return this.fail({ why: "fault", fault: error.fault });
      this.forget();
      throw error;
    }
  }

  private take(event: EntryEvent, now: number): EntryEffect[] {
    if (event.t === "tick") return this.until !== null && now >= this.until ? this.fail({ why: "silence" }) : [];
    if (event.t === "received" && event.message.t === "refused") {
      const { reason, attempts_left: attemptsLeft, wait_s: waitS } = event.message;
      return this.fail({ why: "refused", reason, attemptsLeft, waitS });
    }
    const word = event.t === "received" ? event.message.t : event.t;
    switch (`${this.state} ${word}`) {
      case "idle begin": return this.greet(now);
      case "greeted challenge": return this.challenged((event as Received<"challenge">).message);
      case "signing signed": return this.prove((event as { signature: Bytes }).signature, now);
      case "proved answer": return this.answered((event as Received<"answer">).message);
      case "verifying verified": return this.confirm(now);
      case "confirmed host_confirm": return this.enter((event as Received<"host_confirm">).message);
      default:
        if (event.t !== "received") throw new CallerError(`the entry takes no '${event.t}' while ${this.state}`);
        throw new PeerError("out_of_order", `expected another message while ${this.state}, got '${word}'`);
    }
  }

  private greet(now: number): EntryEffect[] {
    this.goTo("greeted", now + ANSWER_WITHIN_MS);
    const { consoleKey, nonce } = this.input;
    return [{ t: "send", message: { t: "hello", version: VERSION, suite: SUITE, key: consoleKey, nonce } }];
  }

  private challenged(message: Message<"challenge">): EntryEffect[] {
    checkIdentity(message.key);
    const seen = fingerprint(message.key);
    if (!equal(seen, this.input.expectedFingerprint)) return this.fail({ why: "identity", seen });
    const { requestId, deviceId, consoleKey, nonce, ticket, code, scalar, kemSeed } = this.input;
    const greeting = { requestId, deviceId, consoleKey, pcKey: message.key.slice(), consoleNonce: nonce, pcNonce: message.nonce.slice() };
    this.run = new ConsoleRun(greeting, ticket, code, scalar, kemSeed);
    this.goTo("signing", null);
    return [{ t: "sign", data: this.run.content() }];
  }

  private prove(signature: Bytes, now: number): EntryEffect[] {
    const run = this.current();
    this.signature = signature;
    this.goTo("proved", now + ANSWER_WITHIN_MS);
    return [{ t: "send", message: { t: "proof", ticket: run.ticket, share: run.share, kem_key: run.kemKey, signature, second: this.input.second } }];
  }

  private answered(message: Message<"answer">): EntryEffect[] {
    const run = this.current();
    this.answer = { share: message.share.slice(), ciphertext: message.kem_ciphertext.slice(), signature: message.signature.slice() };
    this.goTo("verifying", null);
    return [{ t: "verify", key: run.greeting.pcKey, signature: this.answer.signature, data: run.answered(this.answer) }];
  }

  private confirm(now: number): EntryEffect[] {
    if (!this.signature || !this.answer) throw new CallerError("the entry has no answer to confirm");
    this.outcome = this.current().conclude(this.signature, this.answer);
    this.goTo("confirmed", now + ANSWER_WITHIN_MS);
    return [{ t: "send", message: { t: "console_confirm", mac: this.outcome.consoleMac } }];
  }

  private enter(message: Message<"host_confirm">): EntryEffect[] {
    const { greeting } = this.current();
    if (!this.outcome || !equal(message.mac, this.outcome.pcMac)) {
      throw new PeerError("wrong_code", "expected the PC's confirmation with this code, got another");
    }
    const keys = new SessionKeys(greeting.requestId, own(this.outcome.master));
    this.forget();
    return [{ t: "enter", keys, nonces: { pc: greeting.pcNonce, console: greeting.consoleNonce } }];
  }

  private current(): ConsoleRun {
    if (!this.run) throw new CallerError("the entry has no run yet");
    return this.run;
  }

  private goTo(state: State, until: number | null): void {
    this.state = state;
    this.until = until;
  }

  private fail(failure: EntryFailure): EntryEffect[] {
    this.forget();
    return [{ t: "fail", failure }];
  }

  /** Overwrite what is left of code and shares; the machine takes nothing after. */
  forget(): void {
    this.goTo("over", null);
    this.run?.forget();
    erase(this.input.code, this.input.scalar, this.input.kemSeed, this.outcome?.master);
    this.outcome = null;
  }
}

type Message<T extends HandshakeMessage["t"]> = Extract<HandshakeMessage, { t: T }>;
interface Received<T extends HandshakeMessage["t"]> { readonly message: Message<T> }
