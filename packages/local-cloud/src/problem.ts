/**
 * Something the person who starts the local cloud can put right: a taken port, a missing Java, a property of the
 * template that is not known here. Its message is one line and is shown as it is, without a stack.
 */
export class LocalCloudProblem extends Error {
  override readonly name = 'LocalCloudProblem';
}

/** The message of anything thrown. */
export const messageOf = (error: unknown): string => textOf(error, 'message') ?? String(error);

/** The code of a Node.js system error (`EADDRINUSE`), or undefined. */
export const codeOf = (error: unknown): string | undefined => textOf(error, 'code');

// By its members and not by its class: a test runner has classes of its own beside those of Node.js.
function textOf(error: unknown, name: 'message' | 'code'): string | undefined {
  const value = (error as Partial<Record<string, unknown>> | null | undefined)?.[name];
  return typeof value === 'string' ? value : undefined;
}
