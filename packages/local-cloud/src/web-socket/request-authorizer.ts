import type { IncomingMessage } from 'node:http';
import * as z from 'zod/mini';
import { FunctionError } from '../lambda/function-error.js';
import type { Invoke } from '../lambda/functions.js';
import { LocalCloudProblem } from '../problem.js';
import { handshakeFacts } from './socket-event.js';

/** The decision of an authorizer. A rejected connection is answered with the status. */
export type Decision =
  | { allowed: true; context: Record<string, string> }
  | { allowed: false; status: 401 | 403 | 500; message: string | null };

/** A Lambda authorizer of type REQUEST. */
export interface RequestAuthorizer {
  readonly invoke: Invoke;
  readonly identitySources: readonly IdentitySource[];
}

interface IdentitySource {
  readonly from: 'querystring' | 'header';
  readonly name: string;
}

const one = z.union([z.string(), z.array(z.string())]);
const resultSchema = z.looseObject({
  principalId: z.optional(z.string()),
  policyDocument: z.looseObject({
    Statement: z.array(z.looseObject({ Effect: z.enum(['Allow', 'Deny']), Action: one, Resource: one })),
  }),
  context: z.optional(z.nullable(z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])))),
});

/** Parses an identity source. @throws LocalCloudProblem when it is not supported. */
export function parseIdentitySource(source: string, logicalId: string): IdentitySource {
  const [, from, name] = /^route\.request\.(querystring|header)\.(.+)$/.exec(source) ?? [];
  if (name && (from === 'querystring' || from === 'header')) return { from, name };
  throw new LocalCloudProblem(
    `AWS::ApiGatewayV2::Authorizer "${logicalId}": the identity source must be a query parameter or a header, got ${source}`,
  );
}

/** Invokes the authorizer, as API Gateway does before `$connect`. */
export async function decide(
  { invoke, identitySources }: RequestAuthorizer,
  req: IncomingMessage,
  methodArn: string,
  requestContext: unknown,
): Promise<Decision> {
  const facts = handshakeFacts(req);
  const query: Record<string, string> = facts.queryStringParameters ?? {};
  const given = ({ from, name }: IdentitySource) =>
    from === 'querystring' ? query[name] : req.headers[name.toLowerCase()];
  if (!identitySources.every(given)) return unauthorized;
  let result: unknown;
  try {
    result = await invoke({ type: 'REQUEST', methodArn, ...facts, stageVariables: {}, requestContext });
  } catch (error) {
    // A function requests a 401 with exactly this error message.
    const asksFor401 = error instanceof FunctionError && error.errorMessage === 'Unauthorized';
    return asksFor401 ? unauthorized : failed;
  }
  const parsed = resultSchema.safeParse(result);
  if (!parsed.success) return failed;
  const { principalId, policyDocument, context } = parsed.data;
  if (!allows(policyDocument.Statement, methodArn)) return forbidden;
  const texts = Object.entries(context ?? {}).map(([name, value]) => [name, String(value)]);
  return { allowed: true, context: { ...Object.fromEntries(texts), principalId: principalId ?? '' } };
}

const unauthorized: Decision = { allowed: false, status: 401, message: 'Unauthorized' };
const failed: Decision = { allowed: false, status: 500, message: null };
const forbidden: Decision = {
  allowed: false,
  status: 403,
  message: 'User is not authorized to access this resource with an explicit deny',
};

interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | string[];
  readonly Resource: string | string[];
}

function allows(statements: readonly Statement[], methodArn: string): boolean {
  const fitting = statements.filter(
    ({ Action, Resource }) =>
      [Action].flat().some((it) => like(it, 'execute-api:Invoke')) &&
      [Resource].flat().some((it) => like(it, methodArn)),
  );
  return fitting.length > 0 && fitting.every(({ Effect }) => Effect === 'Allow');
}

/** Matches an IAM pattern: `*` is any text, `?` is one character. */
function like(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'i').test(text);
}
