/** The error of a function, or the reason why it could not finish, as Lambda reports it. */
export class FunctionError extends Error {
  override readonly name = 'FunctionError';
  constructor(
    readonly errorType: string,
    readonly errorMessage: string,
    readonly trace: readonly string[] = [],
  ) {
    super(`${errorType}: ${errorMessage}`);
  }

  /** The payload of the answer of Lambda. */
  get payload() {
    return { errorType: this.errorType, errorMessage: this.errorMessage, trace: this.trace };
  }
}
