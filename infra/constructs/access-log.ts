import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { type IAccessLogSettings, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Construct } from 'constructs';
import { RetainedLogGroup, type RetainedLogGroupProps } from './retained-log-group.js';

/** By request id, route and numbers: a path would name users, a query would hold tickets, and addresses are personal. */
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

/** A line of JSON for each request of an API. */
export const accessLog = (
  scope: Construct,
  kind: keyof typeof FORMATS,
  props: RetainedLogGroupProps,
): IAccessLogSettings => ({
  destination: new LogGroupLogDestination(new RetainedLogGroup(scope, 'AccessLog', props)),
  format: AccessLogFormat.custom(JSON.stringify(FORMATS[kind])),
});
