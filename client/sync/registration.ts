import type { Device } from '../../protocol/device.js';
import type { Preferences } from '../../protocol/preferences.js';
import type { LocalBox } from './local-box.js';
import type { RenewalReason } from './synchronizer.js';
import type { Transport } from './transport.js';

const REPLACED_AGAIN_MS = 10 * 60_000; // two installations that take each other's place come to an end

export interface RegistrationOptions {
  deviceId: string;
  transport: Transport;
  name?: string; // of the device, for its user
  preferences?: Preferences; // for the first registration of the device; later: setPreferences
  /** When another instance of this device was registered: `renew` takes its place (once in ten minutes), `deny` gives up. */
  onInstanceReplaced?: 'renew' | 'deny';
}

/** Makes the device known to the server, under the name of the instance that its numbers belong to. */
export class Registration {
  constructor(
    private readonly options: RegistrationOptions,
    private readonly box: LocalBox,
    private readonly nowMs: () => number,
    private readonly signal: AbortSignal,
  ) {}

  /** The first synchronization of a new local store registers the device by itself. */
  async ensureRegistered(): Promise<void> {
    const { registered } = await this.box.state();
    if (!registered) await this.register();
  }

  async register(changed?: Preferences): Promise<Device> {
    const { deviceId, name, transport } = this.options;
    const { instanceId, preferences = this.options.preferences } = await this.box.state();
    const wanted = changed ?? preferences;
    const registration = { instanceId, ...(name && { name }), ...(wanted && { preferences: wanted }) };
    const device = await transport.registerDevice(deviceId, registration, this.signal);
    if (await this.box.markRegistered(device, changed)) return device;
    await this.box.renew();
    return this.register(changed);
  }

  /** The server knows other operations, or another instance: this one goes on with numbers of its own, if it may. */
  async renew(reason: RenewalReason): Promise<boolean> {
    if (reason !== 'instance-replaced') await this.box.renew();
    else {
      const nowMs = this.nowMs();
      const { replacedAtMs = Number.NEGATIVE_INFINITY } = await this.box.state();
      const isDenied = this.options.onInstanceReplaced === 'deny';
      if (isDenied || nowMs - replacedAtMs < REPLACED_AGAIN_MS) return false;
      await this.box.renew({ replacedAtMs: nowMs });
    }
    return true;
  }
}
