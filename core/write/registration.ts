import type { Registration, StoredDevice } from '../model/items.js';
import { deviceKey } from '../model/keys.js';
import type { Effect } from '../model/log-entry.js';

/** The effect that writes the registration of a device and keeps its progress. */
export const registrationEffect = ({
  deviceId,
  instanceId,
  since,
  scopeVersion,
  scopeNonces,
  preferencesNonce,
  policiesDigest,
  policyId,
}: Registration & Pick<StoredDevice, 'deviceId'>): Effect => ({
  sk: deviceKey(deviceId),
  content: {
    kind: 'device',
    deviceId,
    instanceId,
    since,
    scopeVersion,
    scopeNonces,
    preferencesNonce,
    policiesDigest,
    ...(policyId !== undefined && { policyId }),
  },
});
