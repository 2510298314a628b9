import * as z from 'zod/mini';
import { kind, type Naming } from '../kind.js';
import { arnOf, generatedName, shortHash, URL_SUFFIX } from '../place.js';

/** Any configuration of a user pool: the development issuer replaces the whole pool. */
const replacedByTheDevelopmentIssuer = z.looseObject({});

const id = ({ logicalId, place }: Naming) => ({ ref: generatedName(place, logicalId), attributes: {} });

export const cognitoKinds = {
  'AWS::Cognito::UserPool': kind({
    properties: replacedByTheDevelopmentIssuer,
    identify: ({ logicalId, place }) => {
      const poolId = `${place.region}_${shortHash(logicalId, 9)}`;
      const provider = `cognito-idp.${place.region}.${URL_SUFFIX}/${poolId}`;
      return {
        ref: poolId,
        attributes: {
          UserPoolId: poolId,
          Arn: arnOf(place, 'cognito-idp', `userpool/${poolId}`),
          ProviderName: provider,
          ProviderURL: `https://${provider}`,
        },
      };
    },
  }),
  'AWS::Cognito::UserPoolClient': kind({
    properties: replacedByTheDevelopmentIssuer,
    identify: ({ logicalId }) => {
      const clientId = shortHash(logicalId, 26);
      return { ref: clientId, attributes: { ClientId: clientId, Name: logicalId } };
    },
  }),
  'AWS::Cognito::UserPoolResourceServer': kind({
    properties: z.looseObject({ Identifier: z.string() }),
    nameProperty: 'Identifier',
    identify: ({ name }) => ({ ref: name, attributes: {} }),
  }),
  'AWS::Cognito::UserPoolDomain': kind({
    properties: z.looseObject({ Domain: z.string() }),
    nameProperty: 'Domain',
    identify: ({ name }) => ({ ref: name, attributes: {} }),
  }),
  'AWS::Cognito::UserPoolGroup': kind({ properties: replacedByTheDevelopmentIssuer, identify: id }),
};
