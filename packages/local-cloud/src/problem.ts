/**
 * A problem that the user of the local cloud can solve: a taken port, a missing Java, an unknown property in the
 * template. The message is one line. Commands show it without a stack trace.
 */
export class LocalCloudProblem extends Error {
  override readonly name = 'LocalCloudProblem';
}

/** The message of any thrown value. */
export const messageOf = (error: unknown): string => textOf(error, 'message') ?? String(error);

/** The code of a Node.js system error (`EADDRINUSE`), or undefined. */
export const codeOf = (error: unknown): string | undefined => textOf(error, 'code');

// Not by instanceof: jest has its own Error class beside that of Node.js.
function textOf(error: unknown, name: 'message' | 'code'): string | undefined {
  const value = (error as Partial<Record<string, unknown>> | null | undefined)?.[name];
  return typeof value === 'string' ? value : undefined;
}
