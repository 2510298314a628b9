import type * as z from 'zod/mini';
import type { Identity } from './intrinsics.js';
import { arnOf, generatedName, type Place } from './place.js';

/** What a resource is called, before anything is known of its other properties. */
export interface Naming {
  readonly logicalId: string;
  /** Value of the kind's name property, or a generated name. */
  readonly name: string;
  readonly place: Place;
}

/** What the local cloud knows of a resource type. */
export interface ResourceKind<Properties extends z.ZodMiniType = z.ZodMiniType> {
  /** Properties that are implemented, or accepted without effect. Any other stops the start. */
  readonly properties: Properties;
  /** The property that holds the resource's name. */
  readonly nameProperty?: string;
  readonly maxNameLength?: number;
  readonly identify: (naming: Naming) => Identity;
}

/** Keeps the type of the properties. */
export const kind = <Properties extends z.ZodMiniType>(it: ResourceKind<Properties>) => it;

/** Ref is the name, `Arn` the ARN. */
export const namedWithArn =
  (service: string, prefix = '') =>
  ({ name, place }: Naming): Identity => ({
    ref: name,
    attributes: { Arn: arnOf(place, service, prefix + name) },
  });

/** Ref is a generated id, and so are the attributes listed. */
export const generatedId =
  (...attributes: string[]) =>
  ({ logicalId, place }: Naming): Identity => {
    const id = generatedName(place, logicalId);
    return { ref: id, attributes: Object.fromEntries(attributes.map((attribute) => [attribute, id])) };
  };
