import { asyncApi } from './asyncapi.js';
import { formatJson } from './json.js';
import { openApi } from './openapi.js';

/** The documents of `docs/` by file name, as text. */
export const documents = (): Record<string, string> => ({
  'asyncapi.json': formatJson(asyncApi()),
  'openapi.json': formatJson(openApi()),
});
