import { ROUTES } from '../../protocol/routes.js';
import { idsIn, OWN_ISSUER, resource, resourcesOf, templateOf } from './stack.js';

const STAGE = 'AWS::ApiGatewayV2::Stage';
const inStage = (stage: string, more: object = {}) => templateOf({ ...OWN_ISSUER, stage, ...more });

interface Limits {
  readonly ThrottlingRateLimit: number;
  readonly ThrottlingBurstLimit: number;
}
const httpLimits = (template = inStage('prod')) =>
  resource(template, STAGE, 'Http').Properties.RouteSettings as Record<string, Limits>;

describe('throttling', () => {
  test('every HTTP route has a limit of its own, and the stage is made after the routes', () => {
    const template = inStage('prod');
    const routes = Object.keys(ROUTES);
    expect(Object.keys(httpLimits(template)).sort()).toEqual(routes.sort());
    const stage = resource(template, STAGE, 'Http') as unknown as { DependsOn: string[] };
    const ids = Object.entries(resourcesOf(template, 'AWS::ApiGatewayV2::Route')).filter(([id]) =>
      id.startsWith('Http'),
    );
    expect(stage.DependsOn).toEqual(expect.arrayContaining(ids.map(([id]) => id)));
  });

  test('what is most asked for may be asked for most, and what the provider does by hand least', () => {
    const rate = (route: string) => httpLimits()[route]?.ThrottlingRateLimit ?? 0;
    expect(rate('POST /v1/sync')).toBe(4000);
    expect(rate('POST /v1/sync')).toBeGreaterThan(rate('POST /v1/users/{userId}/operations'));
    expect(rate('PUT /v1/policies/{policyId}')).toBe(20);
    expect(httpLimits()['POST /v1/sync']?.ThrottlingBurstLimit).toBe(2000);
  });

  test('the WebSocket API has a limit too', () => {
    expect(resource(inStage('prod'), STAGE, 'Sockets').Properties.DefaultRouteSettings).toEqual({
      ThrottlingRateLimit: 2000,
      ThrottlingBurstLimit: 1000,
    });
  });

  test('all of them grow with the capacity, which is a tenth on stage dev', () => {
    const rate = (context: Record<string, string>) =>
      httpLimits(templateOf(context))['POST /v1/sync']?.ThrottlingRateLimit;
    expect(rate({ ...OWN_ISSUER, stage: 'dev' })).toBe(400);
    expect(rate({ ...OWN_ISSUER, stage: 'prod', capacity: '3' })).toBe(12_000);
  });

  test.each(['0', '-1', 'much', '1000'])('a capacity of %j is refused with what it may be', (capacity) => {
    expect(() => templateOf({ capacity })).toThrow(/^The capacity ".+" must be a number from 0\.01 to 100/);
  });
});

describe('access logs', () => {
  const formatOf = (id: string): string => {
    const { Format } = resource(inStage('prod'), STAGE, id).Properties.AccessLogSettings as {
      Format: string;
    };
    return Format;
  };

  test.each(['Http', 'Sockets'])('a line of %s is JSON with request id, route and status', (id) => {
    expect(JSON.parse(formatOf(id))).toMatchObject({
      requestId: '$context.requestId',
      route: '$context.routeKey',
      status: '$context.status',
      integrationError: '$context.integrationErrorMessage',
    });
  });

  test.each(['Http', 'Sockets'])('a line of %s has no path, query, claim or address', (id) => {
    expect(formatOf(id)).not.toMatch(/path|resourcePath|query|claims|principalId|sourceIp|caller/i);
  });

  test('the role by which API Gateway writes them is there before the stage, and stays when the stack goes', () => {
    const template = inStage('dev');
    const account = resource(template, 'AWS::ApiGateway::Account', 'GatewayAccount');
    const role = resource(template, 'AWS::IAM::Role', 'GatewayAccount');
    expect(idsIn(account.Properties.CloudWatchRoleArn)).toEqual([
      expect.stringMatching(/^GatewayAccountLogRole/),
    ]);
    expect([account.DeletionPolicy, role.DeletionPolicy]).toEqual(['Retain', 'Retain']);
    const stage = resource(template, STAGE, 'Sockets') as unknown as { DependsOn: string[] };
    expect(stage.DependsOn).toEqual([expect.stringMatching(/^GatewayAccount/)]);
  });

  test('an account that has such a role keeps it: -c gatewayAccount=existing', () => {
    const template = inStage('dev', { gatewayAccount: 'existing' });
    expect(JSON.stringify(template.toJSON())).not.toMatch(/AWS::ApiGateway::Account|GatewayAccount/);
  });
});
