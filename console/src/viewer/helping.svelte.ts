/** One request that this associate helps with, from the code to the end; it goes on while other pages are looked at. */
import { SvelteMap } from "svelte/reactivity";
import wasmAddress from "virtual:zstd-wasm";
import * as api from "../api/calls";
import type { SessionFull } from "../api/model";
import * as vault from "../api/vault";
import { CallerError, UnavailableError, type PeerFault } from "../errors";
import type { EntryFailure } from "../flow/entry";
import type { CapabilityState, PcText } from "../flow/session";
import { LiveSession, type CarriedChannel, type LiveEnd } from "../line/live";
import { enter } from "../line/opening";
import { RelayLine } from "../line/relay";
import { erase, fromHex, toHex, type Bytes } from "../trust/bytes";
import type { InputEvent, Typing } from "../flow/input";
import { PictureQuality, type PictureWord, type QualityFigures } from "../flow/quality";
import type { CapabilityWord, Monitor } from "../wire/capability";
import type { WhyHeld } from "../wire/input";
import { NO_VIDEO, type Covering, type VideoAbility } from "../wire/picture";
import { Ground } from "./ground";
import { Painter, type Pointer } from "./painter";
import { ability, VideoStream } from "./video";
import { Zstd } from "./zstd";

export type Phase = "code" | "connecting" | "live" | "over";
/** What the viewer may honestly say about the picture. */
export type PictureState = "none" | "waiting" | PictureWord | "paused" | "lost";
/** A granted monitor, and what shows it. */
export interface Screen { readonly monitor: Monitor; readonly ground: Ground }

/** What went wrong with a code, for the page to say. */
export type CodeProblem =
  | { readonly why: "refused"; readonly reason: string; readonly attemptsLeft: number | null; readonly waitUntil: number | null }
  | { readonly why: "fault"; readonly fault: PeerFault }
  | { readonly why: "silence" }
  | { readonly why: "error"; readonly error: unknown };

/** The PC that answered is not the one expected. `mayAccept`: the server names the same new one. */
export interface OtherIdentity { readonly seen: string; readonly expected: string; readonly wasKnown: boolean; readonly mayAccept: boolean }

/** Long enough to be read. */
const SAY_BROKEN_MS = 10_000;

let decoder: Promise<Zstd> | null = null;
function loadDecoder(): Promise<Zstd> {
  decoder ??= fetch(wasmAddress).then((response) => response.arrayBuffer()).then((bytes) => Zstd.from(bytes));
  decoder.catch(() => (decoder = null));
  return decoder;
}

const running = new SvelteMap<string, Helping>();

export const helpings = {
  get(id: string): Helping | null { return running.get(id) ?? null; },
  start(session: SessionFull): Helping {
    const helping = running.get(session.id) ?? new Helping(session);
    running.set(session.id, helping);
    void loadDecoder().catch(() => undefined);
    return helping;
  },
  forget(id: string): void { running.delete(id); },
  get live(): readonly Helping[] { return [...running.values()].filter(({ phase }) => phase === "live"); },
  leaveAll(): void { for (const helping of running.values()) helping.leave(); },
};

export class Helping {
  phase = $state<Phase>("code");
  problem = $state.raw<CodeProblem | null>(null);
  identity = $state.raw<OtherIdentity | null>(null);
  screens = $state.raw<readonly Screen[]>([]);
  hasPicture = $state(false);
  covered = $state.raw<readonly Covering[]>([]);
  /** This browser could not decode what it said it can: tiles alone for the rest of the session. */
  hasVideoFailed = $state(false);
  private word = $state<PictureWord>("exact");
  /** Rises whenever the machines changed; reading through it makes them reactive. */
  private version = $state(0);
  private pointerVersion = $state(0);
  private live: LiveSession | null = null;
  private painter: Painter<Ground> | null = null;
  private readonly quality = new PictureQuality();
  private wordTimer: ReturnType<typeof setTimeout> | null = null;
  private brokenAt: number | null = null;

  constructor(readonly session: SessionFull) {}

  // --- the code

  /** Try `code` (the normal form, overwritten here). Every failure ends in `problem` or `identity`. */
  async connect(code: Bytes, key: vault.KeptKey): Promise<void> {
    if (this.phase !== "code") throw new CallerError("a code is tried once at a time");
    this.phase = "connecting";
    this.problem = this.identity = null;
    let line: RelayLine | null = null;
    try {
      const [zstd, video] = await Promise.all([loadDecoder().catch(() => { throw new UnavailableError("the decoder cannot be loaded"); }), ability()]);
      const known = await vault.device(this.session.device_id);
      const expected = known?.fingerprint ?? this.session.device_key;
      const { ticket, relayUrl, second } = await api.admit(this.session.id, "main");
      line = await RelayLine.open(relayUrl, ticket);
      const fresh = (length: number): Bytes => crypto.getRandomValues(new Uint8Array(length));
      const entered = await enter(line, {
        requestId: fromHex(this.session.id), deviceId: fromHex(this.session.device_id), expectedFingerprint: fromHex(expected), consoleKey: key.spki,
        ticket, second, code, nonce: fresh(32), scalar: fresh(32), kemSeed: fresh(64),
      }, key.privateKey);
      if ("failure" in entered) {
        line.close();
        this.fail(entered.failure, expected, known !== null);
        return;
      }
      await vault.rememberDevice(this.session.device_id, expected).catch(() => undefined);
      this.begin(line, entered, zstd, video);
    } catch (error) {
      line?.close();
      this.problem = { why: "error", error };
      this.phase = "code";
    } finally {
      erase(code);
    }
  }

  private fail(failure: EntryFailure, expected: string, wasKnown: boolean): void {
    this.phase = "code";
    if (failure.why === "identity") {
      const seen = toHex(failure.seen);
      this.identity = { seen, expected, wasKnown, mayAccept: wasKnown && seen === this.session.device_key };
    } else if (failure.why === "refused") {
      const { reason, attemptsLeft, waitS } = failure;
      this.problem = { why: "refused", reason, attemptsLeft, waitUntil: waitS ? Date.now() + waitS * 1000 : null };
    } else this.problem = failure;
  }

  /** The person checked with the lab that this is the same PC with a new identity. */
  async acceptIdentity(): Promise<void> {
    if (!this.identity?.mayAccept) throw new CallerError("this identity may not be accepted");
    await vault.rememberDevice(this.session.device_id, this.identity.seen);
    this.identity = null;
  }

  private begin(line: RelayLine, entered: { keys: ConstructorParameters<typeof LiveSession>[1]; nonces: ConstructorParameters<typeof LiveSession>[2] }, zstd: Zstd, video: VideoAbility): void {
    const painter = new Painter<Ground>(zstd, {
      surface: (monitor, before) => {
        const isSame = before?.monitor.width_px === monitor.width_px && before.monitor.height_px === monitor.height_px;
        return isSame ? Object.assign(before, { monitor }) : new Ground(monitor);
      },
      open: (start) => new VideoStream(start),
      shown: (sequence, tookMs) => this.live?.shown(sequence, tookMs),
      startWhole: (why) => this.startWhole(why),
      laidOut: (grounds) => {
        // A new one is empty until its first picture: nothing yet that could be called exact.
        if (grounds.some((ground) => !this.screens.some((each) => each.ground === ground))) this.hasPicture = false;
        this.screens = grounds.map((ground) => ({ monitor: ground.monitor, ground }));
      },
      pointerChanged: () => this.pointerVersion++,
      covered: (areas) => { if (areas.length || this.covered.length) this.covered = areas; },
      drawn: (state, hasVideo) => {
        this.quality.drawn(state, hasVideo, performance.now());
        if (!this.hasPicture) this.hasPicture = true;
        this.judge();
      },
    });
    this.painter = painter;
    this.live = new LiveSession(line, entered.keys, entered.nonces, {
      admit: (channel) => api.admit(this.session.id, channel),
      changed: () => this.changed(),
      view: (message, bytes, cameAt) => {
        const now = performance.now();
        this.quality.came(bytes, now);
        if (message.t === "begin") this.quality.began(message.whole, now);
        else if (message.t === "end") this.quality.ended(now);
        painter.take(message, cameAt);
        if (message.t === "begin") this.judge();
      },
      viewOpened: () => {
        painter.restart();
        this.quality.restart();
        this.hasPicture = false;
      },
    });
    this.live.video = video;
    this.phase = "live";
    addEventListener("beforeunload", this.warn);
    this.changed();
  }

  private changed(): void {
    this.version++;
    if (!this.live) return;
    if (!this.live.isGranted("view") && this.screens.length) {
      this.painter?.clear();
      this.hasPicture = false;
    }
    if (this.live.outcome && this.phase === "live") {
      this.phase = "over";
      this.painter?.clear();
      removeEventListener("beforeunload", this.warn);
    }
  }

  private readonly warn = (event: BeforeUnloadEvent): void => event.preventDefault();

  private startWhole(why: "picture" | "video"): void {
    this.quality.broke();
    if (why === "picture") this.brokenAt = performance.now();
    else this.hasVideoFailed = true;
    if (!this.live) return;
    if (why === "video") this.live.video = NO_VIDEO;
    this.live.startWhole();
  }

  /** How good the picture is now, and again when that may change by itself. */
  private judge(): void {
    if (this.wordTimer !== null) clearTimeout(this.wordTimer);
    this.wordTimer = null;
    const now = performance.now();
    this.word = this.quality.word(now);
    const next = this.quality.deadline(now);
    if (next !== null && this.phase === "live") this.wordTimer = setTimeout(() => this.judge(), next - now);
  }

  // --- what is shown; each read follows the machines

  private get current(): LiveSession | null {
    return this.version >= 0 ? this.live : null;
  }
  get pc(): PcText | null { return this.current?.session.pc ?? null; }
  get outcome(): LiveEnd | null { return this.current?.outcome ?? null; }
  get refusedFor(): string | null { return this.current?.refusedFor ?? null; }
  get isPaused(): boolean { return this.current?.session.paused ?? false; }
  get lostSince(): number | null { return this.current?.session.lostSince ?? null; }
  get roundTripMs(): number | null { return this.current?.session.roundTripMs ?? null; }
  get canDecode(): boolean { return (this.current?.video ?? NO_VIDEO) !== NO_VIDEO; }
  get held(): WhyHeld { return this.current?.input.held ?? "nothing"; }
  stateOf(capability: CapabilityWord): CapabilityState { return this.current?.session.stateOf(capability) ?? { state: "none", ended: null }; }
  isOpen(channel: CarriedChannel): boolean { return this.current?.isOpen(channel) ?? false; }
  /** The laboratory lets text be typed that the associate pastes. */
  get mayPaste(): boolean {
    const control = this.stateOf("control");
    return control.state === "granted" && control.scope.paste && this.isOpen("control");
  }
  get typing(): Typing | null { return this.current?.input.typing ?? null; }
  get mayControl(): boolean { return this.isOpen("control") && this.lostSince === null && !this.isPaused; }

  get pointer(): { shape: Painter["shape"]; at: Pointer | null } {
    return this.pointerVersion >= 0 ? { shape: this.painter?.shape ?? null, at: this.painter?.pointer ?? null } : { shape: null, at: null };
  }

  get pictureState(): PictureState {
    if (this.stateOf("view").state !== "granted") return "none";
    if (this.lostSince !== null) return "lost";
    if (this.isPaused) return "paused";
    if (!this.isOpen("view")) return this.hasPicture || this.screens.length ? "lost" : "waiting";
    return this.hasPicture ? this.word : "waiting";
  }

  /** What somebody who looks at another tab should know. */
  get attention(): "over" | "lost" | "paused" | null {
    if (this.phase === "over") return "over";
    if (this.lostSince !== null) return "lost";
    return this.isPaused ? "paused" : null;
  }

  /** A part could not be read within the last seconds. */
  wasBroken(now: number): boolean {
    return this.brokenAt !== null && now - this.brokenAt < SAY_BROKEN_MS;
  }

  /** `now`: performance.now(). */
  figures(now: number): QualityFigures { return this.quality.figures(now); }

  // --- what the person does

  ask(capability: CapabilityWord, purpose: string): void { this.live?.ask(capability, purpose); }
  giveBack(capability: CapabilityWord): void { this.live?.giveBack(capability); }
  give(event: InputEvent): void { this.live?.give(event); }
  leave(): void { this.live?.leave(); }
}
