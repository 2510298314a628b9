import { type Place, URL_SUFFIX } from './place.js';
import type { Stack } from './stack.js';

/** URLs of the parts of the local cloud, without a slash at the end. */
export interface LocalUrls {
  readonly http: string;
  readonly socket: string;
  readonly services: string;
  readonly issuer: string;
}

/**
 * Replaces the AWS URLs of the APIs, of the management of connections and of the issuer by local ones.
 * It needs resolved texts, because a template joins URLs from parts.
 */
export function urlRewriter(stack: Stack, place: Place, urls: LocalUrls): (text: string) => string {
  const apis = stack.resources('AWS::ApiGatewayV2::Api').map(({ ref, properties: { ProtocolType } }) => {
    const host = `${ref}.execute-api.${place.region}.${URL_SUFFIX}`.replaceAll('.', '\\.');
    // The URL of a WebSocket API contains its stage. The stage $default of an HTTP API is not part of its URL.
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

/** The issuers that the JWT authorizers of a stack trust. */
export const issuersOf = (stack: Stack): string[] =>
  stack
    .resources('AWS::ApiGatewayV2::Authorizer')
    .flatMap(({ properties }) => (properties.JwtConfiguration ? [properties.JwtConfiguration.Issuer] : []));

/** The audience of development tokens: the first one that an authorizer accepts. */
export const audienceOf = (stack: Stack): string =>
  stack
    .resources('AWS::ApiGatewayV2::Authorizer')
    .flatMap(({ properties }) => properties.JwtConfiguration?.Audience ?? [])[0] ?? 'local';
