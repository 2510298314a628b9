/** What has to be done when a cloud stops, or could not start: the last first. */
export class Undo {
  readonly #steps: (() => unknown)[] = [];
  #done: Promise<void> | undefined;

  later(step: () => unknown): void {
    this.#steps.push(step);
  }

  /** Does everything once, whatever fails in it. */
  all(): Promise<void> {
    this.#done ??= this.#run();
    return this.#done;
  }

  async #run(): Promise<void> {
    for (const step of this.#steps.reverse()) {
      try {
        await step();
      } catch (error) {
        console.error(error);
      }
    }
  }
}
