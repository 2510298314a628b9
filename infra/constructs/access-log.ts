import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { type IAccessLogSettings, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Construct } from 'constructs';
import { RetainedLogGroup, type RetainedLogGroupProps } from './retained-log-group.js';

/** Only request id, route and numbers. A path names users, a query contains tickets, and addresses are personal data. */
const COMMON = {
  requestId: '$context.requestId',
  time: '$context.requestTime',
  route: '$context.routeKey',
  status: '$context.status',
  error: '$context.error.message',
  integrationStatus: '$context.integrationStatus',
  integrationLatencyMs: '$context.integrationLatency',
  integrationError: '$context.integrationErrorMessage',
};

const FORMATS = {
  http: {
    ...COMMON,
    latencyMs: '$context.responseLatency',
    bytes: '$context.responseLength',
    authorizerError: '$context.authorizer.error',
    userAgent: '$context.identity.userAgent',
  },
  socket: {
    ...COMMON,
    event: '$context.eventType',
    connectionId: '$context.connectionId',
    authorizerStatus: '$context.authorize.status',
  },
};

/** Settings for an access log with one line of JSON per request. */
export const accessLog = (
  scope: Construct,
  kind: keyof typeof FORMATS,
  props: RetainedLogGroupProps,
): IAccessLogSettings => ({
  destination: new LogGroupLogDestination(new RetainedLogGroup(scope, 'AccessLog', props)),
  format: AccessLogFormat.custom(JSON.stringify(FORMATS[kind])),
});
