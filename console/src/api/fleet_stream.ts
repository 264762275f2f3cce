/** The fleet live: counts, and each condition that changes; it comes back by itself, spread out, after every loss. */
import { retryDelayMs } from "../flow/epoch";
import { fleetCalls, type Condition, type Fleet, type FleetEars, type FleetSource } from "./fleet";

function followFleet(ears: FleetEars): () => void {
  let source: EventSource;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let attempt = 0;
  const open = (): void => {
    source = new EventSource("/api/stream?fleet=true");
    const on = <T>(name: string, take: (data: T) => void): void => source.addEventListener(name, (event) => {
      try {
        take(JSON.parse((event as MessageEvent<string>).data) as T);
      } catch {
        ears.again();
      }
    });
    on<{ counts: Fleet }>("fleet", ({ counts }) => {
      attempt = 0;
      ears.live(true);
      ears.counts(counts);
      ears.again();
    });
    on<Fleet>("fleet_counts", (counts) => ears.counts(counts));
    on<Condition>("condition", (condition) => ears.changed(condition));
    on<{ id: number }>("condition_gone", ({ id }) => ears.gone(id));
    source.onerror = () => {
      source.close();
      ears.live(false);
      timer = setTimeout(open, retryDelayMs(++attempt, Math.random()));
    };
  };
  open();
  return () => {
    source.close();
    clearTimeout(timer);
  };
}

/** The fleet of an associate. */
export const ASSOCIATE_FLEET: FleetSource = { ...fleetCalls("/api/fleet"), at: "/fleet", pcAt: "/fleet/pc/", fresh: "fleet.live", stale: "fleet.not_live", follow: followFleet };
