import type { Device } from '../../protocol/device.js';
import type { Preferences } from '../../protocol/preferences.js';
import type { LocalBox } from './local-box.js';
import type { RenewalReason } from './synchronizer.js';
import type { Transport } from './transport.js';

const REPLACED_AGAIN_MS = 10 * 60_000; // ends the contest of two installations with one deviceId

export interface RegistrationOptions {
  deviceId: string;
  transport: Transport;
  name?: string; // of the device, for its user
  preferences?: Preferences; // for the first registration of the device; later: setPreferences
  /** After another instance of this device was registered: `renew` replaces it, once in ten minutes; `deny` stops. */
  onInstanceReplaced?: 'renew' | 'deny';
}

/** Registers the device with the server, as the instance that numbers its operations. */
export class Registration {
  readonly #options: RegistrationOptions;
  readonly #box: LocalBox;
  readonly #nowMs: () => number;
  readonly #signal: AbortSignal;

  constructor(options: RegistrationOptions, box: LocalBox, nowMs: () => number, signal: AbortSignal) {
    this.#options = options;
    this.#box = box;
    this.#nowMs = nowMs;
    this.#signal = signal;
  }

  /** Registers the device before the first synchronization of a new local store. */
  async ensureRegistered(): Promise<void> {
    const { registered } = await this.#box.state();
    if (!registered) await this.register();
  }

  /**
   * @param changed new preferences; default: those of the local store, or else of the options.
   * @throws as Transport, or the reason of the signal.
   */
  async register(changed?: Preferences): Promise<Device> {
    const { deviceId, name, transport } = this.#options;
    const { instanceId, preferences = this.#options.preferences } = await this.#box.state();
    const wanted = changed ?? preferences;
    const registration = { instanceId, ...(name && { name }), ...(wanted && { preferences: wanted }) };
    const device = await transport.registerDevice(deviceId, registration, this.#signal);
    if (await this.#box.markRegistered(device, changed)) return device;
    await this.#box.renew();
    return this.register(changed);
  }

  /** Makes this client a new instance of the device. @returns false if `onInstanceReplaced` forbids it. */
  async renew(reason: RenewalReason): Promise<boolean> {
    if (reason !== 'instance-replaced') await this.#box.renew();
    else {
      const nowMs = this.#nowMs();
      const { replacedAtMs = -Infinity } = await this.#box.state();
      const isDenied = this.#options.onInstanceReplaced === 'deny';
      if (isDenied || nowMs - replacedAtMs < REPLACED_AGAIN_MS) return false;
      await this.#box.renew({ replacedAtMs: nowMs });
    }
    return true;
  }
}
