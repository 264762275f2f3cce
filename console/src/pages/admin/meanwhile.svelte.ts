/** What a form that is being filled in replaces when it is saved, and what somebody else made of that meanwhile. */
import { RefusedError } from "../../errors";
import { t } from "../../parts/text.svelte";
import { tell } from "./tell";
import { differing, type Told } from "./told";

interface Versioned { readonly id: string; readonly version: string }

export class Meanwhile<T extends Versioned> {
  /** Fields that somebody changed since, as they are now; null while nobody did. */
  changes = $state.raw<readonly Told[] | null>(null);
  isGone = $state(false);
  /** What was tried when it came out: to remove it, not to save it. */
  isRemoving = $state(false);
  private base: T | null;
  private readonly first: readonly Told[];

  constructor(private readonly before: T | null, private readonly find: () => Promise<readonly T[]>, private readonly told: (one: T) => Told[]) {
    this.base = before;
    this.first = before ? told(before) : [];
  }

  /** The version that the next save replaces; null where there is to be nothing yet. */
  get seen(): string | null { return this.base?.version ?? null; }

  /** Remove it as it was seen. Return false where somebody changed it since: what there is now is shown instead. */
  async removes(remove: (seen: string) => Promise<null>, id: string): Promise<boolean> {
    if (this.base === null) return true;
    try {
      await remove(this.base.version);
      return true;
    } catch (error) {
      if (!(error instanceof RefusedError) || error.reason !== "changed") throw error;
      if (await this.problemOf(error, id)) throw error;
      this.isRemoving = !this.isGone;
      return this.isGone;
    }
  }

  /**
   * What to say of an error of saving `id`; nothing where somebody changed it meanwhile: that is shown, and whoever saves
   * again has seen it. What was typed stays.
   */
  async problemOf(error: unknown, id: string): Promise<string> {
    if (!(error instanceof RefusedError) || error.reason !== "changed") return tell(error);
    let now: T | null;
    try {
      now = (await this.find()).find((one) => one.id === id) ?? null;
    } catch (later) {
      return tell(later);
    }
    if (this.before === null) return t("admin.taken", { id });
    this.base = now;
    this.isRemoving = false;
    this.isGone = now === null;
    this.changes = now ? differing(this.first, this.told(now)) : [];
    return "";
  }
}

/** What is wrong with a new one's `id` where another of `known` has it already; empty for one that is only changed. */
export const takenId = (before: Versioned | null, known: readonly { readonly id: string }[], id: string): string =>
  before === null && known.some((one) => one.id === id) ? t("admin.taken", { id }) : "";
