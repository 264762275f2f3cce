/** The wire families against the shared example bytes, and against bytes that nobody may send. */
import { describe, expect, it } from "vitest";
import { CallerError, PeerError } from "../src/errors";
import { fromHex, toHex } from "../src/trust/bytes";
import { CHANNEL_OPEN } from "../src/wire/channel";
import { HANDSHAKE } from "../src/wire/handshake";
import { CONTROL } from "../src/wire/input";
import { pack, unpack, type Value } from "../src/wire/msgpack";
import { VIEW } from "../src/wire/picture";
import { SESSION } from "../src/wire/session";
import { clean } from "../src/wire/text";
import { vectors } from "./vectors";

interface Messages {
  good: Record<string, { type: string; bytes: string }[]>;
  refused: Record<string, Record<string, string>>;
}
const messages = vectors<Messages>("messages");
interface AnyFamily { decode(data: Uint8Array): unknown; encode(message: never): Uint8Array }
const families: Record<string, AnyFamily> = { session: SESSION, view: VIEW, control: CONTROL, handshake: HANDSHAKE, channel_open: CHANNEL_OPEN };

describe("shared messages", () => {
  for (const [name, rows] of Object.entries(messages.good)) {
    const family = families[name];
    it.each(rows)(`${name}: $type reads and writes the same bytes`, ({ bytes }) => {
      const message = family?.decode(fromHex(bytes));
      expect(toHex(family?.encode(message as never) ?? new Uint8Array())).toBe(bytes);
    });
    it(`${name}: every cut and every longer message is refused`, () => {
      for (const { bytes } of rows) {
        const whole = fromHex(bytes);
        for (let n = 0; n < whole.length; n++) expect(() => family?.decode(whole.slice(0, n))).toThrow(PeerError);
        expect(() => family?.decode(Uint8Array.from([...whole, 0]))).toThrow(PeerError);
      }
    });
  }
  for (const [name, rows] of Object.entries(messages.refused)) {
    it.each(Object.entries(rows))(`${name} refuses: %s`, (_why, bytes) => {
      expect(() => families[name]?.decode(fromHex(bytes))).toThrow(PeerError);
    });
  }
  it("reads what it expects in a few of them", () => {
    expect(VIEW.decode(fromHex("9201919700a648444d492d310000cd0780cd0438c3"))).toEqual({
      t: "layout", monitors: [{ id: 0, name: "HDMI-1", x_px: 0, y_px: 0, width_px: 1920, height_px: 1080, primary: true }],
    });
    expect(HANDSHAKE.decode(fromHex(messages.good["handshake"]?.[0]?.bytes ?? ""))).toEqual({ t: "refused", reason: "code_wrong", attempts_left: 2, wait_s: null });
  });
});

describe("MessagePack", () => {
  it.each<[string, string]>([
    ["a float", "cb3ff0000000000000"], ["an extension", "d40100"], ["a doubled key", "82a16101a16102"], ["a number as key", "810101"],
    ["2^53 + 1", "cf0020000000000001"], ["no UTF-8", "a1ff"], ["a lone surrogate", "a3eda080"], ["an array of 2^32 - 1", "ddffffffff"],
    ["a map of 2^32 - 1", "dfffffffff"], ["text beyond the end", "dbffffffff61"], ["nesting", "91".repeat(20) + "00"], ["never used", "c1"],
  ])("refuses %s", (_what, bytes) => expect(() => unpack(fromHex(bytes))).toThrow(PeerError));

  it("keeps every number, text and byte string", () => {
    const values: Value[] = [0, 127, 128, 255, 256, 65535, 65536, 2 ** 32 - 1, 2 ** 32, 2 ** 53, -1, -32, -33, -128, -129, -32768, -32769, -(2 ** 31), -(2 ** 31) - 1, -(2 ** 53),
      "", "ñ".repeat(40), "x".repeat(300), new Uint8Array(300), new Uint8Array(70000), null, true, false, [], Array.from({ length: 20 }, (_, i) => i)];
    for (const value of values) expect(unpack(pack(value))).toEqual(value);
    const large = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`k${i}`, i]));
    expect({ ...(unpack(pack(large)) as object) }).toEqual(large);
  });
  it("never lets a message set a prototype", () => expect(() => SESSION.decode(pack({ t: "leave", ["__proto__x"]: 1 }))).toThrow(PeerError));
  it("refuses a __proto__ field", () => expect(() => SESSION.decode(fromHex("82a174a56c65617665a95f5f70726f746f5f5f80"))).toThrow(PeerError));
});

describe("encoding", () => {
  it("refuses our own message when it breaks its form", () => {
    expect(() => SESSION.encode({ t: "ask", capability: "view", purpose: "x".repeat(201) })).toThrow(CallerError);
    expect(() => CONTROL.encode({ t: "move", monitor: 0, x_px: -1, y_px: 0 })).toThrow(CallerError);
  });
  it("cleans text that people type", () => {
    expect(clean("  look\u202e at \n the\tplot ", 200)).toBe("look at the plot");
    expect(clean("😀".repeat(5), 3)).toBe("😀😀😀");
    expect(clean("a\u061cb\u180ec\u115fd\u3164e\u034ff\u{e0041}g", 200)).toBe("a b c d e f g");
  });
});

describe("rubbish", () => {
  it("never gets past a family with anything but a PeerError", () => {
    let seed = 12345;
    const random = (): number => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) / 0x7fffffff;
    const samples = Object.values(messages.good).flat().map(({ bytes }) => fromHex(bytes));
    for (let round = 0; round < 20_000; round++) {
      const sample = (samples[Math.floor(random() * samples.length)] ?? new Uint8Array()).slice();
      for (let n = 0; n < 3; n++) sample[Math.floor(random() * sample.length)] = Math.floor(random() * 256);
      for (const family of Object.values(families)) {
        try {
          family.decode(sample);
        } catch (error) {
          if (!(error instanceof PeerError)) throw error;
        }
      }
    }
  }, 60_000);  // seconds on a quiet machine; a busy one must not fail it
});
