import { tokenSource } from '../../dev/dev-token.js';
import { DemoDevice, type DeviceId, databaseOf } from './device.js';
import { Operator } from './operator.js';
import { Participating } from './participating.js';
import { Recorder } from './recorder.js';
import { seedOperations } from './seed.js';
import { Store } from './store.js';

/** Progress of the page before it can be used. */
export type Readiness =
  | { readonly state: 'preparing'; readonly done: number; readonly total: number }
  | { readonly state: 'ready' }
  | { readonly state: 'failed'; readonly why: string };

const USER_KEY = 'cpm-sync demo user';
const NAMES: Record<DeviceId, string> = { phone: 'Phone', tablet: 'Tablet' };

/** The user of this browser. Each browser has its own, so that two never share a box; `?user=` sets another one. */
function userOfThisBrowser(): string {
  const requested = new URLSearchParams(location.search).get('user');
  if (requested) return requested;
  const stored = localStorage.getItem(USER_KEY);
  if (stored) return stored;
  const [number = 0] = crypto.getRandomValues(new Uint32Array(1));
  const user = `tel:+1555${String(number % 10_000_000).padStart(7, '0')}`;
  localStorage.setItem(USER_KEY, user);
  return user;
}

/** The parties of the demo: one user with two devices, the network, and the service provider. */
export class DemoWorld {
  readonly user = userOfThisBrowser();
  readonly url = location.origin;
  readonly recorder = new Recorder();
  readonly readiness = new Store<Readiness>({ state: 'preparing', done: 0, total: 0 });
  readonly participating: Participating;
  readonly operator: Operator;
  readonly devices: Readonly<Record<DeviceId, DemoDevice>>;

  constructor() {
    const { user, url, recorder } = this;
    const tokenFor = (scope: 'cpm/sync' | 'cpm/participate' | 'cpm/admin') =>
      tokenSource({ url, given: undefined, sub: user, scope });
    const device = (deviceId: DeviceId) =>
      new DemoDevice({ deviceId, name: NAMES[deviceId], user, url, token: tokenFor('cpm/sync'), recorder });
    this.devices = { phone: device('phone'), tablet: device('tablet') };
    this.participating = new Participating({ user, url, token: tokenFor('cpm/participate'), recorder });
    this.operator = new Operator(user, url, tokenFor('cpm/admin'));
  }

  /** Fills the box if it does not exist, as after a restart of the local cloud, and then starts the devices. */
  async open(): Promise<void> {
    this.readiness.set({ state: 'preparing', done: 0, total: 0 });
    try {
      if (!(await this.operator.box())) {
        await Promise.all(
          (['phone', 'tablet'] as const).map((id) => dropDatabase(databaseOf(this.user, id))),
        );
        const operations = seedOperations(this.user, Date.now());
        const { length: total } = operations;
        await this.participating.deposit(operations, (done) =>
          this.readiness.set({ state: 'preparing', done, total }),
        );
        this.recorder.clear();
      }
      this.readiness.set({ state: 'ready' });
      for (const device of Object.values(this.devices)) device.client.start();
    } catch (error) {
      this.readiness.set({ state: 'failed', why: (error as Error).message });
    }
  }

  /** Erases the box as the provider does, and reloads the page as another user. */
  async startOver(): Promise<void> {
    await Promise.all(Object.values(this.devices).map(({ client }) => client.stop()));
    await this.operator.erase();
    localStorage.removeItem(USER_KEY);
    location.assign(location.pathname);
  }
}

const dropDatabase = (name: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = () => resolve();
    request.onblocked = () => resolve(); // another tab closes it by itself
    request.onerror = () => reject(request.error);
  });
