import { useEffect, useState } from 'preact/hooks';
import type { MessageStorageClient } from '../../client/index.js';
import type { DemoDevice } from '../model/device.js';
import { useStore } from '../model/store.js';

/**
 * The result of a query of a device, updated after each change; undefined until the first result.
 * @param deps values that the query depends on.
 */
export function useQuery<T>(
  device: DemoDevice,
  read: (client: MessageStorageClient) => Promise<T>,
  deps: readonly unknown[] = [],
): T | undefined {
  const { life } = useStore(device.view);
  const [result, setResult] = useState<{ value: T; deps: readonly unknown[] }>();
  useEffect(() => {
    const { client } = device;
    const failed = (error: unknown) => console.warn('The query failed', error);
    return client.watch(
      () => read(client),
      (value) => setResult({ value, deps }),
      { failed },
    );
  }, [device, life, ...deps]);
  const isCurrent = result?.deps.every((each, i) => each === deps[i]);
  return isCurrent ? result?.value : undefined;
}
