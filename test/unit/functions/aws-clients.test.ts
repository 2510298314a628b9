type Settings = {
  readonly requestHandler?: {
    readonly connectionTimeout?: number;
    readonly requestTimeout?: number;
    readonly throwOnRequestTimeout?: boolean;
  };
};
interface Made {
  readonly name: string;
  readonly settings: Settings;
  readonly middlewares: () => string[];
}

const mockMade: Made[] = [];

const REGION = { region: 'eu-central-1' };
type Client = new (settings: Settings) => { readonly middlewareStack: { identify(): string[] } };

/** The module with its client in a class that notes how it is made. */
const mockNoting = (module: string, name: string) => {
  const actual = jest.requireActual(module);
  const Actual: Client = actual[name];
  return {
    ...actual,
    [name]: class extends Actual {
      constructor(settings: Settings) {
        super({ ...settings, ...REGION });
        mockMade.push({ name, settings, middlewares: () => this.middlewareStack.identify() });
      }
    },
  };
};
jest.mock('@aws-sdk/client-dynamodb', () => mockNoting('@aws-sdk/client-dynamodb', 'DynamoDBClient'));
jest.mock('@aws-sdk/client-sqs', () => mockNoting('@aws-sdk/client-sqs', 'SQSClient'));
jest.mock('@aws-sdk/client-secrets-manager', () =>
  mockNoting('@aws-sdk/client-secrets-manager', 'SecretsManagerClient'),
);
jest.mock('@aws-sdk/client-apigatewaymanagementapi', () =>
  mockNoting('@aws-sdk/client-apigatewaymanagementapi', 'ApiGatewayManagementApiClient'),
);

let aws: typeof import('../../../functions/runtime/aws/open-core.js');
beforeAll(async () => {
  aws = await import('../../../functions/runtime/aws/open-core.js');
});

const URL = 'https://example.com/';
/** The shortest time that Lambda gives to a function which answers requests. */
const FUNCTION_MS = 15_000;

const OPENED: Readonly<Record<string, () => unknown>> = {
  tables: () => aws.tables({ STORE_TABLE: 's', REGISTRY_TABLE: 'r' }),
  pushQueue: () => aws.pushQueue({ PUSH_QUEUE_URL: URL }),
  pushBackoff: () => aws.pushBackoff({ PUSH_QUEUE_URL: URL }),
  purgeQueue: () => aws.purgeQueue({ PURGE_QUEUE_URL: URL }),
  eraseQueue: () => aws.eraseQueue({ ERASE_QUEUE_URL: URL }),
  tokenKeys: () => aws.tokenKeys({ TOKEN_SECRET_ID: 't' }),
  connections: () => aws.connections({ SOCKET_CALLBACK_URL: URL }),
};

beforeEach(() => {
  mockMade.length = 0;
});

test.each(Object.keys(OPENED))(
  '%s gives up a request without an answer after seconds, with time for two more attempts',
  (name) => {
    OPENED[name]?.();
    expect(mockMade).toHaveLength(1);
    const { requestHandler } = mockMade[0]?.settings ?? {};
    expect(requestHandler?.throwOnRequestTimeout).toBe(true);
    expect(requestHandler?.connectionTimeout).toBeLessThanOrEqual(1000);
    expect(requestHandler?.requestTimeout).toBeGreaterThanOrEqual(1000);
    expect(3 * (requestHandler?.requestTimeout ?? FUNCTION_MS)).toBeLessThan(FUNCTION_MS);
  },
);

test.each(['tables', 'pushQueue', 'pushBackoff', 'purgeQueue', 'eraseQueue'])(
  '%s sends nothing after the end of the invocation',
  (name) => {
    OPENED[name]?.();
    expect(mockMade[0]?.middlewares().join()).toContain('endsWithInvocation');
  },
);
