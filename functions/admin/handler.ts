import { httpEndpoint } from '../runtime/endpoint.js';
import { notImplemented } from '../runtime/route.js';

const scope = 'cpm/admin';

export const routes = {
  'GET /v1/policies/{policyId}': notImplemented(scope, 'Showing a policy'),
  'PUT /v1/policies/{policyId}': notImplemented(scope, 'Changing a policy'),
  'GET /v1/users/{userId}/box': notImplemented(scope, 'Showing the box of a user'),
  'PUT /v1/users/{userId}/box': notImplemented(scope, 'Assigning a policy to a box'),
  'DELETE /v1/users/{userId}/box': notImplemented(scope, 'Erasing a box'),
  'GET /v1/users/{userId}/devices': notImplemented(scope, 'Listing the devices of a user'),
  'PUT /v1/users/{userId}/devices/{deviceId}': notImplemented(scope, 'Assigning a policy to a device'),
};

export const handler = httpEndpoint(routes);
