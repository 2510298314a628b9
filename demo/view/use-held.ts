import { useEffect, useState } from 'preact/hooks';
import type { MessageStorageClient } from '../../client/index.js';
import type { DemoDevice } from '../model/device.js';
import { useStore } from '../model/store.js';

/** What a device holds, read now and after each change; undefined until it has been read. `deps`: what the reading depends on. */
export function useHeld<T>(
  device: DemoDevice,
  read: (client: MessageStorageClient) => Promise<T>,
  deps: readonly unknown[] = [],
): T | undefined {
  const { life } = useStore(device.view);
  const [held, setHeld] = useState<{ value: T; deps: readonly unknown[] }>();
  useEffect(() => {
    const { client } = device;
    const failed = (error: unknown) => console.warn('not read', error);
    return client.watch(
      () => read(client),
      (value) => setHeld({ value, deps }),
      { failed },
    );
  }, [device, life, ...deps]);
  const isOfNow = held?.deps.every((each, i) => each === deps[i]);
  return isOfNow ? held?.value : undefined;
}
