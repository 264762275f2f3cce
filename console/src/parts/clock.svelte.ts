/** A clock for what is shown: ticks each second while something looks at it. */
import { createSubscriber } from "svelte/reactivity";

const subscribe = createSubscriber((update) => {
  const timer = setInterval(update, 1000);
  return () => clearInterval(timer);
});

/** Milliseconds since 1970, fresh each second for whatever shows it. */
export function nowUtcMs(): number {
  subscribe();
  return Date.now();
}

/** The monotonic clock that the machines run on. */
export function nowMs(): number {
  subscribe();
  return performance.now();
}
