/** The session's table, epochs, the order of pictures, and input on its way. */
import { describe, expect, it } from "vitest";
import { CallerError, PeerError } from "../src/errors";
import { Epochs, retryDelayMs } from "../src/flow/epoch";
import { Input, type InputEvent } from "../src/flow/input";
import { typable } from "../src/flow/typing";
import { LOST_AFTER_MS, RETURN_WITHIN_MS, Session, type SessionEffect, type SessionEvent } from "../src/flow/session";
import type { SessionMessage } from "../src/wire/session";

const grant = new Uint8Array(16).fill(6);
const granted = (capability: "view" | "control" = "view"): SessionMessage => ({
  t: "granted", capability, grant: grant.slice(), secret: new Uint8Array(32), ends_in_s: 1800, scope: { monitors: [0], window: null, paste: false },
});
const received = (message: SessionMessage): SessionEvent => ({ t: "received", message });
const words = (effects: SessionEffect[]): string[] => effects.map((effect) => (effect.t === "send" ? `send ${effect.message.t}` : effect.t));

describe("session", () => {
  const asked = (): Session => {
    const session = new Session(0);
    session.step({ t: "ask", capability: "view", purpose: "x" }, 0);
    return session;
  };
  const viewing = (): Session => {
    const session = asked();
    session.step(received(granted()), 0);
    return session;
  };
  it("opens a channel for what was asked and granted", () => {
    const session = asked();
    expect(words(session.step(received(granted()), 1000))).toEqual(["open_channel"]);
    expect(session.stateOf("view")).toMatchObject({ state: "granted", endsAt: 1_801_000 });
  });
  it("gives back what it no longer asks for, and refuses a second grant", () => {
    expect(words(new Session(0).step(received(granted()), 0))).toEqual(["send give_back"]);
    expect(() => viewing().step(received(granted()), 0)).toThrow(PeerError);
  });
  it("withdraws a question at once, and gives back a yes that crosses it", () => {
    const session = asked();
    expect(words(session.step({ t: "give_back", capability: "view" }, 0))).toEqual(["send give_back"]);
    expect(session.stateOf("view")).toEqual({ state: "none", ended: null });
    expect(words(session.step(received(granted()), 0))).toEqual(["send give_back"]);
    expect(session.step({ t: "give_back", capability: "view" }, 0)).toEqual([]);
  });
  it("asks no question twice", () => {
    expect(() => asked().step({ t: "ask", capability: "view", purpose: "x" }, 0)).toThrow(CallerError);
    expect(() => viewing().step({ t: "ask", capability: "view", purpose: "x" }, 0)).toThrow(CallerError);
  });
  it("extends and ends the grant that runs, and no other", () => {
    const session = viewing();
    session.step(received({ t: "extended", capability: "view", grant, ends_in_s: 60 }), 5000);
    expect(session.stateOf("view")).toMatchObject({ endsAt: 65_000 });
    expect(() => session.step(received({ t: "extended", capability: "view", grant: new Uint8Array(16), ends_in_s: 60 }), 0)).toThrow(PeerError);
    expect(words(session.step(received({ t: "ended", capability: "view", grant, reason: "revoked" }), 0))).toEqual(["close_channel"]);
    expect(session.stateOf("view")).toEqual({ state: "none", ended: "revoked" });
    expect(() => session.step(received({ t: "ended", capability: "view", grant, reason: "revoked" }), 0)).toThrow(PeerError);
  });
  it("keeps why it was refused, and until when", () => {
    const session = asked();
    session.step(received({ t: "not_granted", capability: "view", reason: "denied", again_in_s: 60 }), 1000);
    expect(session.stateOf("view")).toEqual({ state: "refused", reason: "denied", againAt: 61_000 });
    session.step(received({ t: "not_granted", capability: "control", reason: "denied", again_in_s: null }), 1000);
    expect(session.stateOf("control")).toEqual({ state: "none", ended: null });
  });
  it("refuses a PC that speaks like a console", () => {
    for (const message of [{ t: "ask", capability: "view", purpose: "" }, { t: "give_back", capability: "view" }, { t: "leave" }] as const) {
      expect(() => new Session(0).step(received(message), 0)).toThrow(PeerError);
    }
  });
  it("pings each second, answers pings, and takes the median round trip", () => {
    const session = new Session(0);
    expect(words(session.step({ t: "tick" }, 0))).toEqual(["send ping"]);
    expect(session.step({ t: "tick" }, 999)).toEqual([]);
    expect(session.step(received({ t: "ping", sent_ms: 77 }), 10)).toEqual([{ t: "send", message: { t: "pong", sent_ms: 77 } }]);
    for (const [sent, now] of [[0, 20], [100, 130], [200, 900]] as const) session.step(received({ t: "pong", sent_ms: sent }), now);
    session.step(received({ t: "pong", sent_ms: 2 ** 53 }), 900);
    expect(session.roundTripMs).toBe(30);
  });
  it("loses the line after three seconds and gives up after a minute", () => {
    const session = viewing();
    expect(words(session.step({ t: "tick" }, LOST_AFTER_MS))).toEqual(["reconnect"]);
    expect(session.step({ t: "line_lost" }, LOST_AFTER_MS)).toEqual([]);
    expect(session.deadline()).toBe(LOST_AFTER_MS + RETURN_WITHIN_MS);
    expect(words(session.step({ t: "tick" }, LOST_AFTER_MS + RETURN_WITHIN_MS))).toEqual(["close_channel", "end"]);
    expect(session.ended).toBe("line_lost");
    expect(session.deadline()).toBeNull();
  });
  it("comes back with its grants but not with its questions", () => {
    const session = viewing();
    session.step({ t: "ask", capability: "control", purpose: "x" }, 0);
    session.step({ t: "line_lost" }, 0);
    expect(() => session.step({ t: "ask", capability: "control", purpose: "x" }, 0)).toThrow(CallerError);
    session.step({ t: "line_back" }, 30_000);
    expect(session.stateOf("view").state).toBe("granted");
    expect(session.stateOf("control").state).toBe("none");
    expect(session.lostSince).toBeNull();
  });
  it("ends at the third forged record, at a fault, and for good", () => {
    const session = viewing();
    expect([...session.step({ t: "forged" }, 0), ...session.step({ t: "forged" }, 0)]).toEqual([]);
    expect(words(session.step({ t: "forged" }, 0))).toEqual(["close_channel", "end"]);
    for (const event of [received(granted()), { t: "leave" }, { t: "tick" }] as SessionEvent[]) expect(session.step(event, 1)).toEqual([]);
    expect(words(viewing().step({ t: "fault" }, 0))).toEqual(["close_channel", "end"]);
  });
  it("says that it leaves, unless nobody hears it", () => {
    expect(words(viewing().step({ t: "leave" }, 0))).toEqual(["send leave", "close_channel", "end"]);
    const lost = viewing();
    lost.step({ t: "line_lost" }, 0);
    expect(words(lost.step({ t: "leave" }, 0))).toEqual(["close_channel", "end"]);
  });
});

describe("epochs", () => {
  it("only rise, each channel by itself", () => {
    const epochs = new Epochs();
    epochs.accept("view", 1);
    epochs.accept("main", 1);
    epochs.accept("view", 7);
    for (const epoch of [7, 1, 0]) expect(() => epochs.accept("view", epoch)).toThrow(PeerError);
    expect(() => new Epochs().accept("main", 0)).toThrow(PeerError);
  });
  it("waits longer each time, up to a bound, spread out", () => {
    for (const random of [0, 0.5, 1]) {
      const waits = [0, 1, 2, 3, 4, 5, 6, 60].map((attempt) => retryDelayMs(attempt, random));
      expect(waits).toEqual([...waits].sort((a, b) => a - b));
      expect(Math.max(...waits)).toBeLessThanOrEqual(8000);
    }
    expect(retryDelayMs(0, 1)).toBeLessThanOrEqual(250);
  });
});

describe("a pasted text", () => {
  it("has plain line ends, and is counted in characters", () => {
    expect(typable("a\r\nb\rc\u2028d\t😀é")).toEqual({ text: "a\nb\nc\nd\t😀é", characters: 10, problem: null });
    expect(typable("👩\u200d🔬 µ 試薬 \u00a0").problem).toBe(null);
  });
  it.each([["empty", ""], ["too_long", "x".repeat(4097)], ["bad_text", "a\u001bb"], ["bad_text", "\u007f"], ["bad_text", "\u0085"], ["bad_text", "\ue000"], ["bad_text", "\ud800"], ["bad_text", "\u0000"]])("is refused as %s", (problem, text) => {
    expect(typable(text).problem).toBe(problem);
  });
  it("may be of 4096 characters", () => expect(typable("😀".repeat(4096)).problem).toBe(null));
});

describe("input", () => {
  const play = (...events: InputEvent[]) => {
    const input = new Input(0);
    return events.flatMap((event) => input.step(event, 0)).map((message) => Object.values(message).join(" "));
  };
  const move = (x: number): InputEvent => ({ t: "move", monitor: 0, x, y: 1 });
  const key = (name: string, code: string, down: boolean): InputEvent => ({ t: "key", key: name, code, down });
  it("sends the newest move of a frame, and the last one before a click", () => {
    expect(play(move(1), move(2), { t: "frame" }, { t: "frame" })).toEqual(["move 0 2 1"]);
    expect(play(move(1), move(9), { t: "button", button: 1, down: true }, { t: "frame" })).toEqual(["move 0 9 1", "button 1 true"]);
  });
  it("lifts a key by the name it went down with, and repeats nothing", () => {
    expect(play(key("A", "KeyA", true), key("A", "KeyA", true), key("a", "KeyA", false), key("a", "KeyA", false))).toEqual(["key A KeyA true", "key A KeyA false"]);
    expect(play({ t: "button", button: 1, down: false })).toEqual([]);
  });
  it("adds up parts of wheel steps", () => {
    const third: InputEvent = { t: "wheel", right: 0, down: 0.4 };
    expect(play(third, third, third)).toEqual(["wheel 0 1"]);
    expect(play({ t: "wheel", right: 0, down: -500 })).toEqual(["wheel 0 -50"]);
  });
  it("says before each press where it is, also where it was before", () => {
    const press = (down: boolean): InputEvent => ({ t: "button", button: 1, down });
    expect(play(move(1), { t: "frame" }, move(1), press(true), move(1), press(false), press(true))).toEqual([
      "move 0 1 1", "move 0 1 1", "button 1 true", "button 1 false", "move 0 1 1", "button 1 true",
    ]);
  });
  it("turns composed text into taps and chords into downs and ups in reverse", () => {
    expect(play({ t: "text", text: "ñ😀" })).toEqual(["key ñ  true", "key ñ  false", "key 😀  true", "key 😀  false"]);
    const chord = [{ key: "Control", code: "ControlLeft" }, { key: "Delete", code: "Delete" }];
    expect(play({ t: "chord", keys: chord }).map((line) => line.split(" ").slice(1).join(" "))).toEqual(["Control ControlLeft true", "Delete Delete true", "Delete Delete false", "Control ControlLeft false"]);
  });
  it("releases once, and holds everything back while the PC says so", () => {
    expect(play(key("a", "KeyA", true), { t: "release" }, { t: "release" })).toEqual(["key a KeyA true", "release"]);
    expect(play(key("a", "KeyA", true), { t: "held", why: "prompt" }, key("b", "KeyB", true), move(1), { t: "frame" }, { t: "held", why: "nothing" }, key("c", "KeyC", true))).toEqual(["key a KeyA true", "release", "key c KeyC true"]);
  });
  it("says that it is there while something is down or typed, and nothing otherwise", () => {
    const input = new Input(0);
    expect(input.deadline()).toBe(null);
    expect(input.step({ t: "tick" }, 9000)).toEqual([]);
    input.step(key("a", "KeyA", true), 10_000);
    expect(input.deadline()).toBe(10_200);
    expect(input.step({ t: "tick" }, 10_200)).toEqual([{ t: "alive" }]);
    input.step({ t: "release" }, 10_300);
    expect(input.deadline()).toBe(null);
    expect(input.step({ t: "type", text: "µ😀" }, 11_000)).toEqual([{ t: "type", text: "µ😀" }]);
    expect(input.deadline()).toBe(11_200);
    expect(input.typing).toEqual({ typed: 0, of: 2, end: null, since: 11_000 });
    input.step({ t: "typing", typed: 2, of: 2, end: "done" }, 11_100);
    expect(input.deadline()).toBe(null);
    expect(input.typing?.end).toBe("done");
  });
  it("lifts what is down before a text is typed, and knows that a lost line ends the typing", () => {
    expect(play(key("Control", "ControlLeft", true), { t: "type", text: "x" })).toEqual(["key Control ControlLeft true", "release", "type x"]);
    const input = new Input(0);
    input.step({ t: "type", text: "abc" }, 0);
    expect(input.step({ t: "lost" }, 1)).toEqual([]);
    expect(input.typing?.end).toBe("stopped");
    expect(input.step({ t: "held", why: "prompt" }, 2)).toEqual([]);
    expect(input.step({ t: "type", text: "abc" }, 3)).toEqual([]);
  });
});
