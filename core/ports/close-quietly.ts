import type { Core } from './core.js';

/**
 * Closes a connection that is no longer its device's. Where that fails it is noted and nothing more: who would try again
 * no longer knows of it, and over it nothing is sent any more and nothing is allowed.
 */
export async function closeQuietly(
  core: Pick<Core, 'sockets' | 'observe'>,
  connectionId: string,
): Promise<void> {
  try {
    await core.sockets.close(connectionId);
  } catch (error) {
    core.observe('closeFailed', { error: error instanceof Error ? error.name : 'unknown' });
  }
}
