import { ServerProblem, Unreachable } from '../../client/sync/server-problem.js';

/** Something the person at the terminal can put right. Its message is one line and is shown as it is. */
export class CliProblem extends Error {
  override readonly name: string = 'CliProblem';
  readonly exitCode: number = 1;
}

/** The command was called in a way it does not know. */
export class UsageProblem extends CliProblem {
  override readonly name = 'UsageProblem';
  override readonly exitCode = 2;
}

/** One line for anything thrown. */
export function lineFor(error: unknown): string {
  if (error instanceof Unreachable) {
    return `${error.message}${reasonOf(error.cause)}. Is the server running? The local cloud starts with: npm start`;
  }
  if (error instanceof ServerProblem) return `The server answered ${error.message}${hintFor(error)}`;
  return error instanceof Error ? error.message : String(error);
}

/** What Node's fetch hides two levels down: ECONNREFUSED, ENOTFOUND. */
function reasonOf(error: unknown): string {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string') return ` (${cause.code})`;
  }
  return '';
}

function hintFor({ status, kind }: ServerProblem): string {
  if (kind === 'instance-replaced') return '. Another run of this device has taken its place';
  if (kind === 'device-not-registered') return '. The device has been revoked';
  if (status === 401) return ' (Unauthorized). The token is not valid, or no longer';
  if (status === 403 && kind === undefined)
    return ' (Forbidden). The token does not carry the scope that is needed';
  return '';
}
