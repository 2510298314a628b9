import { type Answer, jsonAnswer, type MoreRoutes } from '@cpm-sync/local-cloud';
import { bundledDemo } from './bundle-demo.js';

const TYPES: Readonly<Record<string, string>> = {
  '/': 'text/html; charset=utf-8',
  '/demo/page.js': 'text/javascript; charset=utf-8',
  '/demo/page.css': 'text/css; charset=utf-8',
};

/** The page loads from and connects to this server only, and other pages cannot frame it. */
const contentSecurityPolicy = (socketUrl: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    `connect-src 'self' ${new URL(socketUrl).origin}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

/**
 * Serves the demo page at `/`, and the state of the queues: `GET /dev/queues` answers
 * `{"<name>":{"visible","inFlight","delayed"}}`.
 * Undefined for any other path. The template does not contain these routes, so they are never deployed.
 */
export const demoRoute: MoreRoutes = async ({ socketUrl, queueDepths }, req, path) => {
  const type = TYPES[path];
  if (type === undefined && path !== '/dev/queues') return undefined;
  if (req.method !== 'GET' && req.method !== 'HEAD') return wrongMethod;
  if (type === undefined) return jsonAnswer(200, queueDepths());
  const { html, script, style } = await bundledDemo();
  const body = { '/': html, '/demo/page.js': script, '/demo/page.css': style }[path] ?? '';
  return {
    status: 200,
    headers: {
      'content-type': type,
      'content-security-policy': contentSecurityPolicy(socketUrl),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    },
    body,
  };
};

const wrongMethod: Answer = {
  ...jsonAnswer(405, { error: 'method_not_allowed' }),
  headers: { 'content-type': 'application/json', allow: 'GET, HEAD' },
};
