import { createHash } from 'node:crypto';

/** Where a stack is deployed: the parts of its names, ARNs and pseudo parameters. */
export interface Place {
  readonly stackName: string;
  readonly region: string;
  readonly account: string;
  /** Base URL of the emulated AWS services, without a slash at the end. */
  readonly servicesUrl: string;
}

export const LOCAL_REGION = 'us-east-1';
export const LOCAL_ACCOUNT = '000000000000';
export const URL_SUFFIX = 'amazonaws.com';

/** `arn:aws:sqs:us-east-1:000000000000:name` */
export const arnOf = (place: Place, service: string, resource: string) =>
  `arn:aws:${service}:${place.region}:${place.account}:${resource}`;

/** A name like those that CloudFormation generates. Every start generates the same one, so that kept data is found. */
export function generatedName(place: Place, logicalId: string, maxLength = 80): string {
  const name = `${place.stackName}-${logicalId}`;
  return name.length <= maxLength ? name : name.slice(0, maxLength - 9) + shortHash(name, 9);
}

/** A hash in lower-case letters and digits, like the ids of API Gateway and Cognito. */
export function shortHash(text: string, length = 10): string {
  const digest = createHash('sha256').update(text).digest();
  return BigInt(`0x${digest.toString('hex')}`)
    .toString(36)
    .slice(0, length);
}

/** The last part of an ARN: the name of a queue, table or function. */
export function nameInArn(arn: string): string {
  const resource = arn.split(':').slice(5).join(':');
  const [kind, ...rest] = resource.split(/[:/]/);
  return rest[0] ?? kind ?? '';
}
