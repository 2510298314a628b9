import { ServerProblem, Unreachable } from '../../client/sync/server-problem.js';

/** A problem that the user of the command can solve. The command prints its message, which is one line. */
export class CliProblem extends Error {
  override readonly name: string = 'CliProblem';
  readonly exitCode: number = 1;
}

/** Wrong usage of a command. */
export class UsageProblem extends CliProblem {
  override readonly name = 'UsageProblem';
  override readonly exitCode = 2;
}

/** One line for any thrown value. */
export function lineFor(error: unknown): string {
  if (error instanceof Unreachable) {
    return `${error.message}${reasonOf(error.cause)}. Is the server running? The local cloud starts with: npm start`;
  }
  if (error instanceof ServerProblem) return `The server answered ${error.message}${hintFor(error)}`;
  return error instanceof Error ? error.message : String(error);
}

/** The code of a network error, like ECONNREFUSED. Node's fetch has it two causes down. */
function reasonOf(error: unknown): string {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string') return ` (${cause.code})`;
  }
  return '';
}

function hintFor({ status, kind }: ServerProblem): string {
  if (kind === 'instance-replaced') return '. Another run has replaced this instance of the device';
  if (kind === 'device-not-registered') return '. The device has been revoked';
  if (status === 401) return ' (Unauthorized). The token is not valid, or has expired';
  if (status === 403 && kind === undefined) return ' (Forbidden). The token does not have the required scope';
  return '';
}
