import type { Core } from './core.js';

/**
 * Closes a connection that no longer belongs to its device. Best effort: failures are only reported. No record refers to
 * the connection any more, and its frames are rejected.
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
