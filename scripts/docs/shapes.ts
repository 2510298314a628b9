import * as z from 'zod/mini';
import { folderNameSchema } from '../../protocol/elements/folder.js';
import { flagSchema } from '../../protocol/elements/message-state.js';
import { idSchema } from '../../protocol/ids.js';
import { FOLDER_NAME_MAX, ID_MAX_BYTES } from '../../protocol/limits.js';
import { numberedOperationSchema, plainOperationSchema } from '../../protocol/numbered-operation.js';
import { instantSchema, nameSchema } from '../../protocol/text.js';
import { COMPONENTS, nameOf, operationSchema } from './components.js';
import { type JsonObject, refsIn, sortedByKey } from './json.js';
import { ABOUT, aboutMember } from './words.js';

/** Requests are documented as they are before parsing, responses as they are after. */
export type Side = 'input' | 'output';
/** OpenAPI 3.1 speaks 2020-12, AsyncAPI 3.0 draft-07. */
export type Dialect = 'draft-2020-12' | 'draft-07';

const PREFIX = '#/components/schemas/';
const refTo = (name: string): JsonObject => ({ $ref: PREFIX + name });

const NO_CONTROL = '\\u0000-\\u001F\\u007F-\\u009F';

/**
 * JSON Schema for refinements, since it cannot see into a function. A length in bytes of UTF-8 becomes one in characters,
 * since a text never has more characters than bytes. A test tries each against its schema.
 */
const REFINED: ReadonlyMap<z.core.$ZodType, JsonObject> = new Map<z.core.$ZodType, JsonObject>([
  [nameSchema, { pattern: `^[^${NO_CONTROL}]+$` }],
  [idSchema, { maxLength: ID_MAX_BYTES, pattern: `^[^${NO_CONTROL}]+$` }],
  [folderNameSchema, { maxLength: FOLDER_NAME_MAX, pattern: `^[^/${NO_CONTROL}]+$` }],
  [
    flagSchema,
    {
      pattern:
        '^(\\\\(Seen|Answered|Flagged|Draft|Deleted|read-report-sent)|' +
        `[^\\s\\\\(){}%*"\\]${NO_CONTROL}]+)$`,
    },
  ],
  [
    instantSchema,
    { format: 'date-time', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9})?Z$' },
  ],
]);

type Override = { zodSchema: z.core.$ZodTypes; jsonSchema: z.core.JSONSchema.BaseSchema };

/** Members of one JSON schema in the place of another's. */
const replace = (jsonSchema: object, by: object) => {
  for (const key of Object.keys(jsonSchema)) Reflect.deleteProperty(jsonSchema, key);
  Object.assign(jsonSchema, by);
};

const overrideFor =
  (dialect: Dialect) =>
  ({ zodSchema, jsonSchema }: Override): void => {
    const { def } = zodSchema._zod;
    if (def.type === 'pipe' && def.out._zod.def.type === 'transform') {
      replace(jsonSchema, z.toJSONSchema(def.in, optionsFor('input', dialect))); // as it is before the change
      Reflect.deleteProperty(jsonSchema, '$schema');
    }
    if (def.type === 'undefined') jsonSchema.not = {};
    if (def.type === 'object' && def.catchall?._zod.def.type !== 'never') {
      Reflect.deleteProperty(jsonSchema, 'additionalProperties'); // further members do no harm here
    }
    if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) Reflect.deleteProperty(jsonSchema, 'minimum');
    if (zodSchema === operationSchema) replace(jsonSchema, { oneOf: jsonSchema.anyOf });
    if (zodSchema === numberedOperationSchema || zodSchema === plainOperationSchema) {
      replace(jsonSchema, { allOf: [refTo(nameOf(operationSchema)), { ...jsonSchema }] });
    }
    if (def.type === 'union' && 'discriminator' in def && dialect === 'draft-2020-12') {
      jsonSchema.discriminator = discriminatorOf(def as z.core.$ZodDiscriminatedUnionDef);
    }
    Object.assign(jsonSchema, REFINED.get(zodSchema));
  };

const discriminatorOf = ({ discriminator, options }: z.core.$ZodDiscriminatedUnionDef): JsonObject => ({
  propertyName: discriminator,
  mapping: Object.fromEntries(
    options.flatMap((option) =>
      [...(option._zod.propValues?.[discriminator] ?? [])].map((value) => [
        String(value),
        PREFIX + nameOf(option as z.ZodMiniType),
      ]),
    ),
  ),
});

const optionsFor = (io: Side, target: Dialect) => ({
  io,
  target,
  unrepresentable: 'any' as const,
  override: overrideFor(target),
});

/** The JSON schemas of all components on one side. */
function schemasOf(side: Side, dialect: Dialect): Record<string, JsonObject> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(COMPONENTS)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, {
    ...optionsFor(side, dialect),
    uri: (name) => PREFIX + name,
  });
  return Object.fromEntries(
    Object.entries(schemas).map(([name, { $schema: _, $id: __, ...schema }]) => [
      name,
      described(name, schema as JsonObject, dialect),
    ]),
  );
}

function described(name: string, schema: JsonObject, dialect: Dialect): JsonObject {
  const properties = Object.entries((schema.properties ?? {}) as Record<string, JsonObject>).map(
    ([member, shape]): [string, JsonObject] => {
      const description = aboutMember(name, member);
      if (description === undefined) return [member, shape];
      const isAlone = '$ref' in shape && dialect === 'draft-07'; // draft 07 ignores siblings of a $ref
      return [member, { ...(isAlone ? { allOf: [shape] } : shape), description }];
    },
  );
  return {
    ...(ABOUT[name] !== undefined && { description: ABOUT[name] }),
    ...schema,
    ...(properties.length > 0 && { properties: Object.fromEntries(properties) }),
  };
}

/** The schemas of one document: gives references, and remembers what is referred to. */
export class Shapes {
  private readonly schemas: Readonly<Record<Side, Record<string, JsonObject>>>;
  private readonly used: Record<Side, Set<string>> = { input: new Set(), output: new Set() };

  constructor(dialect: Dialect) {
    this.schemas = { input: schemasOf('input', dialect), output: schemasOf('output', dialect) };
  }

  ref(schema: z.ZodMiniType, side: Side): JsonObject {
    const name = nameOf(schema);
    this.use(name, side);
    return refTo(name);
  }

  /** The members of an object, as parameters are made of: what a text stands for, and whether it has to be there. */
  membersOf(schema: z.ZodMiniType): { name: string; isRequired: boolean; schema: JsonObject }[] {
    const name = nameOf(schema);
    const [asked, read] = [this.schemas.input[name], this.schemas.output[name]];
    for (const ref of refsIn(read?.properties)) this.use(ref.slice(PREFIX.length), 'output');
    return Object.entries((read?.properties ?? {}) as Record<string, JsonObject>).map(([member, shape]) => ({
      name: member,
      isRequired: ((asked?.required ?? []) as string[]).includes(member),
      schema: shape,
    }));
  }

  private use(name: string, side: Side): void {
    if (this.used[side].has(name)) return;
    this.used[side].add(name);
    for (const ref of refsIn(this.schemas[side][name])) this.use(ref.slice(PREFIX.length), side);
  }

  /** @throws Error where a schema is used on both sides and is not the same on both. */
  components(): Record<string, JsonObject> {
    for (const name of this.used.input) {
      const [asked, answered] = [this.schemas.input[name], this.schemas.output[name]];
      if (this.used.output.has(name) && JSON.stringify(asked) !== JSON.stringify(answered)) {
        throw new Error(`${name} is not the same in requests and responses: give it two names`);
      }
    }
    const pick = (side: Side) => [...this.used[side]].map((name) => [name, this.schemas[side][name]]);
    return sortedByKey(Object.fromEntries([...pick('input'), ...pick('output')]));
  }
}
