/** A form that is being saved: once at a time, and what was wrong stays to be read. */
export class Saving {
  isBusy = $state(false);
  problem = $state("");

  /** Do `put` unless `wrong` says what is; `told` says what to tell of an error. */
  async run(event: SubmitEvent, wrong: () => string, put: () => Promise<void>, told: (error: unknown) => string | Promise<string>): Promise<void> {
    event.preventDefault();
    if (this.isBusy) return;
    this.problem = wrong();
    if (this.problem) return;
    this.isBusy = true;
    try {
      await put();
    } catch (error) {
      this.problem = await told(error);
    } finally {
      this.isBusy = false;
    }
  }
}
