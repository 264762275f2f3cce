/** The live list of requests: a snapshot, then changes; it comes back by itself, spread out, after every loss. */
import { retryDelayMs } from "../flow/epoch";
import type { HelpRequest } from "./model";

export interface StreamEars {
  snapshot(requests: readonly HelpRequest[]): void;
  changed(request: HelpRequest): void;
  gone(id: string): void;
  session(requestId: string, state: string): void;
  /** Whether the list is live now. */
  live(isLive: boolean): void;
}

export class RequestStream {
  private source: EventSource | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private attempt = 0;
  private isOver = false;

  constructor(private readonly ears: StreamEars) {
    this.open();
  }

  close(): void {
    this.isOver = true;
    this.source?.close();
    if (this.timer !== null) clearTimeout(this.timer);
  }

  private open(): void {
    const source = new EventSource("/api/stream");
    this.source = source;
    const on = <T>(name: string, take: (data: T) => void): void =>
      source.addEventListener(name, (event) => {
        const data = parse((event as MessageEvent<string>).data);
        if (data !== undefined) take(data as T);
      });
    source.onopen = () => this.ears.live(true);
    on<{ requests: HelpRequest[] }>("snapshot", ({ requests }) => {
      this.attempt = 0;
      this.ears.snapshot(requests);
    });
    on<HelpRequest>("request", (request) => this.ears.changed(request));
    on<{ id: string }>("gone", ({ id }) => this.ears.gone(id));
    on<{ request_id: string; state: string }>("session", ({ request_id: id, state }) => this.ears.session(id, state));
    // The browser's own retry has no spread: a restarted server would meet every console at once.
    source.onerror = () => {
      source.close();
      if (this.isOver) return;
      this.ears.live(false);
      this.timer = setTimeout(() => this.open(), retryDelayMs(++this.attempt, Math.random()));
    };
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
