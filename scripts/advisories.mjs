// npm run advisories lists known vulnerabilities of the installed production packages, if the registry offers
// advisories. It exits with 1 when one is high or critical. It exits with 0 when the registry has no such
// service.
import { spawnSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';

const SEVERE = ['high', 'critical'];

/**
 * Reads what `npm audit --json` printed. `kind` is `unavailable` when the registry has no such service.
 * @returns {{ kind: 'unavailable' } | { kind: 'read', severe: string[], others: number }}
 */
export function advisoriesIn(text) {
  let report;
  try {
    report = JSON.parse(text);
  } catch {
    return { kind: 'unavailable' };
  }
  if (!report.vulnerabilities) return { kind: 'unavailable' };
  const all = Object.values(report.vulnerabilities);
  const severe = all.filter(({ severity }) => SEVERE.includes(severity));
  return {
    kind: 'read',
    severe: severe.map(({ name, severity }) => `${name}: ${severity}`),
    others: all.length - severe.length,
  };
}

function main() {
  const { stdout, error } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { encoding: 'utf8' });
  if (error) throw error;
  const found = advisoriesIn(stdout);
  if (found.kind === 'unavailable') {
    console.log('The registry offers no advisories: nothing was checked.');
    return;
  }
  for (const line of found.severe) console.log(line);
  console.log(`${found.severe.length} severe advisories, ${found.others} others`);
  if (found.severe.length > 0) process.exitCode = 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main();
