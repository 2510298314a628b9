/** What a function threw, or why it could not finish, as Lambda reports it. */
export class FunctionError extends Error {
  override readonly name = 'FunctionError';
  constructor(
    readonly errorType: string,
    readonly errorMessage: string,
    readonly trace: readonly string[] = [],
  ) {
    super(`${errorType}: ${errorMessage}`);
  }

  /** The payload Lambda answers with. */
  get payload() {
    return { errorType: this.errorType, errorMessage: this.errorMessage, trace: this.trace };
  }
}
