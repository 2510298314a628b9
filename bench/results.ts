import type { SizeTimes } from './box-size.js';
import type { ColdStart } from './cold-start.js';
import type { Contention } from './contention.js';
import type { Cost } from './costs.js';
import type { Large } from './large.js';
import type { Overhead } from './overhead.js';
import type { PushNumbers } from './push/scenarios.js';

/** Results of `npm run bench`. A part that did not run is absent. */
export interface Results {
  readonly date: string; // YYYY-MM-DD
  readonly machine: string;
  readonly workload: string;
  readonly costs?: readonly Cost[];
  readonly overhead?: readonly Overhead[];
  readonly boxSizes?: readonly SizeTimes[];
  readonly coldStarts?: readonly ColdStart[];
  readonly contention?: readonly Contention[];
  readonly large?: readonly Large[];
  readonly pushes?: readonly PushNumbers[];
}
