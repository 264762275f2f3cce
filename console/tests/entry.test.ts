/** The handshake as the console against a PC of our own: the right code, wrong ones, and everything out of order. */
import { describe, expect, it } from "vitest";
import { Entry, ANSWER_WITHIN_MS, type EntryEffect, type EntryEvent, type EntryInput } from "../src/flow/entry";
import { equal } from "../src/trust/bytes";
import { fingerprint, sign, verify } from "../src/trust/keys";
import { SessionKeys } from "../src/trust/schedule";
import { HANDSHAKE, type HandshakeMessage } from "../src/wire/handshake";
import { hex, PcRun, privateKey } from "./pc";

const code = (text: string) => new TextEncoder().encode(text);
const input = (over: Partial<EntryInput> = {}): EntryInput => ({
  requestId: hex("request_id"), deviceId: hex("device_id"), expectedFingerprint: fingerprint(hex("pc_key")), consoleKey: hex("console_key"),
  ticket: hex("ticket"), second: null, code: code("C9JPWRV8EDMP"), nonce: new Uint8Array(32).fill(1), scalar: new Uint8Array(32).fill(3), kemSeed: new Uint8Array(64).fill(5), ...over,
});

/** Plays the entry against `pc`, each message over the wire's own bytes; `bend` may change what the PC says. */
async function play(entry: Entry, pc: PcRun, bend = (message: HandshakeMessage): HandshakeMessage => message): Promise<EntryEffect> {
  const events: EntryEvent[] = [{ t: "begin" }];
  for (let event = events.shift(); event; event = events.shift()) {
    for (const effect of entry.step(event, 0)) {
      if (effect.t === "send") {
        const answer = await pc.answer(HANDSHAKE.decode(HANDSHAKE.encode(effect.message)));
        events.push({ t: "received", message: HANDSHAKE.decode(HANDSHAKE.encode(bend(answer))) });
      } else if (effect.t === "sign") events.push({ t: "signed", signature: await sign(await privateKey("console"), effect.data) });
      else if (effect.t === "verify") {
        await verify(effect.key, effect.signature, effect.data);
        events.push({ t: "verified" });
      } else return effect;
    }
  }
  throw new Error("the run stood still");
}
const pc = (text: string): PcRun => new PcRun(hex("request_id"), hex("device_id"), code(text));
const failureOf = (effect: EntryEffect | undefined) => (effect?.t === "fail" ? effect.failure : effect);

describe("entry", () => {
  it("ends in the same keys on both sides", async () => {
    const other = pc("C9JPWRV8EDMP");
    const effect = await play(new Entry(input()), other);
    if (effect.t !== "enter" || !other.entered) throw new Error("expected to enter");
    const theirs = new SessionKeys(hex("request_id"), other.entered.master, "pc");
    const sealed = await theirs.channel("main", theirs.main, 0, other.entered.nonces).sealer.seal(code("hello"));
    expect(await effect.keys.channel("main", effect.keys.main, 0, effect.nonces).opener.open(sealed)).toEqual(code("hello"));
  }, 10_000);
  it("says what the PC refused after a wrong code, and forgets it", async () => {
    const given = input({ code: code("000000000000") });
    expect(failureOf(await play(new Entry(given), pc("C9JPWRV8EDMP")))).toEqual({ why: "refused", reason: "code_wrong", attemptsLeft: 2, waitS: null });
    for (const secret of [given.code, given.scalar, given.kemSeed]) expect(secret.every((byte) => byte === 0)).toBe(true);
  }, 10_000);
  it("takes no PC that does not know the code", async () => {
    const bend = (message: HandshakeMessage): HandshakeMessage => (message.t === "host_confirm" ? { t: "host_confirm", mac: new Uint8Array(64) } : message);
    expect(failureOf(await play(new Entry(input()), pc("C9JPWRV8EDMP"), bend))).toEqual({ why: "fault", fault: "wrong_code" });
  }, 10_000);
  it("stops before it says anything of the code when the PC is another one", () => {
    const entry = new Entry(input({ expectedFingerprint: new Uint8Array(32) }));
    entry.step({ t: "begin" }, 0);
    const effects = entry.step({ t: "received", message: { t: "challenge", key: hex("pc_key"), nonce: new Uint8Array(32) } }, 0);
    expect(effects).toHaveLength(1);
    expect(failureOf(effects[0])).toEqual({ why: "identity", seen: fingerprint(hex("pc_key")) });
  });
  it("ends on silence", () => {
    const entry = new Entry(input());
    entry.step({ t: "begin" }, 0);
    expect(entry.step({ t: "tick" }, ANSWER_WITHIN_MS - 1)).toEqual([]);
    expect(failureOf(entry.step({ t: "tick" }, ANSWER_WITHIN_MS)[0])).toEqual({ why: "silence" });
    expect(entry.step({ t: "tick" }, 10 * ANSWER_WITHIN_MS)).toEqual([]);
  });
  it("refuses each message in each state where it is not next", () => {
    const samples: HandshakeMessage[] = [
      { t: "hello", version: 1, suite: "", key: hex("pc_key"), nonce: new Uint8Array(32) }, { t: "challenge", key: hex("pc_key"), nonce: new Uint8Array(32) },
      { t: "answer", share: new Uint8Array(32), kem_ciphertext: new Uint8Array(1088), signature: new Uint8Array(512) },
      { t: "console_confirm", mac: new Uint8Array(64) }, { t: "host_confirm", mac: new Uint8Array(64) },
      { t: "proof", ticket: new Uint8Array(64), share: new Uint8Array(32), kem_key: new Uint8Array(1184), signature: new Uint8Array(512), second: null },
    ];
    const next: EntryEvent[] = [{ t: "begin" }, { t: "received", message: samples[1] as HandshakeMessage }, { t: "signed", signature: hex("signature_console") },
      { t: "received", message: { t: "answer", share: hex("pc_share"), kem_ciphertext: hex("kem_ciphertext"), signature: hex("signature_pc") } }, { t: "verified" }];
    const right = ["", "challenge", "", "answer", "", "host_confirm"];
    for (let state = 0; state <= next.length; state++) {
      for (const message of samples) {
        if (message.t === right[state]) continue;
        const entry = new Entry(input());
        for (const event of next.slice(0, state)) entry.step(event, 0);
        expect([state, message.t, failureOf(entry.step({ t: "received", message }, 0)[0])]).toEqual([state, message.t, { why: "fault", fault: "out_of_order" }]);
        expect(entry.isOver).toBe(true);
      }
    }
  });
  it("knows two fingerprints apart in the last byte", () => expect(equal(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false));
});
