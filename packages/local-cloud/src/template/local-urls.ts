import { type Place, URL_SUFFIX } from './place.js';
import type { Stack } from './stack.js';

/** Where things are in the local cloud. No slash at the end. */
export interface LocalUrls {
  readonly http: string;
  readonly socket: string;
  readonly services: string;
  readonly issuer: string;
}

/**
 * Puts local URLs in the place of those of AWS: of the APIs, of the management of connections, of the issuer.
 * The template joins them from parts, so that this can be done only when it is resolved.
 */
export function urlRewriter(stack: Stack, place: Place, urls: LocalUrls): (text: string) => string {
  const apis = stack.resources('AWS::ApiGatewayV2::Api').map(({ ref, properties: { ProtocolType } }) => {
    const host = `${ref}.execute-api.${place.region}.${URL_SUFFIX}`.replaceAll('.', '\\.');
    // A WebSocket API has a stage in its URLs; that of an HTTP API is $default, which has none.
    return ProtocolType === 'HTTP'
      ? [[new RegExp(`https://${host}`, 'g'), urls.http] as const]
      : ([
          [new RegExp(`wss://${host}(/[\\w$-]+)?`, 'g'), urls.socket],
          [new RegExp(`https://${host}(/[\\w$-]+)?`, 'g'), urls.services],
        ] as const);
  });
  const rules = apis.flat();
  const issuers = issuersOf(stack);
  return (text) => {
    const rewritten = rules.reduce((it, [pattern, url]) => it.replace(pattern, url), text);
    return issuers.reduce((it, issuer) => it.replaceAll(issuer, urls.issuer), rewritten);
  };
}

/** The issuers the JWT authorizers of a stack trust. */
export const issuersOf = (stack: Stack): string[] =>
  stack
    .resources('AWS::ApiGatewayV2::Authorizer')
    .flatMap(({ properties }) => (properties.JwtConfiguration ? [properties.JwtConfiguration.Issuer] : []));

/** The audience of the tokens that are given out: the first one an authorizer asks for. */
export const audienceOf = (stack: Stack): string =>
  stack
    .resources('AWS::ApiGatewayV2::Authorizer')
    .flatMap(({ properties }) => properties.JwtConfiguration?.Audience ?? [])[0] ?? 'local';
