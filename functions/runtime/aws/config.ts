import * as z from 'zod/mini';

const name = z.string().check(z.minLength(1, 'must not be empty'));
const url = z.url('must be a URL');
const seconds = z.pipe(
  z.string().check(z.regex(/^\d+$/, 'must be a number of seconds')),
  z.transform((text) => Number(text)),
);

const count = z.pipe(
  z.string().check(z.regex(/^\d{1,3}$/, 'must be a whole number from 0 to 999')),
  z.transform((text) => Number(text)),
);

const configSchema = z.object({
  STORE_TABLE: name,
  TIMELINE: count, // increased by one with each restore of the tables
  REGISTRY_TABLE: name,
  PUSH_QUEUE_URL: url,
  PURGE_QUEUE_URL: url,
  ERASE_QUEUE_URL: url,
  ERASE_SETTLE_SECONDS: seconds, // all earlier writes are visible after this time
  TOKEN_SECRET_ID: name,
  SOCKET_CALLBACK_URL: url, // https://…, accepts frames for connections
  SOCKET_URL: url, // wss://…, address for clients
});
export type Config = z.infer<typeof configSchema>;
export type ConfigName = keyof Config;

/**
 * The environment variables of a function, read once at its start.
 * @throws Error that names all missing or invalid variables
 */
export function readConfig<Name extends ConfigName>(
  names: readonly Name[],
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Pick<Config, Name> {
  const values: Partial<Config> = {};
  const faults: string[] = [];
  for (const key of names) {
    const value = environment[key];
    const parsed = configSchema.shape[key].safeParse(value);
    if (parsed.success) values[key] = parsed.data as Config[Name];
    else
      faults.push(`${key} ${value === undefined ? 'is not set' : (parsed.error.issues[0]?.message ?? '')}`);
  }
  if (faults.length > 0)
    throw new Error(`The environment of this function is incomplete: ${faults.join(', ')}.`);
  return values as Pick<Config, Name>;
}
