/**
 * Replaces what the SDK adds to each call: user agent, logger, and the description of each region.
 * It keeps what a call needs: the host header, the trace header, and the partition of the region.
 */
interface Request {
  readonly hostname: string;
  readonly port?: number;
  readonly headers: Record<string, string>;
}
type Next = (args: { request: Request }) => Promise<unknown>;
interface Stack {
  add(middleware: (next: Next) => Next, options: object): void;
}

/** A plugin that adds a header to requests without it. `read` returns undefined to add none. */
const header = (name: string, read: (request: Request) => string | undefined) => () => ({
  applyToStack: (stack: Stack): void =>
    stack.add(
      (next) => (args) => {
        const { headers } = args.request;
        const value = read(args.request);
        if (value !== undefined) headers[name] ??= value;
        return next(args);
      },
      { step: 'build', priority: 'low', name, override: true },
    ),
});

export const getHostHeaderPlugin = header('host', ({ hostname, port }) =>
  port ? `${hostname}:${port}` : hostname,
);
export const getRecursionDetectionPlugin = header('X-Amzn-Trace-Id', () => process.env._X_AMZN_TRACE_ID);

const nothing = () => ({ applyToStack: () => undefined });
export const getLoggerPlugin = nothing;
export const getUserAgentPlugin = nothing;
export const getLongPollPlugin = nothing; // Lambda polls the queues, not the functions

const asItIs = <Value>(value: Value): Value => value;
export const resolveHostHeaderConfig = asItIs;
export const resolveUserAgentConfig = asItIs;
export const setCredentialFeature = asItIs;
export const getAwsRegionExtensionConfiguration = () => ({});
export const resolveAwsRegionExtensionConfiguration = () => ({});

const absent = () => undefined;
export const createDefaultUserAgentProvider = absent;
export const emitWarningIfUnsupportedVersion = absent;
export const getDefaultSocketTimeout = absent;
export const NODE_APP_ID_CONFIG_OPTIONS = { environmentVariableSelector: absent };

/** Partitions by the prefix of their regions, except the partition of most regions. */
const PARTITIONS = [
  ['cn-', 'aws-cn', 'amazonaws.com.cn', 'api.amazonwebservices.com.cn'],
  ['eusc-', 'aws-eusc', 'amazonaws.eu', 'api.amazonwebservices.eu'],
  ['us-gov-', 'aws-us-gov', 'amazonaws.com', 'api.aws'],
  ['us-iso-', 'aws-iso', 'c2s.ic.gov', 'api.aws.ic.gov'],
  ['us-isob-', 'aws-iso-b', 'sc2s.sgov.gov', 'api.aws.scloud'],
  ['eu-isoe-', 'aws-iso-e', 'cloud.adc-e.uk', 'api.cloud-aws.adc-e.uk'],
  ['us-isof-', 'aws-iso-f', 'csp.hci.ic.gov', 'api.aws.hci.ic.gov'],
] as const;
const MOST = ['', 'aws', 'amazonaws.com', 'api.aws'] as const;

function partition(region: string) {
  const [, name, dnsSuffix, dualStackDnsSuffix] =
    PARTITIONS.find(([prefix]) => region.startsWith(prefix)) ?? MOST;
  return { name, dnsSuffix, dualStackDnsSuffix, supportsFIPS: true, supportsDualStack: true };
}

/** Functions of the endpoint rules. We name tables by their names, so that none is an ARN of another account. */
export const awsEndpointFunctions = { partition, parseArn: () => null };
