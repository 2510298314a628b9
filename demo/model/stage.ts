import { tokenSource } from '../../dev/dev-token.js';
import { DemoDevice, type DeviceId, databaseOf } from './device.js';
import { Operator } from './operator.js';
import { Participating } from './participating.js';
import { Recorder } from './recorder.js';
import { seedOperations } from './seed.js';
import { Store } from './store.js';

/** How far the page is with getting ready. */
export type Readiness =
  | { readonly state: 'preparing'; readonly done: number; readonly total: number }
  | { readonly state: 'ready' }
  | { readonly state: 'failed'; readonly why: string };

const USER_KEY = 'cpm-sync demo user';
const NAMES: Record<DeviceId, string> = { phone: 'Phone', tablet: 'Tablet' };

/** A user of this browser's own, so that two browsers never meet in one box; `?user=` names another. */
function userOfThisBrowser(): string {
  const asked = new URLSearchParams(location.search).get('user');
  if (asked) return asked;
  const kept = localStorage.getItem(USER_KEY);
  if (kept) return kept;
  const [number = 0] = crypto.getRandomValues(new Uint32Array(1));
  const user = `tel:+1555${String(number % 10_000_000).padStart(7, '0')}`;
  localStorage.setItem(USER_KEY, user);
  return user;
}

/** All that plays in the demo: one user, two devices, the network, the provider. */
export class Stage {
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

  /** A box that is not there, at first or since the local cloud was started anew, is filled; then the devices start. */
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

  /** Erases the box as the provider does, and begins again as another user. */
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
    request.onblocked = () => resolve(); // another tab lets go of it by itself
    request.onerror = () => reject(request.error);
  });
