/**
 * The pump of a session: it owns the machines and the lines, gives the one to the other, and keeps one timer.
 *
 * Timers of a hidden tab may run once a minute, so every record that comes in also steps the machines: the PC's own
 * pings keep a session alive behind another tab.
 */
import { PeerError, RefusedError } from "../errors";
import { Epochs, retryDelayMs } from "../flow/epoch";
import { Input, type InputEvent } from "../flow/input";
import { LOST_AFTER_MS, Session, type SessionEffect, type SessionEvent } from "../flow/session";
import { erase, type Bytes } from "../trust/bytes";
import { GrantSecret, type ChannelNonces, type SessionKeys } from "../trust/schedule";
import type { CapabilityWord } from "../wire/capability";
import type { Channel } from "../wire/channel";
import type { SecondSaid } from "../wire/handshake";
import { CONTROL, isInput, MAX_INPUTS, type ControlMessage, type InputMessage } from "../wire/input";
import { MAX_TOOK_MS, NO_VIDEO, VIEW, type ViewMessage, type ViewPart, type VideoAbility } from "../wire/picture";
import { RelayClose } from "../wire/relay";
import { SESSION, type SessionEnd, type SessionMessage } from "../wire/session";
import { openChannel } from "./opening";
import { RecordLine } from "./records";
import { RelayLine } from "./relay";

export interface Admission {
  readonly ticket: Bytes;
  readonly relayUrl: string;
  /** A second associate's agreement, for `main`. */
  readonly second: SecondSaid | null;
}

/** What the pump needs from outside, and whom it tells. */
export interface LiveEars {
  admit(channel: Channel): Promise<Admission>;
  /** Something to show has changed; called often, at most once per message. */
  changed(): void;
  /** A message of the picture, in order, the bytes of its record, and when that came. */
  view(message: ViewPart, bytes: number, cameAt: number): void;
  /** The view channel is new: nothing of the last picture goes on. */
  viewOpened(): void;
}

/** `replaced`: another window of this associate took the session over. `refused`: the server admits no more. */
export type LiveEnd = SessionEnd | "replaced" | "refused";
export type CarriedChannel = "view" | "control";

interface Carrier {
  readonly channel: CarriedChannel;
  readonly grant: GrantSecret;
  line: RecordLine<ViewMessage> | RecordLine<ControlMessage> | null;
}

export class LiveSession {
  readonly session = new Session(performance.now());
  readonly input = new Input(performance.now());
  private readonly epochs = new Epochs();
  private readonly carriers = new Map<CarriedChannel, Carrier>();
  private main: RecordLine<SessionMessage> | null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  /** What this browser decodes; said whenever the picture starts whole. */
  video: VideoAbility = NO_VIDEO;
  private endedAs: LiveEnd | null = null;
  private refusal: string | null = null;

  constructor(line: RelayLine, private readonly keys: SessionKeys, nonces: ChannelNonces, private readonly ears: LiveEars) {
    this.main = this.openMain(line, keys.channel("main", keys.main, 0, nonces));
    this.arm();
  }

  get outcome(): LiveEnd | null { return this.endedAs; }
  /** Why the server admits no more, when the outcome is `refused`. */
  get refusedFor(): string | null { return this.refusal; }
  isOpen(channel: CarriedChannel): boolean { return this.carriers.get(channel)?.line?.isOpen ?? false; }
  isGranted(channel: CarriedChannel): boolean { return this.carriers.has(channel); }

  ask(capability: CapabilityWord, purpose: string): void { this.step({ t: "ask", capability, purpose }); }
  giveBack(capability: CapabilityWord): void { this.step({ t: "give_back", capability }); }
  leave(): void { this.step({ t: "leave" }); }

  /** Give one event of the associate's pointer or keyboard; nothing is sent without an open control channel. */
  give(event: InputEvent): void {
    const line = this.controlLine();
    if (!line?.isOpen) return;
    if (event.t === "frame" && line.isCongested) return; // the next frame's position is newer
    const { held, typing } = this.input;
    this.say(line, this.input.step(event, performance.now()));
    if (held !== this.input.held || typing !== this.input.typing) this.ears.changed();
    if (event.t !== "move" && event.t !== "frame") this.arm();
  }

  /** Inputs that belong together go in one record: a place and a press, the keys of a chord. */
  private say(line: RecordLine<ControlMessage>, messages: readonly ControlMessage[]): void {
    const inputs = messages.filter(isInput);
    if (inputs.length < messages.length || inputs.length === 1) return messages.forEach((message) => line.send(message));
    for (let at = 0; at < inputs.length; at += MAX_INPUTS) {
      const some = inputs.slice(at, at + MAX_INPUTS);
      line.send(some.length > 1 ? { t: "together", messages: some } : some[0] as InputMessage);
    }
  }

  /** Tell the PC that a picture is on the screen. */
  shown(sequence: number, tookMs: number): void {
    this.viewLine()?.send({ t: "shown", sequence, took_ms: Math.min(Math.floor(tookMs), MAX_TOOK_MS) });
  }
  /** Ask for a whole picture. */
  startWhole(): void { this.viewLine()?.send({ t: "ready", video: this.video, together: true }); }

  private viewLine(): RecordLine<ViewMessage> | null {
    return (this.carriers.get("view")?.line as RecordLine<ViewMessage> | null | undefined) ?? null;
  }
  private controlLine(): RecordLine<ControlMessage> | null {
    return (this.carriers.get("control")?.line as RecordLine<ControlMessage> | null | undefined) ?? null;
  }

  private step(event: SessionEvent): void {
    let effects: SessionEffect[];
    try {
      effects = this.session.step(event, performance.now());
    } catch (error) {
      if (!(error instanceof PeerError)) throw error;
      effects = this.session.step({ t: "fault" }, performance.now());
    }
    for (const effect of effects) this.perform(effect);
    this.arm();
    this.ears.changed();
  }

  private perform(effect: SessionEffect): void {
    switch (effect.t) {
      case "send": return this.main?.send(effect.message);
      case "open_channel":
        if (effect.capability === "view" || effect.capability === "control") this.carry(effect.capability, new GrantSecret(effect.capability, effect.grant, effect.secret));
        else erase(effect.secret);
        return;
      case "close_channel":
        if (effect.capability === "view" || effect.capability === "control") this.drop(effect.capability);
        return;
      case "reconnect":
        this.main?.close();
        this.main = null;
        // The PC has dropped its channels too; an end that died with the network would never hear of it.
        for (const carrier of this.carriers.values()) this.renew(carrier);
        void this.comeBack();
        return;
      case "end": return this.finish(effect.reason);
    }
  }

  // --- main

  private openMain(line: RelayLine, keys: ReturnType<SessionKeys["channel"]>): RecordLine<SessionMessage> {
    const opened: RecordLine<SessionMessage> = new RecordLine(line, keys, SESSION, {
      message: (message) => this.step({ t: "received", message }),
      lost: (fault, code) => {
        if (this.main !== opened) return;
        this.main = null;
        if (code === RelayClose.REPLACED) this.finish("replaced");
        else this.judge(fault, { t: "line_lost" });
      },
    });
    return opened;
  }

  /** A record that does not open counts and is a lost line; any other broken rule ends the session. */
  private judge(fault: PeerError | null, otherwise: SessionEvent | null): void {
    if (fault && fault.fault !== "not_authentic") return this.step({ t: "fault" });
    if (fault) this.step({ t: "forged" });
    if (otherwise) this.step(otherwise);
  }

  private async comeBack(): Promise<void> {
    const isWanted = (): boolean => !this.endedAs && this.session.lostSince !== null;
    const line = await this.reopen("main", this.keys.main, isWanted);
    if (!line) return;
    this.main = this.openMain(line.line, line.keys);
    this.step({ t: "line_back" });
  }

  /** Try until the channel is open again or no longer wanted; a refusal without a wait ends the session. */
  private async reopen(channel: Channel, grant: GrantSecret, isWanted: () => boolean) {
    for (let attempt = 0; isWanted(); attempt++) {
      let waitMs = retryDelayMs(attempt, Math.random());
      if (attempt > 0 || channel === "main") await pause(waitMs);
      if (!isWanted()) return null;
      let line: RelayLine | null = null;
      try {
        const { ticket, relayUrl } = await this.ears.admit(channel);
        if (!isWanted()) return null;
        line = await RelayLine.open(relayUrl, ticket);
        if (!isWanted()) throw new Error("no longer wanted");
        return { line, keys: await openChannel(line, channel, ticket, this.keys, grant, this.epochs) };
      } catch (error) {
        line?.close();
        if (!isWanted()) return null;
        if (error instanceof RefusedError) {
          if (error.waitS === null) {
            this.refusal = error.reason;
            this.finish("refused");
            return null;
          }
          waitMs = error.waitS * 1000;
          await pause(waitMs);
        }
        // Anything else is the network, the relay, or a ChannelOpen that is not authentic anyway: try again.
      }
    }
    return null;
  }

  // --- view and control

  private carry(channel: CarriedChannel, grant: GrantSecret): void {
    this.drop(channel);
    const carrier: Carrier = { channel, grant, line: null };
    this.carriers.set(channel, carrier);
    void this.open(carrier);
  }

  private async open(carrier: Carrier): Promise<void> {
    const isWanted = (): boolean => this.carriers.get(carrier.channel) === carrier && !this.endedAs;
    const opened = await this.reopen(carrier.channel, carrier.grant, isWanted);
    if (!opened) return;
    const lost = (fault: PeerError | null, code: number): void => {
      carrier.line = null;
      if (!isWanted()) return;
      if (code === RelayClose.REPLACED) return this.finish("replaced");
      this.judge(fault, null);
      if (carrier.channel === "control") this.input.step({ t: "lost" }, performance.now());
      this.ears.changed();
      void this.open(carrier);
    };
    if (carrier.channel === "view") {
      const line = new RecordLine<ViewMessage>(opened.line, opened.keys, VIEW, { message: (message, bytes, cameAt) => this.heard(message, bytes, cameAt), lost });
      carrier.line = line;
      this.ears.viewOpened();
      line.send({ t: "ready", video: this.video, together: true });
    } else {
      const line = new RecordLine<ControlMessage>(opened.line, opened.keys, CONTROL, { message: (message) => this.controlHeard(message), lost });
      carrier.line = line;
      line.send({ t: "alive" });
    }
    this.arm();
    this.ears.changed();
  }

  /** Give a line up and open another; one that is being opened goes on. */
  private renew(carrier: Carrier): void {
    if (!carrier.line) return;
    carrier.line.close();
    carrier.line = null;
    if (carrier.channel === "control") this.input.step({ t: "lost" }, performance.now());
    void this.open(carrier);
    this.ears.changed();
  }

  private heard(message: ViewMessage, bytes: number, cameAt: number): void {
    if (message.t === "shown" || message.t === "ready") throw new PeerError("out_of_order", "expected a message of a PC");
    if (message.t === "alive") this.tick();
    else if (message.t === "together") message.messages.forEach((part, i) => this.ears.view(part, i ? 0 : bytes, cameAt));
    else this.ears.view(message, bytes, cameAt);
  }

  private controlHeard(message: ControlMessage): void {
    if (message.t === "held" || message.t === "typing") this.give(message);
    else if (message.t !== "alive") throw new PeerError("out_of_order", "expected a message of a PC");
    this.tick();
  }

  /** Keys first, then the line. */
  private drop(channel: CarriedChannel): void {
    const carrier = this.carriers.get(channel);
    this.carriers.delete(channel);
    carrier?.grant.forget();
    carrier?.line?.close();
    if (channel === "control") this.input.step({ t: "lost" }, performance.now());
  }

  // --- time

  private arm(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    const deadline = this.session.deadline();
    if (deadline === null) return;
    const moments = [deadline];
    const control = this.controlLine();
    if (control?.isOpen) moments.push(this.input.deadline() ?? Infinity, (control.waitingSince ?? Infinity) + LOST_AFTER_MS);
    this.timer = setTimeout(() => this.tick(), Math.max(1, Math.min(...moments) - performance.now()));
  }

  private tick(): void {
    if (this.endedAs) return;
    const now = performance.now();
    const control = this.controlLine();
    if (control?.isOpen) this.say(control, this.input.step({ t: "tick" }, now));
    // The PC answers input within a second (docs/protocol/channels.md, "Alive").
    const carrier = this.carriers.get("control");
    if (carrier && now - (control?.waitingSince ?? now) >= LOST_AFTER_MS) this.renew(carrier);
    if (now >= (this.session.deadline() ?? Infinity)) this.step({ t: "tick" });
    else this.arm();
  }

  private finish(reason: LiveEnd): void {
    if (this.endedAs) return;
    this.endedAs = reason;
    for (const channel of [...this.carriers.keys()]) this.drop(channel);
    void this.main?.closeAfterSending();
    this.main = null;
    this.keys.forget();
    if (this.timer !== null) clearTimeout(this.timer);
    this.ears.changed();
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
