/** The PCs of a security officer's customer: asked for again and again, since the live stream is for those who help. */
import { fleetCalls, type FleetEars, type FleetSource } from "./fleet";

/** Whoever looks after PCs from afar acts within minutes; this is some bytes for each open page. */
const ASK_EVERY_MS = 30_000;
const calls = fleetCalls("/api/officer/fleet");

function follow(ears: FleetEars): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  const ask = async (): Promise<void> => {
    try {
      const counts = await calls.fleet();
      if (isOver) return;
      ears.counts(counts);
      ears.live(true);
      ears.again();
    } catch {
      if (!isOver) ears.live(false);
    }
    if (!isOver) timer = setTimeout(() => void ask(), ASK_EVERY_MS);
  };
  void ask();
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}

export const OFFICER_FLEET: FleetSource = { ...calls, at: "/officer/conditions", pcAt: "/officer/conditions/", fresh: "fleet.asked", stale: "fleet.not_live", follow };
