import { pathToFileURL } from 'node:url';
import { PROSE, reportOf } from './plain-english.js';

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const paths = process.argv.slice(2);
  const report = reportOf(paths.length > 0 ? paths : PROSE);
  for (const finding of report) console.log(finding);
  console.log(`${report.length} findings`);
  process.exitCode = report.length > 0 ? 1 : 0;
}
