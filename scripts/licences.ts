import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FILE = `${ROOT}docs/licences.md`;

interface Locked {
  readonly version?: string;
  readonly dev?: boolean;
  readonly license?: string;
}

/** Every package that npm installs for what is deployed, from the lock file and what the packages say of themselves. */
export function licences(): string {
  const { packages }: { packages: Record<string, Locked> } = JSON.parse(
    readFileSync(`${ROOT}package-lock.json`, 'utf8'),
  );
  const rows = Object.entries(packages)
    .filter(([path, { dev }]) => path.startsWith('node_modules/') && !dev)
    .map(([path, { version, license }]) => {
      const name = path.replace(/^.*node_modules\//, '');
      return `| ${name} | ${version} | ${license ?? licenceIn(path)} |`;
    })
    .sort();
  return [
    '# Licences',
    'This list has the packages that are deployed or installed with the product: the dependencies of package.json and theirs. The command',
    '`npm run licences` writes it. A bundle contains only the code that its function uses. Development dependencies are not listed, since',
    'they are not deployed.',
    '',
    '| package | version | licence |',
    '|---|---|---|',
    ...new Set(rows),
    '',
  ].join('\n');
}

function licenceIn(path: string): string {
  const file = `${ROOT}${path}/package.json`;
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')).license ?? 'unknown') : 'unknown';
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(FILE, licences());
  console.log('docs/licences.md');
}
