import { table } from '../table.js';
import type { PushNumbers } from './scenarios.js';

const ms = (value: number): string => (value < 10 ? value.toFixed(1) : Math.round(value).toString());

/** A row for each scenario, with times in milliseconds. */
export const pushTable = (numbers: readonly PushNumbers[]): string =>
  table(
    [
      'deposits',
      'users × devices',
      'number',
      'frames a device (most)',
      'answer to frame, ms',
      'p99',
      'commit to post, ms',
      'p99',
      'bare echo, ms',
      'p99',
    ],
    numbers.map(
      ({ name, users, devicesEach, deposits, framesPerDevice, answerToFrame, commitToPost, echo }) => [
        name,
        `${users} × ${devicesEach}`,
        deposits,
        `${framesPerDevice.mean.toFixed(1)} (${framesPerDevice.most})`,
        ms(answerToFrame.median),
        ms(answerToFrame.p99),
        ms(commitToPost.median),
        ms(commitToPost.p99),
        ms(echo.median),
        ms(echo.p99),
      ],
    ),
  );
