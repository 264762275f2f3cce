/** A PC for looking at the console: it keeps the protocol's rules, and does what a test tells it in the technician's place. */
import { randomBytes } from "node:crypto";
import { openSync, writeSync } from "node:fs";
import { GrantSecret, SessionKeys, type ChannelKeys } from "../../src/trust/schedule";
import type { Bytes } from "../../src/trust/bytes";
import { readCode } from "../../src/trust/code";
import type { CapabilityWord } from "../../src/wire/capability";
import { CHANNEL_OPEN, type Channel } from "../../src/wire/channel";
import { HANDSHAKE } from "../../src/wire/handshake";
import { CONTROL, type ControlMessage } from "../../src/wire/input";
import { EXACT, VIEW, type Monitor, type ViewMessage } from "../../src/wire/picture";
import { SESSION, type SessionMessage } from "../../src/wire/session";
import { PcRun } from "../pc";
import { Screen } from "./picture";

/** One end of a line: what the relay would carry. */
export interface Pipe { send(frame: Uint8Array): void; close(code: number): void; onFrame: ((frame: Uint8Array) => void) | null }

const random = (length: number): Bytes => Uint8Array.from(randomBytes(length));

interface Codec<M> { decode(data: Uint8Array): M; encode(message: M): Bytes }

class Carried<M> {
  private order: Promise<unknown> = Promise.resolve();
  constructor(private readonly pipe: Pipe, private readonly keys: ChannelKeys, private readonly codec: Codec<M>, take: (message: M) => void) {
    pipe.onFrame = (frame) => {
      const opened = keys.opener.open(frame);
      this.order = this.order.then(async () => take(codec.decode(await opened)));
    };
  }
  send(message: M): void {
    const sealed = this.keys.sealer.seal(this.codec.encode(message));
    this.order = this.order.then(async () => this.pipe.send(await sealed));
  }
  /** A record that is not authentic. */
  forge(): void { this.pipe.send(new Uint8Array(64)); }
  close(code: number): void { this.pipe.close(code); }
}

export class FakePc {
  readonly received: ControlMessage[] = [];
  readonly said: SessionMessage[] = [];
  attempts = 3;
  /** What the PC does when it is asked: yes at once, no, or wait for `answer`. */
  manner: "yes" | "no" | "wait" = "wait";
  private asked: { capability: CapabilityWord; purpose: string } | null = null;
  private keys: SessionKeys | null = null;
  private main: Carried<SessionMessage> | null = null;
  private view: Carried<ViewMessage> | null = null;
  private control: Carried<ControlMessage> | null = null;
  private readonly grants = new Map<CapabilityWord, GrantSecret>();
  private epoch = 0;
  private sequence = 0;
  /** Pictures that the console said are on its screen, and what it said it decodes, each time it asked. */
  readonly shown: number[] = [];
  readonly readies: number[] = [];
  /** Consoles that came to `view` so far, each time anew: what a test waits for, since the word on the page may pass unseen. */
  viewers = 0;
  private timer: NodeJS.Timeout | null = null;
  private readonly log: number | null;
  readonly screens: readonly { readonly monitor: Monitor; readonly screen: Screen }[];

  private typing = 0;
  private early: boolean | null = null;

  constructor(readonly requestId: Uint8Array, readonly deviceId: Uint8Array, private readonly code: string, file: string | undefined, log?: string) {
    this.log = log ? openSync(log, "a") : null;
    const monitor = (id: number, name: string, width: number, height: number): Monitor => ({ id, name, x_px: id * 1280, y_px: 0, width_px: width, height_px: height, primary: id === 0 });
    this.screens = [
      { monitor: monitor(0, "HDMI-1", 1280, 800), screen: new Screen(1280, 800, file) },
      { monitor: monitor(1, "DP-2", 1920, 1080), screen: new Screen(1920, 1080) },
    ];
  }

  /** A console came to this channel. */
  accept(channel: Channel, pipe: Pipe): void {
    if (channel === "main" && !this.keys) this.handshake(pipe);
    else void this.open(channel, pipe);
  }

  private handshake(pipe: Pipe): void {
    const read = readCode(this.code);
    if (!("normal" in read)) throw new Error("the world's own code is wrong");
    const run = new PcRun(this.requestId, this.deviceId, read.normal);
    pipe.onFrame = async (frame) => {
      const message = HANDSHAKE.decode(frame);
      if (message.t === "proof") {
        if (this.attempts === 0) return void pipe.send(HANDSHAKE.encode({ t: "refused", reason: "code_dead", attempts_left: 0, wait_s: null }));
        this.attempts--;
      }
      const answer = await run.answer(message);
      pipe.send(HANDSHAKE.encode(answer.t === "refused" ? { ...answer, attempts_left: this.attempts } : answer));
      if (answer.t === "refused") setTimeout(() => pipe.close(4410), 50);
      if (answer.t !== "host_confirm" || !run.entered) return;
      this.keys = new SessionKeys(this.requestId, run.entered.master, "pc");
      this.carryMain(pipe, this.keys.channel("main", this.keys.main, 0, run.entered.nonces));
      this.main?.send({
        t: "pc", site: "Hospital del Mar, Laboratorio 4", device: "CX200-PC-12", technician: "Aina Ferrer",
        instruments: [{ id: "I-0042", model: "CX-200", serial: "SN 0077-1", patient_data: true }], offered: ["view", "control"],
      });
    };
  }

  private async open(channel: Channel, pipe: Pipe): Promise<void> {
    const keys = this.keys;
    const grant = channel === "main" ? keys?.main : this.grants.get(channel);
    if (!keys || !grant) return pipe.close(4410);
    const epoch = ++this.epoch;
    const nonce = random(32);
    pipe.onFrame = (frame) => {
      const open = CHANNEL_OPEN.decode(frame);
      const channelKeys = keys.channel(channel, grant, epoch, { pc: nonce, console: open.nonce.slice() });
      if (channel === "main") this.carryMain(pipe, channelKeys);
      else if (channel === "view") this.view = new Carried(pipe, channelKeys, VIEW, (message) => this.viewed(message));
      else this.control = new Carried(pipe, channelKeys, CONTROL, (message) => this.controlled(message));
    };
    pipe.send(CHANNEL_OPEN.encode({ t: "open", version: 1, channel, epoch, nonce, ticket: null }));
  }

  private carryMain(pipe: Pipe, keys: ChannelKeys): void {
    this.main = new Carried(pipe, keys, SESSION, (message) => this.hear(message));
    this.timer ??= setInterval(() => {
      this.main?.send({ t: "ping", sent_ms: Date.now() });
      this.view?.send({ t: "alive" });
      this.control?.send({ t: "alive" });
    }, 1000);
  }

  private hear(message: SessionMessage): void {
    if (message.t === "ping") return void this.main?.send({ t: "pong", sent_ms: message.sent_ms });
    if (message.t === "pong") return;
    this.said.push(message);
    if (message.t === "ask") {
      this.asked = message;
      this.main?.send({ t: "asked", capability: message.capability, answer_within_s: 60 });
      this.control?.send({ t: "held", why: "prompt" });
      if (this.manner !== "wait") this.answer(this.manner === "yes");
      else if (this.early !== null) this.answer(this.early);
    } else if (message.t === "give_back") this.revoke(message.capability, "given_back");
    else if (message.t === "leave") this.end("left");
  }

  /** The technician's answer to what was asked last. */
  answer(yes: boolean): void {
    const asked = this.asked;
    if (!asked) return void (this.early = yes); // the question is still on its way
    this.asked = this.early = null;
    this.control?.send({ t: "held", why: "nothing" });
    const { capability } = asked;
    if (!yes) return void this.main?.send({ t: "not_granted", capability, reason: "denied", again_in_s: 60 });
    const [grant, secret] = [random(16), random(32)];
    this.grants.set(capability, new GrantSecret(capability, grant, secret.slice()));
    this.main?.send({ t: "granted", capability, grant, secret, ends_in_s: 1800, scope: { monitors: [0, 1], window: null, paste: capability === "control" } });
  }

  revoke(capability: CapabilityWord, reason: "revoked" | "given_back" | "expired"): void {
    const grant = this.grants.get(capability);
    if (!grant) return;
    this.grants.delete(capability);
    this.main?.send({ t: "ended", capability, grant: grant.grant, reason });
    if (capability === "view") this.view = null;
    else this.control = null;
  }

  end(reason: "stopped" | "left"): void {
    this.main?.send({ t: "over", reason });
    this.stop();
  }

  stop(): void {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
  }

  pause(paused: boolean): void {
    this.main?.send({ t: "paused", paused });
    this.control?.send({ t: "held", why: paused ? "paused" : "nothing" });
  }

  hold(why: "nothing" | "prompt"): void { this.control?.send({ t: "held", why }); }
  forge(): void { this.view?.forge(); }

  /** A tile that no decoder can read: the console has to ask for a whole picture. */
  spoil(): void {
    this.view?.send({ t: "begin", sequence: ++this.sequence, whole: false });
    this.view?.send({ t: "tile", monitor: 0, x_px: 0, y_px: 0, width_px: 8, height_px: 8, encoding: 1, data: new Uint8Array(20) });
    this.view?.send({ t: "end", sequence: this.sequence, state: EXACT });
  }

  drop(): void {
    for (const line of [this.main, this.view, this.control]) line?.close(4410);
    this.main = this.view = this.control = null;
  }

  /** Say this on `view`, as a test has it: begin and end get their numbers here, and bytes come as base64. */
  tell(messages: readonly Record<string, unknown>[]): number {
    for (const { ...message } of messages) {
      if (message["t"] === "begin") message["sequence"] = ++this.sequence;
      if (message["t"] === "end") message["sequence"] = this.sequence;
      if (typeof message["data"] === "string") message["data"] = Uint8Array.from(Buffer.from(message["data"], "base64"));
      this.view?.send(message as ViewMessage);
    }
    return this.sequence;
  }

  private viewed(message: ViewMessage): void {
    if (message.t === "shown") this.shown.push(message.sequence);
    if (message.t !== "ready") return;
    this.viewers++;
    this.readies.push(message.video);
    this.view?.send({ t: "layout", monitors: this.screens.map(({ monitor }) => monitor) });
    this.view?.send({ t: "pointer", width_px: 16, height_px: 16, hot_x_px: 0, hot_y_px: 0, rgba: arrow() });
    this.picture(true, this.screens.flatMap(({ monitor, screen }) => screen.tiles(monitor.id, 0, 0, screen.width, screen.height)));
    this.view?.send({ t: "pointer_at", monitor: 0, x_px: 640, y_px: 400 });
  }

  private picture(whole: boolean, tiles: ReturnType<Screen["tiles"]>): void {
    this.view?.send({ t: "begin", sequence: ++this.sequence, whole });
    for (const tile of tiles) this.view?.send(tile);
    this.view?.send({ t: "end", sequence: this.sequence, state: EXACT });
  }

  /** A short text is typed at once; a long one stays at half until it is stopped. */
  private type(text: string): void {
    const of = Array.from(text).length;
    if (of) this.typing = of;
    if (!of) this.control?.send({ t: "typing", typed: Math.floor(this.typing / 2), of: this.typing, end: "stopped" });
    else if (of > 100) this.control?.send({ t: "typing", typed: Math.floor(of / 2), of, end: null });
    else this.control?.send({ t: "typing", typed: of, of, end: "done" });
  }

  private controlled(message: ControlMessage): void {
    if (message.t === "alive") return;
    if (message.t === "together") return message.messages.forEach((each) => this.controlled(each));
    this.received.push(message);
    if (this.log !== null) writeSync(this.log, `${JSON.stringify(message)}\n`);
    if (message.t === "type") this.type(message.text);
    const at = this.received.findLast((each) => each.t === "move");
    if (message.t !== "button" || at?.t !== "move") return;
    const { screen } = this.screens.find(({ monitor }) => monitor.id === at.monitor) ?? { screen: null };
    if (!screen) return;
    const [x, y] = [Math.min(at.x_px, screen.width - 24), Math.min(at.y_px, screen.height - 24)];
    screen.box(x, y, 24, 24, message.down ? [181, 66, 11] : [23, 112, 74]);
    const sequence = ++this.sequence;
    this.view?.send({ t: "together", messages: [{ t: "begin", sequence, whole: false }, ...screen.tiles(at.monitor, x, y, 24, 24), { t: "end", sequence, state: EXACT }] });
  }
}

/** A plain arrow, so that the pointer can be seen. */
function arrow(): Uint8Array {
  const rgba = new Uint8Array(16 * 16 * 4);
  for (let y = 0; y < 14; y++) for (let x = 0; x <= y * 0.7; x++) rgba.set(x >= y * 0.7 - 1 || x === 0 ? [255, 255, 255, 255] : [20, 30, 40, 255], (y * 16 + x) * 4);
  return rgba;
}
