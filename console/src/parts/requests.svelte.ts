/** The live list of requests, and the alert for a new one. */
import { SvelteMap } from "svelte/reactivity";
import type { HelpRequest } from "../api/model";
import { RequestStream } from "../api/stream";
import { ring } from "./alert.svelte";

const known = new SvelteMap<string, HelpRequest>();
let stream: RequestStream | null = null;
let isLive = $state(false);
let hasList = $state(false);
/** The newest request that came while the page was open, for the screen reader's announcement. */
let newest = $state.raw<HelpRequest | null>(null);

function note(request: HelpRequest): void {
  const isNew = !known.has(request.id) && request.state === "queued";
  known.set(request.id, request);
  if (!isNew) return;
  newest = request;
  ring(request);
}

export const requests = {
  /** Mine first, then those who wait longest. */
  get list(): readonly HelpRequest[] {
    return [...known.values()].sort((a, b) => Number(b.claimed_by_me) - Number(a.claimed_by_me)
      || Number(a.state !== "queued") - Number(b.state !== "queued") || a.waiting_since_utc_ms - b.waiting_since_utc_ms);
  },
  get waiting(): number { return [...known.values()].filter(({ state }) => state === "queued").length; },
  get isLive(): boolean { return isLive; },
  get hasList(): boolean { return hasList; },
  get newest(): HelpRequest | null { return newest; },
  byId(id: string): HelpRequest | null { return known.get(id) ?? null; },

  start(): void {
    stream ??= new RequestStream({
      snapshot: (list) => {
        for (const id of [...known.keys()]) if (!list.some((request) => request.id === id)) known.delete(id);
        // The first list is no news; after a loss, what is new in it is.
        for (const request of list) if (hasList) note(request); else known.set(request.id, request);
        hasList = true;
        isLive = true;
      },
      changed: note,
      gone: (id) => { known.delete(id); },
      session: () => undefined,
      live: (live) => { isLive = live; },
    });
  },

  stop(): void {
    stream?.close();
    stream = null;
    known.clear();
    isLive = hasList = false;
    newest = null;
  },
};
