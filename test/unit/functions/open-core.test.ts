import { openCore } from '../../../functions/runtime/aws/open-core.js';

test('what a function was not granted says so when it is used', async () => {
  const core = openCore();
  expect(() => core.store.get('box' as never, [])).toThrow('this function was not granted the store');
  expect(() => core.registry.devices('box' as never)).toThrow('not granted the registry');
  expect(() => core.pushQueue.send([])).toThrow('not granted the push queue');
  expect(() => core.purgeQueue.send([], 0)).toThrow('not granted the purge queue');
  expect(() => core.tokenKeys.keys()).toThrow('not granted the token key');
  expect(() => core.sockets.close('c1')).toThrow('not granted the connections');
});
