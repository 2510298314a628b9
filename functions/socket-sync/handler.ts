import { synchronize } from '../../core/read/synchronize.js';
import { syncFrameSchema } from '../../protocol/frames.js';
import { SYNC_RESPONSE_FRAME_MAX_BYTES } from '../../protocol/limits.js';
import { utf8Length } from '../../protocol/text.js';
import { readConfig } from '../runtime/aws/config.js';
import { openCore, tables, tokenKeys } from '../runtime/aws/open-core.js';
import { validateRequest } from '../runtime/http/validate-request.js';
import { frameEndpoint } from '../runtime/websocket/socket-endpoint.js';

const config = readConfig(['STORE_TABLE', 'TIMELINE', 'REGISTRY_TABLE', 'TOKEN_SECRET_ID']);
const core = openCore(tables(config), tokenKeys(config));

export const handler = frameEndpoint(async ({ holder, frame }) => {
  const { action: _, id, ...body } = validateRequest(syncFrameSchema, frame);
  const envelope = { type: 'syncResponse' as const, ...(id !== undefined && { id }) };
  const maxBytes = SYNC_RESPONSE_FRAME_MAX_BYTES - utf8Length(JSON.stringify(envelope));
  return { ...envelope, ...(await synchronize(core, holder, body, { maxBytes })) };
});
