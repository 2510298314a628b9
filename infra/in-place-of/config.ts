/**
 * Stands in a bundle for the search of settings in files and of the region at the machine: in Lambda the environment says
 * all there is, and nobody waits for files that are not there.
 */
type Environment = Readonly<Record<string, string | undefined>>;

interface Selectors<Value> {
  readonly environmentVariableSelector: (environment: Environment) => Value | undefined;
  readonly default?: Value | (() => Promise<Value>);
}

export const CONFIG_PREFIX_SEPARATOR = '.';
export const REGION_ENV_NAME = 'AWS_REGION';
export const REGION_INI_NAME = 'region';
export class ProviderError extends Error {}
export const SelectorType = { ENV: 'env', CONFIG: 'shared config entry' } as const;

export function booleanSelector(from: Environment, name: string, type: string): boolean | undefined {
  const value = from[name];
  if (value === undefined) return undefined;
  if (value !== 'true' && value !== 'false')
    throw new Error(`${type} ${name} is "true" or "false", not "${value}"`);
  return value === 'true';
}

export const loadConfig =
  <Value>({ environmentVariableSelector, default: otherwise }: Selectors<Value>) =>
  async (): Promise<Value | undefined> =>
    environmentVariableSelector(process.env) ??
    (typeof otherwise === 'function' ? (otherwise as () => Promise<Value>)() : otherwise);

const flag = (name: string): Selectors<boolean> => ({
  environmentVariableSelector: (environment) => booleanSelector(environment, name, SelectorType.ENV),
  default: false,
});

export const NODE_USE_DUALSTACK_ENDPOINT_CONFIG_OPTIONS = flag('AWS_USE_DUALSTACK_ENDPOINT');
export const NODE_USE_FIPS_ENDPOINT_CONFIG_OPTIONS = flag('AWS_USE_FIPS_ENDPOINT');
export const NODE_REGION_CONFIG_FILE_OPTIONS = {};
export const NODE_REGION_CONFIG_OPTIONS: Selectors<string> = {
  environmentVariableSelector: ({ AWS_REGION }) => AWS_REGION,
  default: async () => {
    throw new Error('AWS_REGION is not set, as Lambda sets it');
  },
};

type Provided<Value> = Value | (() => Promise<Value>);
const provided = async <Value>(value: Provided<Value>): Promise<Value> =>
  typeof value === 'function' ? (value as () => Promise<Value>)() : value;

export const resolveRegionConfig = <
  Config extends { region: Provided<string>; useFipsEndpoint: Provided<boolean> },
>(
  config: Config,
) => {
  const { region, useFipsEndpoint } = config;
  return Object.assign(config, {
    region: () => provided(region),
    useFipsEndpoint: () => provided(useFipsEndpoint),
  });
};

/** The SDK's own defaults, unless a client is told otherwise. */
export const resolveDefaultsModeConfig =
  ({ defaultsMode = 'legacy' }: { defaultsMode?: Provided<string> } = {}) =>
  () =>
    provided(defaultsMode);
