/** Steps that stop what was started. They run in reverse order when a cloud stops or cannot start. */
export class Undo {
  readonly #steps: (() => unknown)[] = [];
  #done: Promise<void> | undefined;

  /** Registers a step. */
  later(step: () => unknown): void {
    this.#steps.push(step);
  }

  /** Runs every step once. A step that fails is printed, and the next one runs. */
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
