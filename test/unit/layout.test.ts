import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';

const ROOT = join(__dirname, '..', '..');

/** What the files of a room may import: rooms of ours, and packages. `core/dynamodb` is a room of its own. */
const ALLOWED: Record<string, { rooms: string[]; packages: RegExp }> = {
  protocol: { rooms: ['protocol'], packages: /^zod\/mini$/ },
  core: { rooms: ['core', 'protocol'], packages: /^(node:|zod\/mini$)/ },
  'core/dynamodb': {
    rooms: ['core', 'core/dynamodb', 'protocol'],
    packages: /^(node:|@aws-sdk\/client-dynamodb$)/,
  },
  client: { rooms: ['client', 'protocol'], packages: /^never$/ },
  'client/adapters': { rooms: ['client', 'client/adapters', 'protocol'], packages: /^(rxdb|rxjs)$/ },
  cli: { rooms: ['cli', 'client', 'protocol'], packages: /^(node:|zod\/mini$|ws$)/ },
  demo: { rooms: ['demo', 'client', 'protocol', 'cli'], packages: /^(preact(\/hooks)?|zod\/mini)$/ },
  functions: {
    rooms: ['functions', 'core', 'core/dynamodb', 'protocol'],
    packages: /^(node:|zod\/mini$|@middy\/|@aws-sdk\/|aws-lambda$)/,
  },
  infra: { rooms: ['infra'], packages: /^(node:|aws-cdk-lib|constructs$|esbuild$)/ },
};

const filesBelow = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? filesBelow(path) : /\.tsx?$/.test(path) ? [path] : [];
  });

const roomOf = (path: string): string =>
  Object.keys(ALLOWED)
    .filter((room) => path === room || path.startsWith(`${room}/`))
    .sort((a, b) => b.length - a.length)[0] ??
  path.split('/')[0] ??
  path;

const importsOf = (path: string): string[] =>
  [
    ...readFileSync(join(ROOT, path), 'utf8').matchAll(
      /^(?:import|export)\s[^'"]*?from\s+['"]([^'"]+)['"]/gm,
    ),
  ].map(([, name = '']) => name);

test.each(Object.entries(ALLOWED))(
  '%s imports only what its place in the house allows',
  (room, { rooms, packages }) => {
    const files = filesBelow(room).filter((path) => roomOf(path) === room);
    expect(files.length).toBeGreaterThan(0);
    const strangers = files.flatMap((path) =>
      importsOf(path)
        .filter((name) => {
          if (!name.startsWith('.')) return !packages.test(name);
          const target = normalize(join(dirname(path), name))
            .split(sep)
            .join('/');
          return !rooms.includes(roomOf(target));
        })
        .map((name) => `${path}: ${name}`),
    );
    expect(strangers).toEqual([]);
  },
);
