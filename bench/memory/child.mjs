// Loads a bundle as Lambda does, runs events one after the other, and sends the measured use to its parent.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const cpuMs = ({ user, system }) => (user + system) / 1000;
const context = { awsRequestId: 'memory', getRemainingTimeInMillis: () => 60_000 };
const MB = 1024;

/**
 * Peak memory from the kernel. Linux includes the parent's memory at the fork in maxRSS; VmHWM begins with
 * this program.
 */
function peakKb() {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
  } catch {
    return process.resourceUsage().maxRSS;
  }
}

const before = process.cpuUsage();
const { handler } = await import(pathToFileURL(process.argv[2] ?? '').href);
const startCpuMs = cpuMs(process.cpuUsage(before));
const startMb = process.memoryUsage.rss() / MB / MB;

process.once('message', async (events) => {
  const times = [];
  for (const event of events) {
    const began = process.cpuUsage();
    const answer = await handler(event, context).catch((error) => ({ error }));
    times.push(cpuMs(process.cpuUsage(began)));
    const hasFailed = answer?.error || answer?.statusCode >= 400 || answer?.batchItemFailures?.length > 0;
    if (hasFailed) throw answer.error ?? new Error(JSON.stringify(answer));
  }
  times.sort((a, b) => a - b);
  const peakMb = peakKb() / MB;
  process.send({ startMb, peakMb, startCpuMs, cpuMs: times[Math.floor(times.length / 2)] }, () =>
    process.exit(0),
  );
});
