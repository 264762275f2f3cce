/** How good the picture is, said honestly: how far it is, how late, how much came, and by which way. */
import { BEHIND, EXACT, REFINING } from "../wire/picture";
import type { PictureDrawnState } from "./picture";

/** Shorter than that nobody feels. */
export const BEHIND_FOR_MS = 300;
/** A picture that takes longer to come and to be drawn is late, whatever the PC says of it. */
export const LATE_AFTER_MS = 1_000;
/** Once slow, the word stays so long, unless the picture is exact: a word that flickers is not read. */
const CALM_MS = 1_000;
/** Rates are over three seconds, so that they are calm to read. */
const WINDOW_MS = 3_000;
const SLOT_MS = 100;
/** Less than this in one go says nothing about the line. */
const SAMPLE_BYTES = 32 * 1024;
const SAMPLE_MS = 20;
/** The best of the last samples; older ones may be of another line. */
const SAMPLE_FOR_MS = 30_000;
/** Pictures under way of which the beginning is kept; the PC has six. */
const MAX_UNDER_WAY = 64;

export type PictureWord = "exact" | "refining" | "slow";
/** `video` when within the last seconds anything came as video. */
export interface QualityFigures {
  readonly bytesPerS: number;
  /** The quickest that was seen lately: the line carries at least that. */
  readonly bestBytesPerS: number | null;
  readonly picturesPerS: number;
  readonly lastAgoMs: number | null;
  readonly hasVideo: boolean;
}

export class PictureQuality {
  private state: PictureDrawnState = EXACT;
  private behindSince: number | null = null;
  private slowUntil = -Infinity;
  private underWay: number[] = [];
  private readonly slots = new Map<number, number>();
  private drawnAt: number[] = [];
  private lastAt: number | null = null;
  private videoAt = -Infinity;
  private burst: { from: number; bytes: number } | null = null;
  private samples: { at: number; rate: number }[] = [];

  /** A new connection: what is known of the line stays, what was under way does not. */
  restart(): void {
    this.state = EXACT;
    this.behindSince = this.burst = null;
    this.slowUntil = -Infinity;
    this.underWay = [];
  }

  /** A record of so many bytes came. */
  came(bytes: number, now: number): void {
    const slot = Math.floor(now / SLOT_MS);
    this.slots.set(slot, (this.slots.get(slot) ?? 0) + bytes);
    for (const old of this.slots.keys()) {
      if (old * SLOT_MS > now - WINDOW_MS) break;
      this.slots.delete(old);
    }
    if (this.burst) this.burst.bytes += bytes;
  }

  /** `whole`: nothing before it is awaited any more, for what was being skipped is never drawn. */
  began(whole: boolean, now: number): void {
    if (whole) this.underWay = [];
    if (this.underWay.length < MAX_UNDER_WAY) this.underWay.push(now);
    this.burst = { from: now, bytes: 0 };
  }

  /** The last record of a picture came. */
  ended(now: number): void {
    if (this.burst && this.burst.bytes >= SAMPLE_BYTES && now - this.burst.from >= SAMPLE_MS) {
      this.samples = [...this.samples.filter(({ at }) => at > now - SAMPLE_FOR_MS), { at: now, rate: (this.burst.bytes / (now - this.burst.from)) * 1000 }].slice(-20);
    }
    this.burst = null;
  }

  drawn(state: PictureDrawnState, hasVideo: boolean, now: number): void {
    this.underWay.shift();
    this.lastAt = now;
    this.drawnAt = [...this.drawnAt.filter((at) => at > now - WINDOW_MS), now];
    if (hasVideo) this.videoAt = now;
    if (this.word(now) === "slow") this.slowUntil = now + CALM_MS;
    this.state = state;
    if (state !== BEHIND) this.behindSince = null;
    else this.behindSince ??= now;
    if (state === EXACT) this.slowUntil = -Infinity;
  }

  /** Pictures that broke off are no longer under way. */
  broke(): void {
    this.underWay = [];
    this.burst = null;
  }

  word(now: number): PictureWord {
    const isLate = this.underWay[0] !== undefined && now - this.underWay[0] > LATE_AFTER_MS;
    const isBehind = this.behindSince !== null && now - this.behindSince > BEHIND_FOR_MS;
    if (isLate || isBehind || now < this.slowUntil) return "slow";
    return this.state === EXACT ? "exact" : "refining";
  }

  /** When the word may change by itself; null when it will not. */
  deadline(now: number): number | null {
    const moments = [
      ...(this.underWay[0] === undefined ? [] : [this.underWay[0] + LATE_AFTER_MS + 1]),
      ...(this.behindSince === null ? [] : [this.behindSince + BEHIND_FOR_MS + 1]),
      ...(this.state === REFINING ? [this.slowUntil + 1] : []),
    ].filter((moment) => moment > now);
    return moments.length ? Math.min(...moments) : null;
  }

  figures(now: number): QualityFigures {
    const recent = [...this.slots].filter(([slot]) => slot * SLOT_MS > now - WINDOW_MS).reduce((sum, [, bytes]) => sum + bytes, 0);
    const rates = this.samples.filter(({ at }) => at > now - SAMPLE_FOR_MS).map(({ rate }) => rate);
    return {
      bytesPerS: recent / (WINDOW_MS / 1000),
      bestBytesPerS: rates.length ? Math.max(...rates) : null,
      picturesPerS: this.drawnAt.filter((at) => at > now - WINDOW_MS).length / (WINDOW_MS / 1000),
      lastAgoMs: this.lastAt === null ? null : now - this.lastAt,
      hasVideo: this.videoAt > now - WINDOW_MS,
    };
  }
}
