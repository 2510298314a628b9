import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FILE = `${ROOT}docs/licences.md`;

interface Locked {
  readonly version?: string;
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}
type Packages = Readonly<Record<string, Locked>>;

/**
 * Every package that npm installs for the deployed product, with its licence from the lock file or its own
 * manifest. Shape: Markdown.
 */
export function licences(): string {
  const { packages }: { packages: Packages } = JSON.parse(readFileSync(`${ROOT}package-lock.json`, 'utf8'));
  const rows = [...deployedPaths(packages)]
    .map((path) => {
      const { version, license } = packages[path] ?? {};
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

/** The dependencies of the project and theirs. Those of a workspace package are left out: they are not deployed. */
function deployedPaths(packages: Packages): Set<string> {
  const found = new Set<string>();
  const waiting = [''];
  for (let from = waiting.pop(); from !== undefined; from = waiting.pop()) {
    const { dependencies, optionalDependencies } = packages[from] ?? {};
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const path = installedPath(packages, from, name);
      if (path === undefined || found.has(path)) continue;
      found.add(path);
      waiting.push(path);
    }
  }
  return found;
}

/** Where Node.js finds a package that is imported from a place: in the nearest node_modules above. */
function installedPath(packages: Packages, from: string, name: string): string | undefined {
  for (let folder = from; ; folder = folder.replace(/(^|\/)node_modules\/(@[^/]+\/)?[^/]+$/, '')) {
    const path = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    if (path in packages) return path;
    if (folder === '') return undefined;
  }
}

function licenceIn(path: string): string {
  const file = `${ROOT}${path}/package.json`;
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')).license ?? 'unknown') : 'unknown';
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(FILE, licences());
  console.log('docs/licences.md');
}
