/** Codes, CPace, the handshake's sums and the records against published and shared vectors. */
import { existsSync, readFileSync } from "node:fs";
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import { describe, expect, it } from "vitest";
import { PeerError } from "../src/errors";
import { fromHex, lp, toHex, type Bytes } from "../src/trust/bytes";
import { groupCode, readCode } from "../src/trust/code";
import { generator, intermediateSessionKey, sharedPoint } from "../src/trust/cpace";
import { answerContent, channelId, conclude, ConsoleRun, sessionId } from "../src/trust/handshake";
import { checkIdentity, fingerprint, showFingerprint, sign, verify } from "../src/trust/keys";
import { GrantSecret, SessionKeys } from "../src/trust/schedule";
import { secondContent } from "../src/trust/second";
import { HANDSHAKE } from "../src/wire/handshake";
import { hex, privateKey, vector } from "./pc";
import { vectors } from "./vectors";

const text = (value: string): Bytes => new TextEncoder().encode(value);

describe("code", () => {
  const codes = vectors<{ from_random: { code: string }[]; read: { typed: string; normal: string }[]; refused: string[] }>("code");
  it.each(codes.read)("reads $typed", ({ typed, normal }) => expect(readCode(typed)).toEqual({ normal: text(normal) }));
  it.each(codes.from_random)("reads the made code $code", ({ code }) => expect(readCode(code)).toHaveProperty("normal"));
  it.each(codes.refused)("refuses '%s'", (typed) => expect(readCode(typed)).toHaveProperty("slip"));
  it("finds every wrong character and every swap of neighbours", () => {
    const code = "C9JPWRV8EDMP*";
    for (let i = 0; i < 12; i++) {
      for (const other of "0123456789ABCDEFGHJKMNPQRSTVWXYZ") {
        if (other !== code[i]) expect(readCode(code.slice(0, i) + other + code.slice(i + 1))).toEqual({ slip: "check" });
      }
      if (i < 11 && code[i] !== code[i + 1]) {
        expect(readCode(code.slice(0, i) + (code[i + 1] ?? "") + (code[i] ?? "") + code.slice(i + 2))).toEqual({ slip: "check" });
      }
    }
  });
  it("groups while one types", () => {
    expect(groupCode("c9jpwrv8")).toBe("C9JP WRV8");
    expect(groupCode("c9jp-wrv8 edmp*")).toBe("C9JP WRV8 EDMP*");
  });
});

const published = new URL("../../.downloads/cpace-0.1.0/tests/testvectors.json", import.meta.url);
describe.skipIf(!existsSync(published))("the published vectors of CPACE-X25519-SHA512", () => {
  const all = existsSync(published)
    ? (JSON.parse(readFileSync(published, "utf8")) as { G_25519: Record<string, string>; X25519_points: Record<string, string> })
    : { G_25519: {}, X25519_points: {} };
  const of = (name: string): Bytes => fromHex(all.G_25519[name] ?? "");
  it("agrees on every value", () => {
    const base = generator(of("PRS"), of("CI"), of("sid"));
    expect(base).toEqual(of("g"));
    expect(sharedPoint(of("ya"), base)).toEqual(of("Ya"));
    expect(sharedPoint(of("yb"), base)).toEqual(of("Yb"));
    expect(sharedPoint(of("ya"), of("Yb"))).toEqual(of("K"));
    expect(sharedPoint(of("yb"), of("Ya"))).toEqual(of("K"));
    expect(intermediateSessionKey(of("K"), of("sid"), [of("Ya"), of("ADa")], [of("Yb"), of("ADb")])).toEqual(of("ISK_IR"));
  });
  it.each(Object.entries(all.X25519_points).filter(([name]) => name.startsWith("Invalid")))("refuses %s", (_name, point) => {
    expect(() => sharedPoint(of("ya"), fromHex(point))).toThrow(PeerError);
  });
});

describe("points", () => {
  it.each([new Uint8Array(32), Uint8Array.of(1, ...new Uint8Array(31)), new Uint8Array(32).fill(255), new Uint8Array(31)])("refuses %s", (point) => {
    expect(() => sharedPoint(new Uint8Array(32).fill(3), point)).toThrow(PeerError);
  });
});

const greeting = {
  requestId: hex("request_id"), deviceId: hex("device_id"), consoleKey: hex("console_key"), pcKey: hex("pc_key"),
  consoleNonce: hex("console_nonce"), pcNonce: hex("pc_nonce"),
};
const answer = { share: hex("pc_share"), ciphertext: hex("kem_ciphertext"), signature: hex("signature_pc") };
const newRun = (): ConsoleRun => new ConsoleRun(greeting, hex("ticket"), text("C9JPWRV8EDMP"), hex("console_scalar"), hex("kem_seed"));

describe("the shared handshake", () => {
  it("lists parts like the other end", () => {
    const { parts, bytes } = vector["lp"] as { parts: string[]; bytes: string };
    expect(toHex(lp(...parts.map(fromHex)))).toBe(bytes);
  });
  it("derives every value", () => {
    expect(fingerprint(hex("console_key"))).toEqual(hex("console_fingerprint"));
    expect(showFingerprint(hex("console_fingerprint"))).toBe(vector["console_fingerprint_shown"]);
    expect(channelId(greeting)).toEqual(hex("channel_id"));
    expect(sessionId(greeting)).toEqual(hex("session_id"));
    expect(generator(text("C9JPWRV8EDMP"), hex("channel_id"), hex("session_id"))).toEqual(hex("generator"));
    const run = newRun();
    expect(run.share).toEqual(hex("console_share"));
    expect(run.kemKey).toEqual(hex("kem_key"));
    expect(run.content()).toEqual(hex("said_console"));
    expect(run.answered(answer)).toEqual(hex("said_pc"));
    const outcome = run.conclude(hex("signature_console"), answer);
    expect(outcome.master).toEqual(hex("master"));
    expect(outcome.consoleMac).toEqual(hex("console_mac"));
    expect(outcome.pcMac).toEqual(hex("pc_mac"));
    expect(new SessionKeys(greeting.requestId, outcome.master).main.reveal()).toEqual(hex("main_secret"));
  });
  it("signs the same agreement as a second associate", () => {
    const about = { requestId: greeting.requestId, deviceId: greeting.deviceId, associate: "m.ferrer", key: fingerprint(greeting.consoleKey) };
    expect(secondContent(about, "a.soler", 1_800_000_000_000)).toEqual(hex("second_content"));
  });
  it("writes the same messages", () => {
    const encode = (message: Parameters<typeof HANDSHAKE.encode>[0]): string => toHex(HANDSHAKE.encode(message));
    const run = newRun();
    expect(encode({ t: "proof", ticket: run.ticket, share: run.share, kem_key: run.kemKey, signature: hex("signature_console"), second: null })).toBe(vector.messages["proof"]);
    for (const bytes of Object.values(vector.messages)) expect(encode(HANDSHAKE.decode(fromHex(bytes)))).toBe(bytes);
  });
  it("checks the PC's signature", async () => {
    await verify(hex("pc_key"), hex("signature_pc"), hex("said_pc"));
    await verify(hex("console_key"), await sign(await privateKey("console"), hex("said_console")), hex("said_console"));
    await expect(verify(hex("console_key"), hex("signature_pc"), hex("said_pc"))).rejects.toThrow(PeerError);
  });
  it("gives another master for any other code, ciphertext or share", () => {
    const wrong = new ConsoleRun(greeting, hex("ticket"), text("C9JPWRV8EDMQ"), hex("console_scalar"), hex("kem_seed"));
    expect(wrong.conclude(hex("signature_console"), answer).master).not.toEqual(hex("master"));
    const bent = { ...answer, ciphertext: answer.ciphertext.map((byte, i) => (i === 7 ? byte ^ 1 : byte)) };
    expect(newRun().conclude(hex("signature_console"), bent).master).not.toEqual(hex("master"));
    expect(() => newRun().conclude(hex("signature_console"), { ...answer, share: new Uint8Array(32) })).toThrow(PeerError);
  });
  it("overwrites its secrets when it is done", () => {
    const [scalar, seed, code] = [hex("console_scalar"), hex("kem_seed"), text("C9JPWRV8EDMP")];
    const run = new ConsoleRun(greeting, hex("ticket"), code, scalar, seed);
    run.conclude(hex("signature_console"), answer);
    for (const secret of [scalar, seed, code]) expect(secret.every((byte) => byte === 0)).toBe(true);
  });
  it("agrees with a PC whose share and ciphertext are fresh", () => {
    const run = newRun();
    const kem = ml_kem768.encapsulate(run.kemKey);
    const scalar = crypto.getRandomValues(new Uint8Array(32));
    const share = sharedPoint(scalar, hex("generator"));
    const proof = { ticket: run.ticket, share: run.share, kemKey: run.kemKey, signature: hex("signature_console") };
    const theirs = { share, ciphertext: kem.cipherText, signature: hex("signature_pc") };
    const pc = conclude(greeting, proof, theirs, sharedPoint(scalar, run.share), kem.sharedSecret);
    expect(run.conclude(proof.signature, theirs).pcMac).toEqual(pc.pcMac);
    expect(answerContent(run.content(), share, kem.cipherText)).toEqual(run.answered(theirs));
  });
  it("takes no other kind of key", () => {
    checkIdentity(hex("pc_key"));
    expect(() => checkIdentity(hex("ticket_public_spki"))).toThrow(PeerError);
    for (const at of [5, 33, 40, 549]) {
      const bent = hex("pc_key");
      bent[at] = at === 33 ? 0x7f : (bent[at] ?? 0) ^ 1;
      if (at !== 40) expect(() => checkIdentity(bent)).toThrow(PeerError);
    }
  });
});

describe("records", () => {
  const keysOf = (role: "console" | "pc"): SessionKeys => new SessionKeys(hex("request_id"), hex("master"), role);
  for (const row of vector.records) {
    const nonces = { pc: fromHex(row.pc_nonce), console: fromHex(row.console_nonce) };
    const grant = (): GrantSecret => new GrantSecret(row.capability, fromHex(row.grant), fromHex(row.secret));
    it(`${row.channel} ${row.epoch} sealed by ${row.sealed_by}`, async () => {
      const { sealer } = keysOf(row.sealed_by).channel(row.channel, grant(), row.epoch, nonces);
      const { opener } = keysOf(row.sealed_by === "pc" ? "console" : "pc").channel(row.channel, grant(), row.epoch, nonces);
      const last = Math.max(...Object.keys(row.records).map(Number));
      // Many at a time, as in the product: the counters are taken in the order of the calls.
      for (let from = 0; from <= last; from += 2048) {
        const counters = Array.from({ length: Math.min(2048, last + 1 - from) }, (_, i) => from + i);
        const sealed = await Promise.all(counters.map((counter) => sealer.seal(text(`record ${counter}`))));
        const opened = await Promise.all(sealed.map((record) => opener.open(record)));
        counters.forEach((counter, i) => {
          const expected = row.records[counter];
          if (expected === undefined) return;
          expect(toHex(sealed[i] ?? new Uint8Array())).toBe(expected);
          expect(opened[i]).toEqual(text(`record ${counter}`));
        });
      }
    }, 60_000);
  }

  it("opens nothing that is doubled, missing, moved, cut, bent or of another stream", async () => {
    const nonces = { pc: hex("pc_nonce"), console: hex("console_nonce") };
    const stream = (channel: "main" | "view", epoch: number) => ({
      sealer: keysOf("pc").channel(channel, keysOf("pc").main, epoch, nonces).sealer,
      opener: () => keysOf("console").channel(channel, keysOf("console").main, epoch, nonces).opener,
    });
    const main = stream("main", 1);
    const records = [await main.sealer.seal(text("a")), await main.sealer.seal(text("b"))] as const;
    const refuse = async (...given: Bytes[]): Promise<void> => {
      const opener = main.opener();
      for (const record of given.slice(0, -1)) await opener.open(record);
      await expect(opener.open(given.at(-1) ?? new Uint8Array())).rejects.toThrow(PeerError);
      expect(opener.isForgotten).toBe(true);
    };
    await refuse(records[0], records[0]);
    await refuse(records[1]);
    await refuse(records[0].slice(0, -1));
    await refuse(new Uint8Array(16));
    await refuse(records[0].map((byte, i) => (i === 0 ? byte ^ 1 : byte)) as Bytes);
    await refuse(await stream("main", 2).sealer.seal(text("a")));
    await refuse(await stream("view", 1).sealer.seal(text("a")));
    await refuse(await keysOf("console").channel("main", keysOf("console").main, 1, nonces).sealer.seal(text("a")));
  });
  it("uses no forgotten secret", () => {
    const keys = keysOf("console");
    keys.forget();
    expect(() => keys.channel("main", new GrantSecret("main", new Uint8Array(16), new Uint8Array(32)), 1, { pc: new Uint8Array(32), console: new Uint8Array(32) })).toThrow();
    const grant = new GrantSecret("view", new Uint8Array(16), new Uint8Array(32));
    grant.forget();
    expect(() => grant.reveal()).toThrow();
  });
});
