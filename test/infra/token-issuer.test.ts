import { idsIn, OWN_ISSUER, resource, resourcesOf, templateOf } from './stack.js';

const CLIENT = 'AWS::Cognito::UserPoolClient';

describe('without issuer and audience', () => {
  const template = templateOf({ stage: 'prod' });

  test('a user pool has the scopes of the protocol', () => {
    const { Identifier, Scopes } = resource(
      template,
      'AWS::Cognito::UserPoolResourceServer',
      'Identity',
    ).Properties;
    const scopes = (Scopes as { ScopeName: string }[]).map(({ ScopeName }) => `${Identifier}/${ScopeName}`);
    expect(scopes).toEqual(['cpm/sync', 'cpm/participate', 'cpm/admin']);
  });

  test('users do not sign up by themselves, and on stage prod the pool is kept', () => {
    const pool = resource(template, 'AWS::Cognito::UserPool', 'Identity');
    expect(pool.Properties).toMatchObject({
      AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
      DeletionProtection: 'ACTIVE',
    });
    expect(pool.DeletionPolicy).toBe('Retain');
  });

  const scopesOf = (scopes: unknown): string[] =>
    (scopes as unknown[]).map((scope) =>
      typeof scope === 'string'
        ? scope
        : (scope as { 'Fn::Join': [string, unknown[]] })['Fn::Join'][1]
            .map((part) => (typeof part === 'string' ? part : 'cpm'))
            .join(''),
    );

  test('the client of devices is public, with authorization code, and gets cpm/sync alone', () => {
    const { Properties } = resource(template, CLIENT, 'IdentityUsersDeviceClient');
    expect(Properties).toMatchObject({ GenerateSecret: false, AllowedOAuthFlows: ['code'] });
    expect(scopesOf(Properties.AllowedOAuthScopes)).toEqual(['openid', 'cpm/sync']);
  });

  test.each([
    ['ParticipatingClient', 'cpm/participate'],
    ['ProviderClient', 'cpm/admin'],
  ])('the %s is confidential, with client credentials, and gets %s alone', (id, scope) => {
    const { Properties } = resource(template, CLIENT, `IdentityUsers${id}`);
    expect(Properties).toMatchObject({ GenerateSecret: true, AllowedOAuthFlows: ['client_credentials'] });
    expect(scopesOf(Properties.AllowedOAuthScopes)).toEqual([scope]);
  });

  test('the tokens that count are those of the pool for its three clients', () => {
    const { JwtConfiguration } = resource(template, 'AWS::ApiGatewayV2::Authorizer', 'Http').Properties as {
      JwtConfiguration: { Issuer: unknown; Audience: unknown };
    };
    expect(idsIn(JwtConfiguration.Issuer)).toContainEqual(
      expect.stringMatching(/^IdentityUsers[0-9A-F]{8}$/),
    );
    expect(idsIn(JwtConfiguration.Audience).sort()).toEqual(
      Object.keys(resourcesOf(template, CLIENT)).sort(),
    );
  });

  test('a sign-in page exists, and the outputs name the clients', () => {
    expect(Object.keys(resourcesOf(template, 'AWS::Cognito::UserPoolDomain'))).toHaveLength(1);
    expect(Object.keys(template.findOutputs('*')).sort()).toEqual([
      'Audience',
      'DeviceClientId',
      'ErasingFailuresArn',
      'ErasingFailuresUrl',
      'FanOutFailuresArn',
      'FanOutFailuresUrl',
      'HttpApiUrl',
      'Issuer',
      'ParticipatingClientId',
      'ProjectorFailuresArn',
      'ProjectorFailuresUrl',
      'ProviderClientId',
      'PurgingFailuresArn',
      'PurgingFailuresUrl',
      'PushesFailuresArn',
      'PushesFailuresUrl',
      'RegistryTable',
      'SignInUrl',
      'SocketUrl',
      'StoreTable',
      'TokenKeyArn',
      'UserPoolId',
    ]);
  });
});

test('with an issuer and an audience there is no user pool', () => {
  const template = templateOf({ issuer: OWN_ISSUER.issuer, audience: 'one, two' });
  expect(JSON.stringify(template.toJSON())).not.toContain('AWS::Cognito');
  expect(resource(template, 'AWS::ApiGatewayV2::Authorizer', 'Http').Properties.JwtConfiguration).toEqual({
    Issuer: OWN_ISSUER.issuer,
    Audience: ['one', 'two'],
  });
  expect(template.findOutputs('Issuer')).toEqual({ Issuer: { Value: OWN_ISSUER.issuer } });
});

test.each([
  [{ issuer: 'https://id.example.com' }, /^Only one of issuer and audience is given: add -c audience=/],
  [{ audience: 'cpm' }, /^Only one of issuer and audience is given: add -c issuer=/],
  [
    { encryption: 'none' },
    /^There is no encryption "none": use -c encryption=aws or -c encryption=customer\.$/,
  ],
  [{ userPoolPlan: 'free' }, /^There is no userPoolPlan "free": use -c userPoolPlan=lite or/],
  [{ alarmTopicArn: 'arn:aws:sns:x', alarmEmail: 'a@example.com' }, /^Both alarmTopicArn and alarmEmail/],
  [{ ...OWN_ISSUER, stage: 'test' }, /^There is no stage "test": use -c stage=dev or -c stage=prod\.$/],
])('the context %j is refused with what to change', (context, message) => {
  expect(() => templateOf(context)).toThrow(message);
});
