import { Aws, RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  AccountRecovery,
  FeaturePlan,
  Mfa,
  OAuthScope,
  ResourceServerScope,
  StandardThreatProtectionMode,
  UserPool,
  type UserPoolClient,
  type UserPoolResourceServer,
} from 'aws-cdk-lib/aws-cognito';
import { Construct } from 'constructs';
import { OAUTH_SCOPES, type OAuthScope as Scope } from '../../protocol/routes.js';
import type { Settings, UserPoolPlan } from '../settings.js';
import { suppressNag } from '../suppress-nag.js';

/** The issuer whose tokens the HTTP API accepts. `outputs`: values to show after a deployment. */
export interface TokenIssuer {
  readonly issuer: string;
  readonly audience: string[];
  readonly outputs: Readonly<Record<string, string>>;
}

/** The resource server of the user pool. A scope of its tokens is its name, a slash and the name of the scope. */
const RESOURCE_SERVER = 'cpm';

const resourceScopes = Object.fromEntries(
  Object.entries(OAUTH_SCOPES).map(([scope, scopeDescription]) => [
    scope,
    new ResourceServerScope({ scopeName: scope.replace(`${RESOURCE_SERVER}/`, ''), scopeDescription }),
  ]),
) as Record<Scope, ResourceServerScope>;

const PLANS: Readonly<Record<UserPoolPlan, FeaturePlan>> = {
  lite: FeaturePlan.LITE,
  essentials: FeaturePlan.ESSENTIALS,
  plus: FeaturePlan.PLUS,
};

/** A user pool for deployments without an external issuer. */
class UserPoolIssuer extends Construct implements TokenIssuer {
  readonly issuer: string;
  readonly audience: string[];
  readonly outputs: Readonly<Record<string, string>>;

  private readonly pool: UserPool;
  private readonly server: UserPoolResourceServer;

  constructor(scope: Construct, id: string, props: Settings) {
    super(scope, id);
    const kept = props.stage === 'prod';
    this.pool = new UserPool(this, 'Users', {
      selfSignUpEnabled: false, // the service provider creates the users
      signInAliases: { username: true, email: true },
      featurePlan: PLANS[props.userPoolPlan],
      ...(props.userPoolPlan === 'plus' && {
        standardThreatProtectionMode: StandardThreatProtectionMode.FULL_FUNCTION,
      }),
      mfa: Mfa.OPTIONAL,
      mfaSecondFactor: { sms: false, otp: true },
      accountRecovery: AccountRecovery.EMAIL_ONLY,
      passwordPolicy: {
        minLength: 12,
        requireDigits: true,
        requireLowercase: true,
        requireUppercase: true,
        requireSymbols: true,
      },
      deletionProtection: kept,
      removalPolicy: kept ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    suppressNag(this.pool, {
      'AwsSolutions-COG2':
        'Each user can enable a second factor. Subscribers of a messaging service need not have one.',
      ...(props.userPoolPlan !== 'plus' && {
        'AwsSolutions-COG8': 'Threat protection is billed per user: -c userPoolPlan=plus enables it.',
      }),
    });
    const domain = this.pool.addDomain('SignIn', {
      cognitoDomain: { domainPrefix: `cpm-sync-${props.stage}-${Aws.ACCOUNT_ID}` },
    });
    this.server = this.pool.addResourceServer('Server', {
      identifier: RESOURCE_SERVER,
      scopes: Object.values(resourceScopes),
    });

    const device = this.deviceClient([...props.callbackUrls]);
    const participating = this.serviceClient('ParticipatingClient', 'cpm/participate');
    const provider = this.serviceClient('ProviderClient', 'cpm/admin');
    this.issuer = `https://cognito-idp.${Stack.of(this).region}.amazonaws.com/${this.pool.userPoolId}`;
    this.audience = [device, participating, provider].map((client) => client.userPoolClientId);
    this.outputs = {
      UserPoolId: this.pool.userPoolId,
      SignInUrl: domain.baseUrl(),
      DeviceClientId: device.userPoolClientId,
      ParticipatingClientId: participating.userPoolClientId,
      ProviderClientId: provider.userPoolClientId,
    };
  }

  /** The client of devices. Devices have no secret and use an authorization code with PKCE. */
  private deviceClient(callbackUrls: string[]): UserPoolClient {
    return this.pool.addClient('DeviceClient', {
      generateSecret: false,
      preventUserExistenceErrors: true,
      oAuth: {
        flows: { authorizationCodeGrant: true },
        scopes: [OAuthScope.OPENID, this.oAuthScope('cpm/sync')],
        callbackUrls,
      },
    });
  }

  /** A client of one party, so that no party can act as another. */
  private serviceClient(id: string, scope: Scope): UserPoolClient {
    return this.pool.addClient(id, {
      generateSecret: true,
      authFlows: {},
      oAuth: { flows: { clientCredentials: true }, scopes: [this.oAuthScope(scope)] },
    });
  }

  private oAuthScope(name: Scope): OAuthScope {
    return OAuthScope.resourceServer(this.server, resourceScopes[name]);
  }
}

/** The external issuer of the settings, or a new user pool. */
export function tokenIssuer(scope: Construct, settings: Settings): TokenIssuer {
  const { externalIssuer } = settings;
  if (!externalIssuer) return new UserPoolIssuer(scope, 'Identity', settings);
  return { issuer: externalIssuer.issuer, audience: [...externalIssuer.audience], outputs: {} };
}
