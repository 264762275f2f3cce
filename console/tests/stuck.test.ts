/** Keys and buttons that stay down move a stage or delete a list: random events of two hands, and each way to end. */
import { describe, expect, it } from "vitest";
import { Input, type InputEvent } from "../src/flow/input";

describe("whatever is pressed, in the end nothing is down", () => {
  /** As numbers that come again in each run (Lehmer's). */
  const chance = (seed: number) => (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
  const KEYS: readonly (readonly [string, string])[] = [
    ["Shift", "ShiftLeft"], ["Control", "ControlLeft"], ["AltGraph", "AltRight"], ["Alt", "AltRight"], ["a", "KeyA"], ["A", "KeyA"], ["q", "KeyA"],
    ["1", "Digit1"], ["!", "Digit1"], ["Enter", "Enter"], ["Process", ""], ["é", ""],
  ];
  /** What a PC would hold down, by place, as the host does. */
  const hold = (down: Set<string>, messages: readonly { t: string; key?: string; code?: string; button?: number; down?: boolean | number }[]): void => {
    for (const message of messages) {
      const name = message.t === "button" ? `button ${String(message.button)}` : (message.code ?? "") || (message.key ?? "");
      if (message.t === "release") down.clear();
      else if ((message.t === "key" || message.t === "button") && message.down) down.add(name);
      else down.delete(name);
    }
  };
  const some = (pick: (below: number) => number): InputEvent => {
    const [key, code] = KEYS[pick(KEYS.length)] ?? ["a", "KeyA"];
    return ([
      { t: "key", key, code, down: pick(2) === 0 }, { t: "key", key, code, down: true }, { t: "button", button: 1 + pick(3), down: pick(2) === 0 },
      { t: "text", text: "ñ😀" }, { t: "chord", keys: [{ key: "Control", code: "ControlLeft" }, { key, code }] }, { t: "move", monitor: 0, x: pick(9), y: 1 },
      { t: "held", why: "prompt" }, { t: "held", why: "nothing" }, { t: "tick" }, { t: "type", text: "x" },
    ] as const)[pick(10)] ?? { t: "tick" };
  };
  it.each(Array.from({ length: 200 }, (_, seed) => seed + 1))("after blur, a lost line, or every key's own end (%i)", (seed) => {
    const pick = chance(seed);
    const [input, down] = [new Input(0), new Set<string>()];
    for (let now = 0; now < 60; now++) hold(down, input.step(some(pick), now));
    const end = seed % 3;
    if (end === 0) hold(down, input.step({ t: "release" }, 60));
    else if (end === 1) {
      input.step({ t: "lost" }, 60); // the PC lifts by itself
      down.clear();
    } else {
      // Every key comes up, under whatever name it has by then.
      for (const [key, code] of [...KEYS].sort(() => pick(3) - 1)) hold(down, input.step({ t: "key", key, code, down: false }, 60));
      for (const button of [1, 2, 3]) hold(down, input.step({ t: "button", button, down: false }, 60));
    }
    expect([...down]).toEqual([]);
    expect(input.isAnythingDown && input.held === "nothing").toBe(false);
  });
});
