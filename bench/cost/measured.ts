import { readFile, writeFile } from 'node:fs/promises';
import { type Measured, measuredSchema } from './activities.js';

const FILE = new URL('measured.json', import.meta.url);

/** The results of the last measurement. */
export const readMeasured = async (): Promise<Measured> =>
  measuredSchema.parse(JSON.parse(await readFile(FILE, 'utf8')));

/** Replaces bench/cost/measured.json. */
export const writeMeasured = (measured: Measured): Promise<void> =>
  writeFile(FILE, `${JSON.stringify(measured, null, 2)}\n`);
