/** What the indicator says of the picture, and when. */
import { describe, expect, it } from "vitest";
import { BEHIND_FOR_MS, LATE_AFTER_MS, PictureQuality } from "../src/flow/quality";
import { BEHIND, EXACT, REFINING } from "../src/wire/picture";

const after = (...pictures: [state: 0 | 1 | 2, at: number][]): PictureQuality => {
  const quality = new PictureQuality();
  for (const [state, at] of pictures) {
    quality.began(false, at);
    quality.drawn(state, state !== EXACT, at);
  }
  return quality;
};

describe("the indicator", () => {
  it("says what the last picture said", () => {
    expect(after([EXACT, 0]).word(0)).toBe("exact");
    expect(after([REFINING, 0]).word(5000)).toBe("refining");
    expect(after([REFINING, 0], [EXACT, 10]).word(10)).toBe("exact");
  });
  it("calls the line slow when the PC stays behind, and says when that will be", () => {
    const quality = after([BEHIND, 0]);
    expect([quality.word(BEHIND_FOR_MS), quality.word(BEHIND_FOR_MS + 1)]).toEqual(["refining", "slow"]);
    expect(quality.deadline(0)).toBe(BEHIND_FOR_MS + 1);
    expect(after([BEHIND, 0], [EXACT, 100]).word(1000)).toBe("exact");
    expect(after([BEHIND, 0], [EXACT, 100]).deadline(100)).toBeNull();
  });
  it("calls it slow when a picture is late, whatever its state", () => {
    const quality = after([EXACT, 0]);
    quality.began(false, 100);
    expect([quality.word(100 + LATE_AFTER_MS), quality.word(101 + LATE_AFTER_MS)]).toEqual(["exact", "slow"]);
    expect(quality.deadline(100)).toBe(101 + LATE_AFTER_MS);
    quality.broke();
    expect(quality.word(5000)).toBe("exact");
  });
  it("awaits nothing of what was skipped before a whole picture", () => {
    const quality = after([EXACT, 0]);
    for (const whole of [false, false, true]) quality.began(whole, 100);
    quality.drawn(EXACT, false, 200);
    expect([quality.word(9000), quality.deadline(200)]).toEqual(["exact", null]);
  });
  it("does not flicker between slow and refining, and ends at once when exact", () => {
    const quality = after([BEHIND, 0], [BEHIND, 400], [REFINING, 410]);
    expect(quality.word(420)).toBe("slow");
    expect(quality.deadline(420)).not.toBeNull();
    expect(quality.word(1500)).toBe("refining");
    expect(after([BEHIND, 0], [BEHIND, 400], [EXACT, 410]).word(410)).toBe("exact");
  });
  it("measures what comes, and what the line carries at least", () => {
    const quality = new PictureQuality();
    quality.began(false, 0);
    for (let at = 0; at < 100; at += 10) quality.came(10_000, at);
    quality.ended(100);
    quality.drawn(EXACT, true, 100);
    expect(quality.figures(100)).toMatchObject({ bestBytesPerS: 1_000_000, picturesPerS: 1 / 3, lastAgoMs: 0, hasVideo: true });
    expect(Math.round(quality.figures(100).bytesPerS)).toBe(33_333);
    expect(quality.figures(60_000)).toEqual({ bestBytesPerS: null, bytesPerS: 0, picturesPerS: 0, lastAgoMs: 59_900, hasVideo: false });
  });
  it("takes no measure from little, and keeps nothing without end", () => {
    const quality = new PictureQuality();
    for (let i = 0; i < 2000; i++) {
      quality.began(false, i * 10);
      quality.came(100, i * 10);
    }
    quality.ended(20_000);
    expect(quality.figures(20_000).bestBytesPerS).toBeNull();
    quality.restart();
    expect(quality.word(20_000)).toBe("exact");
  });
});
