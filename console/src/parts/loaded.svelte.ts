/** Something that the server is asked for when a page opens, and again when told to. */
import { sentence } from "./sentence";

export class Loaded<T> {
  value = $state.raw<T | null>(null);
  problem = $state("");
  isBusy = $state(false);
  private newest = 0;

  constructor(private readonly ask: () => Promise<T>) {
    void this.load();
  }

  /** The old value stays until the new one is there; an older answer that comes late is dropped. */
  async load(): Promise<void> {
    const mine = ++this.newest;
    this.isBusy = true;
    this.problem = "";
    try {
      const found = await this.ask();
      if (mine === this.newest) this.value = found;
    } catch (error) {
      if (mine === this.newest) this.problem = sentence(error);
    } finally {
      if (mine === this.newest) this.isBusy = false;
    }
  }
}
