import { basename } from 'node:path';
import type * as z from 'zod/mini';
import { LocalCloudProblem } from '../problem.js';
import { faultsOf } from '../schema.js';
import { type Identity, Resolver } from './intrinsics.js';
import type { ResourceKind } from './kind.js';
import { apiGatewayKinds } from './kinds/api-gateway.js';
import { cognitoKinds } from './kinds/cognito.js';
import { dynamodbKinds } from './kinds/dynamodb.js';
import { lambdaKinds } from './kinds/lambda.js';
import { messagingKinds } from './kinds/messaging.js';
import { secretsKinds } from './kinds/secrets.js';
import { kindsWithoutEffect } from './kinds/without-effect.js';
import { generatedName, type Place } from './place.js';
import type { Template } from './template-file.js';

const kinds = {
  ...dynamodbKinds,
  ...messagingKinds,
  ...lambdaKinds,
  ...apiGatewayKinds,
  ...secretsKinds,
  ...cognitoKinds,
  ...kindsWithoutEffect,
};
type KindName = keyof typeof kinds;
type PropertiesOf<Name extends KindName> = z.infer<(typeof kinds)[Name]['properties']>;

/** A resource with its resolved and checked properties. */
export interface Resource<Properties> {
  readonly logicalId: string;
  readonly name: string;
  readonly ref: string;
  readonly arn: string;
  readonly properties: Properties;
}

/** A resolved template: every name is known, and every property has been checked. */
export interface Stack {
  readonly outputs: Readonly<Record<string, string>>;
  /** The resources of a type, in the order of the template. */
  resources<Name extends KindName>(type: Name): Resource<PropertiesOf<Name>>[];
}

/** `Orders` for `cdk.out/Orders.template.json` */
export const stackNameOf = (templateFile: string) =>
  basename(templateFile).replace(/(\.template)?\.json$/, '');

/**
 * Resolves a template at a place.
 * @param rewrite replaces AWS URLs by local ones in every resolved text.
 * @throws LocalCloudProblem naming the resource when a type, a property or an intrinsic function is not supported.
 */
export function resolveStack(template: Template, place: Place, rewrite: (text: string) => string): Stack {
  const identities = new Map<string, { identity: Identity; name: string }>();
  const identify = (logicalId: string) => identities.get(logicalId) ?? remember(logicalId);
  const resolver = new Resolver(template, place, (logicalId) => identify(logicalId)?.identity);

  function remember(logicalId: string) {
    const resource = template.Resources[logicalId];
    if (!resource) return undefined;
    const kind = kindOf(resource.Type, logicalId);
    const given = kind.nameProperty && resource.Properties[kind.nameProperty];
    const name = given
      ? String(resolver.resolve(given, `${logicalId}.${kind.nameProperty}`))
      : generatedName(place, logicalId, kind.maxNameLength);
    const known = { name, identity: kind.identify({ logicalId, name, place }) };
    identities.set(logicalId, known);
    return known;
  }

  const present = Object.entries(template.Resources).filter(
    ([, { Condition }]) => Condition === undefined || resolver.holds(Condition),
  );
  const resources = present.map(([logicalId, { Type, Properties }]) => {
    const where = `Resources.${logicalId}.Properties`;
    const resolved = rewriteTexts(resolver.resolve(Properties, where), rewrite);
    const parsed = kindOf(Type, logicalId).properties.safeParse(resolved);
    if (!parsed.success) {
      const faults = faultsOf(parsed.error).join('; ');
      throw new LocalCloudProblem(
        `${Type} "${logicalId}" has properties that the local cloud does not support: ${faults}`,
      );
    }
    const { identity, name } = identify(logicalId) ?? {
      name: logicalId,
      identity: { ref: '', attributes: {} },
    };
    const arn = identity.attributes.Arn ?? identity.ref;
    return { type: Type, resource: { logicalId, name, ref: identity.ref, arn, properties: parsed.data } };
  });
  const outputs = Object.entries(template.Outputs)
    .filter(([, { Condition }]) => Condition === undefined || resolver.holds(Condition))
    .map(([name, { Value }]) => [name, rewrite(String(resolver.resolve(Value, `Outputs.${name}`)))]);

  return {
    outputs: Object.fromEntries(outputs),
    resources: <Name extends KindName>(type: Name) =>
      resources.filter((it) => it.type === type).map((it) => it.resource as Resource<PropertiesOf<Name>>),
  };
}

function kindOf(type: string, logicalId: string): ResourceKind {
  const kind = (kinds as Record<string, ResourceKind | undefined>)[type];
  if (!kind)
    throw new LocalCloudProblem(
      `${type} "${logicalId}": the local cloud does not support this resource type`,
    );
  return kind;
}

function rewriteTexts(value: unknown, rewrite: (text: string) => string): unknown {
  if (typeof value === 'string') return rewrite(value);
  if (Array.isArray(value)) return value.map((item) => rewriteTexts(item, rewrite));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rewriteTexts(item, rewrite)]));
}
