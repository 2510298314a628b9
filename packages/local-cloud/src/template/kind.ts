import type * as z from 'zod/mini';
import type { Identity } from './intrinsics.js';
import { arnOf, generatedName, type Place } from './place.js';

/** The name of a resource, before its other properties are resolved. */
export interface Naming {
  readonly logicalId: string;
  /** The value of the name property, or a generated name. */
  readonly name: string;
  readonly place: Place;
}

/** How the local cloud treats a resource type. */
export interface ResourceKind<Properties extends z.ZodMiniType = z.ZodMiniType> {
  /** Properties that are implemented or ignored. Any other property is an error. */
  readonly properties: Properties;
  /** The property with the name of the resource. */
  readonly nameProperty?: string;
  readonly maxNameLength?: number;
  readonly identify: (naming: Naming) => Identity;
}

/** Declares a resource type; keeps the type of its properties. */
export const kind = <Properties extends z.ZodMiniType>(it: ResourceKind<Properties>) => it;

/** `Ref` is the name, `Arn` the ARN. */
export const namedWithArn =
  (service: string, prefix = '') =>
  ({ name, place }: Naming): Identity => ({
    ref: name,
    attributes: { Arn: arnOf(place, service, prefix + name) },
  });

/** `Ref` and each listed attribute are a generated id. */
export const generatedId =
  (...attributes: string[]) =>
  ({ logicalId, place }: Naming): Identity => {
    const id = generatedName(place, logicalId);
    return { ref: id, attributes: Object.fromEntries(attributes.map((attribute) => [attribute, id])) };
  };
