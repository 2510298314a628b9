import { pathToFileURL } from 'node:url';
import { reportOf } from './plain-english.js';

/** Folders and pages that the report covers when no path is given. */
const EVERYWHERE = [
  ...['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', 'docs'],
  ...[
    'protocol',
    'core',
    'client',
    'functions',
    'infra',
    'packages',
    'dev',
    'demo',
    'scripts',
    'bench',
    'test',
  ],
];

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const paths = process.argv.slice(2);
  const report = reportOf(paths.length > 0 ? paths : EVERYWHERE);
  for (const finding of report) console.log(finding);
  console.log(`${report.length} findings`);
  process.exitCode = report.length > 0 ? 1 : 0;
}
