/** Changes that the server wants a fresh proof for: the person gives it in a dialog, then the change is tried again. */
import { RefusedError } from "../errors";

let asked: Promise<boolean> | null = null;
let answer = $state.raw<((isGiven: boolean) => void) | null>(null);

function ask(): Promise<boolean> {
  asked ??= new Promise<boolean>((resolve) => (answer = resolve)).finally(() => {
    asked = answer = null;
  });
  return asked;
}

export const proof = {
  /** Whether the dialog (pages/StepUp.svelte) is to be shown. */
  get isWanted(): boolean { return answer !== null; },
  given(): void { answer?.(true); },
  refused(): void { answer?.(false); },

  /** Do `change`, with a proof if it needs one. Throws what it throws; RefusedError(`step_up`) when no proof was given. */
  async for<T>(change: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await change();
      } catch (error) {
        if (!(error instanceof RefusedError) || error.reason !== "step_up" || !(await ask())) throw error;
      }
    }
  },
};
