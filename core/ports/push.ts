import type { DeviceId, InstanceId } from '../../protocol/ids.js';
import type { BoxId } from '../model/items.js';

/** Message of the push queue: a pending push. `by`: modSeq of the commit that scheduled it. Unit of `dueMs`: ms since 1970. */
export interface PushMessage {
  readonly box: BoxId;
  readonly deviceId: DeviceId;
  readonly instanceId: InstanceId;
  readonly by: number;
  readonly dueMs: number;
}

export interface PushQueue {
  /** Unit of `delaySeconds`: whole seconds, 0 to 900. Returns the messages that the queue did not take. */
  send(pushes: readonly { message: PushMessage; delaySeconds: number }[]): Promise<readonly PushMessage[]>;
}

/** Connections of the WebSocket API. */
export interface Sockets {
  /** `gone`: the connection does not exist, or not yet, while `$connect` has not returned. @throws Error when throttled. */
  post(connectionId: string, frame: string): Promise<'posted' | 'gone'>;
  /** Closes a connection; does nothing if it is closed already. */
  close(connectionId: string): Promise<void>;
}
